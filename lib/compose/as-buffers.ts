import type { Allocator } from '../allocator.js';
import { invalidArgType } from '../errors.js';
import type { Layout } from '../layout.js';
import type { AllocateOptions, DeallocateOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import { type AllocatorLike, adoptAllocator } from './adopt.js';
import { Composite } from './composite.js';
import { type Wrapped, Wrapper } from './wrapped.js';

/** Each Buffer is all of a block of the allocator inside. */
class Buffers extends Composite<Buffer> {
  static {
    trustAllocator(Buffers);
  }

  readonly #inner: Allocator<ArrayBuffer>;
  readonly #wrapper: Wrapper<ArrayBuffer>;

  constructor(inner: AllocatorLike<ArrayBuffer>) {
    super('buffers');
    this.#inner = adoptAllocator<ArrayBuffer>(inner, 'allocator');
    this.#wrapper = new Wrapper(this, this.#inner);
  }

  protected override take(layout: Layout, options: AllocateOptions): Buffer {
    return this.#wrap(this.#inner.allocate(layout, options), layout);
  }

  protected override tryTake(layout: Layout, options: AllocateOptions): Buffer | null {
    const block = this.#inner.tryAllocate(layout, options);
    return block === null ? null : this.#wrap(block, layout);
  }

  protected override give(block: Buffer, _layout: Layout, options: DeallocateOptions): boolean {
    return this.#wrapper.give(this.#place(block), options);
  }

  protected override change(
    block: Buffer,
    _layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): Buffer {
    const next = { layout: newLayout, front: 0 };
    return this.#wrapper.change(this.#place(block), next, newLayout, options);
  }

  protected override changeInPlace(
    block: Buffer,
    _layout: Layout,
    newLayout: Layout,
  ): Buffer | null {
    const next = { layout: newLayout, front: 0 };
    return this.#wrapper.changeInPlace(this.#place(block), next, newLayout);
  }

  protected override usable(layout: Layout): number {
    return this.#inner.usableSize(layout);
  }

  #wrap(block: ArrayBuffer, layout: Layout): Buffer {
    if (!ArrayBuffer.isView(block)) {
      return this.#wrapper.wrap({ block, layout, front: 0 }, layout);
    }
    this.#inner.deallocate(block, layout);
    throw invalidArgType('allocator', 'an allocator of ArrayBuffers, not of Buffers', block);
  }

  /** Only blocks that the node handed out come here. */
  #place(block: Buffer): Wrapped<ArrayBuffer> {
    return this.#wrapper.of(block) as Wrapped<ArrayBuffer>;
  }
}

/**
 * An allocator of Buffers out of one of ArrayBuffers: each Buffer is all of a dedicated block. So it
 * has what those have: its free detaches it, through the gate, and no other Buffer lies near it.
 *
 * The allocator inside lives on when this one is disposed.
 *
 * @example
 * const allocator = new Fallback(new BufferPool(arena, { limit: 2 ** 20 }), asBuffers(system));
 */
export function asBuffers(allocator: AllocatorLike<ArrayBuffer>): Allocator<Buffer> {
  return new Buffers(allocator);
}

/**
 * A node whose blocks take up whole units: what each asks the allocator inside for is aligned to
 * its unit, and counts in full.
 */
import { outOfMemory } from '../errors.js';
import { Layout } from '../layout.js';
import type { AllocateOptions, DeallocateOptions } from '../options.js';
import type { AllocatorLike } from './adopt.js';
import { PassThrough } from './pass-through.js';

export abstract class Granular extends PassThrough<ArrayBuffer> {
  /** Made for this node, and ended with it. */
  readonly #own: Disposable | null;

  /** @param own The allocator inside, if it is the node's own. */
  protected constructor(name: string, inner: AllocatorLike<ArrayBuffer>, own: Disposable | null) {
    super(name, inner);
    this.#own = own;
  }

  /** The alignment that a block of a layout is given, or null: it is too large. */
  protected abstract alignOf(layout: Layout): number | null;

  protected override take(layout: Layout, options: AllocateOptions): ArrayBuffer {
    return super.take(this.#require(layout), options);
  }

  protected override tryTake(layout: Layout, options: AllocateOptions): ArrayBuffer | null {
    const unit = this.#unitOf(layout);
    return unit === null ? null : super.tryTake(unit, options);
  }

  protected override give(block: ArrayBuffer, layout: Layout, options: DeallocateOptions): boolean {
    return super.give(block, this.#require(layout), options);
  }

  protected override change(
    block: ArrayBuffer,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): ArrayBuffer {
    return super.change(block, this.#require(layout), this.#require(newLayout), options);
  }

  protected override changeInPlace(
    block: ArrayBuffer,
    layout: Layout,
    newLayout: Layout,
  ): ArrayBuffer | null {
    const unit = this.#unitOf(newLayout);
    return unit === null ? null : super.changeInPlace(block, this.#require(layout), unit);
  }

  protected override end(): void {
    this.#own?.[Symbol.dispose]();
  }

  /** The layout as the allocator inside knows it. */
  #unitOf(layout: Layout): Layout | null {
    const align = this.alignOf(layout);
    return align === null ? null : Layout.from(layout.size, align);
  }

  #require(layout: Layout): Layout {
    const unit = this.#unitOf(layout);
    if (unit !== null) return unit;
    throw outOfMemory({ layout, allocator: this.name, reason: 'too-large' });
  }
}

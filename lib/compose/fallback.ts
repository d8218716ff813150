import { type Allocator, isOutOfMemory, provideFallback } from '../allocator.js';
import type { Block } from '../block.js';
import type { Layout } from '../layout.js';
import type { AllocateOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import { type AllocatorLike, adoptAllocator } from './adopt.js';
import { Choice } from './choice.js';

/**
 * Asks the primary allocator, and where that has no memory the secondary. A block is freed where
 * it came from, which `primary.owns` decides; one that the primary cannot make larger moves to the
 * secondary. The idea is that of `FallbackAllocator` in D's std.experimental.allocator.
 *
 * Both live on when the node is disposed: only the blocks that it handed out are freed.
 *
 * @example
 * const chunks = new ChunkAllocator({ chunks: 64, chunkSize: 4096 });
 * const allocator = new Fallback(chunks, new SystemAllocator());
 */
export class Fallback<B extends Block = ArrayBuffer> extends Choice<B> {
  static {
    trustAllocator(Fallback);
  }

  readonly #primary: Allocator<B>;
  readonly #secondary: Allocator<B>;

  constructor(primary: AllocatorLike<B>, secondary: AllocatorLike<B>) {
    super('fallback');
    this.#primary = adoptAllocator<B>(primary, 'primary');
    this.#secondary = adoptAllocator<B>(secondary, 'secondary');
  }

  protected override take(layout: Layout, options: AllocateOptions): B {
    return this.#primary.tryAllocate(layout, options) ?? this.#secondary.allocate(layout, options);
  }

  protected override tryTake(layout: Layout, options: AllocateOptions): B | null {
    return (
      this.#primary.tryAllocate(layout, options) ?? this.#secondary.tryAllocate(layout, options)
    );
  }

  protected override home(block: B): Allocator<B> {
    return this.#primary.owns(block) ? this.#primary : this.#secondary;
  }

  protected override stay(home: Allocator<B>): Allocator<B> {
    return home;
  }

  protected override change(
    block: B,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): B {
    try {
      return super.change(block, layout, newLayout, options);
    } catch (error) {
      const home = this.home(block);
      if (home !== this.#primary || !isOutOfMemory(error)) throw error;
      return this.migrate(home, block, layout, newLayout, options);
    }
  }

  /** The larger of the two: which of them will serve a request is not known before. */
  protected override usable(layout: Layout): number {
    return Math.max(this.#primary.usableSize(layout), this.#secondary.usableSize(layout));
  }
}

provideFallback((primary, secondary) => new Fallback(primary, secondary));

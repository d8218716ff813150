/** A node with one allocator inside that all requests go to. */
import type { Allocator } from '../allocator.js';
import type { Block } from '../block.js';
import type { Layout } from '../layout.js';
import type { AllocateOptions, DeallocateOptions } from '../options.js';
import { type AllocatorLike, adoptAllocator } from './adopt.js';
import { Composite } from './composite.js';

export abstract class PassThrough<B extends Block> extends Composite<B> {
  protected readonly inner: Allocator<B>;

  protected constructor(name: string, inner: AllocatorLike<B>) {
    super(name);
    this.inner = adoptAllocator<B>(inner, 'inner');
  }

  protected override take(layout: Layout, options: AllocateOptions): B {
    return this.inner.allocate(layout, options);
  }

  protected override tryTake(layout: Layout, options: AllocateOptions): B | null {
    return this.inner.tryAllocate(layout, options);
  }

  protected override give(block: B, layout: Layout, options: DeallocateOptions): boolean {
    return this.inner.deallocate(block, layout, options);
  }

  protected override change(
    block: B,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): B {
    return this.inner.reallocate(block, layout, newLayout, options);
  }

  protected override changeInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    return this.inner.reallocateInPlace(block, layout, newLayout);
  }

  protected override usable(layout: Layout): number {
    return this.inner.usableSize(layout);
  }
}

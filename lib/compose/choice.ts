/** A node that chooses, for each request and each block, one of the allocators inside. */
import type { Allocator } from '../allocator.js';
import { type Block, copyBytes } from '../block.js';
import type { Layout } from '../layout.js';
import { requireUnleased } from '../lease.js';
import { ABANDON, type AllocateOptions, type DeallocateOptions } from '../options.js';
import { Composite } from './composite.js';

export abstract class Choice<B extends Block> extends Composite<B> {
  /** The allocator that a live block of the node came from. */
  protected abstract home(block: B, layout: Layout): Allocator<B>;
  /** Where a block of `home` stays if it can when its layout changes; null: it has to move. */
  protected abstract stay(home: Allocator<B>, newLayout: Layout): Allocator<B> | null;

  protected override give(block: B, layout: Layout, options: DeallocateOptions): boolean {
    return this.home(block, layout).deallocate(block, layout, options);
  }

  protected override change(
    block: B,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): B {
    const home = this.home(block, layout);
    const stay = this.stay(home, newLayout);
    return stay === null
      ? this.migrate(home, block, layout, newLayout, options)
      : stay.reallocate(block, layout, newLayout, options);
  }

  protected override changeInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    const home = this.home(block, layout);
    return this.stay(home, newLayout)?.reallocateInPlace(block, layout, newLayout) ?? null;
  }

  /** A copy from wherever there is room; the old block is freed where it was. */
  protected migrate(
    home: Allocator<B>,
    block: B,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): B {
    requireUnleased(block);
    const moved = this.take(newLayout, options);
    try {
      copyBytes(block, moved);
      home.deallocate(block, layout);
    } catch (error) {
      this.give(moved, newLayout, ABANDON);
      throw error;
    }
    return moved;
  }
}

import type { Block } from '../block.js';
import { outOfMemory } from '../errors.js';
import { type Layout, requireLayout } from '../layout.js';
import { measure } from '../measure.js';
import { type DeallocateOptions, throwsWhenBusy } from '../options.js';
import { trustAllocator } from '../trust.js';
import { Composite, ledgerOf } from './composite.js';
import { refuseStray } from './refuse-stray.js';

/**
 * Has no memory: every request is OUT_OF_MEMORY, also one for no bytes. For the end of a chain of
 * fallbacks, and for tests of what a program does without memory. Source: `NullAllocator` of the
 * crate `allocators`, whose free of any block panics; here it is NOT_OWNED.
 *
 * An empty block has nothing to give back: its free does nothing, whoever made it, and is true.
 */
export class NullAllocator<B extends Block = ArrayBuffer> extends Composite<B> {
  static {
    trustAllocator(NullAllocator);
  }

  constructor() {
    super('null');
  }

  override deallocate(block: B, layout: Layout, options?: DeallocateOptions): boolean {
    const { size } = requireLayout(layout, 'layout');
    throwsWhenBusy(options); // for its errors
    ledgerOf(this);
    if (size === 0 && measure(block)?.size === 0) return true;
    return super.deallocate(block, layout);
  }

  protected override take(layout: Layout): never {
    throw outOfMemory({ layout, allocator: this.name, reason: null });
  }

  protected override tryTake(): null {
    return null;
  }

  // No block of its own ever comes here.
  protected override give(block: B): never {
    throw refuseStray(block);
  }

  protected override change(block: B): never {
    throw refuseStray(block);
  }

  protected override changeInPlace(): null {
    return null;
  }

  protected override usable(layout: Layout): number {
    return layout.size;
  }
}

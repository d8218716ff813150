import type { Block } from '../block.js';
import { outOfMemory } from '../errors.js';
import type { Layout } from '../layout.js';
import { trustAllocator } from '../trust.js';
import { Composite } from './composite.js';
import { refuseStray } from './refuse-stray.js';

/**
 * Has no memory: every request is OUT_OF_MEMORY, also one for no bytes. For the end of a chain of
 * fallbacks, and for tests of what a program does without memory. Source: `NullAllocator` of the
 * crate `allocators`, whose free of any block panics; here it is NOT_OWNED.
 */
export class NullAllocator<B extends Block = ArrayBuffer> extends Composite<B> {
  static {
    trustAllocator(NullAllocator);
  }

  constructor() {
    super('null');
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

/**
 * What the default allocator remembers of a block: who made it, and which budget it counts in. Two
 * private fields on the block itself.
 */
import type { Allocator } from '../allocator.js';
import { Adopted, type Block } from '../block.js';
import type { Charge } from './budget.js';

/** An allocator of either kind of block, where the block at hand is its own. */
export type SomeAllocator = Allocator<Block>;

class Origin extends Adopted {
  #owner: SomeAllocator;
  #charge: Charge | null;

  constructor(block: object, owner: SomeAllocator, charge: Charge | null) {
    super(block);
    this.#owner = owner;
    this.#charge = charge;
  }

  static setOrigin(block: Block, owner: SomeAllocator, charge: Charge | null): void {
    if (#owner in block) {
      block.#owner = owner;
      block.#charge = charge;
    } else {
      new Origin(block, owner, charge);
    }
  }

  static ownerOf(value: unknown): SomeAllocator | null {
    if (typeof value !== 'object' || value === null) return null;
    return #owner in value ? value.#owner : null;
  }

  static chargeOf(value: unknown): Charge | null {
    if (typeof value !== 'object' || value === null) return null;
    return #owner in value ? value.#charge : null;
  }
}

/** `block` was just made by `owner`. The same object may come again, from the same or another. */
export const setOrigin = Origin.setOrigin;
/** Who made the block, or null where it was not asked for through the default allocator. */
export const originOf = Origin.ownerOf;
/** What the block counts for in a budget, or did. Runs no code of `value`. */
export const chargeOf = Origin.chargeOf;

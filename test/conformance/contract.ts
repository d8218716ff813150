/**
 * The contract of `Allocator<B>`, as tests. Every allocator and every composite runs all of it:
 * what one kind cannot do is a trait, and each trait has tests for both of its values, so that a
 * difference is stated and never skipped.
 */
import { describe } from 'vitest';
import type { Allocator, Block, Layout } from '../../lib/index.js';
import { describeAllocation } from './contract/allocation.js';
import { describeClosing } from './contract/closing.js';
import { describeFigures } from './contract/figures.js';
import { describeFreeing } from './contract/freeing.js';
import { describeModel } from './contract/model.js';
import { describeReallocation } from './contract/reallocation.js';

/** One allocator under test, with nothing allocated. */
export interface Subject<B extends Block> {
  readonly allocator: Allocator<B>;
  /** A request that it never serves, and the code that says so. */
  readonly refused: { readonly layout: Layout; readonly code: 'OUT_OF_MEMORY' | 'LIMIT' };
}

/** How allocators may differ. */
export interface Traits {
  /** The package knows a block's address and its leases, and `dispose` detaches it. */
  readonly isNative: boolean;
  /** The allocator counts leases itself, whatever its memory is. Default: as `isNative`. */
  readonly leases?: boolean;
  /** A free detaches the block, so that every view of it has length 0. */
  readonly detaches: boolean;
  /** `stats`, `owns` and `verify` follow the blocks; otherwise they are the inherited defaults. */
  readonly counts: boolean;
  /** What `peakBytes` counts: blocks, or the memory held to cut them from. */
  readonly peak: 'blocks' | 'held';
  /** All memory is held from the beginning, whatever is allocated. */
  readonly mapsAhead?: boolean;
  /** The memory is somebody else's who lives on: `dispose` leaves it as it is. */
  readonly leavesMemory?: boolean;
  /** `dispose` frees every block and closes; otherwise it is the inherited default. */
  readonly closes: boolean;
}

/** What a part of the contract is given. `make` gives a fresh subject for every test. */
export interface Contract<B extends Block> {
  readonly make: () => Subject<B>;
  readonly traits: Traits;
}

/** Declares the whole contract for one kind of allocator. */
export function describeAllocator<B extends Block>(
  name: string,
  make: () => Subject<B>,
  traits: Traits,
): void {
  const contract: Contract<B> = { make, traits };
  describe(name, () => {
    describeAllocation(contract);
    describeFreeing(contract);
    describeReallocation(contract);
    describeFigures(contract);
    describeClosing(contract);
    describeModel(contract);
  });
}

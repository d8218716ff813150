/** What the subjects of the contract have in common. */
import { Layout } from '../../lib/index.js';
import type { Traits } from './contract.js';

/** Blocks of their own, by an allocator of this package. */
export const DEDICATED: Traits = {
  isNative: true,
  detaches: true,
  counts: true,
  peak: 'blocks',
  closes: true,
};

/** Bytes: room for all that the contract asks for at once. */
export const LIMIT = 256 * 2 ** 20;

/** More than any address space has. */
export const beyondMemory = { layout: Layout.from(1, 2 ** 52), code: 'OUT_OF_MEMORY' } as const;

/** One byte too many. */
export const beyondLimit = { layout: Layout.from(LIMIT + 1), code: 'LIMIT' } as const;

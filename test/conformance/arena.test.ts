import { ArenaAllocator, Layout } from '../../lib/index.js';
import { describeAllocator } from './contract.js';

const NATIVE = {
  isNative: true,
  detaches: true,
  counts: true,
  peak: 'blocks',
  closes: true,
} as const;
const LIMIT = 256 * 2 ** 20;

/** More than any address space has. */
const beyondMemory = Layout.from(1, 2 ** 52);

describeAllocator(
  'ArenaAllocator',
  () => ({
    allocator: new ArenaAllocator(),
    refused: { layout: beyondMemory, code: 'OUT_OF_MEMORY' },
  }),
  NATIVE,
);

describeAllocator(
  'ArenaAllocator with limits that gives memory back at once',
  () => ({
    allocator: new ArenaAllocator({ limit: LIMIT, mappedLimit: 2 * LIMIT, decayMs: 0 }),
    refused: { layout: Layout.from(LIMIT + 1), code: 'LIMIT' },
  }),
  NATIVE,
);

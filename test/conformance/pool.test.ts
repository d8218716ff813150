import { ArenaAllocator, BufferPool, Layout } from '../../lib/index.js';
import { describeAllocator, type Traits } from './contract.js';

/** A slot that is free shows its bytes to whoever kept the Buffer, until the pool ends. */
const POOLED: Traits = {
  isNative: true,
  detaches: false,
  counts: true,
  peak: 'held',
  closes: true,
};
const LIMIT = 256 * 2 ** 20;

/** More than any address space has. */
const beyondMemory = Layout.from(1, 2 ** 52);
const beyondLimit = Layout.from(LIMIT + 1);

describeAllocator(
  'BufferPool',
  () => ({
    allocator: new BufferPool(new ArenaAllocator()),
    refused: { layout: beyondMemory, code: 'OUT_OF_MEMORY' },
  }),
  POOLED,
);

describeAllocator(
  'BufferPool with a limit that gives slabs back at once',
  () => ({
    allocator: new BufferPool(new ArenaAllocator(), { limit: LIMIT, decayMs: 0 }),
    refused: { layout: beyondLimit, code: 'LIMIT' },
  }),
  POOLED,
);

describeAllocator(
  'BufferPool over an arena with a limit',
  () => ({
    allocator: new BufferPool(new ArenaAllocator({ limit: LIMIT })),
    refused: { layout: beyondLimit, code: 'LIMIT' },
  }),
  POOLED,
);

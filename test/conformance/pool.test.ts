import { ArenaAllocator, BufferPool } from '../../lib/index.js';
import { describeAllocator, type Traits } from './contract.js';
import { beyondLimit, beyondMemory, DEDICATED, LIMIT } from './subjects.js';

/** A slot that is free shows its bytes to whoever kept the Buffer, until the pool ends. */
const POOLED: Traits = { ...DEDICATED, detaches: false, peak: 'held' };

describeAllocator(
  'BufferPool',
  () => ({ allocator: new BufferPool(new ArenaAllocator()), refused: beyondMemory }),
  POOLED,
);

describeAllocator(
  'BufferPool with a limit that gives slabs back at once',
  () => ({
    allocator: new BufferPool(new ArenaAllocator(), { limit: LIMIT, decayMs: 0 }),
    refused: beyondLimit,
  }),
  POOLED,
);

describeAllocator(
  'BufferPool over an arena with a limit',
  () => ({
    allocator: new BufferPool(new ArenaAllocator({ limit: LIMIT })),
    refused: beyondLimit,
  }),
  POOLED,
);

import { ArenaAllocator } from '../../lib/index.js';
import { describeAllocator } from './contract.js';
import { beyondLimit, beyondMemory, DEDICATED, LIMIT } from './subjects.js';

describeAllocator(
  'ArenaAllocator',
  () => ({ allocator: new ArenaAllocator(), refused: beyondMemory }),
  DEDICATED,
);

describeAllocator(
  'ArenaAllocator with limits that gives memory back at once',
  () => ({
    allocator: new ArenaAllocator({ limit: LIMIT, mappedLimit: 2 * LIMIT, decayMs: 0 }),
    refused: beyondLimit,
  }),
  DEDICATED,
);

import { SystemAllocator } from '../../lib/index.js';
import { describeAllocator } from './contract.js';
import { beyondLimit, beyondMemory, DEDICATED, LIMIT } from './subjects.js';

describeAllocator(
  'SystemAllocator',
  () => ({ allocator: new SystemAllocator(), refused: beyondMemory }),
  DEDICATED,
);

describeAllocator(
  'SystemAllocator with a limit',
  () => ({ allocator: new SystemAllocator({ limit: LIMIT }), refused: beyondLimit }),
  DEDICATED,
);

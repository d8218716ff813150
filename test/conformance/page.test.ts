import { PageAllocator, SystemAllocator } from '../../lib/index.js';
import { describeAllocator } from './contract.js';
import { beyondMemory, DEDICATED } from './subjects.js';

describeAllocator(
  'PageAllocator',
  () => ({ allocator: new PageAllocator(), refused: beyondMemory }),
  DEDICATED,
);

describeAllocator(
  'PageAllocator over SystemAllocator with pages of 16 KiB',
  () => ({
    allocator: new PageAllocator({ parent: new SystemAllocator(), pageSize: 16_384 }),
    refused: beyondMemory,
  }),
  DEDICATED,
);

import {
  Fallback,
  Layout,
  PageAllocator,
  SlabAllocator,
  SystemAllocator,
} from '../../lib/index.js';
import { describeAllocator } from './contract.js';
import { beyondMemory, DEDICATED } from './subjects.js';

/** A class for every request of the contract but one. */
const LARGEST = 2 ** 24;
const refused = { layout: Layout.from(LARGEST + 1), code: 'OUT_OF_MEMORY' } as const;

describeAllocator(
  'SlabAllocator',
  () => ({ allocator: new SlabAllocator({ largest: LARGEST }), refused }),
  DEDICATED,
);

describeAllocator(
  'SlabAllocator over SystemAllocator',
  () => ({
    allocator: new SlabAllocator({ parent: new SystemAllocator(), largest: LARGEST }),
    refused,
  }),
  DEDICATED,
);

describeAllocator(
  'SlabAllocator, then PageAllocator',
  () => ({
    allocator: new Fallback(new SlabAllocator(), new PageAllocator()),
    refused: beyondMemory,
  }),
  DEDICATED,
);

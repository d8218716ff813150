import {
  ArenaAllocator,
  BufferPool,
  defineAllocator,
  FreeList,
  Layout,
  Limited,
  SystemAllocator,
} from '../../lib/index.js';
import { describeAllocator } from './contract.js';
import { DEDICATED } from './subjects.js';

/** Room for every request of the contract but one. */
const BLOCK = { size: 2 ** 21, align: 2 ** 20, max: Number.POSITIVE_INFINITY } as const;
const refused = { layout: Layout.from(BLOCK.size + 1), code: 'OUT_OF_MEMORY' } as const;

describeAllocator(
  'FreeList over SystemAllocator',
  () => ({ allocator: new FreeList(new SystemAllocator(), BLOCK), refused }),
  DEDICATED,
);

describeAllocator(
  'FreeList over BufferPool',
  () => ({ allocator: new FreeList(new BufferPool(new ArenaAllocator()), BLOCK), refused }),
  { ...DEDICATED, detaches: false },
);

describeAllocator(
  'FreeList with blocks made at once, over Limited',
  () => ({
    allocator: new FreeList(new Limited(new ArenaAllocator(), { bytes: 2 ** 30 }), {
      ...BLOCK,
      min: 2,
    }),
    refused,
  }),
  { ...DEDICATED, mapsAhead: true },
);

describeAllocator(
  'FreeList over an object with two functions',
  () => ({
    allocator: new FreeList(
      defineAllocator({
        allocate: ({ size }) => Buffer.alloc(size),
        deallocate: () => true,
      }),
      BLOCK,
    ),
    refused,
  }),
  { ...DEDICATED, isNative: false, leases: true, detaches: false },
);

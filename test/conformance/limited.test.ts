import {
  ArenaAllocator,
  BufferPool,
  defineAllocator,
  Layout,
  Limited,
  SystemAllocator,
} from '../../lib/index.js';
import { describeAllocator } from './contract.js';

const LIMIT = 2 ** 24;
const beyondLimit = Layout.from(LIMIT + 1);

describeAllocator(
  'Limited over SystemAllocator',
  () => ({
    allocator: new Limited(new SystemAllocator(), { bytes: LIMIT }),
    refused: { layout: beyondLimit, code: 'LIMIT' },
  }),
  { isNative: true, detaches: true, counts: true, peak: 'blocks', closes: true },
);

describeAllocator(
  'Limited over BufferPool',
  () => ({
    allocator: new Limited(new BufferPool(new ArenaAllocator()), { bytes: LIMIT, blocks: 10_000 }),
    refused: { layout: beyondLimit, code: 'LIMIT' },
  }),
  {
    isNative: true,
    detaches: false,
    counts: true,
    peak: 'blocks',
    closes: true,
    leavesMemory: true,
  },
);

describeAllocator(
  'Limited over an object with two functions',
  () => ({
    allocator: new Limited(
      defineAllocator({
        allocate: (layout) => new ArrayBuffer(layout.size),
        deallocate: () => true,
      }),
      { bytes: LIMIT },
    ),
    refused: { layout: beyondLimit, code: 'LIMIT' },
  }),
  { isNative: false, detaches: false, counts: true, peak: 'blocks', closes: true },
);

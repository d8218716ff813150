import {
  ArenaAllocator,
  BufferPool,
  Fallback,
  Layout,
  NullAllocator,
  SystemAllocator,
} from '../../lib/index.js';
import { describeAllocator } from './contract.js';

const beyondMemory = Layout.from(1, 2 ** 52);
const LIMIT = 1024;

describeAllocator(
  'Fallback to SystemAllocator from one that is soon full',
  () => ({
    allocator: new Fallback(new ArenaAllocator({ limit: LIMIT }), new SystemAllocator()),
    refused: { layout: beyondMemory, code: 'OUT_OF_MEMORY' },
  }),
  { isNative: true, detaches: true, counts: true, peak: 'blocks', closes: true },
);

describeAllocator(
  'Fallback from nothing to a BufferPool',
  () => ({
    allocator: new Fallback(new NullAllocator<Buffer>(), new BufferPool(new ArenaAllocator())),
    refused: { layout: beyondMemory, code: 'OUT_OF_MEMORY' },
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

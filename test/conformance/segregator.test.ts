import {
  ArenaAllocator,
  BufferPool,
  Layout,
  Segregator,
  SystemAllocator,
} from '../../lib/index.js';
import { describeAllocator } from './contract.js';

const beyondMemory = Layout.from(1, 2 ** 52);

describeAllocator(
  'Segregator of ArenaAllocator and SystemAllocator',
  () => ({
    allocator: new Segregator(256, new ArenaAllocator(), new SystemAllocator()),
    refused: { layout: beyondMemory, code: 'OUT_OF_MEMORY' },
  }),
  { isNative: true, detaches: true, counts: true, peak: 'blocks', closes: true },
);

describeAllocator(
  'Segregator with a table of BufferPools',
  () => {
    const arena = new ArenaAllocator();
    return {
      allocator: new Segregator([
        { max: 64, allocator: new BufferPool(arena) },
        { max: 4096, allocator: new BufferPool(arena) },
        { max: Number.POSITIVE_INFINITY, allocator: new BufferPool(arena) },
      ]),
      refused: { layout: beyondMemory, code: 'OUT_OF_MEMORY' },
    };
  },
  {
    isNative: true,
    detaches: false,
    counts: true,
    peak: 'blocks',
    closes: true,
    leavesMemory: true,
  },
);

import { ArenaAllocator, BufferPool, Layout, Stats, SystemAllocator } from '../../lib/index.js';
import { describeAllocator } from './contract.js';

const refused = { layout: Layout.from(1, 2 ** 52), code: 'OUT_OF_MEMORY' } as const;
const traits = {
  isNative: true,
  detaches: true,
  counts: true,
  peak: 'blocks',
  closes: true,
} as const;

describeAllocator(
  'Stats over SystemAllocator',
  () => ({ allocator: new Stats(new SystemAllocator()), refused }),
  traits,
);

describeAllocator(
  'Stats over BufferPool',
  () => ({ allocator: new Stats(new BufferPool(new ArenaAllocator())), refused }),
  { ...traits, detaches: false, leavesMemory: true },
);

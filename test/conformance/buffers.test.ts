import {
  ArenaAllocator,
  asBuffers,
  ChunkAllocator,
  Layout,
  SystemAllocator,
} from '../../lib/index.js';
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
  'asBuffers of SystemAllocator',
  () => ({ allocator: asBuffers(new SystemAllocator()), refused }),
  traits,
);

describeAllocator(
  'asBuffers of ArenaAllocator',
  () => ({ allocator: asBuffers(new ArenaAllocator()), refused }),
  traits,
);

describeAllocator(
  'asBuffers of ChunkAllocator',
  () => ({
    allocator: asBuffers(new ChunkAllocator({ chunks: 2 ** 18, chunkSize: 256 })),
    refused,
  }),
  traits,
);

import { ChunkAllocator, ChunkPool, heap, heapBitmap, Layout } from '../../lib/index.js';
import { describeAllocator, type Traits } from './contract.js';

const DEDICATED: Traits = {
  isNative: true,
  detaches: true,
  counts: true,
  peak: 'blocks',
  mapsAhead: true,
  closes: true,
};
/** Views of memory that stays the program's. */
const VIEWS: Traits = { ...DEDICATED, detaches: false, leavesMemory: true };

/** Large enough for all that the contract asks for at once. */
const chunks = 1 << 18;
const CAPACITY = chunks * 256;
const tooLarge = { layout: Layout.from(CAPACITY + 1), code: 'OUT_OF_MEMORY' } as const;

describeAllocator(
  'ChunkAllocator',
  () => ({ allocator: new ChunkAllocator({ chunks }), refused: tooLarge }),
  DEDICATED,
);

describeAllocator(
  'ChunkAllocator with a limit and the best fit',
  () => ({
    allocator: new ChunkAllocator({ chunks, fit: 'best-fit', limit: CAPACITY / 2 }),
    refused: { layout: Layout.from(CAPACITY / 2 + 1), code: 'LIMIT' },
  }),
  DEDICATED,
);

describeAllocator(
  'ChunkPool over an ArrayBuffer with a bitmap',
  () => ({
    allocator: ChunkPool.over(heap({ chunks }), { bitmap: heapBitmap({ chunks }) }),
    refused: tooLarge,
  }),
  VIEWS,
);

describeAllocator(
  'ChunkPool over a SharedArrayBuffer with small chunks and the best fit',
  () => ({
    allocator: ChunkPool.over(new SharedArrayBuffer(CAPACITY), { chunkSize: 16, fit: 'best-fit' }),
    refused: tooLarge,
  }),
  VIEWS,
);

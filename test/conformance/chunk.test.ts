import {
  ChunkAllocator,
  type ChunkFit,
  ChunkPool,
  heap,
  heapBitmap,
  Layout,
} from '../../lib/index.js';
import { describeAllocator, type Traits } from './contract.js';
import { DEDICATED } from './subjects.js';

/** One region, all of it held from the beginning. */
const CHUNKS: Traits = { ...DEDICATED, mapsAhead: true };
/** Views of memory that stays the program's. */
const VIEWS: Traits = { ...CHUNKS, detaches: false, leavesMemory: true };

/** Large enough for all that the contract asks for at once. */
const chunks = 1 << 18;
const CAPACITY = chunks * 256;
const tooLarge = { layout: Layout.from(CAPACITY + 1), code: 'OUT_OF_MEMORY' } as const;
const FITS: readonly ChunkFit[] = ['next-fit', 'best-fit'];

for (const fit of FITS) {
  describeAllocator(
    `ChunkAllocator, ${fit}`,
    () => ({ allocator: new ChunkAllocator({ chunks, fit }), refused: tooLarge }),
    CHUNKS,
  );

  describeAllocator(
    `ChunkPool over an ArrayBuffer, ${fit}`,
    () => ({ allocator: ChunkPool.over(heap({ chunks }), { fit }), refused: tooLarge }),
    VIEWS,
  );

  describeAllocator(
    `ChunkPool over a SharedArrayBuffer with small chunks, ${fit}`,
    () => ({
      allocator: ChunkPool.over(new SharedArrayBuffer(CAPACITY), { chunkSize: 16, fit }),
      refused: tooLarge,
    }),
    VIEWS,
  );
}

describeAllocator(
  'ChunkAllocator with a limit',
  () => ({
    allocator: new ChunkAllocator({ chunks, limit: CAPACITY / 2 }),
    refused: { layout: Layout.from(CAPACITY / 2 + 1), code: 'LIMIT' },
  }),
  CHUNKS,
);

describeAllocator(
  'ChunkPool with a bitmap',
  () => ({
    allocator: ChunkPool.over(heap({ chunks }), { bitmap: heapBitmap({ chunks }) }),
    refused: tooLarge,
  }),
  VIEWS,
);

describeAllocator(
  'ChunkPool that was attached',
  () => ({
    allocator: ChunkPool.attach(ChunkPool.over(new SharedArrayBuffer(CAPACITY)).shared),
    refused: tooLarge,
  }),
  VIEWS,
);

import {
  ArenaAllocator,
  BufferPool,
  ChunkAllocator,
  defineAllocator,
  Layout,
  Scoped,
  SystemAllocator,
} from '../../lib/index.js';
import { describeAllocator, type Traits } from './contract.js';

/** Large enough for all that the contract asks for at once. */
const size = 2 ** 26;
const tooLarge = { layout: Layout.from(size + 1), code: 'OUT_OF_MEMORY' } as const;

/** A Buffer that was freed lies in its scope's memory to the end. */
const TRAITS: Traits = {
  isNative: true,
  detaches: false,
  counts: true,
  peak: 'blocks',
  mapsAhead: true,
  closes: true,
};

describeAllocator(
  'Scoped over SystemAllocator',
  () => ({ allocator: new Scoped(new SystemAllocator(), { size }), refused: tooLarge }),
  TRAITS,
);

describeAllocator(
  'Scoped over ArenaAllocator that grows to a limit',
  () => ({
    allocator: new Scoped(new ArenaAllocator({ limit: size }), { size: 2 ** 12, grow: true }),
    refused: tooLarge,
  }),
  TRAITS,
);

describeAllocator(
  'Scoped over ChunkAllocator',
  () => ({
    allocator: new Scoped(new ChunkAllocator({ chunks: 2 ** 18 }), { size }),
    refused: tooLarge,
  }),
  TRAITS,
);

describeAllocator(
  'Scoped over BufferPool',
  () => ({
    allocator: new Scoped(new BufferPool(new ArenaAllocator()), { size: 2 ** 12, grow: true }),
    refused: { layout: Layout.from(1, 2 ** 52), code: 'OUT_OF_MEMORY' },
  }),
  TRAITS,
);

describeAllocator(
  'Scoped over an object with two functions',
  () => ({
    allocator: new Scoped(
      defineAllocator({
        allocate: (layout) => new ArrayBuffer(layout.size),
        deallocate: () => true,
      }),
      { size },
    ),
    refused: tooLarge,
  }),
  TRAITS,
);

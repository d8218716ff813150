import { type AllocReason, heapwrightError, invalidArgType } from '../errors.js';
import type { Layout } from '../layout.js';
import { limitOption, readOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import {
  type ChunkFit,
  chunkSizeOption,
  chunksOption,
  fitOption,
  Of,
  readChunks,
  readLargestFreeRun,
  readReason,
  readUsage,
} from './chunk-options.js';
import type { ChunkSettings } from './create-heap.js';
import { dependentsOf } from './dependents.js';
import { endBlocks, liveBlocksOf } from './end-blocks.js';
import { heapIdOf, NativeAllocator } from './native-allocator.js';

/** How a {@link ChunkAllocator} is made. */
export interface ChunkAllocatorOptions {
  /** How many chunks there are. Default 4096. */
  readonly chunks?: number;
  /** Bytes of a chunk: a power of two from 8 on. Default 256. */
  readonly chunkSize?: number;
  /** Where it looks for room. Default `next-fit`. */
  readonly fit?: ChunkFit;
  /**
   * The most bytes in use at once, as they were asked for. Default: none (Infinity); the chunks
   * are a bound by themselves.
   */
  readonly limit?: number;
}

const NAMES = ['chunks', 'chunkSize', 'fit', 'limit'] as const;

function readSettings(options: ChunkAllocatorOptions | undefined) {
  const given = options === undefined ? {} : readOptions(options, NAMES);
  const limit = limitOption(given.limit, 'limit');
  const chunkSize = chunkSizeOption(given.chunkSize, 'options.chunkSize');
  const chunks = chunksOption(given.chunks, chunkSize, 'options.chunks');
  const fit = fitOption(given.fit, 'options.fit');
  return { limit, chunk: { chunks, chunkSize, fit } satisfies ChunkSettings };
}

let checkReceiver: (value: unknown) => void;

/**
 * Memory of a size that is fixed when it is made, for a hard bound: blocks take whole chunks of
 * one region, which is neither grown nor given back before the allocator ends. An empty block
 * takes none.
 *
 * @example
 * const heap = new ChunkAllocator({ chunks: 16, chunkSize: 64 }); // 1 KiB, and never more
 * const layout = Layout.from(100);
 * const block = heap.allocate(layout); // two chunks
 * heap.usage(); // 12.5
 * heap.deallocate(block, layout); // true
 */
export class ChunkAllocator extends NativeAllocator {
  static {
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #isChunk in value) return;
      throw invalidArgType('this', 'a ChunkAllocator', value);
    };
  }

  readonly #isChunk = true;
  /** Bytes of the region. */
  readonly capacity: number;
  readonly chunkCount: number;
  /** Bytes of a chunk. */
  readonly chunkSize: number;

  constructor(options?: ChunkAllocatorOptions) {
    const { limit, chunk } = readSettings(options);
    super('chunk', limit, undefined, chunk);
    const { capacity, chunkCount, chunkSize } = readChunks(Of.HEAP, heapIdOf(this));
    this.capacity = capacity;
    this.chunkCount = chunkCount;
    this.chunkSize = chunkSize;
  }

  /** The chunks in use, in percent, to two decimals. */
  usage(): number {
    checkReceiver(this);
    return readUsage(Of.HEAP, heapIdOf(this));
  }

  /** The length of the longest free run, in chunks. Looks at every chunk. */
  largestFreeRun(): number {
    checkReceiver(this);
    return readLargestFreeRun(Of.HEAP, heapIdOf(this));
  }

  /**
   * Frees every live block. As with `deallocate`, what an operation in flight may still use comes
   * back later.
   *
   * @throws LEASED: a lease is open. BUSY: something lives on the allocator. Nothing was freed.
   */
  reset(): void {
    checkReceiver(this);
    const heap = heapIdOf(this);
    if (dependentsOf(this).length > 0) {
      throw heapwrightError('ERR_HEAPWRIGHT_BUSY', { hint: 'Dispose what lives on it first.' });
    }
    endBlocks(liveBlocksOf(heap));
  }

  protected override reasonOf({ size, align }: Layout): AllocReason {
    return readReason(Of.HEAP, heapIdOf(this), size, align);
  }
}

trustAllocator(ChunkAllocator);

/** Memory for a heap of chunks, and for its use bits, with the usual sizes. */
import { chunkSizeOption, chunksOption, DEFAULT_CHUNK_SIZE } from '../allocators/chunk-options.js';
import { readOptions } from '../options.js';

/** How large a heap is. */
export interface HeapOptions {
  /** How many chunks. Default 4096. */
  readonly chunks?: number;
  /** Bytes of a chunk: a power of two from 8 on. Default 256. */
  readonly chunkSize?: number;
}

/**
 * Zeroed memory for {@link ChunkPool.over}: 1 MiB unless something else is said.
 *
 * @example
 * const pool = ChunkPool.over(heap({ chunks: 16, chunkSize: 16 }), { chunkSize: 16 });
 */
export function heap(options?: HeapOptions): ArrayBuffer {
  const given = options === undefined ? {} : readOptions(options, ['chunks', 'chunkSize']);
  const chunkSize = chunkSizeOption(given.chunkSize, 'options.chunkSize');
  return new ArrayBuffer(chunksOption(given.chunks, chunkSize, 'options.chunks') * chunkSize);
}

/** Zeroed bytes with a bit for each of so many chunks. */
export function heapBitmap(options?: Pick<HeapOptions, 'chunks'>): Uint8Array {
  const given = options === undefined ? {} : readOptions(options, ['chunks']);
  const chunks = chunksOption(given.chunks, DEFAULT_CHUNK_SIZE, 'options.chunks');
  return new Uint8Array(Math.ceil(chunks / 8));
}

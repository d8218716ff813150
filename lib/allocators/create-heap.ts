/** Heaps in the addon, by kind and by what only some kinds may be told. */
import { native } from '../native.js';

/** What only an arena may be told. */
export interface ArenaSettings {
  readonly mappedLimit: number;
  /** -1: never by itself. */
  readonly decayMs: number;
  readonly flags: number;
}

/** What only a heap of chunks may be told. */
export interface ChunkSettings {
  readonly chunks: number;
  readonly chunkSize: number;
  /** One of `Fit`. */
  readonly fit: number;
}

/** The anchor of a new heap, whose id is in the mail, or the code of a refusal. */
export function createHeap(
  kind: string,
  limit: number,
  arena?: ArenaSettings,
  chunk?: ChunkSettings,
) {
  if (arena !== undefined) {
    const { mappedLimit, decayMs, flags } = arena;
    return native.createHeap(kind, limit, mappedLimit, decayMs, flags);
  }
  if (chunk === undefined) return native.createHeap(kind, limit);
  return native.createHeap(kind, limit, chunk.chunks, chunk.chunkSize, chunk.fit);
}

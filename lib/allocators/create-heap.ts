/** How a heap of the addon begins: what each kind is told. */
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

/** A heap of the addon: what keeps it open, with its id in the mail, or the code of a refusal. */
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

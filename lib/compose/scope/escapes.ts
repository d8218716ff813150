/**
 * What scopes left to the collector when they ended: their Buffers stay valid and private, and the
 * memory under them is not used again before nothing can reach it.
 */
import type { Part } from './part.js';
import type { RegionSource } from './region.js';

interface Escape {
  readonly part: Part;
  readonly blocks: number;
  readonly bytes: number;
}

export class Escapes {
  readonly #source: RegionSource;
  #escapes: Escape[] = [];
  /** Parts that ever escaped. */
  count = 0;
  /** Buffers whose memory came back since. */
  freed = 0;

  constructor(source: RegionSource) {
    this.#source = source;
  }

  get isEmpty(): boolean {
    return this.#escapes.length === 0;
  }

  get blocks(): number {
    return this.#escapes.reduce((sum, { blocks }) => sum + blocks, 0);
  }

  get bytes(): number {
    return this.#escapes.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  add(part: Part): void {
    part.region.isTainted = true;
    part.region.escaped++;
    this.count++;
    const blocks = part.blocks + part.abandonedBlocks;
    const bytes = part.bytes + part.abandonedBytes;
    this.#escapes.push({ part, blocks, bytes });
  }

  /** Notices what came back. */
  sweep(): void {
    if (this.isEmpty) return;
    const kept: Escape[] = [];
    for (const each of this.#escapes) {
      if (each.part.isHeld) kept.push(each);
      else this.#end(each);
    }
    this.#escapes = kept;
  }

  #end({ part, blocks }: Escape): void {
    this.freed += blocks;
    part.region.escaped--;
    this.#source.settle(part.region);
  }
}

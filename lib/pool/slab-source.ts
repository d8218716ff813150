/**
 * Where a pool's slabs come from: the arena's heap, as far as the pool's limit goes.
 */
import { stamp } from '../block.js';
import { Code, Mail, native } from '../native.js';
import { ZEROED } from '../options.js';
import { noteApart } from './leak-report.js';
import type { Magazine } from './magazine.js';
import { alignOfSlot } from './size-class.js';
import { Slab } from './slab.js';
import type { Keeper } from './stamp.js';
import type { Tally } from './tally.js';

const { mail } = native;

export class SlabSource {
  /** The most bytes of slabs. */
  readonly limit: number;
  readonly #keeper: Keeper;
  readonly #heap: number;
  readonly #tally: Tally;

  constructor(keeper: Keeper, heap: number, limit: number, tally: Tally) {
    this.#keeper = keeper;
    this.#heap = heap;
    this.limit = limit;
    this.#tally = tally;
  }

  /** How much of `bytes` the limit allows: the nearer it is, the smaller the slabs. */
  #allowance(magazine: Magazine, bytes: number): number {
    const room = this.limit - this.#tally.heldBytes;
    const { slotSize } = magazine;
    const allowed = Math.min(bytes, Math.max(slotSize, room / 4), room);
    return allowed - (allowed % slotSize);
  }

  /** A slab of at most `most` bytes for a magazine that used up its last one: OK, or a refusal. */
  openFor(magazine: Magazine, most: number, flags: number): number {
    const bytes = this.#allowance(magazine, most);
    if (bytes < magazine.slotSize) return Code.LIMIT;
    if (!magazine.hasRoom) return Code.OUT_OF_MEMORY;
    const { slotSize } = magazine;
    const buffer = native.allocateSlab(this.#heap, bytes, alignOfSlot(slotSize), flags);
    if (typeof buffer === 'number') return buffer;
    magazine.add(this.#adopt(magazine, buffer, bytes / slotSize, slotSize), (flags & ZEROED) !== 0);
    return Code.OK;
  }

  /** A slab for one block, or the code of a refusal. */
  openDedicated(asked: number, align: number, flags: number): Slab | number {
    // Never empty: length 0 is how a slab shows that it was moved.
    const size = Math.max(asked, 1);
    const bytes = native.usableSize(this.#heap, size, align);
    if (bytes < 0) return bytes;
    if (bytes > this.limit - this.#tally.heldBytes) return Code.LIMIT;
    // Never empty, so that a length of 0 always means that somebody moved it away.
    const buffer = native.allocateSlab(this.#heap, Math.max(size, 1), align, flags);
    if (typeof buffer === 'number') return buffer;
    const slab = this.#adopt(null, buffer, 1, bytes);
    this.#tally.stray(1, bytes);
    noteApart(slab);
    return slab;
  }

  #adopt(magazine: Magazine | null, buffer: ArrayBuffer, slots: number, slotSize: number): Slab {
    const record = {
      index: mail[Mail.INDEX] as number,
      generation: mail[Mail.GENERATION] as number,
    };
    stamp(buffer, record.index, record.generation);
    const slab = new Slab(this.#keeper, magazine, buffer, record, slots, slotSize);
    this.#tally.hold(slab.bytes);
    return slab;
  }
}

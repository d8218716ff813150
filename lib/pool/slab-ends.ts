/**
 * The ends of a pool's slabs: detached through the gate, or left to the collector; and what that
 * does to the figures.
 */
import { arrayBufferOf } from '../block.js';
import { Code, native } from '../native.js';
import { noteEnded } from './leak-report.js';
import type { Recovery } from './recovery.js';
import { type Slab, SlabState } from './slab.js';
import type { Tally } from './tally.js';

export class SlabEnds {
  readonly #tally: Tally;
  readonly #recovery: Recovery;

  constructor(tally: Tally, recovery: Recovery) {
    this.#tally = tally;
    this.#recovery = recovery;
  }

  /** The slab of one block is left to the collector: in use, or not to be detached. */
  giveUp(slab: Slab): void {
    slab.state = SlabState.CLOSED;
    slab.abandoned = 1;
    this.#tally.abandon(1, slab.slotSize);
  }

  /** Frees a Buffer with memory of its own: OK, KEPT while an operation is in flight, or a refusal. */
  endDedicated(slab: Slab, buffer: Buffer): number {
    const memory = arrayBufferOf(buffer);
    const { index, generation } = slab.record;
    const code = native.endBlock(index, generation, memory);
    if (code === Code.NOT_DETACHABLE) return code;
    if (code === Code.KEPT) {
      this.giveUp(slab);
      return code;
    }
    slab.returned = 1;
    this.#tally.stray(-1, slab.slotSize);
    this.#tally.freed++;
    if (code === Code.OK) this.ended(slab);
    else slab.state = SlabState.MOVED;
    return Code.OK;
  }

  /** Ends a slab of which no block is live. */
  end(slab: Slab, otherwise: SlabState): number {
    const memory = slab.exposed > 0 ? undefined : slab.reach();
    const { index, generation } = slab.record;
    const code = memory === undefined ? Code.KEPT : native.endBlock(index, generation, memory);
    if (slab.buffer !== null) slab.weaken(otherwise);
    slab.state = otherwise;
    if (code === Code.OK) this.ended(slab);
    else this.#recovery.watch(slab);
    return code;
  }

  /** Ends a slab whatever is out of it, that counts as stray. */
  endWithBlocks(slab: Slab): void {
    const out = slab.slots - slab.returned;
    const left = out - slab.abandoned;
    if (this.end(slab, SlabState.CLOSED) === Code.OK) {
      this.#tally.stray(-out, slab.slotSize);
      this.#tally.abandon(-slab.abandoned, slab.slotSize);
      this.#tally.freed += out;
      slab.returned = slab.slots;
      slab.abandoned = 0;
    } else {
      this.#tally.abandon(left, slab.slotSize);
      slab.abandoned = out;
    }
  }

  /** Its memory is back. */
  ended(slab: Slab): void {
    slab.state = SlabState.ENDED;
    this.#tally.heldBytes -= slab.bytes;
    noteEnded(slab);
  }
}

/**
 * How a pool cannot leak. A slab of which every slot is out holds only live Buffers and forgotten
 * ones, so it is held by a WeakRef: when the program has dropped them all, the collector takes the
 * slab, its finalizer gives the memory back in C, and the pool learns it here. The slab is the
 * unit, because only its ArrayBuffer knows of every slice that outlived its Buffer.
 */
import { Code, native } from '../native.js';
import { type Slab, SlabState } from './slab.js';

const FEWEST = 16;

/** Whether the slab's finalizer has not run yet; of one that was moved, whether Buffers are left. */
function isHeld({ record, state, weak }: Slab): boolean {
  if (state === SlabState.MOVED) return weak?.deref() !== undefined;
  return native.isHeld(record.index, record.generation) === Code.OK;
}

export class Recovery {
  #slabs: Slab[] = [];
  /** A sweep is due when there are twice as many as the last one left: a fixed number would make
   * the whole quadratic. */
  #due = FEWEST;

  get isDue(): boolean {
    return this.#slabs.length >= this.#due;
  }

  get isEmpty(): boolean {
    return this.#slabs.length === 0;
  }

  watch(slab: Slab): void {
    if (slab.isWatched) return;
    slab.isWatched = true;
    this.#slabs.push(slab);
  }

  /** Those that were watched when this was called. */
  list(): readonly Slab[] {
    return this.#slabs;
  }

  /** Calls `end` for every slab whose memory is back, or went elsewhere: it is dropped if `end` so
   * answers. */
  sweep(end: (slab: Slab) => boolean): void {
    const kept: Slab[] = [];
    for (const slab of this.#slabs) {
      const isOver = slab.state === SlabState.OPEN || slab.state === SlabState.ENDED;
      // Asked of the addon: a WeakRef that is looked at keeps its target for the rest of the job,
      // and a collection in that job would find nothing.
      if (isOver || (!isHeld(slab) && end(slab))) slab.isWatched = false;
      else kept.push(slab);
    }
    this.#slabs = kept;
    this.#due = Math.max(FEWEST, 2 * kept.length);
  }
}

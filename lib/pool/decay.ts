/**
 * Gives slabs back that a pool has not needed for a while. A free slot at the bottom of a magazine
 * that was there one period ago, and that fewer allocations than lay above it could have reached,
 * was not used in between: slabs of such slots alone go back.
 */
import { clearInterval, setInterval } from 'node:timers';
import type { SlabStore } from './slab-store.js';

/** Periods: collections are rarer than those. */
const MEMORY = 8;

export class PoolDecay {
  readonly #store: SlabStore;
  readonly #period: number;
  readonly #free: Float64Array;
  readonly #taken: Float64Array;
  readonly #onFreed: () => void;
  #recovered = 0;
  /** For how many periods to come the program counts as one that forgets frees. */
  #forgets = 0;
  #isRunning = false;

  /** `period` in milliseconds, Infinity for never; `onFreed` is told when slabs went back. */
  constructor(store: SlabStore, period: number, onFreed: () => void) {
    this.#store = store;
    this.#onFreed = onFreed;
    this.#period = period;
    this.#free = new Float64Array(store.magazines.length);
    this.#taken = new Float64Array(store.magazines.length);
  }

  /** There is something to give back in time. The timer keeps neither process nor pool alive. */
  start(): void {
    if (this.#isRunning || this.#period === Number.POSITIVE_INFINITY) return;
    this.#isRunning = true;
    const self = new WeakRef(this);
    const timer = setInterval(() => {
      if (self.deref()?.tick() !== true) clearInterval(timer);
    }, this.#period);
    timer.unref();
  }

  /** One period has passed. Whether there will be more to do. */
  tick(): boolean {
    const store = this.#store;
    const held = store.tally.heldBytes;
    store.sweep();
    const { recoveredBlocks } = store.tally;
    this.#forgets = recoveredBlocks > this.#recovered ? MEMORY : Math.max(this.#forgets - 1, 0);
    this.#recovered = recoveredBlocks;
    for (const [at, magazine] of store.magazines.entries()) {
      magazine.unparkFree();
      const { taken } = magazine;
      const used = taken - (this.#taken[at] as number);
      const idle = (this.#free[at] as number) - used;
      if (idle > 0) store.trimMagazine(magazine, Math.min(idle, magazine.free));
      this.#free[at] = magazine.free;
      this.#taken[at] = taken;
      if (this.#forgets > 0 && used > 0) store.renew(magazine);
      // Nobody allocates: what was forgotten in the slabs that are left can be recovered.
      if (used === 0) store.park(magazine);
    }
    if (store.tally.heldBytes < held) this.#onFreed();
    this.#isRunning = !store.isIdle;
    return this.#isRunning;
  }
}

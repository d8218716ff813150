/**
 * Gives freed memory back while a program idles. An arena's own clock moves only when the arena is
 * called; so from a free on, and until nothing is left to give back, a timer calls it.
 */
import { clearTimeout as clear, setTimeout as set } from 'node:timers';
import { Code, native, STATS } from '../native.js';

// Kept, so that a test's fake timers change nothing here.
const clearTimeout = clear;
const setTimeout = set;

/** A quarter of the time that freed memory waits by default. */
const SHORTEST_MS = 250;
/** Pages that the system does not take back stay: asked for again, but ever more rarely. */
const LONGEST_MS = 4000;

const MAPPED_BYTES = STATS.indexOf('mappedBytes');
const NONE = -1;

function mappedBytes(heap: number): number {
  const figures = native.stats(heap);
  return typeof figures === 'number' ? NONE : (figures[MAPPED_BYTES] as number);
}

/** The timer of one arena. It keeps neither the arena nor the process alive. */
export class DecayTimer {
  /** Whether it will look again: a plain field, which every free reads. */
  isRunning = false;
  readonly #heap: number;
  /** What the pending timer holds. Dropped with its arena this ends, and so does the ticking. */
  readonly #self: WeakRef<DecayTimer>;
  #timer: NodeJS.Timeout | undefined;
  #waitMs = SHORTEST_MS;
  #mappedBytes = NONE;

  constructor(heap: number) {
    this.#heap = heap;
    this.#self = new WeakRef(this);
  }

  /** Something was freed. */
  start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.#waitMs = SHORTEST_MS;
    this.#wait();
  }

  stop(): void {
    this.isRunning = false;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(DecayTimer.#wake, this.#waitMs, this.#self);
    this.#timer.unref();
  }

  static #wake(self: WeakRef<DecayTimer>): void {
    const timer = self.deref();
    if (timer !== undefined) timer.#tick();
  }

  #tick(): void {
    if (native.tick(this.#heap) !== Code.KEPT) {
      this.isRunning = false;
      return;
    }
    const bytes = mappedBytes(this.#heap);
    const isStuck = bytes === this.#mappedBytes;
    this.#waitMs = isStuck ? Math.min(this.#waitMs * 2, LONGEST_MS) : SHORTEST_MS;
    this.#mappedBytes = bytes;
    this.#wait();
  }
}

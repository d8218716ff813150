/** What is known to be true of a pool: which Buffers live, with what in them, held by whom. */
import { expect } from 'vitest';
import { type BufferPool, isHeapwrightError, Layout, type Lease } from '../../lib/index.js';
import { patternLength, writePattern } from '../conformance/contract/bytes.js';

/** One call: `pick` chooses among the live Buffers or the leases, modulo their number. */
export interface Operation {
  readonly kind: (typeof KINDS)[number];
  readonly size: number;
  readonly pick: number;
}

/** Every call; as often as it is listed. */
export const KINDS = [
  'alloc',
  'alloc',
  'allocUnsafe',
  'allocUnsafe',
  'from',
  'allocate',
  'free',
  'free',
  'free',
  'freeTwice',
  'realloc',
  'realloc',
  'slice',
  'lease',
  'endLease',
  'endLease',
  'run',
  'drop',
  'alloc',
  'from',
  'trim',
  'reset',
  'check',
] as const;

interface Known {
  readonly seed: number;
  readonly align: number;
  leases: number;
  isFreed: boolean;
}

interface Held {
  readonly buffer: Buffer;
  readonly lease: Lease;
}

/** Never more alive at once, so that all contents can be looked at often. */
const MOST_LIVE = 400;
/** `check` looks at everything, `trim` and `reset` end much: each so many times less often. */
const RARELY = 16;

export class PoolModel {
  readonly #pool: BufferPool;
  readonly #actions: Readonly<Record<Operation['kind'], (size: number, pick: number) => void>> = {
    alloc: (size) => this.#allocate(size, 1, () => this.#pool.alloc(size), true),
    allocUnsafe: (size) => this.#allocate(size, 1, () => this.#pool.allocUnsafe(size), false),
    allocate: (size, pick) => {
      const layout = Layout.from(size, 2 ** (pick % 14));
      this.#allocate(size, layout.align, () => this.#pool.allocate(layout), true);
    },
    from: (size) => this.#from(size),
    free: (_size, pick) => this.#free(pick),
    freeTwice: (_size, pick) => this.#freeTwice(pick),
    realloc: (size, pick) => this.#realloc(size, pick),
    slice: (_size, pick) => this.#slice(pick),
    lease: (_size, pick) => this.#lease(pick),
    endLease: (_size, pick) => this.#endLease(pick),
    run: (size, pick) => this.#run(size, pick),
    drop: (_size, pick) => this.#drop(pick),
    trim: (_size, pick) => void (pick % RARELY === 0 && this.#pool.trim()),
    reset: (_size, pick) => void (pick % RARELY === 0 && this.#reset()),
    check: (_size, pick) => void (pick % RARELY === 0 && this.check()),
  };
  readonly #live: Buffer[] = [];
  readonly #known = new Map<Buffer, Known>();
  readonly #leases: Held[] = [];
  #seed = 0;
  /** Buffers that were forgotten, at most: they may come back at any time. */
  #dropped = 0;
  /** Those of them that a reset found collected and not finalized yet, at most. */
  #late = 0;
  #refusals = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** How many requests the limit refused. */
  get refusals(): number {
    return this.#refusals;
  }

  run({ kind, size, pick }: Operation): void {
    if (this.#live.length < MOST_LIVE) this.#actions[kind](size, pick);
    else this.#free(pick);
  }

  /** Every live Buffer has its contents, and the figures are the model's. */
  check(): void {
    expect(this.#pool.verify()).toBe(true);
    let doomed = 0;
    for (const [buffer, { seed, isFreed }] of this.#known) {
      if (patternLength(buffer, seed) !== buffer.length) throw new Error('contents have changed');
      if (this.#pool.owns(buffer) === isFreed) throw new Error('owned, or not');
      if (isFreed) doomed++;
    }
    const stats = this.#pool.stats();
    const least = this.#known.size - doomed;
    expect(stats.liveBlocks).toBeGreaterThanOrEqual(least);
    expect(stats.liveBlocks).toBeLessThanOrEqual(least + this.#dropped);
    expect(stats.abandonedBlocks).toBeGreaterThanOrEqual(doomed);
    expect(stats.abandonedBlocks).toBeLessThanOrEqual(doomed + this.#late);
    expect(stats.leases).toBe(new Set(this.#leases.map(({ buffer }) => buffer)).size);
    expect(stats.allocations).toBe(stats.deallocations + stats.liveBlocks + stats.abandonedBlocks);
    expect(stats.liveBytes + stats.abandonedBytes + stats.freeBytes).toBeLessThanOrEqual(
      stats.mappedBytes,
    );
    expect(stats.mappedBytes).toBeLessThanOrEqual(stats.limit);
  }

  /** Ends leases and frees what is left. */
  end(): void {
    while (this.#leases.length > 0) this.#endLease(0);
    while (this.#live.length > 0) this.#free(0);
    this.check();
  }

  #allocate(size: number, align: number, make: () => Buffer, isZeroed: boolean): void {
    const buffer = this.#try(make);
    if (buffer === null) return;
    if (buffer.length !== size) throw new Error(`${buffer.length} bytes for ${size}`);
    if (isZeroed && !isZero(buffer)) throw new Error(`${size} bytes are not zero`);
    this.#add(buffer, align);
  }

  #from(size: number): void {
    const source = new Uint8Array(Math.min(size, 4096)).fill(this.#seed);
    const buffer = this.#try(() => this.#pool.from(source));
    if (buffer === null) return;
    if (!buffer.equals(source)) throw new Error('not what it was made from');
    this.#add(buffer, 1);
  }

  /** Null where the limit refuses. */
  #try(make: () => Buffer): Buffer | null {
    try {
      return make();
    } catch (error) {
      if (!isHeapwrightError(error) || error.code !== 'ERR_HEAPWRIGHT_LIMIT') throw error;
      this.#refusals++;
      return null;
    }
  }

  #add(buffer: Buffer, align: number): void {
    this.#seed++;
    writePattern(buffer, this.#seed);
    this.#live.push(buffer);
    this.#known.set(buffer, { seed: this.#seed, align, leases: 0, isFreed: false });
  }

  #free(pick: number): void {
    const buffer = this.#take(pick);
    if (buffer === undefined) return;
    const known = this.#knownOf(buffer);
    if (patternLength(buffer, known.seed) !== buffer.length) throw new Error('contents changed');
    const isHeld = known.leases > 0;
    const answer =
      pick % 2 === 0
        ? this.#pool.free(buffer)
        : this.#pool.deallocate(buffer, Layout.from(buffer.length, known.align));
    if (answer === isHeld) throw new Error(`a free answered ${answer}`);
    if (isHeld) known.isFreed = true;
    else this.#known.delete(buffer);
  }

  #freeTwice(pick: number): void {
    const buffer = this.#live[pick % Math.max(1, this.#live.length)];
    if (buffer === undefined) return;
    this.#free(pick);
    const code = this.#known.has(buffer) ? 'ERR_HEAPWRIGHT_ABANDONED' : 'ERR_HEAPWRIGHT_DETACHED';
    expect(() => this.#pool.free(buffer)).toThrow(expect.objectContaining({ code }));
  }

  #realloc(size: number, pick: number): void {
    const at = pick % Math.max(1, this.#live.length);
    const buffer = this.#live[at];
    if (buffer === undefined) return;
    const { seed, align, leases } = this.#knownOf(buffer);
    const length = buffer.length;
    if (leases > 0) {
      expect(() => this.#pool.realloc(buffer, size)).toThrow(/lease/);
      return;
    }
    const next = this.#try(() => this.#pool.realloc(buffer, size));
    if (next === null) return;
    const kept = Math.min(length, size);
    if (next.length !== size) throw new Error(`realloc gave ${next.length} bytes for ${size}`);
    if (patternLength(next, seed) < kept) throw new Error('realloc changed the contents');
    if (!isZero(next.subarray(kept))) throw new Error('realloc left bytes that are not zero');
    this.#live.splice(at, 1);
    this.#known.delete(buffer);
    this.#add(next, align);
  }

  #slice(pick: number): void {
    const buffer = this.#live[pick % Math.max(1, this.#live.length)];
    if (buffer === undefined || buffer.length === 0) return;
    const slice = buffer.subarray(pick % buffer.length);
    expect(() => this.#pool.free(slice)).toThrow(/inside a block/);
    if (!this.#pool.owns(slice)) throw new Error('a slice is not owned');
  }

  #lease(pick: number): void {
    const buffer = this.#live[pick % Math.max(1, this.#live.length)];
    if (buffer === undefined || this.#leases.length > 50) return;
    this.#leases.push({ buffer, lease: this.#pool.lease(buffer) });
    this.#knownOf(buffer).leases++;
  }

  #endLease(pick: number): void {
    const [held] = this.#leases.splice(pick % Math.max(1, this.#leases.length), 1);
    if (held === undefined) return;
    const known = this.#knownOf(held.buffer);
    if (patternLength(held.buffer, known.seed) !== held.buffer.length) {
      throw new Error('a leased Buffer has changed');
    }
    held.lease.dispose();
    if (--known.leases === 0 && known.isFreed) this.#known.delete(held.buffer);
  }

  /** A run whose work ends at once: its end comes with this job's, so it keeps or frees all. */
  #run(size: number, pick: number): void {
    const pool = this.#pool;
    pool
      .run((alloc, keep) => {
        const buffer = this.#try(() => alloc(size));
        if (buffer === null) return;
        if (pick % 2 === 0) this.#add(keep(buffer), 1);
        else pool.free(buffer);
      })
      .catch((error: unknown) => {
        process.emit('uncaughtException', error as Error);
      });
  }

  #drop(pick: number): void {
    const buffer = this.#live[pick % Math.max(1, this.#live.length)];
    if (buffer === undefined || this.#knownOf(buffer).leases > 0) return;
    this.#take(pick);
    this.#known.delete(buffer);
    this.#dropped++;
  }

  #reset(): void {
    if (this.#leases.length > 0) {
      expect(() => this.#pool.reset()).toThrow(/lease/);
      return;
    }
    this.#pool.reset();
    for (const buffer of this.#live) if (buffer.length > 0) throw new Error('outlived a reset');
    this.#live.length = 0;
    this.#known.clear();
    this.#late += this.#dropped;
    this.#dropped = 0;
    expect(this.#pool.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
  }

  #take(pick: number): Buffer | undefined {
    const at = pick % Math.max(1, this.#live.length);
    const buffer = this.#live[at];
    const last = this.#live.pop();
    if (last !== undefined && last !== buffer) this.#live[at] = last;
    return buffer;
  }

  #knownOf(buffer: Buffer): Known {
    const known = this.#known.get(buffer);
    if (known === undefined) throw new Error('the model lost a Buffer');
    return known;
  }
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

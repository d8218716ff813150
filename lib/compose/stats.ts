import { type AllocatorStats, isOutOfMemory } from '../allocator.js';
import type { Block } from '../block.js';
import { type AllocReason, invalidArgType } from '../errors.js';
import type { Layout } from '../layout.js';
import type { AllocateOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import type { AllocatorLike } from './adopt.js';
import { ledgerOf } from './composite.js';
import type { Ledger } from './ledger.js';
import { PassThrough } from './pass-through.js';
import { SizeHistogram, type SizeRow } from './size-histogram.js';
import { isSamePlace, whereabouts } from './whereabouts.js';

/** What an error gives as its reason; `unknown` where it gives none, or there is no error. */
export type FailureReason = Exclude<AllocReason, null> | 'unknown';

/** What a {@link Stats} knows. */
export interface DetailedStats extends AllocatorStats {
  /** The most blocks that were in use at once, abandoned ones included. */
  readonly peakBlocks: number;
  /** By powers of two, without empty rows. */
  readonly sizes: readonly SizeRow[];
  readonly reallocations: {
    /** The memory stayed where it was. */
    readonly inPlace: number;
    /** The contents were copied, or nobody could say. */
    readonly moved: number;
  };
  /** Requests that were refused for want of memory. */
  readonly failuresBy: Readonly<Record<FailureReason, number>>;
}

type Failures = Record<FailureReason, number>;

const noFailures = (): Failures => ({
  limit: 0,
  full: 0,
  fragmented: 0,
  'too-large': 0,
  os: 0,
  nowait: 0,
  unknown: 0,
});

function* sizesIn(ledger: Ledger): Generator<number> {
  for (const { layout } of ledger.live()) yield layout.size;
}

let checkReceiver: (value: unknown) => void;

/**
 * Counts what passes through: high tides, sizes, reallocations, refusals. Its figures are of its
 * own blocks alone, whoever else uses the allocator inside, which lives on when it is disposed.
 *
 * @example
 * const counted = new Stats(pool);
 * counted.deallocate(counted.allocate(Layout.from(100)), Layout.from(100));
 * counted.stats().sizes; // [{ upTo: 128, count: 1, live: 0 }]
 */
export class Stats<B extends Block = ArrayBuffer> extends PassThrough<B> {
  static {
    trustAllocator(Stats);
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #sizes in value) return;
      throw invalidArgType('this', 'a Stats', value);
    };
  }

  readonly #sizes = new SizeHistogram();
  #inPlace = 0;
  #moved = 0;
  #failures = noFailures();

  constructor(inner: AllocatorLike<B>) {
    super('stats', inner);
  }

  /** Looks at every block. */
  override stats(): DetailedStats {
    checkReceiver(this);
    const stats = super.stats();
    const ledger = ledgerOf(this);
    return Object.freeze({
      ...stats,
      peakBlocks: ledger.peakBlocks,
      sizes: this.#sizes.rows(sizesIn(ledger)),
      reallocations: Object.freeze({ inPlace: this.#inPlace, moved: this.#moved }),
      failuresBy: Object.freeze({ ...this.#failures }),
    });
  }

  /**
   * Starts a new period: high tides begin at what is in use now, and all that only this class
   * counts at zero. The totals that every allocator has go on.
   */
  restart(): void {
    checkReceiver(this);
    ledgerOf(this).restartPeaks();
    this.#sizes.clear();
    this.#inPlace = 0;
    this.#moved = 0;
    this.#failures = noFailures();
  }

  protected override take(layout: Layout, options: AllocateOptions): B {
    let block: B;
    try {
      block = super.take(layout, options);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.#sizes.add(layout.size);
    return block;
  }

  protected override tryTake(layout: Layout, options: AllocateOptions): B | null {
    const block = super.tryTake(layout, options);
    if (block === null) this.#failures.unknown++;
    else this.#sizes.add(layout.size);
    return block;
  }

  protected override change(
    block: B,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): B {
    const before = whereabouts(block);
    let next: B;
    try {
      next = super.change(block, layout, newLayout, options);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    if (isSamePlace(before, whereabouts(next))) this.#inPlace++;
    else this.#moved++;
    this.#sizes.add(newLayout.size);
    return next;
  }

  protected override changeInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    const same = super.changeInPlace(block, layout, newLayout);
    if (same === null) return null;
    this.#inPlace++;
    this.#sizes.add(newLayout.size);
    return same;
  }

  #fail(error: unknown): void {
    if (!isOutOfMemory(error)) return;
    const { reason } = error;
    const isKnown = reason !== null && Object.hasOwn(this.#failures, reason);
    this.#failures[isKnown ? reason : 'unknown']++;
  }
}

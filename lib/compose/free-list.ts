import type { Buffer } from 'node:buffer';
import { type AllocatorStats, BaseAllocator, isOutOfMemory } from '../allocator.js';
import { type Block, beginsWithin, classify, lengthOf, sizeOf } from '../block.js';
import { announceLimit, limitChannel } from '../channels.js';
import { describeLayout, heapwrightError, invalidArgType, outOfMemory } from '../errors.js';
import { explain } from '../introspection.js';
import { type Layout, requireLayout } from '../layout.js';
import { type Lease, openLease } from '../lease.js';
import {
  type AllocateRequest,
  type DeallocateOptions,
  flagsOf,
  NOWARN,
  optionsOf,
  throwsWhenBusy,
  ZEROED,
} from '../options.js';
import * as stamps from '../pool/stamp.js';
import { zero } from '../pool/zero.js';
import { trustAllocator } from '../trust.js';
import { type AllocatorLike, adoptAllocator } from './adopt.js';
import { type FreeListOptions, readFreeListOptions } from './free-list-options.js';
import { Leased, Out } from './list-places.js';
import { ListStock } from './list-stock.js';
import { refuseStray } from './refuse-stray.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { placeOf, setPlace, putPlace } = stamps;
const lengthOfBuffer = lengthOf;
const layoutOf = requireLayout;

const flagsOfRequest = flagsOf;
const MUST_ZERO = ZEROED;
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** The figures of a free list: those of all allocators, and what there is. */
export interface FreeListStats extends AllocatorStats {
  /** Blocks in existence, with the program or waiting. */
  readonly blocks: number;
  /** Blocks that wait to be handed out. */
  readonly waiting: number;
}

/** What is behind a list; INVALID_ARG_TYPE for the receiver of a borrowed method that is none. */
let stockOf: <B extends Block>(value: FreeList<B>) => ListStock<B>;

/**
 * A list of free blocks of one size: what is freed waits and is handed out again, last in, first
 * out, as the very same object. So who keeps a block after its free holds what somebody else gets
 * next: a view of it sees the next owner's bytes, and a second free can meet the next owner's.
 *
 * A request may ask for less than a block has. Of Buffers it gets a view of the first bytes; an
 * ArrayBuffer cannot be shortened, so there it gets a block of its own from the parent, which counts
 * while it lives. An empty block counts as none.
 *
 * A block with memory of its own that is freed while operations are in flight does not wait: it
 * goes back to the parent, and the free answers what the parent does. What the program drops
 * without a free counts until the collector has found it.
 *
 * @example
 * const list = new FreeList(new SystemAllocator(), { size: 1024, max: 64 });
 * const layout = Layout.from(1024);
 * const block = list.allocate(layout);
 * list.deallocate(block, layout); // true: it waits for the next request
 */
export class FreeList<B extends Block = ArrayBuffer> extends BaseAllocator<B> {
  static {
    trustAllocator(FreeList);
    stockOf = (value) => {
      if (typeof value === 'object' && value !== null && #stock in value) return value.#stock;
      throw invalidArgType('this', 'a FreeList', value);
    };
  }

  readonly #stock: ListStock<B>;
  readonly #leases = { endLease: (block: Block) => this.#endLease(block as B) };

  /**
   * @param parent Where the blocks come from. It lives on when the list is disposed.
   * @throws What the parent throws for one of the first `min` blocks; it then has them all back.
   */
  constructor(parent: AllocatorLike<B>, options: FreeListOptions) {
    super('free-list');
    const from = adoptAllocator<B>(parent, 'parent');
    const { layout, min, max } = readFreeListOptions(options);
    const isClosed = (): boolean => this.#stock.isClosed;
    const owner = {
      list: this,
      get isClosed() {
        return isClosed();
      },
      lease: (block: Block) => this.lease(block as B),
      usable: (asked: Layout) => this.#stock.usableOf(asked),
    };
    this.#stock = new ListStock(from, layout, max, owner);
    try {
      this.#stock.fill(min);
    } catch (error) {
      this.#stock.end();
      throw error;
    }
  }

  override allocate(layout: Layout, options?: AllocateRequest): B {
    const stock = stockOf(this);
    if (layout !== stock.quick) layoutOf(layout, 'layout');
    const asked = options === undefined ? MUST_ZERO : flagsOfRequest(options);
    if (layout === stock.quick) {
      const { waiting } = stock;
      const block = waiting.pop();
      if (block !== undefined) {
        if (lengthOfBuffer(block as Buffer) === stock.size) {
          setPlace(block as Buffer, stock.whole);
          if ((asked & MUST_ZERO) !== 0) zero(block as Buffer);
          stock.allocations++;
          if (waiting.length < stock.least) stock.least = waiting.length;
          return block;
        }
        waiting.push(block); // moved away: the long way drops it
      }
    }
    const got = stock.serve(layout, asked);
    if (typeof got !== 'string') return got;
    this.#announce(layout, asked);
    throw outOfMemory({ layout, allocator: this.name, reason: got });
  }

  override tryAllocate(layout: Layout, options?: AllocateRequest): B | null {
    stockOf(this);
    requireLayout(layout, 'layout');
    const asked = flagsOf(options);
    try {
      const got = this.#stock.serve(layout, asked);
      if (typeof got !== 'string') return got;
      this.#announce(layout, asked);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
    }
    return null;
  }

  override deallocate(block: B, layout: Layout, options?: DeallocateOptions): boolean {
    const stock = stockOf(this);
    if (layout === stock.quick && options === undefined && placeOf(block) === stock.whole) {
      setPlace(block as Buffer, stock.idle);
      stock.waiting.push(block);
      return true;
    }
    layoutOf(layout, 'layout');
    const refuses = options !== undefined && throwsWhenBusy(options);
    const place = this.#requireLive(block, layout);
    if (place instanceof Out) return stock.free(block, place, refuses);
    if (refuses) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
    stock.doom(block, place);
    return false;
  }

  override reallocate(
    block: B | null,
    layout: Layout | null,
    newLayout: Layout,
    options?: AllocateRequest,
  ): B {
    stockOf(this);
    if (block === null) return super.reallocate(block, layout, newLayout, options);
    const old = requireLayout(layout, 'layout');
    requireLayout(newLayout, 'newLayout');
    const asked = optionsOf(flagsOf(options));
    const place = this.#requireLive(block, old);
    if (place instanceof Leased) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
    if (old.size > 0 && sizeOf(block) === 0) throw heapwrightError('ERR_HEAPWRIGHT_DETACHED');
    const stock = this.#stock;
    if (!stock.changesInParent(block, newLayout)) {
      return super.reallocate(block, old, newLayout, asked);
    }
    const next = stock.change(block, place, newLayout, (from, to) =>
      stock.parent.reallocate(block, from, to, asked),
    );
    return next as B;
  }

  override reallocateInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    stockOf(this);
    requireLayout(layout, 'layout');
    requireLayout(newLayout, 'newLayout');
    const place = this.#requireLive(block, layout);
    if (place instanceof Leased) return null;
    const stock = this.#stock;
    if (!stock.changesInParent(block, newLayout)) return stock.resize(block, layout, newLayout);
    return stock.change(block, place, newLayout, (from, to) =>
      stock.parent.reallocateInPlace(block, from, to),
    );
  }

  /** All of a block; where a smaller request gets one of its own, what that takes up. */
  override usableSize(layout: Layout): number {
    stockOf(this);
    requireLayout(layout, 'layout');
    this.#stock.requireOpen();
    return this.#stock.usableOf(layout);
  }

  override owns(value: unknown): boolean {
    stockOf(this);
    if (this.#stock.isClosed) return false;
    if (placeOf(value) !== null) return this.#isLive(value as B);
    const what = classify(value);
    if (what.kind !== 'view') return false;
    return this.#isLive(what.buffer) || this.#holdsView(value as ArrayBufferView, what.buffer);
  }

  /**
   * Holds the block's memory: a free meanwhile answers false, and happens with the last lease. With
   * an operation in flight then, the block goes back to the parent.
   */
  override lease(block: B): Lease {
    stockOf(this);
    const place = this.#requireLive(block);
    if (place instanceof Leased) place.leases++;
    else putPlace(block, new Leased(place));
    return openLease(block, this.#leases);
  }

  override stats(): FreeListStats {
    stockOf(this);
    const stock = this.#stock;
    stock.requireOpen();
    stock.note();
    stock.blocks.sweep();
    const { abandonedBlocks, abandonedBytes, count: blocks } = stock.blocks;
    const { liveBlocks, liveBytes, peakBytes, allocations, failures } = stock;
    const waiting = stock.waiting.length;
    return Object.freeze({
      ...super.stats(),
      liveBlocks,
      liveBytes,
      peakBytes,
      mappedBytes: liveBytes + abandonedBytes + waiting * stock.usable,
      abandonedBlocks,
      abandonedBytes,
      allocations,
      deallocations: allocations - liveBlocks - abandonedBlocks,
      failures,
      blocks,
      waiting,
    });
  }

  override verify(): true {
    stockOf(this);
    this.#stock.requireOpen();
    const broken = this.#stock.check();
    if (broken === null) return true;
    throw heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', { actual: `not true that ${broken}` });
  }

  /** Gives all blocks that wait back to the parent. Answers how many there were. */
  trim(): number {
    stockOf(this);
    this.#stock.requireOpen();
    return this.#stock.trim();
  }

  override dispose(): void {
    stockOf(this);
    const { blocks, isClosed } = this.#stock;
    if (isClosed) return;
    for (const carrier of blocks.carriers()) {
      const objects = [carrier, blocks.viewOf(carrier)];
      const isLeased = objects.some((each) => placeOf(each) instanceof Leased);
      if (isLeased) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
    }
    this.#stock.end();
  }

  [INSPECT](): string {
    const isList = #stock in this;
    if (!isList) return 'FreeList {}'; // the prototype
    const { isClosed, liveBlocks, waiting, blocks, max, layout } = this.#stock;
    if (isClosed) return '[free-list: closed]';
    const blocksOf = `${blocks.count} of ${max} blocks of ${layout.size} bytes`;
    return `[free-list: ${liveBlocks} live, ${waiting.length} waiting, ${blocksOf}]`;
  }

  /** The place of a block that is with the program, freed or not, or null. */
  #placeOf(value: unknown): Out | Leased | null {
    const place = placeOf(value);
    const isOut = place instanceof Out || place instanceof Leased;
    return isOut && place.of.list === this ? place : null;
  }

  #isLive(value: unknown): boolean {
    const place = this.#placeOf(value);
    if (place === null) return false;
    const out = place instanceof Leased ? place.out : place;
    const isFreed = place instanceof Leased && place.isFreed;
    return !isFreed && (out.size === 0 || sizeOf(value as B) > 0);
  }

  /** Whether a view looks into a live Buffer without being it. Looks at every block. */
  #holdsView(view: ArrayBufferView, buffer: unknown): boolean {
    const { blocks } = this.#stock;
    for (const carrier of blocks.carriers()) {
      for (const each of [carrier, blocks.viewOf(carrier)]) {
        if (!ArrayBuffer.isView(each) || !this.#isLive(each)) continue;
        if (beginsWithin(view, buffer, each)) return true;
      }
    }
    return false;
  }

  /** The place of a live block of the list that was asked for with `layout`. */
  #requireLive(block: B, layout?: Layout): Out | Leased {
    this.#stock.requireOpen();
    const place = this.#placeOf(block);
    if (place === null) throw this.#refuse(block);
    if (place instanceof Leased && place.isFreed) {
      throw heapwrightError('ERR_HEAPWRIGHT_ABANDONED');
    }
    const { size, align } = place instanceof Leased ? place.out : place;
    if (layout === undefined || (size === layout.size && align === layout.align)) return place;
    throw heapwrightError('ERR_HEAPWRIGHT_LAYOUT_MISMATCH', {
      expected: describeLayout(size, align),
      actual: `${layout}`,
    });
  }

  /** The error for what is no block of the list, or no longer one. */
  #refuse(value: unknown): Error {
    if (this.#stock.blocks.isKnown(value)) {
      const { state } = explain(value);
      const isGone = state === null || state === 'freed' || state === 'moved';
      if (isGone) return heapwrightError('ERR_HEAPWRIGHT_DETACHED');
    }
    if (this.owns(value)) return heapwrightError('ERR_HEAPWRIGHT_INTERIOR');
    return refuseStray(value);
  }

  #announce(layout: Layout, asked: number): void {
    const isHeard = limitChannel.hasSubscribers && (asked & NOWARN) === 0;
    if (isHeard) announceLimit(this, layout);
  }

  #endLease(block: B): void {
    const place = placeOf(block);
    if (place instanceof Leased) this.#stock.endLease(block, place);
  }
}

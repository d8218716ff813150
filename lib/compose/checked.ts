/** The node that looks for mistakes: what it does with blocks is in checked/. */
import { constants } from 'node:buffer';
import { isOutOfMemory } from '../allocator.js';
import { type Block, bytesOf, copyBytes, lengthOf } from '../block.js';
import {
  AllocError,
  heapwrightError,
  invalidArgType,
  isHeapwrightError,
  outOfMemory,
} from '../errors.js';
import { explain } from '../introspection.js';
import { Layout } from '../layout.js';
import { requireUnleased } from '../lease.js';
import { ABANDON, type AllocateOptions, type DeallocateOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import type { AllocatorLike } from './adopt.js';
import { Fence, fillBytes, frontOf } from './checked/canaries.js';
import type { Faults } from './checked/faults.js';
import { type CheckedOptions, readCheckedOptions } from './checked/options.js';
import { type LeakRow, Sites } from './checked/sites.js';
import { ledgerOf } from './composite.js';
import { PassThrough } from './pass-through.js';
import { warnOf } from './warnings.js';
import { type Shape, type Wrapped, Wrapper } from './wrapped.js';

/** What uninitialized memory is filled with, and what was freed. */
const NEW = 0xa5;
const OLD = 0x5a;
/** New bytes of a block that changes in place are zero. */
const ZEROED_NEW: AllocateOptions = Object.freeze({ uninitialized: false });

/** The error of a request that the allocator inside was asked for with canaries. */
function translate(error: unknown, layout: Layout): unknown {
  if (!isOutOfMemory(error)) return error;
  const { code, message, allocator, reason } = error;
  return new AllocError(code, message, { layout, allocator, reason, cause: error });
}

let checkReceiver: (value: unknown) => void;

/**
 * Looks for mistakes with blocks: writes beyond a Buffer (canaries, looked at when it is freed,
 * reallocated and by `verify`), use of memory that nobody has written or that was freed (fill
 * patterns), frees that are missing or come twice (call sites); and makes requests fail on demand.
 *
 * Around a block that is an ArrayBuffer there is nothing that JavaScript could write to, and so no
 * canary; all else is the same. Damage is reported once, as CORRUPTED. The canaries are not counted
 * in `stats` and `usableSize`.
 *
 * The allocator inside lives on when the node is disposed.
 *
 * @example
 * const checked = new Checked(pool, { fail: { every: 100 } });
 * // ... the program's tests
 * checked.leaks(); // [{ site: 'at readHeader (...)', blocks: 3, bytes: 300 }]
 */
export class Checked<B extends Block = ArrayBuffer> extends PassThrough<B> {
  static {
    trustAllocator(Checked);
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #wrapper in value) return;
      throw invalidArgType('this', 'a Checked', value);
    };
  }

  readonly #wrapper: Wrapper<B>;
  readonly #canary: number;
  readonly #fills: boolean;
  readonly #sites: Sites;
  readonly #faults: Faults;
  /** Whether the allocator inside may give Buffers: until it has given something else. */
  #mayWrap = true;

  constructor(inner: AllocatorLike<B>, options?: CheckedOptions) {
    super('checked', inner);
    const { canary, fills, sites, faults } = readCheckedOptions(options);
    this.#wrapper = new Wrapper(this, this.inner);
    this.#canary = canary;
    this.#fills = fills;
    this.#sites = new Sites(sites);
    this.#faults = faults;
  }

  /** Requests so far, as `fail` counts them: allocations and reallocations. */
  get requests(): number {
    checkReceiver(this);
    return this.#faults.requests;
  }

  /** What is live, by the place that allocated it, the most bytes first. */
  leaks(): readonly LeakRow[] {
    checkReceiver(this);
    return this.#sites.group(this.#live());
  }

  override deallocate(block: B, layout: Layout, options?: DeallocateOptions): boolean {
    checkReceiver(this);
    const isLive = ledgerOf(this).find(block) !== null;
    if (isLive) this.#requireSound(block);
    try {
      return super.deallocate(block, layout, options);
    } catch (error) {
      throw isLive ? error : this.#withSites(error, block);
    }
  }

  /** True, or CORRUPTED; that also, once, for canaries that were overwritten. */
  override verify(): true {
    checkReceiver(this);
    super.verify();
    const damaged = [...this.#live()].map(([block]) => this.#takeDamage(block));
    const found = damaged.filter((each) => each !== null);
    const [first] = found;
    if (first === undefined) return true;
    throw this.#corrupted(found.length === 1 ? first : `${first}; ${found.length - 1} more blocks`);
  }

  protected override take(layout: Layout, options: AllocateOptions): B {
    this.#injectFault(layout);
    return this.#serve((each) => this.inner.allocate(each, options), layout, options);
  }

  protected override tryTake(layout: Layout, options: AllocateOptions): B | null {
    if (this.#faults.isNextToFail(layout.size)) return null;
    return this.#serve((each) => this.inner.tryAllocate(each, options), layout, options);
  }

  protected override give(block: B, layout: Layout, options: DeallocateOptions): boolean {
    const damage = this.#takeDamage(block);
    if (damage !== null) warnOf(this.#corrupted(damage));
    const place = this.#wrapper.of(block);
    const restore = this.#fills ? this.#scrub(block) : null;
    let isBack = false;
    try {
      isBack =
        place === null ? super.give(block, layout, options) : this.#wrapper.give(place, options);
    } finally {
      if (!isBack) restore?.();
    }
    this.#sites.noteFreed(block);
    return isBack;
  }

  protected override change(
    block: B,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): B {
    this.#injectFault(newLayout);
    this.#requireSound(block);
    const place = this.#wrapper.of(block);
    const shape = this.#shapeFor(newLayout);
    let next: B;
    if (place === null) {
      next = super.change(block, layout, newLayout, options);
      this.#fillNew(next, layout.size, options);
      this.#noteAllocated(next);
    } else if (shape === null || shape.front !== place.inside.front) {
      return this.#migrate(block, layout, newLayout, options);
    } else {
      next = this.#changeInside(place, shape, layout, newLayout, options);
    }
    this.#sites.noteFreed(block);
    return next;
  }

  protected override changeInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    this.#requireSound(block);
    const place = this.#wrapper.of(block);
    const shape = this.#shapeFor(newLayout);
    let same: B | null = null;
    if (place === null) {
      same = super.changeInPlace(block, layout, newLayout);
      if (same !== null) this.#noteAllocated(same);
    } else if (shape !== null && shape.front === place.inside.front) {
      const next = this.#wrapper.changeInPlace(place, shape, newLayout);
      if (next !== null) same = this.#refence(next as Block as B, layout.size, ZEROED_NEW);
    }
    if (same !== null) this.#sites.noteFreed(block);
    return same;
  }

  *#live(): Generator<readonly [block: B, bytes: number]> {
    for (const { block, layout } of ledgerOf(this).live()) yield [block as B, layout.size];
  }

  #injectFault(layout: Layout): void {
    if (!this.#faults.isNextToFail(layout.size)) return;
    throw outOfMemory({ layout, allocator: this.name, reason: null });
  }

  /** What to ask for so that there is room for canaries; null: none. */
  #shapeFor({ size, align }: Layout): Shape | null {
    if (!this.#mayWrap || this.#canary === 0) return null;
    const front = frontOf(this.#canary, align);
    const most = constants.MAX_LENGTH - front - this.#canary;
    if (size > most) return null;
    return { layout: Layout.from(front + size + this.#canary, align), front };
  }

  #serve<T extends B | null>(
    ask: (layout: Layout) => T,
    layout: Layout,
    options: AllocateOptions,
  ): T | B {
    const shape = this.#shapeFor(layout);
    if (shape === null) return this.#servePlain(ask, layout, options);
    let block: T;
    try {
      block = ask(shape.layout);
    } catch (error) {
      throw translate(error, layout);
    }
    if (block === null) return block;
    if (!ArrayBuffer.isView(block)) {
      this.#mayWrap = false;
      this.inner.deallocate(block, shape.layout);
      return this.#servePlain(ask, layout, options);
    }
    const inside = { block: block as B, layout: shape.layout, front: shape.front };
    const buffer = this.#wrapper.wrap(inside, layout);
    return this.#refence(buffer as Block as B, 0, options);
  }

  #servePlain<T extends B | null>(
    ask: (layout: Layout) => T,
    layout: Layout,
    options: AllocateOptions,
  ): T {
    const block = ask(layout);
    if (block === null) return block;
    this.#fillNew(block, 0, options);
    this.#noteAllocated(block);
    return block;
  }

  /** A Buffer whose first `kept` bytes are contents: fills what is new, and paints the canaries. */
  #refence(block: B, kept: number, options: AllocateOptions): B {
    // When the block became larger its old canary lies where the Buffer goes on now.
    fillBytes(bytesOf(block), 0, kept, kept + this.#canary);
    this.#fillNew(block, kept, options);
    this.#fence(this.#wrapper.of(block) as Wrapped<B>).paint();
    this.#noteAllocated(block);
    return block;
  }

  #changeInside(
    place: Wrapped<B>,
    shape: Shape,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): B {
    try {
      const next = this.#wrapper.change(place, shape, newLayout, options) as Block as B;
      return this.#refence(next, layout.size, options);
    } catch (error) {
      throw translate(error, newLayout);
    }
  }

  #migrate(block: B, layout: Layout, newLayout: Layout, options: AllocateOptions): B {
    requireUnleased(block);
    const ask = (each: Layout) => this.inner.allocate(each, options);
    const moved = this.#serve(ask, newLayout, options);
    try {
      copyBytes(block, moved);
      this.give(block, layout, ABANDON);
    } catch (error) {
      this.give(moved, newLayout, ABANDON);
      throw error;
    }
    return moved;
  }

  #noteAllocated(block: B): void {
    const site = this.#sites.noteAllocated(block);
    const place = this.#wrapper.of(block);
    if (place !== null) place.site = site;
  }

  #fillNew(block: B, kept: number, options: AllocateOptions): void {
    if (this.#fills && options.uninitialized === true) fillBytes(bytesOf(block), NEW, kept);
  }

  /** Fills a block that is about to be freed, unless something may still read it. */
  #scrub(block: B): (() => void) | null {
    const { state, kept } = explain(block);
    if (kept !== null) return null;
    const bytes = bytesOf(block);
    // What an allocator of the program's does with it is not known: it may answer false.
    const before = state === null ? new Uint8Array(bytes) : null;
    fillBytes(bytes, OLD);
    return () => {
      if (before !== null) copyBytes(before.buffer, block);
    };
  }

  #fence({ inside }: Wrapped<B>): Fence {
    return new Fence(bytesOf(inside.block), inside, this.#canary);
  }

  /** What was overwritten around a block, in words. The next one to look finds nothing. */
  #takeDamage(block: B): string | null {
    const place = this.#wrapper.of(block);
    if (place === null || place.fate !== 'live') return null;
    const fence = this.#fence(place);
    const damage = fence.findDamage();
    if (damage === null) return null;
    fence.paint();
    const sites = this.#sites.describe(block);
    const size = lengthOf(block as Buffer);
    return `a block of ${size} bytes${sites === '' ? '' : `, ${sites}`}: ${damage}`;
  }

  #requireSound(block: B): void {
    const damage = this.#takeDamage(block);
    if (damage !== null) throw this.#corrupted(damage);
  }

  #corrupted(actual: string): Error {
    return heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', {
      actual,
      hint: 'Look for writes beyond the length of a Buffer, through its "buffer" too. The block is as it was, and can be freed.',
    });
  }

  /** The same error, with where the block was allocated and freed, if that is remembered. */
  #withSites(error: unknown, block: unknown): unknown {
    const sites = this.#sites.describe(block);
    if (sites === '' || !isHeapwrightError(error)) return error;
    const { code } = error;
    if (code !== 'ERR_HEAPWRIGHT_DETACHED' && code !== 'ERR_HEAPWRIGHT_ABANDONED') return error;
    return heapwrightError(code, { hint: `It was ${sites}.`, cause: error });
  }
}

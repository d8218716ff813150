/**
 * Pooled Buffers: real Buffers for the price of a typed array's view. A slab of native memory is
 * wrapped once and cut into slots of one size; allocating and freeing a slot runs no native code.
 */
import type { Buffer } from 'node:buffer';
import { type InspectOptions, inspect } from 'node:util';
import { ArenaAllocator } from '../allocators/arena-allocator.js';
import { attachDependent, detachDependent } from '../allocators/dependents.js';
import { heapIdOf, startDecayOf } from '../allocators/native-allocator.js';
import { refuseRequest } from '../allocators/refuse-request.js';
import { classify, lengthOf } from '../block.js';
import {
  announce,
  announceLimit,
  freeChannel,
  limitChannel,
  type RecoveredMessage,
  recoveredChannel,
} from '../channels.js';
import { isGuarded } from '../debug.js';
import { heapwrightError, invalidArgType, limitReached } from '../errors.js';
import { Layout, requireLayout } from '../layout.js';
import { type Lease, openLease } from '../lease.js';
import { Code, Flag, native } from '../native.js';
import {
  type AllocateRequest,
  type DeallocateOptions,
  flagsOf,
  throwsWhenBusy,
} from '../options.js';
import { refuseCall, refusePlace } from '../refusal.js';
import { trustAllocator } from '../trust.js';
import { BufferAllocator } from './buffer-allocator.js';
import { PoolDecay } from './decay.js';
import { Hold } from './hold.js';
import {
  checkSize,
  describePlace,
  isLivePlace,
  refuseForeign,
  refuseGone,
  requireFit,
} from './live.js';
import type { Magazine } from './magazine.js';
import { type BufferPoolOptions, readPoolOptions } from './pool-options.js';
import { describePool, type PoolStats, poolStats } from './pool-stats.js';
import { CLASS_TABLE, SLOT_SIZES } from './size-class.js';
import type { Slab } from './slab.js';
import { SlabStore } from './slab-store.js';
import { type Owner, SlotAllocator } from './slot-allocator.js';
import * as stamps from './stamp.js';
import { alignOf, type Place } from './stamp.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { FREED, handleOf, placeOf, setPlace } = stamps;
const lengthOfBuffer = lengthOf;
const freed = freeChannel;
const CLASSES = CLASS_TABLE;
const { NONE, ZEROED } = Flag;

/** INVALID_ARG_TYPE for the receiver of a borrowed method that is no pool. */
let checkPool: (value: unknown) => void;
let readEpoch: (pool: BufferPool) => number;

/** How often the pool ended all its Buffers at once: those of an earlier epoch are gone. */
export function epochOf(pool: BufferPool): number {
  return readEpoch(pool);
}

/**
 * Buffers out of slabs of native memory. Every operation of `Allocator<Buffer>`, and the vocabulary
 * of `Buffer`: `alloc`, `allocUnsafe`, `from`, `concat`. `free` makes memory available at once; what
 * nobody frees comes back when the collector finds that nothing can reach it.
 *
 * A Buffer that is used after its free sees its successor's bytes: hold a lease over operations
 * that outlive a call.
 *
 * @example
 * const pool = new BufferPool(new ArenaAllocator(), { limit: 64 * 2 ** 20 });
 * const buffer = pool.from('hello');
 * pool.free(buffer); // true
 */
export class BufferPool extends BufferAllocator {
  static {
    readEpoch = (pool) => {
      if (!(#slots in pool)) checkPool(pool);
      return pool.#slots.store.epoch;
    };
    checkPool = (value) => {
      if (typeof value === 'object' && value !== null && #slots in value) return;
      throw invalidArgType('this', 'a pool made by this package', value);
    };
  }

  readonly #arena: ArenaAllocator;
  readonly #heap: number;
  readonly #limit: number;
  readonly #magazines: readonly Magazine[];
  readonly #slots: SlotAllocator;
  /** The largest size that shares a slab. */
  readonly #largest: number;
  readonly #leaseKeeper = { endLease: (block: object) => this.#slots.release(block as Buffer) };
  /** As its Buffers, slabs and arena know it. */
  readonly #owner: Owner;
  #isOpen = true;

  /**
   * @param arena Where the slabs come from; its limit holds for them too. Disposing it disposes
   * the pool.
   */
  constructor(arena: ArenaAllocator, options?: BufferPoolOptions) {
    super('pool');
    const { limit, decayMs } = readPoolOptions(options);
    if (!(arena instanceof ArenaAllocator)) {
      throw invalidArgType('arena', 'an ArenaAllocator', arena);
    }
    this.#arena = arena;
    this.#heap = heapIdOf(arena);
    this.#limit = limit;
    this.#owner = this.#makeOwner();
    const store = new SlabStore(this.#owner, this.#heap, limit);
    const decay = new PoolDecay(store, decayMs, () => startDecayOf(arena));
    this.#slots = new SlotAllocator(this.#owner, store, decay, !isGuarded);
    this.#magazines = store.magazines;
    this.#largest = this.#slots.largest;
    attachDependent(arena, this);
  }

  override allocUnsafe(size: number): Buffer {
    if (typeof size !== 'number' || size >>> 0 !== size || size > this.#largest) {
      return this.#apart(size, NONE);
    }
    const magazine = this.#magazines[CLASSES[(size + 15) >>> 4] as number] as Magazine;
    const slots = this.#slots;
    return slots.view(magazine, slots.take(magazine, size, 1, NONE), size);
  }

  override allocate(layout: Layout, options?: AllocateRequest): Buffer {
    const { size, align } = requireLayout(layout, 'layout');
    const flags = options === undefined ? ZEROED : flagsOf(options);
    checkPool(this);
    checkSize(size);
    return this.#slots.allocate(size, align, flags);
  }

  override free(buffer: Buffer): boolean {
    const place = placeOf(buffer);
    if (place === null || place.owner !== this.#owner) return this.#free(buffer, false);
    return this.#giveSlot(buffer, place as Slab);
  }

  override deallocate(block: Buffer, layout: Layout, options?: DeallocateOptions): boolean {
    checkPool(this);
    requireLayout(layout, 'layout');
    const refuses = options !== undefined && throwsWhenBusy(options);
    const place = placeOf(block);
    const isSlot = place !== null && place.owner === this.#owner;
    if (
      isSlot &&
      lengthOfBuffer(block) === layout.size &&
      this.#slots.alignOf(block) === layout.align
    ) {
      return this.#giveSlot(block, place as Slab);
    }
    return this.#free(block, refuses, layout);
  }

  override reallocate(
    block: Buffer | null,
    layout: Layout | null,
    newLayout: Layout,
    options?: AllocateRequest,
  ): Buffer {
    checkPool(this);
    if (block === null) return super.reallocate(block, layout, newLayout, options);
    const old = requireLayout(layout, 'layout');
    const { size, align } = requireLayout(newLayout, 'newLayout');
    checkSize(size);
    const flags = flagsOf(options);
    const place = this.#requireLive(block, old);
    return this.replaced(block, this.#slots.resize(block, place, size, align, flags));
  }

  override reallocateInPlace(block: Buffer, layout: Layout, newLayout: Layout): Buffer | null {
    checkPool(this);
    requireLayout(layout, 'layout');
    const { size, align } = requireLayout(newLayout, 'newLayout');
    checkSize(size);
    const place = this.#requireLive(block, layout);
    const same = this.#slots.resizeInPlace(block, place, size, align, true);
    return same === null ? null : this.replaced(block, same);
  }

  override usableSize(layout: Layout): number {
    checkPool(this);
    this.#requireOpen();
    const { size, align } = requireLayout(layout, 'layout');
    const at = this.#slots.classOf(size, align);
    if (at >= 0) return SLOT_SIZES[at] as number;
    const usable = native.usableSize(this.#heap, size, align);
    if (usable < 0) throw refuseCall(usable);
    return usable;
  }

  /** Whether `value` is a live Buffer of this pool, or a view of one. */
  override owns(value: unknown): boolean {
    checkPool(this);
    if (placeOf(value) !== null) return this.isLive(value);
    const what = classify(value);
    if (what.kind !== 'view') return false;
    return this.#slots.store.holdsView(value as ArrayBufferView, what.buffer);
  }

  /**
   * Holds the Buffer's memory: a free meanwhile answers false, and happens when the last lease is
   * disposed, unless an operation is in flight then; in that case when nothing can reach it.
   */
  override lease(buffer: Buffer): Lease {
    checkPool(this);
    this.#slots.hold(buffer, this.#requireLive(buffer));
    return openLease(buffer, this.#leaseKeeper);
  }

  override stats(): PoolStats {
    checkPool(this);
    this.#requireOpen();
    return poolStats(this.#slots.store, this.#limit);
  }

  /** True, or CORRUPTED; that also, once, for slabs that somebody transferred away. */
  override verify(): true {
    checkPool(this);
    this.#requireOpen();
    const broken = this.#slots.store.check();
    if (broken !== null) {
      throw heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', { actual: `not true that ${broken}` });
    }
    const moved = this.#slots.store.takeMoved();
    if (moved === 0) return true;
    throw heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', {
      actual: `${moved} slab(s) that somebody transferred away`,
      hint: 'Post copyOut(buffer) instead of the Buffer. The pool goes on without those slabs.',
    });
  }

  /** Gives back every slab that no Buffer lies in. Answers how many bytes. */
  trim(): number {
    checkPool(this);
    this.#requireOpen();
    const bytes = this.#slots.store.trim();
    startDecayOf(this.#arena);
    return bytes;
  }

  /**
   * Frees every Buffer. Their slabs are detached, so that each has length 0; while operations are
   * in flight they stay valid and private instead.
   *
   * @throws LEASED: a lease is open, nothing was freed.
   */
  reset(): void {
    checkPool(this);
    this.#requireOpen();
    this.#requireUnleased();
    this.#slots.store.endAll();
    startDecayOf(this.#arena);
  }

  override dispose(): void {
    checkPool(this);
    if (!this.#isOpen) return;
    this.#requireUnleased();
    this.#isOpen = false;
    this.#slots.store.endAll();
    detachDependent(this.#arena, this);
    startDecayOf(this.#arena);
  }

  /** For the arena, before it ends what lives on it. */
  hasLeases(): boolean {
    checkPool(this);
    return this.#slots.store.countLeases() > 0;
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const isPool = #slots in this;
    if (!isPool) return 'BufferPool {}'; // the prototype
    if (!this.#isOpen) return '[pool: closed]';
    return describePool(this.stats(), options);
  }

  protected override allocZeroed(size: number): Buffer {
    if (typeof size !== 'number' || size >>> 0 !== size || size > this.#largest) {
      return this.#apart(size, ZEROED);
    }
    const at = CLASSES[(size + 15) >>> 4] as number;
    return this.#slots.zeroed(this.#magazines[at] as Magazine, size, 1, ZEROED);
  }

  protected override resize(buffer: Buffer, size: number): Buffer {
    checkSize(size);
    return this.#slots.resize(buffer, this.#requireLive(buffer), size, alignOf(buffer), ZEROED);
  }

  protected override isLive(value: unknown): boolean {
    const place = placeOf(value);
    return place !== null && place.keeper === this.#owner && isLivePlace(place);
  }

  #makeOwner(): Owner {
    const owner: Owner = {
      pool: this,
      lease: (buffer) => this.lease(buffer),
      describe: (buffer) => describePlace(buffer, placeOf(buffer) as Place),
      requireOpen: () => this.#requireOpen(),
      refuse: (...why) => this.#refuse(...why),
      onRecovered: (blocks, bytes) => {
        if (recoveredChannel.hasSubscribers) this.#announceRecovered(blocks, bytes);
      },
    };
    return owner;
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
  }

  #requireUnleased(): void {
    if (this.#slots.store.countLeases() > 0) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
  }

  /** The place of a live Buffer of this pool that was asked for with `layout`. */
  #requireLive(buffer: Buffer, layout?: Layout): Place {
    this.#requireOpen();
    const place = placeOf(buffer);
    if (place === null) throw refuseForeign(buffer);
    if (place.keeper !== null && place.keeper !== this.#owner) throw refusePlace(place);
    if (!isLivePlace(place)) throw refuseGone(place);
    if (layout !== undefined) requireFit(buffer, layout);
    return place;
  }

  #apart(size: number, flags: number): Buffer {
    checkPool(this);
    checkSize(size);
    return this.#slots.apart(size, 1, flags);
  }

  /** Frees a Buffer in a slab that takes it back without further questions. */
  #giveSlot(buffer: Buffer, slab: Slab): true {
    setPlace(buffer, FREED);
    (slab.magazine as Magazine).put(handleOf(buffer));
    if (freed.hasSubscribers) announce(freed, this, buffer, lengthOf(buffer));
    return true;
  }

  #free(buffer: Buffer, refuses: boolean, layout?: Layout): boolean {
    const place = this.#requireLive(buffer, layout);
    const size = lengthOf(buffer); // 0 once it is back, where that detaches it
    if (place instanceof Hold) {
      if (refuses) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
      this.#slots.doom(place);
      if (freed.hasSubscribers) announce(freed, this, buffer, size);
      return false;
    }
    const slab = place as Slab;
    if (refuses && slab.magazine === null && native.isBusy() !== Code.OK) {
      throw heapwrightError('ERR_HEAPWRIGHT_BUSY');
    }
    const isBack = this.#slots.giveBack(buffer, slab);
    if (freed.hasSubscribers) announce(freed, this, buffer, size);
    return isBack;
  }

  #refuse(code: number, size: number, align: number, flags: number): Error {
    const layout = Layout.from(size, align);
    const allocator = this.name;
    if (limitChannel.hasSubscribers && (flags & Flag.NOWARN) === 0) announceLimit(this, layout);
    const { liveBytes, abandonedBytes, mappedBytes } = this.stats();
    const usableSize = (): number => this.usableSize(layout);
    if (code === Code.LIMIT && mappedBytes + usableSize() > this.#limit) {
      const limit = this.#limit;
      return limitReached({ layout, allocator, limit, liveBytes, abandonedBytes, recovers: true });
    }
    // The arena refused, and its figures say why.
    const stats = this.#arena.stats();
    const { mappedLimit } = stats;
    const refusing = { allocator, mappedLimit, stats: () => stats, usableSize, recovers: true };
    return refuseRequest(code, refusing, layout);
  }

  /** After this job: it may be in the middle of an allocation, and who listens may allocate. */
  async #announceRecovered(blocks: number, bytes: number): Promise<void> {
    await undefined;
    const message: RecoveredMessage = { allocator: this, blocks, bytes };
    recoveredChannel.publish(message);
  }
}

trustAllocator(BufferPool);

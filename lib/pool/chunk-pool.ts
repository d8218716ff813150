/**
 * Buffers over a program's own memory: views into one ArrayBuffer or SharedArrayBuffer, whose
 * chunks a native heap hands out. Over shared memory workers allocate from it together.
 */
import type { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import type { AllocatorStats } from '../allocator.js';
import {
  Of,
  readChunks,
  readLargestFreeRun,
  readUsableSize,
  readUsage,
} from '../allocators/chunk-options.js';
import { heapwrightError, invalidArgType, outOfRange } from '../errors.js';
import { Layout, requireLayout } from '../layout.js';
import { type Lease, openLease } from '../lease.js';
import { Code, Flag, FreeFlag, native } from '../native.js';
import {
  type AllocateRequest,
  type DeallocateOptions,
  flagsOf,
  throwsWhenBusy,
} from '../options.js';
import { refuseCall } from '../refusal.js';
import { trustAllocator } from '../trust.js';
import { BufferAllocator } from './buffer-allocator.js';
import { ChunkBlocks, type ChunkParts } from './chunk-blocks.js';
import type { ChunkMemory } from './chunk-memory.js';
import { chunkPoolStats, verifyChunks } from './chunk-pool-answers.js';
import {
  type ChunkPoolOptions,
  joinParts,
  makeParts,
  type SharedChunkPool,
} from './chunk-pool-options.js';
import { checkSize } from './live.js';
import * as stamps from './stamp.js';
import { zero } from './zero.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { handleOf, placeOf } = stamps;
const { NONE, REFUSE_WHEN_BUSY } = FreeFlag;

/** Proves to the constructor that a call comes from this file. */
const KEY = Symbol('ChunkPool');
const MOST_WORKERS = 65534;

let checkReceiver: (value: unknown) => void;

/**
 * A fixed number of chunks of memory that the program brings, as Buffers. `free` has to be called:
 * what is dropped without it stays in use.
 *
 * @example
 * const pool = ChunkPool.over(heap()); // 1 MiB, 4096 chunks of 256 bytes
 * const buffer = pool.from('hello');
 * pool.usage(); // 0.02
 * pool.free(buffer); // true
 */
export class ChunkPool extends BufferAllocator {
  static {
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #blocks in value) return;
      throw invalidArgType('this', 'a ChunkPool', value);
    };
  }

  /**
   * A pool over all of `memory`, at whatever address it lies.
   *
   * @throws BUSY: another pool lies over it, of whatever thread.
   */
  static over(memory: ChunkMemory, options?: ChunkPoolOptions): ChunkPool {
    return new ChunkPool(KEY, makeParts(memory, options));
  }

  /**
   * Joins the pool that another thread posted as its `shared`.
   *
   * @throws CLOSED: that pool has gone. NOT_OWNED: it lies over other memory.
   */
  static attach(shared: SharedChunkPool): ChunkPool {
    return new ChunkPool(KEY, joinParts(shared));
  }

  /** Bytes of the memory. */
  readonly capacity: number;
  readonly chunkCount: number;
  /** Bytes of a chunk. */
  readonly chunkSize: number;
  /** Who this pool is to the others over the same memory: for their `reclaim`. */
  readonly workerId: number;
  readonly #name: string | null;
  readonly #blocks: ChunkBlocks;
  readonly #leases = { endLease: (block: object) => this.#blocks.endLease(block as Buffer) };

  private constructor(key: symbol, parts: ChunkParts) {
    if (key !== KEY) throw invalidArgType('key', 'private: make pools with over()', key);
    super('chunk-pool');
    const { member, name } = parts;
    this.#name = name;
    this.#blocks = new ChunkBlocks(this, parts, (buffer) => this.lease(buffer));
    this.workerId = member.number;
    const { capacity, chunkCount, chunkSize } = readChunks(Of.SHARE, member.id);
    this.capacity = capacity;
    this.chunkCount = chunkCount;
    this.chunkSize = chunkSize;
  }

  /** What to post to another thread, which joins by {@link ChunkPool.attach}. */
  get shared(): SharedChunkPool {
    checkReceiver(this);
    const { memory } = this.#blocks;
    this.#blocks.requireOpen();
    if (this.#name === null) {
      throw invalidArgType('memory', 'a SharedArrayBuffer to be shared', memory);
    }
    return Object.freeze({ memory: memory as SharedArrayBuffer, id: this.#name });
  }

  override allocUnsafe(size: number): Buffer {
    if (typeof size !== 'number' || size >>> 0 !== size) checkSize(size);
    return this.#blocks.take(size, 1, Flag.NONE);
  }

  override allocate(layout: Layout, options?: AllocateRequest): Buffer {
    const { size, align } = requireLayout(layout, 'layout');
    const flags = options === undefined ? Flag.ZEROED : flagsOf(options);
    checkReceiver(this);
    checkSize(size);
    const buffer = this.#blocks.take(size, align, flags);
    if ((flags & Flag.ZEROED) !== 0) zero(buffer);
    return buffer;
  }

  override free(buffer: Buffer): boolean {
    const blocks = this.#blocks;
    if (placeOf(buffer) !== blocks.live) throw blocks.refuseStranger(buffer);
    return blocks.give(buffer, NONE);
  }

  override deallocate(block: Buffer, layout: Layout, options?: DeallocateOptions): boolean {
    requireLayout(layout, 'layout');
    const refuses = options !== undefined && throwsWhenBusy(options);
    checkReceiver(this);
    const blocks = this.#blocks;
    if (placeOf(block) !== blocks.live) throw blocks.refuseStranger(block);
    return blocks.giveOf(block, refuses ? REFUSE_WHEN_BUSY : NONE, layout);
  }

  override reallocate(
    block: Buffer | null,
    layout: Layout | null,
    newLayout: Layout,
    options?: AllocateRequest,
  ): Buffer {
    if (block === null) return super.reallocate(block, layout, newLayout, options);
    const old = requireLayout(layout, 'layout');
    requireLayout(newLayout, 'newLayout');
    const flags = flagsOf(options);
    checkReceiver(this);
    this.#blocks.requireLive(block, old);
    return this.replaced(block, this.#blocks.resize(block, newLayout, flags));
  }

  override reallocateInPlace(block: Buffer, layout: Layout, newLayout: Layout): Buffer | null {
    requireLayout(layout, 'layout');
    const { size, align } = requireLayout(newLayout, 'newLayout');
    checkReceiver(this);
    if (this.#blocks.requireLive(block, layout).leases > 0) return null;
    const same = this.#blocks.resizeInPlace(block, size, align, true);
    return same === null ? null : this.replaced(block, same);
  }

  /**
   * `layout.size`, and more where the memory itself does not begin at a multiple of the chunk size
   * and `layout.align` is one that not every chunk has: then there has to be room to align in.
   */
  override usableSize(layout: Layout): number {
    checkReceiver(this);
    const { size, align } = requireLayout(layout, 'layout');
    return readUsableSize(Of.SHARE, this.#blocks.requireOpen(), size, align);
  }

  /** Whether `value` is a live Buffer of this pool, or a view of one. */
  override owns(value: unknown): boolean {
    checkReceiver(this);
    if (!this.#blocks.isUsable) return false;
    return placeOf(value) === null ? this.#blocks.holdsView(value) : this.isLive(value);
  }

  /**
   * Holds the Buffer's memory, whoever frees it meanwhile, in whatever thread: that happens with
   * the last lease. A lease ends with its thread.
   */
  override lease(buffer: Buffer): Lease {
    checkReceiver(this);
    this.#blocks.lease(buffer);
    return openLease(buffer, this.#leases);
  }

  /**
   * A number for a live Buffer, by which any thread that has joined the pool makes a Buffer over
   * the same memory. It names one block, and nothing any more when that was freed or reallocated.
   */
  handleOf(buffer: Buffer): number {
    checkReceiver(this);
    this.#blocks.requireLive(buffer);
    return handleOf(buffer);
  }

  /**
   * Another Buffer for the block that a handle names. All Buffers of a block are equal: the first
   * free of one of them ends the block, and is the only one that succeeds.
   *
   * @throws DETACHED, ABANDONED: it was freed. NOT_OWNED: no block of this pool has that handle.
   */
  fromHandle(handle: number): Buffer {
    checkReceiver(this);
    if (typeof handle !== 'number') throw invalidArgType('handle', 'a number', handle);
    if (!Number.isSafeInteger(handle) || handle < 0) {
      throw outOfRange('handle', 'what handleOf() answered', handle);
    }
    const { offset, size } = this.#blocks.look(handle);
    return this.#blocks.view(offset, size, handle);
  }

  /**
   * Frees what a pool in another thread left when it ended, by that pool's `workerId`. Answers how
   * many blocks there were; 0 for one that left nothing.
   *
   * @throws BUSY: it has not ended.
   */
  reclaim(workerId: number): number {
    checkReceiver(this);
    if (typeof workerId !== 'number') throw invalidArgType('workerId', 'a number', workerId);
    if (!Number.isInteger(workerId) || workerId < 1 || workerId > MOST_WORKERS) {
      throw outOfRange('workerId', `an integer from 1 to ${MOST_WORKERS}`, workerId);
    }
    const count = native.reclaimShare(this.#blocks.requireMember(), workerId);
    if (count >= 0) return count;
    if (count !== Code.BUSY) throw refuseCall(count);
    throw heapwrightError('ERR_HEAPWRIGHT_BUSY', {
      hint: 'Wait until its thread has ended, or dispose its pool.',
    });
  }

  /** The chunks in use, in percent, to two decimals. */
  usage(): number {
    checkReceiver(this);
    return readUsage(Of.SHARE, this.#blocks.requireMember());
  }

  /** The length of the longest free run, in chunks. Looks at every chunk. */
  largestFreeRun(): number {
    checkReceiver(this);
    return readLargestFreeRun(Of.SHARE, this.#blocks.requireMember());
  }

  /** The figures of the whole memory, whichever thread has allocated. */
  override stats(): AllocatorStats {
    checkReceiver(this);
    return chunkPoolStats(this.#blocks.requireOpen());
  }

  override verify(): true {
    checkReceiver(this);
    return verifyChunks(this.#blocks.requireMember());
  }

  /**
   * Frees all that this pool has allocated; what other threads have stays.
   *
   * @throws LEASED: it has an open lease, nothing was freed.
   */
  reset(): void {
    checkReceiver(this);
    this.#blocks.requireMember();
    this.#blocks.endAll();
  }

  /** As `reset`, and the memory is the program's alone again, once no thread has a pool over it. */
  override dispose(): void {
    checkReceiver(this);
    const blocks = this.#blocks;
    if (!blocks.isOpen) return;
    blocks.endAll();
    blocks.close();
  }

  [inspect.custom](): string {
    const isPool = #blocks in this;
    if (!isPool) return 'ChunkPool {}'; // the prototype
    if (!this.#blocks.isOpen) return '[chunk-pool: closed]';
    const { liveBlocks, liveBytes } = this.stats();
    const usage = readUsage(Of.SHARE, this.#blocks.requireOpen());
    return `[chunk-pool: ${liveBlocks} live, ${liveBytes} of ${this.capacity} bytes, ${usage} %]`;
  }

  protected override allocZeroed(size: number): Buffer {
    const buffer = this.allocUnsafe(size);
    zero(buffer);
    return buffer;
  }

  protected override resize(buffer: Buffer, size: number): Buffer {
    checkSize(size);
    const { align } = this.#blocks.requireLive(buffer);
    return this.#blocks.resize(buffer, Layout.from(size, align), Flag.ZEROED);
  }

  protected override isLive(value: unknown): boolean {
    return this.#blocks.isLive(value);
  }
}

trustAllocator(ChunkPool);

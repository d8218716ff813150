/**
 * The seam: what every allocator is, and what an allocator that a user writes gets for free.
 */
import { type Block, classify, copyBytes } from './block.js';
import { type AllocError, invalidArgType, isHeapwrightError, outOfRange } from './errors.js';
import { type Layout, requireLayout } from './layout.js';
import { type Lease, leaseBlock, requireUnleased } from './lease.js';
import {
  type AllocateOptions,
  type AllocateRequest,
  type DeallocateOptions,
  flagsOf,
  optionsOf,
} from './options.js';

/**
 * The figures of one allocator. Bytes are usable bytes, which is what `usableSize` says of a
 * layout: `layout.size` for the system allocator, all of the block for an arena. A limit of none is
 * Infinity.
 */
export interface AllocatorStats {
  /** Blocks allocated and not freed. */
  readonly liveBlocks: number;
  /** The bytes of those blocks. */
  readonly liveBytes: number;
  /** The most bytes that were ever in use at once, abandoned ones included. */
  readonly peakBytes: number;
  /** Memory held from the system; for the system allocator, the bytes of its blocks. */
  readonly mappedBytes: number;
  /** Blocks that were freed while their memory could still be in use: it comes back later. */
  readonly abandonedBlocks: number;
  /** The bytes of those blocks. They count against the limit. */
  readonly abandonedBytes: number;
  /** In the whole process: blocks that outlived the thread that made them. */
  readonly orphanedBlocks: number;
  /** The bytes of those blocks: their memory went back, their addresses are never used again. */
  readonly orphanedBytes: number;
  /** Blocks ever allocated. */
  readonly allocations: number;
  /** Blocks whose memory came back. */
  readonly deallocations: number;
  /** Requests that were refused for want of memory. */
  readonly failures: number;
  /** The most bytes that may be in use, abandoned ones included. */
  readonly limit: number;
}

/**
 * Memory by layout. `B` is the kind of block that is handed out.
 *
 * The operations are properties of function type, so that an allocator of one kind of block is
 * never taken for one of another.
 */
export interface Allocator<B extends Block = ArrayBuffer> {
  /** What kind of allocator this is: `system`, `arena`, `scoped`, ... */
  readonly name: string;

  /**
   * A block of exactly `layout.size` bytes at a multiple of `layout.align`, zeroed unless
   * `{ uninitialized: true }`.
   *
   * @throws AllocError OUT_OF_MEMORY or LIMIT: there is no such block to be had.
   */
  readonly allocate: (layout: Layout, options?: AllocateOptions) => B;
  /** As `allocate`, but null for OUT_OF_MEMORY and LIMIT. Everything else throws. */
  readonly tryAllocate: (layout: Layout, options?: AllocateOptions) => B | null;
  /**
   * Frees a block; `layout` is the one it was allocated with. True: its memory is back, and every
   * view of it has length 0. False: an operation in flight or a lease may still use it; it stays
   * valid and private, and the memory comes back when nothing can reach it any more.
   *
   * @throws NOT_OWNED, INTERIOR, DETACHED, ABANDONED, LAYOUT_MISMATCH: nothing was freed.
   */
  readonly deallocate: (block: B, layout: Layout, options?: DeallocateOptions) => boolean;
  /**
   * A block of `newLayout` with the first bytes of `block`, in place if that can be, else moved;
   * new bytes are zero unless `{ uninitialized: true }`. The old block is freed. On any error it
   * is left as it was. Without a block, null, this is `allocate`, whatever `layout`; to size 0 the
   * old memory is freed and the answer a live empty block.
   */
  readonly reallocate: (
    block: B | null,
    layout: Layout | null,
    newLayout: Layout,
    options?: AllocateOptions,
  ) => B;
  /** The same memory as a new block, or null where the old one has to stay as it is. */
  readonly reallocateInPlace: (block: B, layout: Layout, newLayout: Layout) => B | null;
  /** `reallocate` to a layout that is not smaller; OUT_OF_RANGE otherwise. */
  readonly grow: (block: B, layout: Layout, newLayout: Layout, options?: AllocateOptions) => B;
  /** `reallocate` to a layout that is not larger; OUT_OF_RANGE otherwise. */
  readonly shrink: (block: B, layout: Layout, newLayout: Layout) => B;
  /** The bytes that a block of `layout` takes up, at least `layout.size`. */
  readonly usableSize: (layout: Layout) => number;
  /** Whether `value` is a live block of this allocator, or a view of one. Never throws. */
  readonly owns: (value: unknown) => boolean;
  /** Holds a block's memory until the lease is disposed, whoever frees the block meanwhile. */
  readonly lease: (block: B) => Lease;
  readonly stats: () => AllocatorStats;
  /** True, or CORRUPTED: the allocator's data contradict themselves. Looks at everything. */
  readonly verify: () => true;
  /**
   * Frees every block that is still live and closes the allocator: later calls throw CLOSED. A
   * second call does nothing.
   *
   * @throws LEASED: a lease is open, nothing was freed.
   */
  readonly dispose: () => void;
  readonly [Symbol.dispose]: () => void;
  /** This allocator, and `secondary` where it has no memory: a `Fallback` of the two. */
  readonly withFallback: (secondary: Allocator<B> | TwoFunctions<B>) => Allocator<B>;
}

/** What is enough to stand where an allocator is asked for; see `defineAllocator`. */
export interface TwoFunctions<B extends Block> {
  allocate(layout: Layout, options: AllocateOptions): B;
  deallocate(block: B, layout: Layout, options: DeallocateOptions): unknown;
}

type MakeFallback = <B extends Block>(
  primary: Allocator<B>,
  secondary: Allocator<B> | TwoFunctions<B>,
) => Allocator<B>;

let makeFallback: MakeFallback;

/** Says what `withFallback` makes: a combinator, which stands on this file. Called once. */
export function provideFallback(make: MakeFallback): void {
  makeFallback = make;
}

const NO_STATS: AllocatorStats = Object.freeze({
  liveBlocks: 0,
  liveBytes: 0,
  peakBytes: 0,
  mappedBytes: 0,
  abandonedBlocks: 0,
  abandonedBytes: 0,
  orphanedBlocks: 0,
  orphanedBytes: 0,
  allocations: 0,
  deallocations: 0,
  failures: 0,
  limit: Number.POSITIVE_INFINITY,
});

/** Whether an error says that there was no memory to be had. */
export function isOutOfMemory(error: unknown): error is AllocError {
  if (!isHeapwrightError(error)) return false;
  return error.code === 'ERR_HEAPWRIGHT_OUT_OF_MEMORY' || error.code === 'ERR_HEAPWRIGHT_LIMIT';
}

/** OUT_OF_RANGE unless `newLayout` is at least (`'grow'`) or at most (`'shrink'`) as large. */
function checkDirection(
  way: 'grow' | 'shrink',
  block: Block,
  layout: Layout,
  newLayout: Layout,
): void {
  // To `reallocate` this would be a request for a new one.
  if (block === null) throw invalidArgType('block', 'a block', block);
  const size = requireLayout(layout, 'layout').size;
  const newSize = requireLayout(newLayout, 'newLayout').size;
  if (way === 'grow' ? newSize >= size : newSize <= size) return;
  const bound = way === 'grow' ? 'at least' : 'at most';
  throw outOfRange('newLayout.size', `${bound} ${size}, the size of the block`, newSize);
}

/** What a class that a program wrote is given: it need not know that flags may stand alone. */
function asOptions(options: AllocateRequest | undefined): AllocateOptions | undefined {
  return typeof options === 'number' ? optionsOf(flagsOf(options)) : options;
}

/** INVALID_ARG_TYPE for the receiver of a borrowed method that is no allocator. */
let checkReceiver: (value: unknown) => void;

/** Whether `value` was constructed as a {@link BaseAllocator}. Runs no code of its own. */
export let isAllocator: (value: unknown) => value is BaseAllocator<never>;

/**
 * An allocator with only `allocate` and `deallocate` left to write. Everything else is built on
 * those two; override what can be done better.
 *
 * @example
 * class Logged extends BaseAllocator<ArrayBuffer> {
 *   readonly #inner = new SystemAllocator();
 *   override allocate(layout: Layout, options?: AllocateOptions) {
 *     console.log(`${layout}`);
 *     return this.#inner.allocate(layout, options);
 *   }
 *   override deallocate(block: ArrayBuffer, layout: Layout) {
 *     return this.#inner.deallocate(block, layout);
 *   }
 * }
 */
export abstract class BaseAllocator<B extends Block = ArrayBuffer> implements Allocator<B> {
  static {
    isAllocator = (value): value is BaseAllocator<never> =>
      typeof value === 'object' && value !== null && #brand in value;
    checkReceiver = (value) => {
      if (isAllocator(value)) return;
      throw invalidArgType('this', 'an allocator', value);
    };
  }

  readonly #brand = true;
  readonly name: string;

  constructor(name = 'custom') {
    this.name = name;
  }

  abstract allocate(layout: Layout, options?: AllocateRequest): B;
  abstract deallocate(block: B, layout: Layout, options?: DeallocateOptions): boolean;

  tryAllocate(layout: Layout, options?: AllocateRequest): B | null {
    checkReceiver(this);
    try {
      return this.allocate(layout, asOptions(options));
    } catch (error) {
      if (isOutOfMemory(error)) return null;
      throw error;
    }
  }

  reallocate(
    block: B | null,
    layout: Layout | null,
    newLayout: Layout,
    options?: AllocateRequest,
  ): B {
    checkReceiver(this);
    if (block === null) return this.#begin(layout, newLayout, options);
    const old = requireLayout(layout, 'layout');
    requireLayout(newLayout, 'newLayout');
    const same = this.reallocateInPlace(block, old, newLayout);
    if (same !== null) return same;
    if (classify(block).kind === 'other') throw invalidArgType('block', 'a block', block);
    requireUnleased(block);
    const moved = this.allocate(newLayout, asOptions(options));
    try {
      copyBytes(block, moved);
      this.deallocate(block, old);
    } catch (error) {
      this.deallocate(moved, newLayout);
      throw error;
    }
    return moved;
  }

  reallocateInPlace(_block: B, layout: Layout, newLayout: Layout): B | null {
    requireLayout(layout, 'layout');
    requireLayout(newLayout, 'newLayout');
    return null;
  }

  grow(block: B, layout: Layout, newLayout: Layout, options?: AllocateRequest): B {
    checkReceiver(this);
    checkDirection('grow', block, layout, newLayout);
    return this.reallocate(block, layout, newLayout, options);
  }

  shrink(block: B, layout: Layout, newLayout: Layout): B {
    checkReceiver(this);
    checkDirection('shrink', block, layout, newLayout);
    return this.reallocate(block, layout, newLayout);
  }

  usableSize(layout: Layout): number {
    return requireLayout(layout, 'layout').size;
  }

  /** False: an allocator that does not know its blocks claims none. */
  owns(_value: unknown): boolean {
    return false;
  }

  lease(block: B): Lease {
    return leaseBlock(block);
  }

  stats(): AllocatorStats {
    return NO_STATS;
  }

  verify(): true {
    return true;
  }

  dispose(): void {}

  [Symbol.dispose](): void {
    checkReceiver(this);
    this.dispose();
  }

  withFallback(secondary: Allocator<B> | TwoFunctions<B>): Allocator<B> {
    checkReceiver(this);
    return makeFallback(this as Allocator<B>, secondary);
  }

  /** A reallocation without a block. The layout that it does not have may be left out. */
  #begin(layout: Layout | null, newLayout: Layout, options: AllocateRequest | undefined): B {
    if (layout !== null) requireLayout(layout, 'layout');
    requireLayout(newLayout, 'newLayout');
    return this.allocate(newLayout, asOptions(options));
  }
}

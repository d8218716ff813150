/**
 * An allocator from a plain object with two functions.
 */
import { type AllocatorStats, BaseAllocator } from './allocator.js';
import { type Block, classify, viewOffsetOf } from './block.js';
import { describeLayout, heapwrightError, invalidArgType, outOfRange } from './errors.js';
import { type Answer, checkAnswer } from './guard/answer.js';
import { Custody } from './guard/custody.js';
import { type Layout, requireLayout } from './layout.js';
import { type Lease, requireUnleased } from './lease.js';
import { measure } from './measure.js';
import {
  type AllocateOptions,
  type AllocateRequest,
  type DeallocateOptions,
  flagsOf,
  optionsOf,
  throwsWhenBusy,
} from './options.js';
import { trustAllocator } from './trust.js';

/** What {@link defineAllocator} makes an allocator of. The first two functions are required. */
export interface AllocatorDefinition<B extends Block> {
  /** Default `custom`. */
  readonly name?: string;
  /**
   * A block of exactly `layout.size` bytes, zeroed unless `options.uninitialized`. Both options
   * are always there: `options.flags` says what else was asked for, and has `ZEROED` too.
   */
  allocate(layout: Layout, options: Required<AllocateOptions>): B;
  /** Frees a live block of this allocator. Only `false` means "not yet". */
  deallocate(block: B, layout: Layout, options: DeallocateOptions): unknown;
  /** The same memory as a new block, or null. Default: null. */
  reallocateInPlace?(block: B, layout: Layout, newLayout: Layout): B | null;
  /** Default: `layout.size`. */
  usableSize?(layout: Layout): number;
  /** Called once, with no live block left. */
  dispose?(): unknown;
}

type Operation = Exclude<keyof AllocatorDefinition<Block>, 'name'>;

/** Reads an operation once, so that changing the object later changes nothing. */
function operation<B extends Block, K extends Operation>(
  definition: object,
  argument: string,
  name: K,
): AllocatorDefinition<B>[K] | undefined {
  const value: unknown = Reflect.get(definition, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'function') throw invalidArgType(`${argument}.${name}`, 'a function', value);
  return value.bind(definition) as AllocatorDefinition<B>[K];
}

function required<B extends Block, K extends 'allocate' | 'deallocate'>(
  definition: object,
  argument: string,
  name: K,
): AllocatorDefinition<B>[K] {
  const value = operation<B, K>(definition, argument, name);
  if (value === undefined) throw invalidArgType(`${argument}.${name}`, 'a function', value);
  return value;
}

function readName(definition: object, argument: string): string {
  const name: unknown = Reflect.get(definition, 'name');
  if (name === undefined) return 'custom';
  if (typeof name === 'string') return name;
  throw invalidArgType(`${argument}.name`, 'a string', name);
}

/** INVALID_ARG_TYPE unless `value` is an object; a Proxy that was revoked is none any more. */
function requireObject(value: unknown, argument: string): object {
  const expected = 'an allocator, or an object with the functions allocate and deallocate';
  if (typeof value !== 'object' || value === null) throw invalidArgType(argument, expected, value);
  try {
    Array.isArray(value);
  } catch {
    throw invalidArgType(argument, expected, value);
  }
  return value;
}

function refuseLive(what: string): Error {
  return heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', {
    actual: `a block from allocate() ${what}`,
  });
}

/** What `usableSize` answered, where that can be. */
function requireUsable(usable: unknown, { size }: Layout): number {
  if (typeof usable !== 'number') throw invalidArgType('usableSize()', 'a number', usable);
  if (Number.isSafeInteger(usable) && usable >= size) return usable;
  throw outOfRange('usableSize()', `an integer from ${size} to 2^53 - 1`, usable);
}

let checkReceiver: (value: unknown) => void;

/**
 * Guards the user's functions. They see only valid requests and only blocks that are theirs; what
 * they answer is checked before anybody sees it; and while one of them runs, nothing but looking is
 * possible here, so that what it throws leaves everything as it was.
 */
class DefinedAllocator<B extends Block> extends BaseAllocator<B> {
  static {
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #live in value) return;
      throw invalidArgType('this', 'an allocator that defineAllocator() made', value);
    };
  }

  readonly #allocate: AllocatorDefinition<B>['allocate'];
  readonly #deallocate: AllocatorDefinition<B>['deallocate'];
  readonly #reallocateInPlace: AllocatorDefinition<B>['reallocateInPlace'];
  readonly #usableSize: AllocatorDefinition<B>['usableSize'];
  readonly #dispose: AllocatorDefinition<B>['dispose'];
  readonly #live = new Custody<B>();
  #liveBytes = 0;
  #peakBytes = 0;
  #allocations = 0;
  #failures = 0;
  #isClosed = false;
  /** One of the user's functions runs. */
  #isInside = false;

  constructor(definition: object, argument: string) {
    super(readName(definition, argument));
    const read = <K extends Operation>(name: K) => operation<B, K>(definition, argument, name);
    this.#allocate = required<B, 'allocate'>(definition, argument, 'allocate');
    this.#deallocate = required<B, 'deallocate'>(definition, argument, 'deallocate');
    this.#reallocateInPlace = read('reallocateInPlace');
    this.#usableSize = read('usableSize');
    this.#dispose = read('dispose');
  }

  override allocate(layout: Layout, options?: AllocateRequest): B {
    checkReceiver(this);
    requireLayout(layout, 'layout');
    const asked = optionsOf(flagsOf(options));
    this.#requireOpen();
    this.#enter();
    let block: B;
    try {
      block = this.#allocate(layout, asked);
    } catch (error) {
      this.#failures++;
      throw error;
    } finally {
      this.#isInside = false;
    }
    return this.#adopt(block, layout);
  }

  override deallocate(block: B, layout: Layout, options?: DeallocateOptions): boolean {
    checkReceiver(this);
    requireLayout(layout, 'layout');
    const whenBusy = throwsWhenBusy(options) ? 'throw' : 'abandon';
    this.#requireOpen();
    const live = this.#requireLive(block, layout);
    this.#enter();
    // Dropped first: a definition that calls back finds the block freed already.
    this.#drop(block, live);
    try {
      return this.#deallocate(block, layout, { whenBusy }) !== false;
    } catch (error) {
      this.#keep(block, live);
      throw error;
    } finally {
      this.#isInside = false;
    }
  }

  override reallocateInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    checkReceiver(this);
    requireLayout(layout, 'layout');
    requireLayout(newLayout, 'newLayout');
    this.#requireOpen();
    const live = this.#requireLive(block, layout);
    if (this.#reallocateInPlace === undefined) return null;
    this.#enter();
    let same: B | null;
    try {
      same = this.#reallocateInPlace(block, layout, newLayout) ?? null;
    } finally {
      this.#isInside = false;
    }
    if (same === null) return null;
    this.#drop(block, live);
    try {
      return this.#adopt(same, newLayout);
    } catch (error) {
      this.#keep(block, live);
      throw error;
    }
  }

  override usableSize(layout: Layout): number {
    checkReceiver(this);
    requireLayout(layout, 'layout');
    this.#requireOpen();
    if (this.#usableSize === undefined) return layout.size;
    this.#enter();
    let usable: unknown;
    try {
      usable = this.#usableSize(layout);
    } finally {
      this.#isInside = false;
    }
    return requireUsable(usable, layout);
  }

  override owns(value: unknown): boolean {
    checkReceiver(this);
    return this.#live.find(value) !== null || this.#isView(value);
  }

  override lease(block: B): Lease {
    checkReceiver(this);
    this.#requireOpen();
    return super.lease(block);
  }

  override stats(): AllocatorStats {
    checkReceiver(this);
    this.#requireOpen();
    return Object.freeze({
      ...super.stats(),
      liveBlocks: this.#live.count,
      liveBytes: this.#liveBytes,
      peakBytes: this.#peakBytes,
      mappedBytes: this.#liveBytes,
      allocations: this.#allocations,
      deallocations: this.#allocations - this.#live.count,
      failures: this.#failures,
    });
  }

  override verify(): true {
    checkReceiver(this);
    this.#requireOpen();
    let bytes = 0;
    for (const block of this.#live.list()) bytes += this.#live.find(block)?.layout.size ?? 0;
    if (bytes === this.#liveBytes) return true;
    throw heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', {
      expected: `${bytes} live bytes`,
      actual: `${this.#liveBytes}`,
    });
  }

  override dispose(): void {
    checkReceiver(this);
    if (this.#isClosed) return;
    const blocks = this.#live.list();
    for (const block of blocks) requireUnleased(block);
    for (const block of blocks) {
      const live = this.#live.find(block);
      if (live !== null) this.deallocate(block, live.layout);
    }
    this.#enter();
    this.#isClosed = true;
    try {
      this.#dispose?.();
    } finally {
      this.#isInside = false;
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
  }

  /** CYCLE where one of the functions has called the allocator that it is a part of. */
  #enter(): void {
    if (this.#isInside) {
      throw heapwrightError('ERR_HEAPWRIGHT_CYCLE', {
        hint: 'Have the functions of an allocator call other allocators only.',
      });
    }
    this.#isInside = true;
  }

  #requireLive(block: B, layout: Layout): Answer {
    const live = this.#live.find(block);
    if (live === null) throw this.#refuse(block);
    const own = live.layout;
    if (own.equals(layout)) return live;
    throw heapwrightError('ERR_HEAPWRIGHT_LAYOUT_MISMATCH', {
      expected: describeLayout(own.size, own.align),
      actual: describeLayout(layout.size, layout.align),
    });
  }

  /** The error for what is no live block. */
  #refuse(block: B): Error {
    if (measure(block) === null) return invalidArgType('block', 'a block', block);
    if (this.#live.wasHere(block)) return heapwrightError('ERR_HEAPWRIGHT_DETACHED');
    return heapwrightError(
      this.#isView(block) ? 'ERR_HEAPWRIGHT_INTERIOR' : 'ERR_HEAPWRIGHT_NOT_OWNED',
    );
  }

  /** Whether `value` looks into a live block without being one. */
  #isView(value: unknown): boolean {
    const what = classify(value);
    if (what.kind !== 'view') return false;
    return this.#live.covers(what.buffer as object, viewOffsetOf(value as ArrayBufferView));
  }

  #adopt(block: B, layout: Layout): B {
    const answer = checkAnswer(block, layout);
    if (this.#live.find(block) !== null) throw refuseLive('that is live already');
    if (!this.#keep(block, answer)) throw refuseLive('over bytes of a live one');
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes);
    this.#allocations++;
    return block;
  }

  /** False, and nothing changed: a live block has some of its bytes. */
  #keep(block: B, live: Answer): boolean {
    if (!this.#live.add(block, live)) return false;
    this.#liveBytes += live.layout.size;
    return true;
  }

  #drop(block: B, { layout }: Answer): void {
    this.#live.remove(block);
    this.#liveBytes -= layout.size;
  }
}

trustAllocator(DefinedAllocator);

/**
 * An allocator from an object with `allocate` and `deallocate`; the rest is supplied. The object's
 * functions are read once, here, and see only requests that were checked.
 *
 * @example
 * const plain = defineAllocator({
 *   name: 'plain',
 *   allocate: (layout) => new ArrayBuffer(layout.size),
 *   deallocate: () => true,
 * });
 */
export function defineAllocator<B extends Block = ArrayBuffer>(
  definition: AllocatorDefinition<B>,
): BaseAllocator<B> {
  return guardAllocator(definition, 'definition');
}

/** The same for whatever was given as `argument`. */
export function guardAllocator<B extends Block>(
  value: unknown,
  argument: string,
): BaseAllocator<B> {
  return new DefinedAllocator(requireObject(value, argument), argument);
}

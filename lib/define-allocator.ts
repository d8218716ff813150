/**
 * An allocator from a plain object with two functions.
 */
import { type AllocatorStats, BaseAllocator } from './allocator.js';
import { type Block, classify } from './block.js';
import { describeLayout, heapwrightError, invalidArgType, outOfRange } from './errors.js';
import { type Layout, requireLayout } from './layout.js';
import { type Lease, requireUnleased } from './lease.js';
import { measure } from './measure.js';
import {
  type AllocateOptions,
  type DeallocateOptions,
  isUninitialized,
  throwsWhenBusy,
} from './options.js';
import { trustAllocator } from './trust.js';

/** What {@link defineAllocator} makes an allocator of. The first two functions are required. */
export interface AllocatorDefinition<B extends Block> {
  /** Default `custom`. */
  readonly name?: string;
  /** A block of exactly `layout.size` bytes, zeroed unless `options.uninitialized`. */
  allocate(layout: Layout, options: AllocateOptions): B;
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

let checkReceiver: (value: unknown) => void;

/** Guards the user's functions: they see only valid requests and only blocks that are theirs. */
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
  /** What is live, and with which layout. The blocks are kept until they are freed. */
  readonly #live = new Map<B, Layout>();
  /** What was freed: a second free is told from a foreign block. */
  readonly #freed = new WeakSet<B>();
  #liveBytes = 0;
  #peakBytes = 0;
  #allocations = 0;
  #failures = 0;
  #isClosed = false;

  constructor(definition: object, argument: string) {
    super(readName(definition, argument));
    const read = <K extends Operation>(name: K) => operation<B, K>(definition, argument, name);
    this.#allocate = required<B, 'allocate'>(definition, argument, 'allocate');
    this.#deallocate = required<B, 'deallocate'>(definition, argument, 'deallocate');
    this.#reallocateInPlace = read('reallocateInPlace');
    this.#usableSize = read('usableSize');
    this.#dispose = read('dispose');
  }

  override allocate(layout: Layout, options?: AllocateOptions): B {
    checkReceiver(this);
    requireLayout(layout, 'layout');
    const uninitialized = isUninitialized(options);
    this.#requireOpen();
    let block: B;
    try {
      block = this.#allocate(layout, { uninitialized });
    } catch (error) {
      this.#failures++;
      throw error;
    }
    return this.#adopt(block, layout);
  }

  override deallocate(block: B, layout: Layout, options?: DeallocateOptions): boolean {
    checkReceiver(this);
    requireLayout(layout, 'layout');
    const whenBusy = throwsWhenBusy(options) ? 'throw' : 'abandon';
    this.#requireOpen();
    this.#requireLive(block, layout);
    // Dropped first: a definition that calls back finds the block freed already.
    this.#drop(block, layout);
    try {
      return this.#deallocate(block, layout, { whenBusy }) !== false;
    } catch (error) {
      this.#keep(block, layout);
      throw error;
    }
  }

  override reallocateInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    checkReceiver(this);
    requireLayout(layout, 'layout');
    requireLayout(newLayout, 'newLayout');
    this.#requireOpen();
    this.#requireLive(block, layout);
    const same = this.#reallocateInPlace?.(block, layout, newLayout) ?? null;
    if (same === null) return null;
    this.#drop(block, layout);
    return this.#adopt(same, newLayout);
  }

  override usableSize(layout: Layout): number {
    checkReceiver(this);
    requireLayout(layout, 'layout');
    this.#requireOpen();
    return this.#usableSize?.(layout) ?? layout.size;
  }

  override owns(value: unknown): boolean {
    checkReceiver(this);
    return this.#live.has(value as B) || this.#isView(value);
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
      liveBlocks: this.#live.size,
      liveBytes: this.#liveBytes,
      peakBytes: this.#peakBytes,
      mappedBytes: this.#liveBytes,
      allocations: this.#allocations,
      deallocations: this.#allocations - this.#live.size,
      failures: this.#failures,
    });
  }

  override verify(): true {
    checkReceiver(this);
    this.#requireOpen();
    let bytes = 0;
    for (const layout of this.#live.values()) bytes += layout.size;
    if (bytes === this.#liveBytes) return true;
    throw heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', {
      expected: `${bytes} live bytes`,
      actual: `${this.#liveBytes}`,
    });
  }

  override dispose(): void {
    checkReceiver(this);
    if (this.#isClosed) return;
    for (const block of this.#live.keys()) requireUnleased(block);
    for (const [block, layout] of [...this.#live]) this.deallocate(block, layout);
    this.#isClosed = true;
    this.#dispose?.();
  }

  #requireOpen(): void {
    if (this.#isClosed) throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
  }

  #requireLive(block: B, layout: Layout): void {
    const own = this.#live.get(block);
    if (own === undefined) {
      if (measure(block) === null) throw invalidArgType('block', 'a block', block);
      if (this.#isView(block)) throw heapwrightError('ERR_HEAPWRIGHT_INTERIOR');
      throw heapwrightError(
        this.#freed.has(block) ? 'ERR_HEAPWRIGHT_DETACHED' : 'ERR_HEAPWRIGHT_NOT_OWNED',
      );
    }
    if (own.equals(layout)) return;
    throw heapwrightError('ERR_HEAPWRIGHT_LAYOUT_MISMATCH', {
      expected: describeLayout(own.size, own.align),
      actual: describeLayout(layout.size, layout.align),
    });
  }

  /** Whether `value` looks into a live block without being one. */
  #isView(value: unknown): boolean {
    const what = classify(value);
    return what.kind === 'view' && this.#live.has(what.buffer as B);
  }

  #adopt(block: B, layout: Layout): B {
    const size = measure(block)?.size;
    if (size === undefined) {
      throw invalidArgType(
        'block',
        'what allocate() has to return: an ArrayBuffer or Buffer',
        block,
      );
    }
    if (size !== layout.size) {
      throw outOfRange('block.byteLength', `the ${layout.size} bytes that were asked for`, size);
    }
    if (this.#live.has(block)) {
      throw heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', {
        actual: 'a block from allocate() that is live already',
      });
    }
    this.#keep(block, layout);
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes);
    this.#allocations++;
    return block;
  }

  #keep(block: B, layout: Layout): void {
    this.#freed.delete(block);
    this.#live.set(block, layout);
    this.#liveBytes += layout.size;
  }

  #drop(block: B, layout: Layout): void {
    this.#live.delete(block);
    this.#freed.add(block);
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

/**
 * Scopes: memory that is cut off one after the other, and goes all at once. What every scope can
 * do, the outermost one and those inside it.
 */
import type { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { heapwrightError, invalidArgType } from '../errors.js';
import { type Layout, requireLayout } from '../layout.js';
import type { Lease } from '../lease.js';
import {
  type AllocateRequest,
  type DeallocateOptions,
  flagsOf,
  throwsWhenBusy,
  ZEROED,
} from '../options.js';
import { BufferAllocator } from '../pool/buffer-allocator.js';
import { checkSize } from '../pool/live.js';
import { alignOf, placeOf } from '../pool/stamp.js';
import { trustAllocator } from '../trust.js';
import { ScopeBuffers } from './scope/buffers.js';
import { type Family, type ScopeCore, ScopeState } from './scope/core.js';
import { conclude, endScope, isThenable, type Outcome, throwAll } from './scope/ending.js';
import { type ScopeStats, scopeStats } from './scope/scope-stats.js';

/** What a scope is made from: its family, and the scope outside. */
export interface ScopeParts {
  readonly family: Family;
  readonly outer: ScopeBuffers | null;
}

/** Proves to the constructor that a call comes from this package. */
const KEY = Symbol('Scope');
const NO_SCOPE = {};

let checkReceiver: (value: unknown) => void;
let readBuffers: (scope: Scope) => ScopeBuffers;

/** For the class of outermost scopes. */
export const SCOPE_KEY = KEY;

/** The inside of a scope. */
export function coreOf(scope: Scope): ScopeCore {
  return readBuffers(scope).core;
}

/**
 * Buffers that live until the end of the scope: allocating one moves a mark, and the end gives all
 * of them back at once, so that every view of each has length 0. Made by `scope` or `open` of a
 * {@link Scoped}, or of another scope.
 *
 * While a scope is open inside this one, only that can be worked with: SCOPED.
 */
export class Scope extends BufferAllocator {
  static {
    readBuffers = (value) => {
      if (typeof value === 'object' && value !== null && #buffers in value) return value.#buffers;
      throw invalidArgType('this', 'a scope made by this package', value);
    };
    checkReceiver = readBuffers as (value: unknown) => void;
  }

  readonly #buffers: ScopeBuffers;

  /** Private: `scope` and `open` make scopes. */
  constructor(key: symbol, parts: ScopeParts) {
    if (key !== KEY) throw invalidArgType('key', 'private: make scopes with scope()', key);
    super(parts.family.name);
    this.#buffers = new ScopeBuffers(this, parts.family, parts.outer);
  }

  override allocUnsafe(size: number): Buffer {
    // Not a call of `readBuffers`, which the engine would not inline.
    const self: object = this ?? NO_SCOPE;
    const buffers = #buffers in self ? self.#buffers : readBuffers(this);
    const { part, isOpen } = buffers.core;
    const start = part.bump;
    const fits = typeof size === 'number' && size >>> 0 === size && size <= part.end - start;
    if (!fits || !isOpen || part.probe.length === 0 || part.below?.isDisturbed === true) {
      return buffers.take(size, 1, 0);
    }
    return buffers.view(part, start, size, start);
  }

  override allocate(layout: Layout, options?: AllocateRequest): Buffer {
    const { size, align } = requireLayout(layout, 'layout');
    const flags = options === undefined ? ZEROED : flagsOf(options);
    return readBuffers(this).take(size, align, flags);
  }

  /**
   * Frees a Buffer. The memory of the last one can be used again at once, that of any other one at
   * the end of the scope. False: it was the last one, and an operation in flight or a lease may
   * still use it; it stays private until the end of the scope, or the lease's.
   */
  override free(buffer: Buffer): boolean {
    return readBuffers(this).give(buffer, false);
  }

  override deallocate(block: Buffer, layout: Layout, options?: DeallocateOptions): boolean {
    requireLayout(layout, 'layout');
    const refuses = options !== undefined && throwsWhenBusy(options);
    return readBuffers(this).give(block, refuses, layout);
  }

  override reallocate(
    block: Buffer | null,
    layout: Layout | null,
    newLayout: Layout,
    options?: AllocateRequest,
  ): Buffer {
    const buffers = readBuffers(this);
    if (block === null) return super.reallocate(block, layout, newLayout, options);
    const old = requireLayout(layout, 'layout');
    const { size, align } = requireLayout(newLayout, 'newLayout');
    const flags = flagsOf(options);
    checkSize(size);
    const place = buffers.requireLive(block, old);
    return this.replaced(block, buffers.resize(block, place, size, align, flags));
  }

  /** The last Buffer grows to the end of the region where it is, and any one shrinks. */
  override reallocateInPlace(block: Buffer, layout: Layout, newLayout: Layout): Buffer | null {
    requireLayout(layout, 'layout');
    const { size, align } = requireLayout(newLayout, 'newLayout');
    const buffers = readBuffers(this);
    const place = buffers.requireLive(block, layout);
    const same = buffers.resizeInPlace(block, place, size, align, true);
    return same === null ? null : this.replaced(block, same);
  }

  override usableSize(layout: Layout): number {
    const { size } = requireLayout(layout, 'layout');
    coreOf(this).requireThere();
    return size;
  }

  /** Whether `value` is a live Buffer of this scope itself, or a view of memory that it gave out. */
  override owns(value: unknown): boolean {
    const buffers = readBuffers(this);
    return placeOf(value) === null ? buffers.holdsView(value) : buffers.isLive(value);
  }

  /**
   * Holds the Buffer's memory, also beyond the end of the scope: then the views stay valid, and
   * the scope's memory goes when the last lease is disposed.
   */
  override lease(buffer: Buffer): Lease {
    return readBuffers(this).lease(buffer);
  }

  /** The figures of this scope and of those inside it. */
  override stats(): ScopeStats {
    const core = coreOf(this);
    core.requireThere();
    return scopeStats(core);
  }

  override verify(): true {
    let core: ScopeCore | null = coreOf(this);
    core.requireThere();
    for (; core !== null; core = core.inner) {
      const { broken } = core;
      if (broken === null) continue;
      throw heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', { actual: `not true that ${broken}` });
    }
    return true;
  }

  /**
   * Runs `work` with a scope over the rest of the memory, which ends when `work` returns or throws,
   * or, where it returns a promise, when that is settled. Answers with what `work` does.
   *
   * @throws SCOPED: a scope is open inside this one. AggregateError: a hook threw.
   *
   * @example
   * const sum = scoped.scope((scope) => add(scope.from(text), scope.alloc(4096)));
   */
  scope<T>(work: (scope: Scope) => T): T {
    checkReceiver(this);
    if (typeof work !== 'function') throw invalidArgType('work', 'a function', work);
    const inner = this.open();
    const core = coreOf(inner);
    let outcome: Outcome<T>;
    try {
      const value = work(inner);
      if (isThenable(value)) return concludeLater(core, value) as T;
      outcome = { value };
    } catch (error) {
      outcome = { error };
    }
    return conclude(core, outcome);
  }

  /**
   * The same scope for the length of a block, or until its `end`.
   *
   * @example
   * using scope = scoped.open();
   * parse(scope.from(text));
   */
  open(): Scope {
    const buffers = readBuffers(this);
    buffers.core.requireOpen();
    return new Scope(KEY, { family: buffers.core.family, outer: buffers });
  }

  /**
   * Calls `hook` at the end of the scope, in the order in which hooks were given, with the memory
   * still there. All are called, whatever they throw; the end throws one AggregateError for that.
   */
  onDrop(hook: () => unknown): void {
    const core = coreOf(this);
    if (typeof hook !== 'function') throw invalidArgType('hook', 'a function', hook);
    core.requireOpen();
    core.hooks.push(hook);
  }

  /**
   * Ends the scope: calls its hooks, and gives all its memory back. What an operation in flight or
   * a lease may still use stays valid and private, and the scope outside goes on elsewhere.
   *
   * @throws SCOPED: it has ended before, or another one is open inside it. Nothing was changed.
   */
  end(): void {
    coreOf(this).requireOpen();
    this.dispose();
  }

  /** As `end`, but a second call does nothing. */
  override dispose(): void {
    const core = coreOf(this);
    if (core.state !== ScopeState.OPEN) return;
    core.requireOpen();
    throwAll(endScope(core));
  }

  [inspect.custom](): string {
    const isScope = #buffers in this;
    if (!isScope) return 'Scope {}'; // the prototype
    const core = coreOf(this);
    if (core.state === ScopeState.ENDED) {
      return `[${this.name}: ${core.outer === null ? 'closed' : 'ended'}]`;
    }
    const { liveBlocks, liveBytes, capacity } = scopeStats(core);
    const nested = core.inner === null ? '' : ', a scope open inside';
    return `[${this.name}: ${liveBlocks} live, ${liveBytes} of ${capacity} bytes${nested}]`;
  }

  protected override allocZeroed(size: number): Buffer {
    return readBuffers(this).take(size, 1, ZEROED);
  }

  protected override resize(buffer: Buffer, size: number): Buffer {
    const buffers = readBuffers(this);
    checkSize(size);
    const place = buffers.requireLive(buffer);
    return buffers.resize(buffer, place, size, alignOf(buffer), ZEROED);
  }

  protected override isLive(value: unknown): boolean {
    return readBuffers(this).isLive(value);
  }
}

async function concludeLater<T>(core: ScopeCore, promise: PromiseLike<T>): Promise<T> {
  let outcome: Outcome<T>;
  try {
    outcome = { value: await promise };
  } catch (error) {
    outcome = { error };
  }
  return conclude(core, outcome);
}

trustAllocator(Scope);

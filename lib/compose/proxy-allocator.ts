import { types } from 'node:util';
import type { Block } from '../block.js';
import { invalidArgType, outOfMemory } from '../errors.js';
import type { Layout } from '../layout.js';
import type { AllocateOptions, AllocateRequest, DeallocateOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import type { AllocatorLike } from './adopt.js';
import { PassThrough } from './pass-through.js';
import { warnOfCallback } from './warnings.js';

const { apply } = Reflect;
const then = Promise.prototype.then;

/** What is told of each call. All are optional. */
export interface AllocatorEvents<B extends Block = ArrayBuffer> {
  allocateSuccess?(block: B, layout: Layout): unknown;
  /** There was no memory, or the allocator inside threw something else. */
  allocateFail?(error: unknown, layout: Layout): unknown;
  /** Before the block is freed: its contents are still there. */
  deallocate?(block: B, layout: Layout): unknown;
  /** `oldBlock` is freed already. */
  reallocateSuccess?(oldBlock: B, newBlock: B, layout: Layout, newLayout: Layout): unknown;
  /** `block` is as it was. */
  reallocateFail?(error: unknown, block: B, layout: Layout, newLayout: Layout): unknown;
}

type Events = { [Name in keyof AllocatorEvents]?: (values: unknown[]) => unknown };

const NAMES = [
  'allocateSuccess',
  'allocateFail',
  'deallocate',
  'reallocateSuccess',
  'reallocateFail',
] as const;

/** The functions, each read once: of an object, or of an instance of a class. */
function readEvents(events: unknown): Events {
  if (typeof events !== 'object' || events === null) {
    throw invalidArgType('events', 'an object with functions', events);
  }
  const read: Events = {};
  for (const name of NAMES) {
    const value: unknown = Reflect.get(events, name);
    if (value === undefined) continue;
    if (typeof value !== 'function') throw invalidArgType(`events.${name}`, 'a function', value);
    read[name] = (values) => apply(value, events, values);
  }
  return read;
}

let checkReceiver: (value: unknown) => void;

/**
 * Passes each call on, and tells one of five functions of it: exactly one event for each call that
 * allocates, frees or reallocates, whether it succeeds or not, also for no bytes and with NOWARN. The frees of
 * `dispose` are events too. No event: a call with wrong arguments, which is refused before anything
 * happens, and a `reallocateInPlace` that answers null. The idea is that of `Proxy` in the crate
 * `allocators`.
 *
 * What the functions do cannot change the outcome of the call: what they throw is reported once as
 * a warning of the process, and while one of them runs calls to the proxy are done without events.
 *
 * The allocator inside lives on when the node is disposed.
 *
 * @example
 * const logged = new ProxyAllocator(pool, {
 *   allocateFail: (error, layout) => console.error(`${layout}: ${error.message}`),
 * });
 */
export class ProxyAllocator<B extends Block = ArrayBuffer> extends PassThrough<B> {
  static {
    trustAllocator(ProxyAllocator);
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #events in value) return;
      throw invalidArgType('this', 'a ProxyAllocator', value);
    };
  }

  readonly #events: Readonly<Events>;
  #isTelling = false;
  #hasWarned = false;

  constructor(inner: AllocatorLike<B>, events: AllocatorEvents<B>) {
    super('proxy', inner);
    this.#events = readEvents(events);
  }

  override allocate(layout: Layout, options?: AllocateRequest): B {
    checkReceiver(this);
    const block = super.allocate(layout, options);
    this.#tell('allocateSuccess', [block, layout]);
    return block;
  }

  override tryAllocate(layout: Layout, options?: AllocateRequest): B | null {
    checkReceiver(this);
    const block = super.tryAllocate(layout, options);
    if (block !== null) this.#tell('allocateSuccess', [block, layout]);
    return block;
  }

  override reallocate(
    block: B | null,
    layout: Layout | null,
    newLayout: Layout,
    options?: AllocateRequest,
  ): B {
    checkReceiver(this);
    const next = super.reallocate(block, layout, newLayout, options);
    if (block !== null) this.#tell('reallocateSuccess', [block, next, layout, newLayout]);
    return next;
  }

  override reallocateInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    checkReceiver(this);
    const same = super.reallocateInPlace(block, layout, newLayout);
    if (same !== null) this.#tell('reallocateSuccess', [block, same, layout, newLayout]);
    return same;
  }

  protected override take(layout: Layout, options: AllocateOptions): B {
    try {
      return super.take(layout, options);
    } catch (error) {
      this.#tell('allocateFail', [error, layout]);
      throw error;
    }
  }

  protected override tryTake(layout: Layout, options: AllocateOptions): B | null {
    let block: B | null;
    try {
      block = super.tryTake(layout, options);
    } catch (error) {
      this.#tell('allocateFail', [error, layout]);
      throw error;
    }
    if (block === null && this.#events.allocateFail !== undefined) {
      const allocator = this.inner.name;
      this.#tell('allocateFail', [outOfMemory({ layout, allocator, reason: null }), layout]);
    }
    return block;
  }

  protected override give(block: B, layout: Layout, options: DeallocateOptions): boolean {
    this.#tell('deallocate', [block, layout]);
    return super.give(block, layout, options);
  }

  protected override change(
    block: B,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): B {
    try {
      return super.change(block, layout, newLayout, options);
    } catch (error) {
      this.#tell('reallocateFail', [error, block, layout, newLayout]);
      throw error;
    }
  }

  protected override changeInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    try {
      return super.changeInPlace(block, layout, newLayout);
    } catch (error) {
      this.#tell('reallocateFail', [error, block, layout, newLayout]);
      throw error;
    }
  }

  /** Calls one of the functions, unless the call comes from one of them. */
  #tell(name: keyof Events, values: unknown[]): void {
    const event = this.#events[name];
    if (event === undefined || this.#isTelling) return;
    this.#isTelling = true;
    try {
      const answer = event(values);
      if (typeof answer === 'object' && types.isPromise(answer)) {
        apply(then, answer, [undefined, (error: unknown) => this.#warn(name, error)]);
      }
    } catch (error) {
      this.#warn(name, error);
    } finally {
      this.#isTelling = false;
    }
  }

  #warn(name: string, error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    warnOfCallback(`The function ${name} of a ProxyAllocator`, error);
  }
}

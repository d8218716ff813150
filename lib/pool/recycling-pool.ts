/**
 * Buffers of one size that are handed out again as the very same objects: no view is made, so that
 * a pair takes a fraction of what the engine needs for one.
 */
import type { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { lengthOf } from '../block.js';
import { heapwrightError, invalidArgType } from '../errors.js';
import { Layout } from '../layout.js';
import { refusePlace } from '../refusal.js';
import { BufferPool, epochOf } from './buffer-pool.js';
import { checkSize, refuseForeign } from './live.js';
import * as stamps from './stamp.js';
import { type Keeper, Place, type PlaceDescription } from './stamp.js';
import { zero } from './zero.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { placeOf, setPlace, FREED } = stamps;
const epoch = epochOf;
const lengthOfBuffer = lengthOf;

/** Where the Buffers of one recycling pool are: with the program, or waiting. */
class Recycled extends Place {
  readonly keeper: Keeper;

  constructor(pool: object, state: PlaceDescription['state'], usable: number) {
    super();
    this.keeper = {
      pool,
      lease: () => {
        throw heapwrightError('ERR_HEAPWRIGHT_NOT_OWNED', {
          owner: pool,
          hint: 'A recycling pool has no leases: take a Buffer of its BufferPool for that.',
        });
      },
      describe: () => ({ state, owner: pool, usable, align: 1, leases: 0 }),
    };
  }
}

let checkReceiver: (value: unknown) => void;

/**
 * Hands the same Buffers out again. Sharper than a {@link BufferPool}: who keeps a Buffer after its
 * free holds the very object that somebody else gets next, so even the check of a second free can
 * meet the next owner's.
 *
 * @example
 * const frames = new RecyclingPool(pool, 1500);
 * const frame = frames.allocUnsafe();
 * frames.free(frame);
 */
export class RecyclingPool {
  static {
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #waiting in value) return;
      throw invalidArgType('this', 'a RecyclingPool', value);
    };
  }

  /** The length of its Buffers, in bytes. */
  readonly size: number;
  readonly #pool: BufferPool;
  readonly #size: number;
  #waiting: Buffer[] = [];
  #epoch: number;
  readonly #live: Place;
  readonly #idle: Place;
  /** Where the Buffers are as their pool sees it. */
  readonly #places = new WeakMap<Buffer, Place>();
  #isOpen = true;

  /** @param size The length of all its Buffers, in bytes. */
  constructor(pool: BufferPool, size: number) {
    if (!(pool instanceof BufferPool)) throw invalidArgType('pool', 'a BufferPool', pool);
    checkSize(size);
    this.#pool = pool;
    this.#epoch = epoch(pool);
    this.size = size;
    this.#size = size;
    const usable = pool.usableSize(Layout.from(size));
    this.#live = new Recycled(this, 'live', usable);
    this.#idle = new Recycled(this, 'freed', usable);
  }

  /** A Buffer whose contents are undefined. */
  allocUnsafe(): Buffer {
    const buffer = this.#waiting.pop();
    if (
      buffer === undefined ||
      lengthOfBuffer(buffer) !== this.#size ||
      epoch(this.#pool) !== this.#epoch
    ) {
      return this.#make();
    }
    setPlace(buffer, this.#live);
    return buffer;
  }

  /** A Buffer of zeros. */
  alloc(): Buffer {
    const buffer = this.allocUnsafe();
    zero(buffer);
    return buffer;
  }

  /**
   * Takes a Buffer back. Always true.
   *
   * @throws NOT_OWNED, INTERIOR, DETACHED.
   */
  free(buffer: Buffer): boolean {
    if (placeOf(buffer) !== this.#live) throw this.#refuse(buffer);
    setPlace(buffer, this.#idle);
    this.#waiting.push(buffer);
    if (!this.#isOpen) this.trim();
    return true;
  }

  /** Buffers that wait to be handed out. */
  get waiting(): number {
    checkReceiver(this);
    return this.#waiting.length;
  }

  /** Gives all that wait back to the pool. Answers how many there were. */
  trim(): number {
    checkReceiver(this);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const buffer of waiting) this.#giveBack(buffer);
    return waiting.length;
  }

  /** As `trim`; and what is still out goes to the pool when it is freed or forgotten. */
  dispose(): void {
    this.trim();
    this.#isOpen = false;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  [inspect.custom](): string {
    const isPool = #waiting in this;
    if (!isPool) return 'RecyclingPool {}'; // the prototype
    return `RecyclingPool { size: ${this.#size}, waiting: ${this.#waiting.length} }`;
  }

  #make(): Buffer {
    if (!this.#isOpen) throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
    if (epoch(this.#pool) !== this.#epoch) {
      // The pool was reset under those that wait: their memory is not theirs any more.
      this.#waiting = [];
      this.#epoch = epoch(this.#pool);
    }
    const buffer = this.#pool.allocUnsafe(this.#size);
    this.#places.set(buffer, placeOf(buffer) as Place);
    setPlace(buffer, this.#live);
    return buffer;
  }

  #giveBack(buffer: Buffer): void {
    setPlace(buffer, this.#places.get(buffer) ?? FREED);
    if (this.#pool.owns(buffer)) this.#pool.free(buffer);
    else setPlace(buffer, FREED);
  }

  #refuse(buffer: Buffer): Error {
    checkReceiver(this);
    const place = placeOf(buffer);
    if (place === null) return refuseForeign(buffer);
    return place === this.#idle ? heapwrightError('ERR_HEAPWRIGHT_DETACHED') : refusePlace(place);
  }
}

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
import { checkSize, refuseForeign, refuseGone } from './live.js';
import * as stamps from './stamp.js';
import { type Keeper, Place, type PlaceDescription } from './stamp.js';
import { zero } from './zero.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { placeOf, setPlace, FREED } = stamps;
const epoch = epochOf;
const lengthOfBuffer = lengthOf;

/** Where the Buffers of one recycling pool are, between two resets: with the program, or waiting. */
class Recycled extends Place {
  readonly keeper: Keeper;

  constructor(pool: object, describe: Keeper['describe']) {
    super();
    this.keeper = {
      pool,
      lease: () => {
        throw heapwrightError('ERR_HEAPWRIGHT_NOT_OWNED', {
          owner: pool,
          hint: 'A recycling pool has no leases: take a Buffer of its BufferPool for that.',
        });
      },
      describe,
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
  readonly #usable: number;
  #waiting: Buffer[] = [];
  #epoch: number;
  /** Places of this epoch: a Buffer that has others went with an earlier one. */
  #live: Place;
  #idle: Place;
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
    this.#usable = pool.usableSize(Layout.from(size));
    this.#live = this.#makePlace('live');
    this.#idle = this.#makePlace('freed');
  }

  /** A Buffer whose contents are undefined. */
  allocUnsafe(): Buffer {
    if (!(#waiting in this)) checkReceiver(this);
    const buffer = this.#waiting.pop();
    if (
      buffer === undefined ||
      lengthOfBuffer(buffer) !== this.#size ||
      epoch(this.#pool) !== this.#epoch
    ) {
      return this.#make(buffer);
    }
    setPlace(buffer, this.#live);
    return buffer;
  }

  /** A Buffer of zeros. */
  alloc(): Buffer {
    checkReceiver(this);
    const buffer = this.allocUnsafe();
    zero(buffer);
    return buffer;
  }

  /**
   * Takes a Buffer back. Always true.
   *
   * @throws NOT_OWNED, INTERIOR, DETACHED; ABANDONED after a reset with an operation in flight.
   */
  free(buffer: Buffer): boolean {
    if (!(#waiting in this)) checkReceiver(this);
    if (placeOf(buffer) !== this.#live || epoch(this.#pool) !== this.#epoch) {
      throw this.#refuse(buffer);
    }
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
    checkReceiver(this);
    this.trim();
    this.#isOpen = false;
  }

  [Symbol.dispose](): void {
    checkReceiver(this);
    this.dispose();
  }

  [inspect.custom](): string {
    const isPool = #waiting in this;
    if (!isPool) return 'RecyclingPool {}'; // the prototype
    return `RecyclingPool { size: ${this.#size}, waiting: ${this.#waiting.length} }`;
  }

  /** A Buffer of the pool, in place of one that waited and was moved away or went with a reset. */
  #make(unfit?: Buffer): Buffer {
    if (!this.#isOpen) throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
    if (epoch(this.#pool) !== this.#epoch) {
      // The pool was reset under those that wait: their memory is not theirs any more.
      this.#epoch = epoch(this.#pool);
      this.#waiting = [];
      this.#live = this.#makePlace('live');
      this.#idle = this.#makePlace('freed');
    } else if (unfit !== undefined) {
      this.#giveBack(unfit);
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
    const place = placeOf(buffer);
    if (place === null) return refuseForeign(buffer);
    if (place === this.#idle) return heapwrightError('ERR_HEAPWRIGHT_DETACHED');
    const isOurs = place instanceof Recycled && place.keeper.pool === this;
    return isOurs ? refuseGone(this.#places.get(buffer) ?? FREED) : refusePlace(place);
  }

  #makePlace(state: PlaceDescription['state']): Place {
    const madeIn = epoch(this.#pool);
    const describe = (buffer: Buffer): PlaceDescription => {
      const isMoved = lengthOf(buffer) !== this.#size;
      const now = state === 'live' && isMoved ? 'moved' : state;
      return {
        state: epoch(this.#pool) === madeIn ? now : 'freed',
        owner: this,
        usable: this.#usable,
        align: 1,
        leases: 0,
      };
    };
    return new Recycled(this, describe);
  }
}

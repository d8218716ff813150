/**
 * Slots as Buffers: what a pool does with arguments that were checked. The functions that run for
 * every Buffer are short, and leave to others whatever happens once for many.
 */
import { Buffer } from 'node:buffer';
import { arrayBufferOf, copyBytes, lengthOf, offsetOf } from '../block.js';
import { allocChannel, announce, freeChannel } from '../channels.js';
import { heapwrightError } from '../errors.js';
import { Code, Flag, native } from '../native.js';
import { refuseBlock } from '../refusal.js';
import type { PoolDecay } from './decay.js';
import { Hold } from './hold.js';
import { requireMemory } from './live.js';
import type { Magazine } from './magazine.js';
import { classOfLayout, LARGEST } from './size-class.js';
import { SLOT_BITS as BITS, SLOT_MASK as MASK, type Slab } from './slab.js';
import type { SlabStore, StoreKeeper } from './slab-store.js';
import * as stamps from './stamp.js';
import { ABANDONED, alignOf, type Place, stampAlign } from './stamp.js';
import { zero, zeroFrom } from './zero.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { FREED, handleOf, placeOf, setPlace, stampBuffer } = stamps;
const allocated = allocChannel;
const freed = freeChannel;
const SLOT_BITS = BITS;
const SLOT_MASK = MASK;

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => Buffer;

/** What `Buffer` itself makes its Buffers with: exactly `Buffer.prototype`, and fast. */
const FastBuffer = (Buffer as unknown as { [Symbol.species]: ViewConstructor })[Symbol.species];

const OK = Code.OK;
const ZEROED = Flag.ZEROED;

/** The pool that the Buffers belong to. */
export interface Owner extends StoreKeeper {
  /** The error for a request that was refused with `code`. */
  refuse(code: number, size: number, align: number, flags: number): Error;
  /** CLOSED once the pool was disposed. */
  requireOpen(): void;
}

export class SlotAllocator {
  readonly store: SlabStore;
  /** The largest size that shares a slab, in bytes. */
  readonly largest: number;
  readonly #owner: Owner;
  readonly #decay: PoolDecay;
  /** Whether any Buffer was asked for with an alignment other than 1. */
  #hasAligned = false;

  constructor(owner: Owner, store: SlabStore, decay: PoolDecay, isShared: boolean) {
    this.#owner = owner;
    this.store = store;
    this.#decay = decay;
    this.largest = isShared ? LARGEST : -1;
  }

  /** A free slot. */
  take(magazine: Magazine, size: number, align: number, flags: number): number {
    if (magazine.top > 0) return magazine.stack[--magazine.top] as number;
    if (magazine.bump < magazine.end) return magazine.bump++;
    return this.#refill(magazine, size, align, flags & ~ZEROED);
  }

  /** The Buffer over a slot that was taken. */
  view(magazine: Magazine, handle: number, size: number): Buffer {
    const slab = magazine.slabs[handle >>> SLOT_BITS] as Slab;
    // Not a try around it: the engine compiles this to half of what that takes.
    if (slab.probe.length === 0) return this.#viewElsewhere(magazine, slab, handle, size);
    const offset = (handle & SLOT_MASK) * magazine.slotSize;
    const buffer = new FastBuffer(slab.buffer as ArrayBuffer, offset, size);
    stampBuffer(buffer, slab, handle);
    if (allocated.hasSubscribers) announce(allocated, this.#owner.pool, buffer, size);
    return buffer;
  }

  /** A zeroed Buffer: out of memory that is known to be zero, before any that has to be made so. */
  zeroed(magazine: Magazine, size: number, align: number, flags: number): Buffer {
    if (magazine.isZeroed && magazine.bump < magazine.end) {
      return this.view(magazine, magazine.bump++, size);
    }
    let handle: number;
    if (magazine.free > 0) {
      handle = this.take(magazine, size, align, flags);
    } else {
      handle = this.#refill(magazine, size, align, flags | ZEROED);
      const isFresh = magazine.isZeroed && handle === magazine.bump - 1;
      if (isFresh) return this.view(magazine, handle, size);
    }
    const buffer = this.view(magazine, handle, size);
    zero(buffer);
    return buffer;
  }

  /** A Buffer of any size and alignment. */
  allocate(size: number, align: number, flags: number): Buffer {
    const at = this.classOf(size, align);
    if (at < 0) return this.apart(size, align, flags);
    const magazine = this.store.magazines[at] as Magazine;
    const buffer =
      (flags & ZEROED) !== 0
        ? this.zeroed(magazine, size, align, flags)
        : this.view(magazine, this.take(magazine, size, align, flags), size);
    if (align > 1) this.#note(buffer, align);
    return buffer;
  }

  /** The size class that serves a request from a shared slab, or -1. */
  classOf(size: number, align: number): number {
    return size > this.largest ? -1 : classOfLayout(size, align);
  }

  /** The alignment that a Buffer was asked for with: most programs have none but 1. */
  alignOf(buffer: Buffer): number {
    return this.#hasAligned ? alignOf(buffer) : 1;
  }

  /** A Buffer with memory of its own: for what no shared slab serves. */
  apart(size: number, align: number, flags: number): Buffer {
    this.#owner.requireOpen();
    const slab = this.store.openDedicated(size, align, flags);
    if (typeof slab === 'number') throw this.#owner.refuse(slab, size, align, flags);
    const memory = slab.buffer as ArrayBuffer;
    this.store.letGo(slab);
    this.#decay.start();
    const buffer = new FastBuffer(memory, 0, size);
    stampBuffer(buffer, slab, 0);
    if (align > 1) this.#note(buffer, align);
    if (allocated.hasSubscribers) announce(allocated, this.#owner.pool, buffer, size);
    return buffer;
  }

  /** Frees a live Buffer that no lease holds. Whether its memory is back. */
  giveBack(buffer: Buffer, slab: Slab): boolean {
    const { magazine } = slab;
    const handle = handleOf(buffer);
    if (slab.owner !== null && magazine !== null) {
      setPlace(buffer, FREED);
      magazine.put(handle);
      return true;
    }
    const code = this.store.giveBack(slab, buffer, handle);
    if (code < 0) throw refuseBlock(arrayBufferOf(buffer), 'buffer', code);
    setPlace(buffer, code === OK ? FREED : ABANDONED);
    return code === OK;
  }

  /** One lease more on a live Buffer. */
  hold(buffer: Buffer, place: Place): void {
    if (place instanceof Hold) {
      place.leases++;
      return;
    }
    const slab = place as Slab;
    setPlace(buffer, new Hold(slab));
    slab.leased++;
    this.store.tally.leases++;
  }

  /** Frees a leased Buffer: its memory goes back with the last lease. */
  doom(hold: Hold): void {
    hold.isFreed = true;
    hold.slab.doomed++;
    this.store.tally.abandon(1, hold.slab.slotSize);
  }

  /** One lease less. With the last one a Buffer that was freed meanwhile goes, through the gate. */
  release(buffer: Buffer): void {
    const hold = placeOf(buffer);
    if (!(hold instanceof Hold) || --hold.leases > 0) return;
    const { slab } = hold;
    slab.leased--;
    this.store.tally.leases--;
    setPlace(buffer, slab);
    if (!hold.isFreed) return;
    slab.doomed--;
    this.store.tally.abandon(-1, slab.slotSize);
    const isBusy = native.isBusy() !== OK;
    if (slab.magazine !== null && !isBusy) this.giveBack(buffer, slab);
    else this.#releaseLater(buffer, slab);
  }

  /** A live Buffer with another size and alignment; the old one is freed. */
  resize(buffer: Buffer, place: Place, size: number, align: number, flags: number): Buffer {
    if (place instanceof Hold) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
    requireMemory(buffer);
    const isZeroed = (flags & ZEROED) !== 0;
    const same = this.resizeInPlace(buffer, place, size, align, isZeroed);
    if (same !== null) return same;
    const next = this.allocate(size, align, flags & ~ZEROED);
    copyBytes(buffer, next);
    const length = lengthOf(buffer); // 0 once it is back, where that detaches it
    if (isZeroed) zeroFrom(next, length);
    this.giveBack(buffer, place as Slab);
    if (freed.hasSubscribers) announce(freed, this.#owner.pool, buffer, length);
    return next;
  }

  #note(buffer: Buffer, align: number): void {
    stampAlign(buffer, align);
    this.#hasAligned = true;
  }

  /** The same over the same slot, or null. */
  resizeInPlace(
    buffer: Buffer,
    place: Place,
    size: number,
    align: number,
    isZeroed: boolean,
  ): Buffer | null {
    if (place instanceof Hold) return null;
    const slab = place as Slab;
    const { magazine } = slab;
    if (magazine === null || slab.isMoved) return null;
    if (this.store.magazines[this.classOf(size, align)] !== magazine) return null;
    const next = new FastBuffer(arrayBufferOf(buffer), offsetOf(buffer), size);
    if (align > 1) this.#note(next, align);
    stampBuffer(next, slab, handleOf(buffer));
    setPlace(buffer, FREED);
    if (isZeroed) zeroFrom(next, lengthOf(buffer));
    if (allocated.hasSubscribers) announce(allocated, this.#owner.pool, next, size);
    if (freed.hasSubscribers) announce(freed, this.#owner.pool, buffer, lengthOf(buffer));
    return next;
  }

  /** What an operation may still use, or cannot be detached, is the collector's. */
  #releaseLater(buffer: Buffer, slab: Slab): void {
    if (slab.magazine === null) {
      const code = this.store.giveBack(slab, buffer, 0);
      setPlace(buffer, code === OK ? FREED : ABANDONED);
      if (code < 0) this.store.giveUp(slab);
      return;
    }
    setPlace(buffer, ABANDONED);
    this.store.abandon(slab);
  }

  #refill(magazine: Magazine, size: number, align: number, flags: number): number {
    this.#owner.requireOpen();
    const handle = this.store.refill(magazine, flags);
    if (handle < 0) throw this.#owner.refuse(handle, size, align, flags);
    this.#decay.start();
    return handle;
  }

  /** The slot's slab was moved away. */
  #viewElsewhere(magazine: Magazine, slab: Slab, handle: number, size: number): Buffer {
    magazine.stack[magazine.top++] = handle;
    this.store.retireMoved(slab);
    const buffer = this.view(magazine, this.take(magazine, size, 1, Flag.NONE), size);
    // The caller may have counted on memory that it knew to be zero.
    zero(buffer);
    return buffer;
  }
}

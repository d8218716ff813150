/**
 * Buffers of one scope: what it does with arguments that were checked. The functions that run for
 * every Buffer are short.
 */
import { Buffer } from 'node:buffer';
import {
  arrayBufferOf,
  byteLengthOf,
  classify,
  copyBytes,
  lengthOf,
  offsetOf,
  viewOffsetOf,
} from '../../block.js';
import { allocChannel, announce, freeChannel } from '../../channels.js';
import { heapwrightError } from '../../errors.js';
import type { Layout } from '../../layout.js';
import { type Lease, type LeaseKeeper, openLease } from '../../lease.js';
import { Code, native } from '../../native.js';
import { ZEROED } from '../../options.js';
import { checkSize, refuseForeign, requireFit, requireMemory } from '../../pool/live.js';
import * as stamps from '../../pool/stamp.js';
import {
  ABANDONED,
  alignOf,
  type Keeper,
  type Place,
  type PlaceDescription,
  stampAlign,
} from '../../pool/stamp.js';
import { zero, zeroFrom } from '../../pool/zero.js';
import { refusePlace } from '../../refusal.js';
import { type Family, ScopeCore, ScopeState, scoped } from './core.js';
import { HeldInPart, type Part } from './part.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { FREED, handleOf, placeOf, setPlace, stampBuffer } = stamps;
const allocated = allocChannel;
const freed = freeChannel;

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => Buffer;
const FastBuffer = (Buffer as unknown as { [Symbol.species]: ViewConstructor })[Symbol.species];

export class ScopeBuffers implements Keeper, LeaseKeeper {
  readonly core: ScopeCore;
  /** The scope, as programs know it. */
  readonly pool: object;

  constructor(pool: object, family: Family, outer: ScopeBuffers | null) {
    this.pool = pool;
    this.core = new ScopeCore(family, outer === null ? null : outer.core, this);
  }

  /** A Buffer at `start` of a part with room for it; `before` is where the last one ended. */
  view(part: Part, start: number, size: number, before: number): Buffer {
    const buffer = new FastBuffer(part.buffer as ArrayBuffer, start, size);
    part.bump = start + size;
    part.blocks++;
    part.bytes += size;
    stampBuffer(buffer, part, before);
    if (allocated.hasSubscribers) announce(allocated, this.pool, buffer, size);
    return buffer;
  }

  /** A Buffer of any size and alignment, zeroed if the flags say so. */
  take(size: number, align: number, flags: number): Buffer {
    checkSize(size);
    const part = this.core.reserve(size, align, flags);
    const before = part.bump;
    const buffer = this.view(part, part.startOf(align), size, before);
    if (align > 1) stampAlign(buffer, align);
    if ((flags & ZEROED) !== 0) zero(buffer);
    return buffer;
  }

  /** Frees a live Buffer. Whether its memory is back, or its alone until the end of the scope. */
  give(buffer: Buffer, refuses: boolean, layout?: Layout): boolean {
    const place = this.requireLive(buffer, layout);
    const size = lengthOf(buffer);
    const isBack = this.#give(buffer, place, refuses);
    if (freed.hasSubscribers) announce(freed, this.pool, buffer, size);
    return isBack;
  }

  /** A live Buffer with another size and alignment; the old one is freed. */
  resize(buffer: Buffer, place: Place, size: number, align: number, flags: number): Buffer {
    if (place instanceof HeldInPart) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
    requireMemory(buffer);
    const isZeroed = (flags & ZEROED) !== 0;
    const same = this.resizeInPlace(buffer, place, size, align, isZeroed);
    if (same !== null) return same;
    const next = this.take(size, align, flags & ~ZEROED);
    copyBytes(buffer, next);
    const length = lengthOf(buffer);
    if (isZeroed) zeroFrom(next, length);
    this.#give(buffer, place, false);
    if (freed.hasSubscribers) announce(freed, this.pool, buffer, length);
    return next;
  }

  /** The same over the same memory, or null: only the last Buffer can grow. */
  resizeInPlace(
    buffer: Buffer,
    place: Place,
    size: number,
    align: number,
    isZeroed: boolean,
  ): Buffer | null {
    checkSize(size);
    this.core.requireOpen();
    if (place instanceof HeldInPart) return null;
    const part = place as Part;
    const [start, length] = [offsetOf(buffer), lengthOf(buffer)];
    if (isDetached(buffer) || !part.isAligned(start, align)) return null;
    const isLast = this.#isLast(part, start + length);
    const isShort = size <= length;
    if (!isShort && (!isLast || start + size > part.room || part.isDisturbed)) return null;
    if (native.isBusy() !== Code.OK) return null;
    const next = this.#revise(buffer, part, start, size, isLast);
    if (align > 1) stampAlign(next, align);
    if (isZeroed) zeroFrom(next, length);
    if (allocated.hasSubscribers) announce(allocated, this.pool, next, size);
    if (freed.hasSubscribers) announce(freed, this.pool, buffer, length);
    return next;
  }

  /** Holds the memory of a live Buffer, beyond the end of the scope if it has to be. */
  lease(buffer: Buffer): Lease {
    const { core } = this;
    core.requireThere();
    const place = this.#requireOwn(buffer);
    if (core.state !== ScopeState.OPEN) {
      throw scoped('The scope is at its end: hold its memory before.');
    }
    requireMemory(buffer);
    if (place instanceof HeldInPart) {
      place.leases++;
    } else {
      setPlace(buffer, new HeldInPart(place as Part));
      (place as Part).leases++;
    }
    return openLease(buffer, this);
  }

  /** One lease less. With the last one what was freed meanwhile goes, through the gate. */
  endLease(block: object): void {
    const buffer = block as Buffer;
    const held = placeOf(buffer);
    if (!(held instanceof HeldInPart) || --held.leases > 0) return;
    const { part } = held;
    part.leases--;
    setPlace(buffer, part);
    if (this.core.state === ScopeState.ENDED) {
      if (held.isFreed) setPlace(buffer, FREED);
      part.finishLate(buffer);
    } else if (held.isFreed) {
      part.abandonedBlocks--;
      part.abandonedBytes -= part.abandonedBlocks === 0 ? part.abandonedBytes : lengthOf(buffer);
      this.#settle(buffer, part);
    }
  }

  describe(buffer: Buffer): PlaceDescription {
    const place = placeOf(buffer);
    const leases = place instanceof HeldInPart ? place.leases : 0;
    const size = lengthOf(buffer);
    return {
      state: this.#stateOf(buffer, leases),
      owner: this.pool,
      usable: size,
      align: alignOf(buffer),
      leases,
    };
  }

  /** Whether `value` is a live Buffer of this scope itself. */
  isLive(value: unknown): boolean {
    if (this.core.state === ScopeState.ENDED) return false;
    const place = placeOf(value);
    if (place === null || place.keeper !== this) return false;
    return !(place instanceof HeldInPart && place.isFreed);
  }

  /** Whether `value` looks into memory that the scope has handed out. */
  holdsView(value: unknown): boolean {
    const what = classify(value);
    if (what.kind !== 'view') return false;
    const part = this.core.parts.find(({ buffer }) => buffer === what.buffer);
    if (part === undefined) return false;
    return viewOffsetOf(value as ArrayBufferView) < part.bump;
  }

  /** The place of a live Buffer of this scope that was asked for with `layout`. */
  requireLive(buffer: Buffer, layout?: Layout): Place {
    this.core.requireUsable();
    const place = this.#requireOwn(buffer);
    if (layout !== undefined) requireFit(buffer, layout);
    return place;
  }

  #requireOwn(buffer: Buffer): Place {
    const place = placeOf(buffer);
    if (place === null) throw refuseForeign(buffer);
    const { keeper } = place;
    if (keeper === this) {
      if (place instanceof HeldInPart && place.isFreed) throw refusePlace(ABANDONED);
      return place;
    }
    if (keeper instanceof ScopeBuffers && keeper.core.state === ScopeState.ENDED) {
      throw scoped('The scope of the Buffer has ended, and with it its memory.');
    }
    throw refusePlace(place);
  }

  #stateOf(buffer: Buffer, leases: number): PlaceDescription['state'] {
    const isGone = isDetached(buffer);
    if (this.core.state === ScopeState.ENDED) return isGone ? 'freed' : 'abandoned';
    if (!this.isLive(buffer)) return 'abandoned';
    if (isGone) return 'moved';
    return leases > 0 ? 'leased' : 'live';
  }

  #isLast(part: Part, end: number): boolean {
    return part === this.core.part && end === part.bump;
  }

  #give(buffer: Buffer, place: Place, refuses: boolean): boolean {
    if (!(place instanceof HeldInPart)) return this.#forget(buffer, place as Part, refuses);
    if (refuses) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
    this.core.notePeak();
    place.isFreed = true;
    this.#abandon(place.part, lengthOf(buffer));
    return false;
  }

  #forget(buffer: Buffer, part: Part, refuses: boolean): boolean {
    const isLast = this.#isLast(part, offsetOf(buffer) + lengthOf(buffer));
    if (refuses && isLast && native.isBusy() !== Code.OK) {
      throw heapwrightError('ERR_HEAPWRIGHT_BUSY');
    }
    this.core.notePeak();
    this.#uncount(part, lengthOf(buffer));
    return this.#settle(buffer, part);
  }

  /** A Buffer that counts no more: its memory can be used again if it is the last one's. */
  #settle(buffer: Buffer, part: Part): boolean {
    const { core } = this;
    const size = lengthOf(buffer);
    if (core.inner === null && this.#isLast(part, offsetOf(buffer) + size)) {
      if (native.isBusy() !== Code.OK) {
        setPlace(buffer, ABANDONED);
        part.abandonedBlocks++;
        part.abandonedBytes += size;
        return false;
      }
      part.bump = handleOf(buffer);
    }
    setPlace(buffer, FREED);
    core.freed++;
    if (part !== core.part) core.retire(part);
    return true;
  }

  #uncount(part: Part, size: number): void {
    part.blocks--;
    // What was moved away has no length any more.
    part.bytes -= part.blocks === 0 ? part.bytes : size;
  }

  #abandon(part: Part, size: number): void {
    this.#uncount(part, size);
    part.abandonedBlocks++;
    part.abandonedBytes += size;
  }

  /** Puts another Buffer over a Buffer's memory. */
  #revise(buffer: Buffer, part: Part, start: number, size: number, isLast: boolean): Buffer {
    const { core } = this;
    core.notePeak();
    // Beyond this ArrayBuffer, but not beyond the region: another one over both.
    const isBeyond = start + size > part.end;
    const home = isBeyond ? core.widen(part, start + size, start) : part;
    const offset = isBeyond ? 0 : start;
    const next = new FastBuffer(home.buffer as ArrayBuffer, offset, size);
    stampBuffer(next, home, isBeyond ? 0 : handleOf(buffer));
    if (isLast) part.bump = start;
    if (isLast) home.bump = offset + size;
    home.blocks++;
    home.bytes += size;
    this.#uncount(part, lengthOf(buffer));
    setPlace(buffer, FREED);
    core.freed++;
    if (isBeyond) core.retire(part);
    return next;
  }
}

function isDetached(buffer: Buffer): boolean {
  return byteLengthOf(arrayBufferOf(buffer)) === 0;
}

/**
 * Chunks as Buffers: what a {@link ChunkPool} does with arguments that were checked. Everything that
 * decides lies in native memory, by numbers: no call here or in the addon believes what stands in
 * the program's memory.
 */
import { Buffer } from 'node:buffer';
import { Of, readReason } from '../allocators/chunk-options.js';
import { classify, copyBytes, lengthOf, offsetOf, viewOffsetOf } from '../block.js';
import { allocChannel, announce, announceLimit, freeChannel, limitChannel } from '../channels.js';
import { heapwrightError, outOfMemory } from '../errors.js';
import { Layout } from '../layout.js';
import { ChunkFlag, Code, Flag, native } from '../native.js';
import { refuseCall, refusePlace } from '../refusal.js';
import type { ChunkMemory, UseBits } from './chunk-memory.js';
import { refuseBlockOf } from './chunk-pool-answers.js';
import { checkSize, refuseForeign } from './live.js';
import { claim, endClaim, endMembership, leaveWhenCollected } from './memory-claim.js';
import * as share from './share.js';
import * as stamps from './stamp.js';
import { type Keeper, Place, type PlaceDescription } from './stamp.js';
import { zeroFrom } from './zero.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { FREED, handleOf, placeOf, setPlace, stampBuffer } = stamps;
const { takeBlock, handleInMail, offsetInMail, giveBlock } = share;
const OK = Code.OK;
const allocated = allocChannel;
const freed = freeChannel;

type ViewConstructor = new (buffer: ChunkMemory, offset: number, length: number) => Buffer;
const FastBuffer = (Buffer as unknown as { [Symbol.species]: ViewConstructor })[Symbol.species];

/** Where no layout is checked. */
const NO_LAYOUT = { size: 0, align: 1 } as const;
/** A member that the addon does not have: the pool was disposed. */
const CLOSED = -1;

/** What a pool is made of. */
export interface ChunkParts {
  readonly memory: ChunkMemory;
  /** A view over all of it. */
  readonly bytes: Uint8Array;
  readonly member: share.Member;
  /** What others join by; null for a private pool. */
  readonly name: string | null;
  readonly bits: UseBits | null;
}

/** Where the live Buffers of one pool are. */
class ChunkPlace extends Place {
  readonly keeper: Keeper;

  constructor(keeper: Keeper) {
    super();
    this.keeper = keeper;
  }
}

export class ChunkBlocks {
  readonly memory: ChunkMemory;
  /** Where its live Buffers are. */
  readonly live: Place;
  readonly #pool: object;
  readonly #name: string;
  /** Has length 0 once the memory was taken away. */
  readonly #bytes: Uint8Array;
  readonly #bits: UseBits | null;
  #member: number;
  #anchor: object | null;

  constructor(pool: { readonly name: string }, parts: ChunkParts, lease: Keeper['lease']) {
    this.#pool = pool;
    this.#name = pool.name;
    this.memory = parts.memory;
    this.#bytes = parts.bytes;
    this.#bits = parts.bits;
    const { id, anchor } = parts.member;
    this.#member = id;
    this.#anchor = anchor;
    if (parts.name === null) claim(parts.memory, pool);
    else leaveWhenCollected(pool, { id, anchor, bytes: parts.bytes });
    this.live = new ChunkPlace({
      pool,
      lease,
      describe: (buffer) => this.#describe(buffer),
      addressOf: (buffer) => this.#addressOf(buffer),
    });
  }

  get isOpen(): boolean {
    return this.#anchor !== null;
  }

  /** Whether the pool is open and its memory there. */
  get isUsable(): boolean {
    return this.isOpen && this.#bytes.length > 0;
  }

  /** The member's id. CLOSED after the end of the pool. */
  requireOpen(): number {
    if (this.#member !== CLOSED) return this.#member;
    throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
  }

  /** The same with all memory in its place: DETACHED where somebody took it away. */
  requireMember(): number {
    if (this.#bytes.length === 0 || this.#member === CLOSED) {
      this.requireOpen();
      throw heapwrightError('ERR_HEAPWRIGHT_DETACHED', {
        hint: 'The memory under the pool was transferred away. Dispose the pool.',
      });
    }
    if (this.#bits !== null) this.#bits.requirePresent();
    return this.#member;
  }

  /** A Buffer over free chunks, as they are. There is no call of the system to wait for. */
  take(size: number, align: number, flags: number): Buffer {
    const member = this.requireMember();
    const code = takeBlock(member, size, align);
    if (code !== OK) throw this.#refuse(code, size, align, flags);
    const handle = handleInMail();
    let buffer: Buffer;
    try {
      buffer = this.view(offsetInMail(), size, handle);
      if (this.#bits !== null) this.#mark(this.#bits, buffer, true);
    } catch (error) {
      giveBlock(member, handle, 0); // no Buffer could be made of it
      throw error;
    }
    if (allocated.hasSubscribers) announce(allocated, this.#pool, buffer, size);
    return buffer;
  }

  /** A Buffer of the block that a handle names. */
  view(offset: number, size: number, handle: number): Buffer {
    const buffer = new FastBuffer(this.memory, offset, size);
    stampBuffer(buffer, this.live, handle);
    return buffer;
  }

  /** Frees a Buffer of the pool. Whether its memory is back. */
  give(buffer: Buffer, flags: number): boolean {
    const member = this.requireMember();
    if (this.#bits !== null) return this.#giveMarked(this.#bits, buffer, flags);
    return this.#afterFree(buffer, giveBlock(member, handleOf(buffer), flags));
  }

  /** The same for one that was asked for with `layout`. */
  giveOf(buffer: Buffer, flags: number, layout: Layout): boolean {
    const { size, align } = layout;
    const member = this.requireMember();
    const all = flags | ChunkFlag.CHECK_LAYOUT;
    if (this.#bits !== null) return this.#giveMarked(this.#bits, buffer, all, layout);
    const code = share.giveBlockOf(member, handleOf(buffer), all, size, align);
    return this.#afterFree(buffer, code, layout);
  }

  /** A live Buffer with another layout; the old one is freed. */
  resize(buffer: Buffer, layout: Layout, flags: number): Buffer {
    const { size, align } = layout;
    const isZeroed = (flags & Flag.ZEROED) !== 0;
    const same = this.resizeInPlace(buffer, size, align, isZeroed);
    if (same !== null) return same;
    const next = this.take(size, align, flags);
    try {
      copyBytes(buffer, next);
      if (isZeroed) zeroFrom(next, lengthOf(buffer));
      this.give(buffer, 0);
    } catch (error) {
      this.give(next, 0); // as when another thread was faster to free the old one
      throw error;
    }
    return next;
  }

  /** The same where it stands, or null. */
  resizeInPlace(buffer: Buffer, size: number, align: number, isZeroed: boolean): Buffer | null {
    checkSize(size);
    const member = this.requireMember();
    const block = this.look(handleOf(buffer));
    const code = share.resizeBlock(member, handleOf(buffer), size, align);
    if (code === Code.NOT_IN_PLACE) return null;
    if (code !== OK) throw refuseBlockOf(code, member, handleOf(buffer));
    const handle = handleInMail();
    const offset = offsetOf(buffer);
    const before = lengthOf(buffer);
    const next = this.view(offset, size, handle);
    setPlace(buffer, FREED);
    this.#bits?.mark(block.start, block.usable, false);
    if (this.#bits !== null) this.#mark(this.#bits, next, true);
    if (isZeroed) zeroFrom(next, before);
    if (allocated.hasSubscribers) announce(allocated, this.#pool, next, size);
    if (freed.hasSubscribers) announce(freed, this.#pool, buffer, before);
    return next;
  }

  /** What the live block is that a handle names. */
  look(handle: number) {
    const member = this.requireMember();
    const code = share.lookAtBlock(member, handle);
    if (code !== OK) throw refuseBlockOf(code, member, handle);
    return share.blockInMail();
  }

  /** What a live Buffer of the pool is, that was asked for with `layout`. */
  requireLive(buffer: Buffer, layout?: Layout) {
    const member = this.requireMember();
    if (placeOf(buffer) !== this.live) throw this.refuseStranger(buffer);
    const block = this.look(handleOf(buffer));
    if (layout !== undefined && (block.size !== layout.size || block.align !== layout.align)) {
      throw refuseBlockOf(Code.LAYOUT_MISMATCH, member, handleOf(buffer), layout);
    }
    return block;
  }

  isLive(value: unknown): boolean {
    if (placeOf(value) !== this.live || !this.isUsable) return false;
    return share.lookAtBlock(this.#member, handleOf(value as Buffer)) === OK;
  }

  /** Whether `value` looks into a live block without being one. */
  holdsView(value: unknown): boolean {
    const what = classify(value);
    if (what.kind !== 'view' || what.buffer !== this.memory) return false;
    const offset = viewOffsetOf(value as ArrayBufferView);
    return native.shareOwns(this.#member, offset) === OK;
  }

  lease(buffer: Buffer): void {
    const { size, align } = this.requireLive(buffer);
    const code = share.leaseBlock(this.#member, handleOf(buffer));
    if (code === OK) return;
    if (code !== Code.OUT_OF_MEMORY) throw refuseBlockOf(code, this.#member, handleOf(buffer));
    const layout = Layout.from(size, align);
    throw outOfMemory({ layout, allocator: this.#name, reason: 'limit' });
  }

  endLease(buffer: Buffer): void {
    const member = this.#member;
    if (member === CLOSED) return;
    const handle = handleOf(buffer);
    share.lookAtBlock(member, handle);
    const { start, usable } = share.blockInMail();
    share.endLeaseOnBlock(member, handle);
    if (share.lookAtBlock(member, handle) !== Code.DETACHED) return;
    setPlace(buffer, FREED);
    this.#bits?.mark(start, usable, false);
  }

  /** Frees all that the pool has allocated. */
  endAll(): void {
    const code = native.resetShare(this.#member);
    if (code === Code.LEASED) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
    if (code !== OK) throw refuseCall(code);
    this.#bits?.clear();
  }

  close(): void {
    native.leaveShare(this.#member);
    endClaim(this.memory);
    if (this.#anchor !== null) endMembership(this.#anchor);
    this.#member = CLOSED;
    this.#anchor = null;
  }

  /** The error for what is no Buffer of this pool. */
  refuseStranger(value: unknown): Error {
    this.requireMember();
    const place = placeOf(value);
    if (place !== null) return refusePlace(place);
    return this.holdsView(value)
      ? heapwrightError('ERR_HEAPWRIGHT_INTERIOR')
      : refuseForeign(value);
  }

  /** Shows in the program's bitmap that a live Buffer's chunks are in use, or will not be. */
  #mark(bits: UseBits, buffer: Buffer, isUsed: boolean): void {
    const { start, usable } = this.look(handleOf(buffer));
    bits.mark(start, usable, isUsed);
  }

  /** Frees a Buffer of a pool with a bitmap. */
  #giveMarked(bits: UseBits, buffer: Buffer, flags: number, layout?: Layout): boolean {
    const member = this.requireMember();
    share.lookAtBlock(member, handleOf(buffer));
    const { start, usable } = share.blockInMail();
    const { size, align } = layout ?? NO_LAYOUT;
    const code = share.giveBlockOf(member, handleOf(buffer), flags, size, align);
    if (code === OK) bits.mark(start, usable, false);
    return this.#afterFree(buffer, code, layout);
  }

  #afterFree(buffer: Buffer, code: number, layout?: Layout): boolean {
    if (code < OK) throw refuseBlockOf(code, this.#member, handleOf(buffer), layout);
    if (code === OK) setPlace(buffer, FREED);
    if (freed.hasSubscribers) announce(freed, this.#pool, buffer, lengthOf(buffer));
    return code === OK;
  }

  #describe(buffer: Buffer): PlaceDescription {
    const common = { owner: this.#pool, usable: 0, align: 1, leases: 0, isGated: false };
    if (!this.isOpen) return { ...common, state: 'freed' };
    if (!this.isUsable) return { ...common, state: 'moved' };
    const code = share.lookAtBlock(this.#member, handleOf(buffer));
    if (code !== OK && code !== Code.ABANDONED) return { ...common, state: 'freed' };
    const { usable, align, leases } = share.blockInMail();
    const live = leases > 0 ? 'leased' : 'live';
    return { ...common, usable, align, leases, state: code === OK ? live : 'abandoned' };
  }

  #addressOf(buffer: Buffer): bigint {
    const address = native.shareAddress(this.requireMember());
    if (typeof address === 'bigint') return address + BigInt(offsetOf(buffer));
    throw refuseCall(address);
  }

  #refuse(code: number, size: number, align: number, flags: number): Error {
    if (code !== Code.OUT_OF_MEMORY) return refuseCall(code);
    const layout = Layout.from(size, align);
    if (limitChannel.hasSubscribers && (flags & Flag.NOWARN) === 0) {
      announceLimit(this.#pool, layout);
    }
    const reason = readReason(Of.SHARE, this.#member, size, align);
    return outOfMemory({ layout, allocator: this.#name, reason });
  }
}

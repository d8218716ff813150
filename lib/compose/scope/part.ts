/**
 * A part of a region that one scope cuts into Buffers: an ArrayBuffer over it, and how far it is
 * used. The ArrayBuffer is the scope's own, so that its end takes the memory from every view.
 */
import { arrayBufferOf, stamp } from '../../block.js';
import { Code, Kind, Mail, native } from '../../native.js';
import { type Keeper, Place } from '../../pool/stamp.js';
import { Region } from './region.js';

const { ceil } = Math;
const { mail } = native;
const Bytes = Uint8Array;
const NO_PROBE = new Bytes(0);

export class Part extends Place {
  readonly keeper: Keeper | null;
  readonly region: Region;
  /** Where in the region it begins. Everything below counts from here. */
  readonly origin: number;
  /** From here to the region's end. */
  readonly room: number;
  /** The next ArrayBuffer that lies over the same memory: of a scope outside, or full. */
  readonly below: Part | null;
  /** Null before the first Buffer, and after the end. */
  buffer: ArrayBuffer | null = null;
  /** Its length is 0 once somebody moved the memory away: asked before every Buffer is made. */
  probe: Uint8Array = NO_PROBE;
  /** Where the next Buffer may begin. */
  bump = 0;
  /** Where the ArrayBuffer ends; -1 where there is none. */
  end = -1;
  /** Live Buffers and their bytes. */
  blocks = 0;
  bytes = 0;
  /** Those that were freed with their memory still in use. */
  abandonedBlocks = 0;
  abandonedBytes = 0;
  /** Buffers under lease. */
  leases = 0;
  #index = -1;
  #generation = -1;

  constructor(keeper: Keeper | null, region: Region, origin: number, below: Part | null) {
    super();
    this.keeper = keeper;
    this.region = region;
    this.origin = origin;
    this.room = region.size - origin;
    this.below = below;
  }

  get isWrapped(): boolean {
    return this.buffer !== null;
  }

  /** Nobody has anything of it. */
  get isUnused(): boolean {
    return this.blocks + this.abandonedBlocks + this.leases + this.exposed === 0;
  }

  /** Whether its own memory was moved away, or an ArrayBuffer that lies over it too. */
  get isDisturbed(): boolean {
    for (let part: Part | null = this; part !== null; part = part.below) {
      if (part.buffer !== null && part.probe.length === 0) return true;
    }
    return false;
  }

  /** Whether the addon still holds its memory. */
  get isHeld(): boolean {
    return native.isHeld(this.#index, this.#generation) === Code.OK;
  }

  /** Where a Buffer with this alignment would begin. */
  startOf(align: number): number {
    if (align === 1) return this.bump;
    return this.bump + paddingAt(this.region.address + this.origin + this.bump, align);
  }

  isAligned(offset: number, align: number): boolean {
    return paddingAt(this.region.address + this.origin + offset, align) === 0;
  }

  /** Puts an ArrayBuffer over its first `size` bytes, at least one: OK, or the code of a refusal. */
  wrap(size: number): number {
    const { index, generation } = this.region;
    const buffer = native.wrapRange(index, generation, this.origin, size, Kind.SCOPE);
    if (typeof buffer === 'number') return buffer;
    this.#index = mail[Mail.INDEX] as number;
    this.#generation = mail[Mail.GENERATION] as number;
    stamp(buffer, this.#index, this.#generation);
    this.buffer = buffer;
    this.probe = new Bytes(buffer);
    this.end = size;
    return Code.OK;
  }

  /**
   * Takes the memory from every view. False: an operation in flight, a lease, a socket or whoever
   * moved it may still use it, and it is the collector's.
   */
  finish(): boolean {
    const { buffer } = this;
    this.buffer = null;
    this.probe = NO_PROBE;
    this.end = -1;
    if (buffer === null) return true;
    return this.leases + this.exposed === 0 && this.#detach(buffer);
  }

  /** The last lease of a part that was finished before: what it held goes through the gate. */
  finishLate(leased: Buffer): void {
    if (this.leases + this.exposed === 0) this.#detach(arrayBufferOf(leased));
  }

  #detach(buffer: ArrayBuffer): boolean {
    return native.endBlock(this.#index, this.#generation, buffer) === Code.OK;
  }
}

/** Exact: an alignment is a power of two, and no address has more than 48 bits. */
function paddingAt(address: number, align: number): number {
  return ceil(address / align) * align - address;
}

/** Where a scope is that has no memory at hand. */
export const NOWHERE = new Part(null, new Region(-1, -1, 0, 0, null), 0, null);

/** The place of a Buffer under lease: its part, and how many leases hold it. */
export class HeldInPart extends Place {
  readonly part: Part;
  readonly keeper: Keeper | null;
  leases = 1;
  /** Whether the Buffer was freed meanwhile: its memory goes back with the last lease. */
  isFreed = false;

  constructor(part: Part) {
    super();
    this.part = part;
    this.keeper = part.keeper;
  }
}

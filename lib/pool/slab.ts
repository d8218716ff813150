/**
 * A slab: one run of native memory, wrapped once, that a pool cuts into slots of one size. It
 * holds nothing else, so `buffer.buffer` of a pooled Buffer shows only neighbours of its pool.
 */
import { byteLengthOf } from '../block.js';
import type { Magazine } from './magazine.js';
import { type Keeper, Place, placeOf } from './stamp.js';

/** Where the slot number ends and the slab's number begins in a handle. */
export const SLOT_BITS = 12;
export const SLOT_MASK = (1 << SLOT_BITS) - 1;
/** Handles stay below 2^31: integers that the engine keeps unboxed. */
export const MOST_SLABS = 1 << (31 - SLOT_BITS);

/** What becomes of a slab. */
export const SlabState = Object.freeze({
  /** Some slots are free: they are in the magazine, and the slab is held strongly. */
  OPEN: 0,
  /** All slots are out, live or forgotten: held weakly, until the first of them comes back. */
  FULL: 1,
  /** As FULL, but no slot is used again: one was abandoned, or frees are forgotten. */
  SPENT: 2,
  /** Somebody transferred it away. */
  MOVED: 3,
  /** Given up by its pool; its memory goes when nothing can reach it. */
  CLOSED: 4,
  /** Its memory is back. */
  ENDED: 5,
} as const);

export type SlabState = (typeof SlabState)[keyof typeof SlabState];

/** Its record in the addon. */
export interface SlabRecord {
  readonly index: number;
  readonly generation: number;
}

const Bytes = Uint8Array;
const NO_PROBE = new Bytes(0);
/** Slabs that there were so far. */
let born = 0;

export class Slab extends Place {
  readonly keeper: Keeper;
  /** Null for a Buffer with memory of its own, above the largest class. */
  readonly magazine: Magazine | null;
  readonly record: SlabRecord;
  /** Bytes that it takes up. */
  readonly bytes: number;
  readonly slots: number;
  /** Bytes of a slot. */
  readonly slotSize: number;
  /** Later ones have higher numbers. */
  readonly born = born++;
  /** Its number in the magazine; the high bits of its handles. */
  index = 0;
  state: SlabState = SlabState.OPEN;
  /** The memory, while it is held strongly. */
  buffer: ArrayBuffer | null = null;
  /** Its length is 0 once somebody moved the memory away: asked before every Buffer is made. */
  probe: Uint8Array = NO_PROBE;
  weak: WeakRef<ArrayBuffer> | null = null;
  /** Whether the list of what is held weakly has it. */
  isWatched = false;
  /** Free slots that are not in the magazine, of a slab that is held weakly: one at least. */
  parked: Int32Array | null = null;
  /** Slots that were freed with a request in flight: they come back with the whole slab. */
  abandoned = 0;
  /** Slots under lease, and how many of those were freed meanwhile. */
  leased = 0;
  doomed = 0;
  /** Of a slab that is SPENT, MOVED or CLOSED: slots that came back since. */
  returned = 0;
  /** Where it was allocated, under HEAPWRIGHT_DEBUG. */
  site: string | null = null;

  constructor(
    keeper: Keeper,
    magazine: Magazine | null,
    buffer: ArrayBuffer,
    record: SlabRecord,
    slots: number,
    slotSize: number,
  ) {
    super();
    this.keeper = keeper;
    this.magazine = magazine;
    this.record = record;
    this.slots = slots;
    this.slotSize = slotSize;
    this.bytes = slots * slotSize;
    this.hold(buffer);
  }

  /** From now on the memory is held strongly. */
  hold(buffer: ArrayBuffer): void {
    this.buffer = buffer;
    this.probe = new Bytes(buffer);
  }

  /** From now on the collector may have it. */
  weaken(state: SlabState): void {
    this.weak ??= new WeakRef(this.buffer as ArrayBuffer);
    this.buffer = null;
    this.probe = NO_PROBE;
    this.owner = null;
    this.state = state;
  }

  /** The memory, if it was not collected. */
  reach(): ArrayBuffer | undefined {
    return this.buffer ?? this.weak?.deref();
  }

  /** Whether somebody detached it. A slab is never empty. */
  get isMoved(): boolean {
    const buffer = this.reach();
    return buffer !== undefined && byteLengthOf(buffer) === 0;
  }
}

/**
 * Hands a live Buffer to a socket, that writes to it at some later time with no request in flight
 * before: what ends its slab or scope leaves the memory to the collector. The answer
 * says that the socket is done.
 */
export function exposeBuffer(buffer: Buffer): () => void {
  const place = placeOf(buffer) as Place;
  place.exposed++;
  return () => {
    place.exposed--;
  };
}

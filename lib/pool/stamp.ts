/**
 * What makes a Buffer a pooled one: a stamp, two private fields on the very object that was handed
 * out. Unforgeable, and lost by every slice, copy and clone.
 *
 * The stamp says where the Buffer's memory is now: in a slab, under a lease, or nowhere any more.
 * So a free is one comparison, and the second free of the same Buffer finds that it has no place.
 */
import { Adopted } from '../block.js';
import type { Lease } from '../lease.js';

/** A pool, as the Buffers that it handed out know it. */
export interface Keeper {
  readonly pool: object;
  lease(buffer: Buffer): Lease;
  describe(buffer: Buffer): PlaceDescription;
  /** Where a live Buffer is, for a pool whose memory is none of the package's own. */
  addressOf?(buffer: Buffer): bigint;
}

/** What `explain` says of a pooled Buffer. */
export interface PlaceDescription {
  readonly state: 'live' | 'leased' | 'abandoned' | 'moved' | 'freed';
  readonly owner: object | null;
  /** Bytes of the slot. */
  readonly usable: number;
  /** Of the layout that it was asked for with. */
  readonly align: number;
  readonly leases: number;
  /** False: a free never asks whether operations are in flight. */
  readonly isGated?: boolean;
  /** What `explain` says as `kept`, where the Buffer lies in another block that is asked. */
  readonly kept?: string | null;
  /** Where it was allocated, if that was remembered. */
  readonly site?: string | null;
}

/** Where a Buffer's memory is. */
export abstract class Place {
  /** The pool that takes a slot of this place back without further questions, or null. */
  owner: object | null = null;
  /** Sockets that may be about to write to it: then only the collector ends it with live Buffers. */
  exposed = 0;

  /** The pool it belongs to; null for what was freed. */
  abstract readonly keeper: Keeper | null;
}

class Nowhere extends Place {
  readonly keeper = null;
}

/** The place of a Buffer that was freed. */
export const FREED: Place = new Nowhere();
/** The place of a Buffer that was freed while an operation could still use it. */
export const ABANDONED: Place = new Nowhere();

class PooledStamp extends Adopted {
  #place: Place | null;
  readonly #handle: number;

  constructor(buffer: object, place: Place, handle: number) {
    super(buffer);
    this.#place = place;
    this.#handle = handle;
  }

  static stampBuffer(buffer: Buffer, place: Place, handle: number): void {
    new PooledStamp(buffer, place, handle);
  }

  static placeOf(value: unknown): Place | null {
    if (typeof value !== 'object' || value === null) return null;
    return #place in value ? value.#place : null;
  }

  static handleOf(buffer: Buffer): number {
    return #place in buffer ? buffer.#handle : -1;
  }

  static setPlace(buffer: Buffer, place: Place): void {
    if (#place in buffer) buffer.#place = place;
  }

  static putPlace(block: object, place: Place | null): void {
    if (#place in block) block.#place = place;
    else if (place !== null) new PooledStamp(block, place, -1);
  }
}

class AlignStamp extends Adopted {
  readonly #align: number;

  constructor(buffer: object, align: number) {
    super(buffer);
    this.#align = align;
  }

  static stampAlign(buffer: Buffer, align: number): void {
    new AlignStamp(buffer, align);
  }

  static alignOf(buffer: Buffer): number {
    return #align in buffer ? buffer.#align : 1;
  }
}

/** Marks a new view as the one Buffer of a slot. */
export const stampBuffer = PooledStamp.stampBuffer;
/** Where a pooled Buffer's memory is; null for every other value. Runs no code of `value`. */
export const placeOf = PooledStamp.placeOf;
/** The slot that a pooled Buffer was given. */
export const handleOf = PooledStamp.handleOf;
export const setPlace = PooledStamp.setPlace;
/** The same for a block of any kind, with a stamp or without; null: none that this file knows of. */
export const putPlace = PooledStamp.putPlace;

/** Marks a new pooled Buffer as one that was asked for with an alignment other than 1. */
export const stampAlign = AlignStamp.stampAlign;
/** The alignment that a pooled Buffer was asked for with. */
export const alignOf = AlignStamp.alignOf;

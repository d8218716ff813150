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
}

/** Where a Buffer's memory is. */
export abstract class Place {
  /** The pool that takes a slot of this place back without further questions, or null. */
  owner: object | null = null;

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

let readPlace: (value: object) => Place | null;
let readHandle: (value: object) => number;
let readAlign: (value: object) => number;
let writePlace: (buffer: object, place: Place) => void;

class PooledStamp extends Adopted {
  static {
    readPlace = (value) => (#place in value ? value.#place : null);
    readHandle = (value) => (#place in value ? value.#handle : -1);
    writePlace = (buffer, place) => {
      if (#place in buffer) buffer.#place = place;
    };
  }

  #place: Place;
  readonly #handle: number;

  constructor(buffer: object, place: Place, handle: number) {
    super(buffer);
    this.#place = place;
    this.#handle = handle;
  }
}

/** Marks a new view as the one Buffer of a slot. */
export function stampBuffer(buffer: Buffer, place: Place, handle: number): void {
  new PooledStamp(buffer, place, handle);
}

class AlignStamp extends Adopted {
  static {
    readAlign = (value) => (#align in value ? value.#align : 1);
  }

  readonly #align: number;

  constructor(buffer: object, align: number) {
    super(buffer);
    this.#align = align;
  }
}

/** Marks a new pooled Buffer as one that was asked for with an alignment other than 1. */
export function stampAlign(buffer: Buffer, align: number): void {
  new AlignStamp(buffer, align);
}

/** The alignment that a pooled Buffer was asked for with. */
export function alignOf(buffer: Buffer): number {
  return readAlign(buffer);
}

/** Where a pooled Buffer's memory is; null for every other value. Runs no code of `value`. */
export function placeOf(value: unknown): Place | null {
  return typeof value === 'object' && value !== null ? readPlace(value) : null;
}

/** The slot that a pooled Buffer was given. */
export function handleOf(buffer: Buffer): number {
  return readHandle(buffer);
}

export function setPlace(buffer: Buffer, place: Place): void {
  writePlace(buffer, place);
}

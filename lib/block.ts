/**
 * Blocks and their stamps.
 *
 * A block is known by a private field on the very ArrayBuffer that was handed out: unforgeable,
 * there on frozen objects too, and lost by every copy, clone and transfer. It holds the index and
 * the generation of the block's record in the addon. Addresses and lengths are never asked.
 */
const { apply } = Reflect;
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { isView } = ArrayBuffer;
const { min } = Math;
const Bytes = Uint8Array;
const setBytes = Bytes.prototype.set;

/** What an allocator hands out: a dedicated `ArrayBuffer`, or a `Buffer` in a pool's slab. */
export type Block = ArrayBuffer | Buffer;

type Getter = (this: unknown) => unknown;

function getterOf(prototype: object | null, key: PropertyKey): Getter {
  return getOwnPropertyDescriptor(prototype, key)?.get ?? (() => undefined);
}

const byteLengthGetter = getterOf(ArrayBuffer.prototype, 'byteLength');
const typedArrayBuffer = getterOf(getPrototypeOf(Uint8Array.prototype), 'buffer');
const typedArrayLength = getterOf(getPrototypeOf(Uint8Array.prototype), 'byteLength');
const typedArrayOffset = getterOf(getPrototypeOf(Uint8Array.prototype), 'byteOffset');
const typedArrayTag = getterOf(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const dataViewOffset = getterOf(DataView.prototype, 'byteOffset');
const dataViewBuffer = getterOf(DataView.prototype, 'buffer');

/** A constructor that returns its argument: what extends it puts its private fields there. */
export class Adopted {
  constructor(block: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this return is the whole idea
    return block;
  }
}

let readIndex: (value: object) => number;
let readGeneration: (value: object) => number;

class Stamp extends Adopted {
  static {
    readIndex = (value) => (#index in value ? value.#index : UNSTAMPED);
    readGeneration = (value) => (#index in value ? value.#generation : UNSTAMPED);
  }

  readonly #index: number;
  readonly #generation: number;

  constructor(block: object, index: number, generation: number) {
    super(block);
    this.#index = index;
    this.#generation = generation;
  }
}

/** The index of everything that carries no stamp. */
export const UNSTAMPED = -1;

/** Marks `block` as the one buffer of a record. Once for a block: a second stamp throws. */
export function stamp(block: ArrayBuffer, index: number, generation: number): void {
  new Stamp(block, index, generation);
}

/** The record's index, or {@link UNSTAMPED}. Runs no code of `value`. */
export function indexOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? readIndex(value) : UNSTAMPED;
}

/** The record's generation, or {@link UNSTAMPED}. */
export function generationOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? readGeneration(value) : UNSTAMPED;
}

/** The true length of an ArrayBuffer, 0 when it is detached. */
export function byteLengthOf(buffer: ArrayBuffer): number {
  return apply(byteLengthGetter, buffer, []) as number;
}

/** The buffer under a typed array, whatever its own properties say. */
export function arrayBufferOf(view: Uint8Array): ArrayBuffer {
  return apply(typedArrayBuffer, view, []) as ArrayBuffer;
}

/** The true length of a typed array of bytes, 0 when it is detached. */
export function lengthOf(view: Uint8Array): number {
  return apply(typedArrayLength, view, []) as number;
}

/** Where a typed array begins in its buffer. */
export function offsetOf(view: Uint8Array): number {
  return apply(typedArrayOffset, view, []) as number;
}

/** The same for a view of any kind; 0 for a DataView that is detached. */
export function viewOffsetOf(view: ArrayBufferView): number {
  const offset = apply(typedArrayTag, view, []) === undefined ? dataViewOffset : typedArrayOffset;
  try {
    return apply(offset, view, []) as number;
  } catch {
    return 0;
  }
}

function bufferOf(view: object): unknown {
  try {
    return apply(typedArrayBuffer, view, []);
  } catch {
    return apply(dataViewBuffer, view, []);
  }
}

function isArrayBuffer(value: object): value is ArrayBuffer {
  try {
    return typeof apply(byteLengthGetter, value, []) === 'number';
  } catch {
    return false; // a SharedArrayBuffer, a Proxy, an heir without the internal slot
  }
}

/**
 * What a value without a stamp is: an ArrayBuffer (of any realm), a view and the buffer under it,
 * or nothing that could ever be a block. Asks the engine, never the value's own properties.
 */
export function classify(
  value: unknown,
): { kind: 'buffer' } | { kind: 'view'; buffer: unknown } | { kind: 'other' } {
  if (typeof value !== 'object' || value === null) return { kind: 'other' };
  if (isView(value)) return { kind: 'view', buffer: bufferOf(value) };
  return isArrayBuffer(value) ? { kind: 'buffer' } : { kind: 'other' };
}

/** The bytes of a block; none of one that is detached. */
export function bytesOf(block: Block): Uint8Array {
  // Any other view is no block of any kind.
  if (isView(block)) return apply(typedArrayTag, block, []) === undefined ? new Bytes(0) : block;
  // A detached buffer has no view; it has nothing to read either.
  return byteLengthOf(block) === 0 ? new Bytes(0) : new Bytes(block);
}

/** The length of a block that was handed out; 0 once it is detached. */
export function sizeOf(block: Block): number {
  return isView(block) ? lengthOf(block) : byteLengthOf(block);
}

/** Whether a view of `buffer` begins in a block that is itself a view. */
export function beginsWithin(view: ArrayBufferView, buffer: unknown, block: Buffer): boolean {
  if (arrayBufferOf(block) !== buffer) return false;
  const distance = viewOffsetOf(view) - offsetOf(block);
  return distance >= 0 && distance < lengthOf(block);
}

/** Copies the first bytes of `from` to `to`, as many as both have. */
export function copyBytes(from: Block, to: Block): void {
  const source = bytesOf(from);
  const target = bytesOf(to);
  const count = min(lengthOf(source), lengthOf(target));
  apply(setBytes, target, [new Bytes(arrayBufferOf(source), offsetOf(source), count)]);
}

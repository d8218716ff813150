/**
 * The memory under a ChunkPool, and the bitmap that a program may want to watch it by: what they
 * have to be, and whether they are still there.
 */
import { arrayBufferOf, lengthOf, offsetOf } from '../block.js';
import { heapwrightError, invalidArgType, outOfRange } from '../errors.js';

const { apply } = Reflect;
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const Bytes = Uint8Array;
const Shared = SharedArrayBuffer;
const { fill } = Bytes.prototype;

/** What a ChunkPool can lie over. */
export type ChunkMemory = ArrayBuffer | SharedArrayBuffer;

type Getter = (this: unknown) => unknown;

/** Taken when this file loads: a property of the value's own, or a later patch, cannot lie. */
function getterOf(prototype: object, key: string): Getter | undefined {
  return getOwnPropertyDescriptor(prototype, key)?.get;
}

const lengthOfBuffer = getterOf(ArrayBuffer.prototype, 'byteLength') as Getter;
const lengthOfShared = getterOf(Shared.prototype, 'byteLength') as Getter;
const isResizable = getterOf(ArrayBuffer.prototype, 'resizable');
const isGrowable = getterOf(Shared.prototype, 'growable');
const typedArrayTag = getterOf(getPrototypeOf(Bytes.prototype), Symbol.toStringTag as never);

/** What a getter says of a value that it is made for; null for any other value. */
function ask(getter: Getter | undefined, value: unknown): unknown {
  if (getter === undefined || typeof value !== 'object' || value === null) return null;
  try {
    return apply(getter, value, []);
  } catch {
    return null;
  }
}

/** Whether `value` is a SharedArrayBuffer, of whatever realm. */
export function isSharedMemory(value: unknown): boolean {
  return ask(lengthOfShared, value) !== null;
}

/** A view over all of the memory, which has a fixed length and is there. */
export function requireMemory(memory: unknown): Uint8Array {
  const length = ask(lengthOfBuffer, memory) ?? ask(lengthOfShared, memory);
  if (length === null) {
    throw invalidArgType('memory', 'an ArrayBuffer or SharedArrayBuffer', memory);
  }
  if (ask(isResizable, memory) === true || ask(isGrowable, memory) === true) {
    throw invalidArgType('memory', 'of a fixed length: not resizable, not growable', memory);
  }
  if (length === 0) throw outOfRange('memory.byteLength', 'more than 0', length);
  return new Bytes(memory as ArrayBuffer);
}

/** OUT_OF_RANGE unless whole chunks fill the memory. */
export function requireWholeChunks(bytes: Uint8Array, chunkSize: number): void {
  const length = lengthOf(bytes);
  if (length % chunkSize === 0) return;
  throw outOfRange('memory.byteLength', `a multiple of ${chunkSize}, the chunk size`, length);
}

/**
 * The use bits of a private pool's chunks in a program's own array: bit `i % 8` of byte `i / 8` is
 * that of chunk `i`. Written here and never read for a decision: who scribbles over it sees wrong
 * bits, and nothing else happens.
 */
export class UseBits {
  /** Our own view: what the program does to its object does not matter. */
  readonly #bits: Uint8Array;
  readonly #chunkSize: number;

  constructor(bitmap: unknown, memory: ChunkMemory, chunkSize: number, chunks: number) {
    const isBytes =
      ArrayBuffer.isView(bitmap) && ask(typedArrayTag, bitmap) === 'Uint8Array' ? bitmap : null;
    if (isBytes === null) throw invalidArgType('options.bitmap', 'a Uint8Array', bitmap);
    const given = bitmap as Uint8Array;
    const buffer: unknown = arrayBufferOf(given);
    if (ask(lengthOfBuffer, buffer) === null || ask(isResizable, buffer) === true) {
      throw invalidArgType('options.bitmap', 'over an ArrayBuffer of a fixed length', bitmap);
    }
    if (buffer === memory) {
      throw invalidArgType('options.bitmap', 'over other memory than the blocks', bitmap);
    }
    const least = Math.ceil(chunks / 8);
    if (lengthOf(given) < least) {
      const expected = `at least ${least}, a bit for each of ${chunks} chunks`;
      throw outOfRange('options.bitmap.length', expected, lengthOf(given));
    }
    this.#bits = new Bytes(buffer as ArrayBuffer, offsetOf(given), lengthOf(given));
    this.#chunkSize = chunkSize;
  }

  /** DETACHED once somebody has taken its memory away. */
  requirePresent(): void {
    if (this.#bits.length > 0) return;
    throw heapwrightError('ERR_HEAPWRIGHT_DETACHED', {
      hint: "The memory of the pool's bitmap was transferred away. Dispose the pool.",
    });
  }

  clear(): void {
    if (this.#bits.length > 0) apply(fill, this.#bits, [0]);
  }

  /** The chunks of so many bytes are in use, or free again. */
  mark(start: number, bytes: number, isUsed: boolean): void {
    if (bytes === 0) return;
    const bits = this.#bits;
    const end = Math.ceil((start + bytes) / this.#chunkSize);
    for (let chunk = start / this.#chunkSize; chunk < end; chunk++) {
      const byte = Math.floor(chunk / 8);
      const bit = 1 << (chunk % 8);
      const before = bits[byte] as number;
      bits[byte] = isUsed ? before | bit : before & ~bit;
    }
  }
}

/**
 * The vocabulary of `Buffer` over an allocator of Buffers: what every pool offers beyond
 * `Allocator<Buffer>`, written once.
 */
import { Buffer } from 'node:buffer';
import { BaseAllocator } from '../allocator.js';
import { arrayBufferOf, lengthOf, offsetOf } from '../block.js';
import { invalidArgType, outOfRange } from '../errors.js';
import { PoolRun, type RunAllocator } from './run.js';
import { zeroFrom } from './zero.js';

const { apply } = Reflect;
const { byteLength } = Buffer;
const { fill: fillBuffer, utf8Write } = Buffer.prototype as unknown as BufferMethods;
const Bytes = Uint8Array;
const setBytes = Bytes.prototype.set;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const bufferFrom = Buffer.from as (...args: readonly unknown[]) => Buffer;

/** Methods of Buffer that @types/node has under other types, or not at all. */
interface BufferMethods {
  fill(value: unknown, start: number, end: number, encoding?: unknown): Buffer;
  utf8Write(text: string): number;
}

/** What `Buffer.alloc` fills with. */
export type Fill = string | Uint8Array | number;

function isBytes(value: unknown): value is Uint8Array {
  return isView(value) && value instanceof Bytes; // the first refuses a Proxy
}

/** The bytes of `list` one after the other; as many as `target` has room for. */
function copyAll(list: readonly Uint8Array[], target: Buffer, size: number): void {
  let at = 0;
  for (const part of list) {
    if (at === size) return;
    const length = lengthOf(part);
    const count = Math.min(length, size - at);
    const bytes = count === length ? part : new Bytes(arrayBufferOf(part), offsetOf(part), count);
    apply(setBytes, target, [bytes, at]);
    at += count;
  }
  zeroFrom(target, at);
}

/**
 * What fills a Buffer, as Node takes it. Read before there is one: Node asks an object what number
 * it is with the Buffer's address in hand, and code of the caller could take the memory away.
 */
function readFill(fill: unknown): unknown {
  return typeof fill === 'string' || isView(fill) ? fill : +(fill as number) >>> 0;
}

/** The parts of a list, each read once: from here on no code of the caller runs. */
function readList(list: unknown): readonly Uint8Array[] {
  if (!isArray(list)) throw invalidArgType('list', 'an array of Uint8Array', list);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < list.length; at++) {
    const part: unknown = list[at];
    if (!isBytes(part)) throw invalidArgType(`list[${at}]`, 'a Uint8Array', part);
    parts.push(part);
  }
  return parts;
}

function checkLength(length: unknown): asserts length is number {
  if (typeof length !== 'number') throw invalidArgType('totalLength', 'a number', length);
  if (!Number.isSafeInteger(length) || length < 0) {
    throw outOfRange('totalLength', 'an integer from 0 to 2^53 - 1', length);
  }
}

/** INVALID_ARG_TYPE for the receiver of a borrowed method that is no allocator of Buffers. */
let checkReceiver: (value: unknown) => void;

export abstract class BufferAllocator extends BaseAllocator<Buffer> {
  static {
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #runs in value) return;
      throw invalidArgType('this', 'an allocator of Buffers made by this package', value);
    };
  }

  /** Runs that are under way. */
  readonly #runs = new Set<PoolRun>();

  /** A Buffer of `size` bytes whose contents are undefined. */
  abstract allocUnsafe(size: number): Buffer;
  /** A Buffer of `size` zeros. */
  protected abstract allocZeroed(size: number): Buffer;
  /**
   * Frees a Buffer. True: its memory is back. False: a lease, or for a Buffer with memory of its
   * own an operation in flight, may still use it; the memory comes back later.
   *
   * @throws NOT_OWNED, INTERIOR, DETACHED, ABANDONED: nothing was freed.
   */
  abstract free(buffer: Buffer): boolean;
  /** `buffer` with another size; new bytes are zero. The old Buffer is freed. */
  protected abstract resize(buffer: Buffer, size: number): Buffer;
  /** Whether `value` is a live Buffer of this pool itself, and not a view of one. */
  protected abstract isLive(value: unknown): boolean;

  /** As `Buffer.alloc`: filled with zeros, or with `fill`. */
  alloc(size: number, fill?: Fill, encoding?: BufferEncoding): Buffer {
    if (fill === undefined || fill === 0) return this.allocZeroed(size);
    const value = typeof size === 'number' && size > 0 ? readFill(fill) : 0;
    const buffer = this.allocUnsafe(size);
    try {
      if (size > 0) apply(fillBuffer, buffer, [value, 0, size, encoding]);
    } catch (error) {
      this.free(buffer);
      throw error;
    }
    return buffer;
  }

  /** As `Buffer.from`, but always a copy, also of an ArrayBuffer. */
  from(
    value: string | ArrayBufferLike | ArrayLike<number> | object,
    encodingOrOffset?: BufferEncoding | number,
    length?: number,
  ): Buffer {
    checkReceiver(this);
    if (typeof value === 'string' && encodingOrOffset === undefined) {
      const buffer = this.allocUnsafe(byteLength(value));
      apply(utf8Write, buffer, [value]);
      return buffer;
    }
    // All rules and errors of the original, by asking it.
    const source = isBytes(value) ? value : bufferFrom(value, encodingOrOffset, length);
    const buffer = this.allocUnsafe(lengthOf(source));
    apply(setBytes, buffer, [source]);
    return buffer;
  }

  /** As `Buffer.concat`, which gives an empty Buffer for an empty list, whatever the length. */
  concat(list: readonly Uint8Array[], totalLength?: number): Buffer {
    checkReceiver(this);
    const parts = readList(list);
    let size = 0;
    for (let at = 0; at < parts.length; at++) size += lengthOf(parts[at] as Uint8Array);
    if (totalLength !== undefined && parts.length > 0) {
      checkLength(totalLength);
      size = totalLength;
    }
    const buffer = this.allocUnsafe(size);
    copyAll(parts, buffer, size);
    return buffer;
  }

  /** As `reallocate`, by sizes alone. */
  realloc(buffer: Buffer, size: number): Buffer {
    checkReceiver(this);
    return this.replaced(buffer, this.resize(buffer, size));
  }

  /** `old` was reallocated: the runs that would have freed it free `next`. Answers with that. */
  protected replaced(old: Buffer, next: Buffer): Buffer {
    for (const run of this.#runs) run.replace(old, next);
    return next;
  }

  /** A copy with memory of its own, from the engine: for `postMessage` with transfer. */
  copyOut(buffer: Uint8Array): Buffer {
    checkReceiver(this);
    if (!isBytes(buffer)) throw invalidArgType('buffer', 'a Buffer', buffer);
    const copy = bufferFrom(new ArrayBuffer(lengthOf(buffer)));
    apply(setBytes, copy, [buffer]);
    return copy;
  }

  /** Runs `work` with `buffer` under a lease, that ends when its promise does. */
  async withLease<T>(buffer: Buffer, work: (buffer: Buffer) => T | Promise<T>): Promise<T> {
    checkReceiver(this);
    const lease = this.lease(buffer);
    try {
      return await work(buffer);
    } finally {
      lease.dispose();
    }
  }

  /**
   * Runs `work`, and frees at its end all that it allocated by the function that it is given, but
   * for what `keep` took out.
   *
   * @example
   * const answer = await pool.run(async (alloc) => {
   *   const scratch = alloc(4096);
   *   return alloc.keep(await fill(scratch, alloc));
   * });
   */
  async run<T>(
    work: (alloc: RunAllocator, keep: RunAllocator['keep']) => T | Promise<T>,
  ): Promise<T> {
    checkReceiver(this);
    if (typeof work !== 'function') throw invalidArgType('work', 'a function', work);
    const run = new PoolRun(this, (value) => this.isLive(value));
    this.#runs.add(run);
    try {
      return await work(run.alloc, run.alloc.keep);
    } finally {
      this.#runs.delete(run);
      run.end();
    }
  }

  /** Takes `buffer` out of the runs that would free it. Answers with it. */
  keep(buffer: Buffer): Buffer {
    checkReceiver(this);
    for (const run of this.#runs) run.alloc.keep(buffer);
    return buffer;
  }
}

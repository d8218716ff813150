/**
 * Pooled Buffers where input comes from: a socket, a file, a stream. Each function frees what it
 * takes, whatever happens meanwhile.
 */
import { Buffer } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { lengthOf } from '../block.js';
import { invalidArgType, isHeapwrightError, outOfRange } from '../errors.js';
import { Layout } from '../layout.js';
import { limitOption, readOptions } from '../options.js';
import { BufferAllocator } from './buffer-allocator.js';
import { checkSize } from './live.js';
import { exposeBuffer } from './slab.js';

const DEFAULT_SIZE = 64 * 1024;

/** How large the Buffers are. */
export interface ReadOptions {
  /** Bytes of a Buffer. Default 64 KiB. */
  readonly size?: number;
}

/** What `net.connect` takes as its option `onread`. */
export interface OnRead {
  readonly buffer: () => Buffer;
  readonly callback: (bytes: number, buffer: Uint8Array) => boolean;
}

function checkPool(pool: unknown): asserts pool is BufferAllocator {
  if (!(pool instanceof BufferAllocator)) throw invalidArgType('pool', 'a BufferPool', pool);
}

function readSize(options: ReadOptions | undefined): number {
  const { size } = readOptions(options ?? {}, ['size']);
  if (size === undefined) return DEFAULT_SIZE;
  checkSize(size);
  if (size === 0) throw outOfRange('options.size', 'at least 1', size);
  return size;
}

/** A Buffer that a socket reads into. */
class Reading {
  readonly buffer: Buffer;
  readonly #pool: BufferAllocator | null;
  /** Called when the socket is done with it. */
  readonly #conceal: () => void;
  #isSocketDone = false;
  #isProgramDone = false;

  constructor(pool: BufferAllocator, size: number) {
    try {
      this.buffer = pool.allocUnsafe(size);
    } catch (error) {
      // Inside the socket's own callback nobody could catch it: the engine's memory will do.
      if (!isHeapwrightError(error)) throw error;
      this.buffer = Buffer.allocUnsafeSlow(size);
      this.#pool = null;
      this.#conceal = () => {};
      return;
    }
    this.#conceal = exposeBuffer(this.buffer);
    this.#pool = pool;
  }

  /** The socket reads into another one from now on. */
  leaveSocket(): void {
    this.#conceal();
    this.#isSocketDone = true;
    this.#release();
  }

  /** The program has its bytes: perhaps not for the first time, if its callback threw before. */
  leaveProgram(): void {
    this.#isProgramDone = true;
    this.#release();
  }

  #release(): void {
    if (!this.#isSocketDone || !this.#isProgramDone) return;
    if (this.#pool?.owns(this.buffer) === true) this.#pool.free(this.buffer);
  }
}

/**
 * The option `onread` of `net.connect`, with Buffers of `pool`: the socket allocates nothing.
 *
 * `callback` gets the bytes of each read. They are valid until it returns, or until the promise
 * that it returned is settled; `false` pauses the socket. The Buffer that a socket waits to read
 * into is the collector's when the socket has gone; until then `reset` and `dispose` of the pool
 * leave its memory alone.
 *
 * @example
 * net.connect({ port, onread: onread(pool, (chunk) => parser.write(chunk)) });
 */
export function onread(
  pool: BufferAllocator,
  callback: (chunk: Buffer) => unknown,
  options?: ReadOptions,
): OnRead {
  checkPool(pool);
  if (typeof callback !== 'function') throw invalidArgType('callback', 'a function', callback);
  const size = readSize(options);
  // One object may serve several sockets, so each is known by its Buffer.
  const readings = new WeakMap<Uint8Array, Reading>();
  /** What a socket has just read: it asks for the next Buffer at once. */
  let last: Reading | null = null;
  return {
    buffer: () => {
      last?.leaveSocket();
      last = null;
      const reading = new Reading(pool, size);
      readings.set(reading.buffer, reading);
      return reading.buffer;
    },
    callback: (bytes, buffer) => {
      const reading = readings.get(buffer) as Reading;
      const answer = callback(reading.buffer.subarray(0, bytes));
      const goesOn = settle(answer, () => reading.leaveProgram());
      last = reading;
      return goesOn;
    },
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

/** Calls `done` when a callback's answer is final. Whether the socket goes on. */
function settle(answer: unknown, done: () => void): boolean {
  if (isThenable(answer)) {
    Promise.resolve(answer).finally(done);
    return true;
  }
  done();
  return answer !== false;
}

/**
 * A file's bytes in Buffers of `pool`. Each is valid until the next is asked for, under a lease: an
 * operation in flight with it keeps its memory for as long as it needs. Leaving the loop frees the
 * last one and closes the file, unless that was given as a handle.
 *
 * @example
 * for await (const chunk of readChunks(pool, 'access.log')) hash.update(chunk);
 */
export async function* readChunks(
  pool: BufferAllocator,
  file: string | URL | FileHandle,
  options?: ReadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  checkPool(pool);
  const size = readSize(options);
  const isHandle = typeof file === 'object' && file !== null && 'read' in file;
  const handle = isHandle ? file : await open(file);
  try {
    for (;;) {
      const buffer = pool.allocUnsafe(size);
      const lease = pool.lease(buffer);
      pool.free(buffer);
      try {
        const { bytesRead } = await handle.read(buffer, 0, size);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      } finally {
        lease.dispose();
      }
    }
  } finally {
    if (!isHandle) await handle.close();
  }
}

/** How {@link collect} reads. */
export interface CollectOptions {
  /** The most bytes; OUT_OF_RANGE beyond, and the stream is destroyed. Default: no limit. */
  readonly limit?: number;
  /** How many bytes are expected, such as a `content-length`: saves copies, and binds to nothing. */
  readonly size?: number;
}

/**
 * All bytes of a stream, such as the body of a request, as one Buffer of `pool`, which is the
 * caller's to free. Nothing is allocated before the first byte is there, and on any error nothing
 * stays allocated.
 *
 * @example
 * const body = await collect(pool, request, { limit: 2 ** 20 });
 */
export async function collect(
  pool: BufferAllocator,
  stream: AsyncIterable<Uint8Array>,
  options?: CollectOptions,
): Promise<Buffer> {
  checkPool(pool);
  const given = readOptions(options ?? {}, ['limit', 'size']);
  const limit = limitOption(given.limit, 'limit');
  const expected = Math.min(limit, limitOption(given.size ?? 0, 'size'), LARGEST_GUESS);
  let body: Buffer | null = null;
  let length = 0;
  try {
    for await (const chunk of stream) {
      const end = length + lengthOfChunk(chunk);
      if (end > limit) throw outOfRange('stream', `at most ${limit} bytes long`, end);
      if (body === null) {
        body = pool.allocUnsafe(Math.max(end, expected));
      } else if (end > body.length) {
        const room = Math.min(limit, Math.max(end, 2 * body.length, SMALLEST_BODY));
        body = resize(pool, body, room);
      }
      body.set(chunk, length);
      length = end;
    }
    if (body === null) return pool.allocUnsafe(0);
    return length === body.length ? body : resize(pool, body, length);
  } catch (error) {
    if (body !== null && pool.owns(body)) pool.free(body); // else it went with its pool
    throw error;
  }
}

function lengthOfChunk(chunk: unknown): number {
  if (chunk instanceof Uint8Array) return lengthOf(chunk);
  throw invalidArgType('stream', 'a stream of Uint8Array', chunk);
}

/** `body` with another length; what is new is about to be written. */
function resize(pool: BufferAllocator, body: Buffer, length: number): Buffer {
  const layout = Layout.from(body.length);
  return pool.reallocate(body, layout, Layout.from(length), { uninitialized: true });
}

const SMALLEST_BODY = 1024;
/** A sender may lie about the length: so much is taken at its word. */
const LARGEST_GUESS = 1024 * 1024;

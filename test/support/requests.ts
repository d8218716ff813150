/** The kinds of asynchronous work that Node hands a raw pointer into a buffer to. */
import { randomFill } from 'node:crypto';
import { closeSync, read, readv } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { brotliCompress, brotliDecompressSync, constants, deflate, inflateSync } from 'node:zlib';
import { answer, expectAnswer, makeFifo, openFifo } from './busy.js';

/** An operation in flight on a buffer. */
export interface Work {
  /** Lets it end, and says whether the buffer, or what was made of it, is as it must be. */
  finish(): Promise<boolean>;
}

type Callback<T> = (error: Error | null, value: T) => void;

function promised<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error === null || error === undefined) resolve(value);
      else reject(error);
    });
  });
}

const written = Buffer.from('what was written to the other end');

function holdsWritten(bytes: Uint8Array): boolean {
  return written.equals(bytes.subarray(0, written.length));
}

/** A read by `start` from a FIFO, which nobody writes to before `finish`. */
function fifoRead(bytes: Uint8Array, start: (fifo: number, done: Callback<number>) => void): Work {
  const fifo = openFifo();
  expectAnswer(fifo);
  const done = promised<number>((callback) => start(fifo, callback));
  return {
    async finish() {
      answer(fifo, written);
      const count = await done;
      closeSync(fifo);
      return count === written.length && holdsWritten(bytes);
    },
  };
}

function compression(
  bytes: Uint8Array,
  compress: (input: Uint8Array, done: Callback<Buffer>) => void,
  restore: (packed: Buffer) => Buffer,
): Work {
  const original = Buffer.from(bytes);
  const done = promised<Buffer>((callback) => compress(bytes, callback));
  return {
    async finish() {
      return restore(await done).equals(original) && original.equals(bytes);
    },
  };
}

/** A handle's read has no file descriptor of its own to answer through: it gets a second one. */
async function handleRead(bytes: Uint8Array): Promise<Work> {
  const { path, remove } = makeFifo();
  const handle = await open(path, 'r+');
  remove();
  expectAnswer(handle.fd);
  const done = handle.read(bytes, 0, bytes.byteLength, null);
  return {
    async finish() {
      answer(handle.fd, written);
      const { bytesRead } = await done;
      await handle.close();
      return bytesRead === written.length && holdsWritten(bytes);
    },
  };
}

/** A write that the kernel cannot take whole: the other end reads nothing before `finish`. */
async function socketWrite(bytes: Uint8Array): Promise<Work> {
  const original = Buffer.from(bytes);
  const chunks: Buffer[] = [];
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect(address.port, '127.0.0.1');
  const peer = await accepted;
  const sent = promised<void>((callback) =>
    client.write(bytes, (error) => callback(error ?? null, undefined)),
  );
  return {
    async finish() {
      const ended = new Promise((resolve) => peer.on('end', resolve));
      peer.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
      await sent;
      client.end();
      await ended;
      peer.destroy();
      server.close();
      return Buffer.concat(chunks).equals(original);
    },
  };
}

function randomBytes(bytes: Uint8Array): Work {
  const done = promised<Uint8Array>((callback) => randomFill(bytes, callback));
  return {
    async finish() {
      await done;
      // 2^-64 of all fills have so many zeros at the end.
      return bytes.subarray(-8).some((byte) => byte !== 0);
    },
  };
}

const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** Each starts work on `bytes`, at least 32 MiB so that it cannot end at once. */
export const REQUESTS: readonly [
  name: string,
  start: (bytes: Uint8Array) => Work | Promise<Work>,
][] = [
  [
    'fs.read',
    (bytes) => fifoRead(bytes, (fifo, done) => read(fifo, bytes, 0, bytes.byteLength, null, done)),
  ],
  ['fs.readv', (bytes) => fifoRead(bytes, (fifo, done) => readv(fifo, [bytes], done))],
  ['FileHandle.read', handleRead],
  ['zlib.deflate', (bytes) => compression(bytes, deflate, (packed) => inflateSync(packed))],
  [
    'zlib.brotliCompress',
    (bytes) =>
      compression(
        bytes,
        (input, done) => brotliCompress(input, fast, done),
        (packed) => brotliDecompressSync(packed),
      ),
  ],
  ['crypto.randomFill', randomBytes],
  ['a write to a socket', socketWrite],
];

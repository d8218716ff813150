/** Reads from FIFOs into a block, which nobody writes to before the frees have happened. */
import { closeSync, openSync, read, readv, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { contentAt, holds, pickStart } from '../content.mjs';
import { FIFO_BYTES, openFifos } from './fifo.mjs';

const WIDTH = 5;

/**
 * The kind whose operations `start(end, bytes, done)` a read. `open` opens a FIFO and `descriptor`
 * tells its number. `done(error, count, views)` is called with what Node calls back with, never
 * with a reference that this file kept.
 */
async function fifoKind(world, name, { open, descriptor, close, start }) {
  const fifos = await openFifos(WIDTH, open);
  let begun = [];
  return {
    name,
    width: WIDTH,
    begin(block) {
      const fifo = fifos[begun.length];
      const { size } = block.layout;
      const length = Math.min(size, FIFO_BYTES);
      const before = block.start;
      const next = pickStart(world.random, size);
      begun.push({ fifo, next, length });
      return new Promise((resolve) => {
        start(fifo, block.bytes, (error, count, views) => {
          world.settle(block, name, error, () => {
            if (count !== length || !holdsAll(views, { next, length, before })) {
              return 'what was read';
            }
            if (size === length) block.start = next;
            else if (!block.freed) block.fill(next);
            return null;
          });
          resolve();
        });
      });
    },
    release() {
      for (const { fifo, next, length } of begun) {
        writeSync(descriptor(fifo), contentAt(next, length));
      }
      begun = [];
    },
    async close() {
      for (const fifo of fifos) await close(fifo);
    },
  };
}

/** Whether they hold `length` bytes of the content `next`, and then what was there before. */
function holdsAll(views, { next, length, before }) {
  let at = 0;
  for (const view of views) {
    const read = Math.max(0, Math.min(view.length, length - at));
    if (view.length === 0 || !holds(view.subarray(0, read), next + at)) return false;
    at += read;
    if (!holds(view.subarray(read), before + at)) return false;
    at += view.length - read;
  }
  return true;
}

const plain = { open: openSync, descriptor: (fifo) => fifo, close: closeSync };

const openRead = (world) =>
  fifoKind(world, 'fs.read', {
    ...plain,
    start(fifo, bytes, done) {
      read(fifo, bytes, 0, bytes.length, null, (error, count, view) => done(error, count, [view]));
    },
  });

const openReadv = (world) =>
  fifoKind(world, 'fs.readv', {
    ...plain,
    start(fifo, bytes, done) {
      const third = Math.ceil(bytes.length / 3);
      const views = [0, third, 2 * third].map((at) => bytes.subarray(at, at + third));
      readv(fifo, views, null, done);
    },
  });

const openHandleRead = (world) =>
  fifoKind(world, 'FileHandle.read', {
    open,
    descriptor: (handle) => handle.fd,
    close: (handle) => handle.close(),
    start(handle, bytes, done) {
      handle.read(bytes, 0, bytes.length, null).then(
        ({ bytesRead, buffer }) => done(null, bytesRead, [buffer]),
        (error) => done(error),
      );
    },
  });

export const fileReads = [openRead, openReadv, openHandleRead];

// One of the workers of exchange.mjs: leaves blocks in the others' boxes, and frees those that it
// finds in its own.
import { parentPort, workerData } from 'node:worker_threads';
import { ChunkPool } from '../../dist/index.js';
import { randomFrom } from './read-arguments.mjs';

const pool = ChunkPool.attach(workerData.shared);
const { at, workers } = workerData;
const slots = new BigInt64Array(workerData.slots);
const box = slots.length / workers;
/** Nobody wakes who waits on it: a way to sleep. */
const bed = new Int32Array(new SharedArrayBuffer(4));
const random = randomFrom(workerData.seed);
const counts = { allocations: 0, frees: 0, foreign: 0, refused: 0, full: 0, wrong: 0 };
const mine = pool.workerId % 256;

/** What the bytes behind the first one hold. */
const mark = (handle, size) => (handle + size) % 251;

function make() {
  const buffer = pool.allocUnsafe(1 + random(500));
  counts.allocations++;
  const handle = pool.handleOf(buffer);
  buffer.fill(mark(handle, buffer.length));
  buffer[0] = mine;
  return handle;
}

function isRefused(handle) {
  try {
    pool.free(pool.fromHandle(handle));
    return false;
  } catch (error) {
    return error.code === 'ERR_HEAPWRIGHT_DETACHED';
  }
}

function end(handle) {
  const buffer = pool.fromHandle(handle);
  const second = random(16) === 0 ? pool.fromHandle(handle) : null;
  const expected = mark(handle, buffer.length);
  for (let at = 1; at < buffer.length; at++) if (buffer[at] !== expected) counts.wrong++;
  if (buffer[0] !== mine) counts.foreign++;
  if (!pool.free(buffer)) counts.wrong++;
  counts.frees++;
  if (second === null) return;
  try {
    pool.free(second);
    counts.wrong++;
  } catch (error) {
    if (error.code === 'ERR_HEAPWRIGHT_DETACHED') counts.refused++;
    else counts.wrong++;
  }
  if (!isRefused(handle)) counts.wrong++;
}

/** Leaves a block to another worker, or frees it where none has room for it. */
function post(handle) {
  for (let tries = 0; tries < 20; tries++) {
    const to = (at + 1 + random(workers - 1)) % workers;
    if (Atomics.compareExchange(slots, to * box + random(box), 0n, BigInt(handle)) === 0n) return;
    collect();
  }
  end(handle);
  // All the others are slow: they get the processor now and then, or nobody ever takes from them.
  if (random(16) === 0) Atomics.wait(bed, 0, 0, 1);
}

function collect() {
  const found = Atomics.exchange(slots, at * box + random(box), 0n);
  if (found !== 0n) end(Number(found));
}

while (counts.allocations + counts.frees < workerData.operations) {
  try {
    post(make());
  } catch (error) {
    if (error.code !== 'ERR_HEAPWRIGHT_OUT_OF_MEMORY') throw error;
    counts.full++;
    Atomics.wait(bed, 0, 0, 1);
  }
  collect();
  collect();
}
parentPort.postMessage(counts);

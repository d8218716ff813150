// One of the workers of hostile.mjs.
import { parentPort, workerData } from 'node:worker_threads';
import { ChunkPool, Layout } from '../../dist/index.js';
import { randomFrom } from './read-arguments.mjs';

const { shared, operations, seed, busy } = workerData;
const random = randomFrom(seed);
const pool = ChunkPool.attach(shared);
const counts = { operations: 0, refused: 0, full: 0, wrong: 0 };
/** `{ buffer, byte }`: what it was filled with. */
const live = [];
/** Handles and Buffers of blocks that were freed. */
const freedHandles = [];
const freedBuffers = [];
const MOST = 60;

const ODD_NUMBERS = [-1, 0.5, -0, Number.NaN, Infinity, 2 ** 53, 2 ** 53 - 1, 2 ** 32, 1e308];
const ODD_VALUES = [undefined, null, '7', 7n, {}, [], Symbol('7'), () => 7, new Uint8Array(8)];

const pick = (list) => list[random(list.length)];
const isFull = ({ code }) => code === 'ERR_HEAPWRIGHT_OUT_OF_MEMORY';

/** `action` has to be refused, by one of those codes. */
function refuse(codes, action) {
  try {
    action();
    counts.wrong++;
  } catch ({ code }) {
    if (codes.includes(code?.replace('ERR_HEAPWRIGHT_', ''))) counts.refused++;
    else counts.wrong++;
  }
}

const isWhole = ({ buffer, byte }) => buffer.every((each) => each === byte);

function hold(buffer) {
  const byte = random(256);
  live.push({ buffer: buffer.fill(byte), byte });
}

function take() {
  const align = 2 ** random(9);
  const makers = [
    () => pool.alloc(random(300), { valueOf: () => (random(9) === 0 ? drop() : 1) }),
    () => pool.allocate(Layout.from(random(300), align), { uninitialized: true }),
    () => pool.concat([Buffer.alloc(random(50)), Buffer.alloc(random(50))], random(200)),
    () => pool.from(Array.from({ length: random(90) }, () => 1)),
  ];
  hold(pick(makers)());
}

function drop() {
  if (live.length === 0) return 0;
  const [block] = live.splice(random(live.length), 1);
  if (!isWhole(block)) counts.wrong++;
  freedHandles[random(MOST)] = pool.handleOf(block.buffer);
  freedBuffers[random(MOST)] = block.buffer;
  if (!pool.free(block.buffer)) counts.wrong++;
  return 1;
}

function change() {
  const block = pick(live);
  const [before, size] = [block.buffer.length, random(300)];
  if (!isWhole(block)) counts.wrong++;
  const old = block.buffer;
  block.buffer = pool.realloc(old, size);
  if (!block.buffer.subarray(0, Math.min(before, size)).every((each) => each === block.byte)) {
    counts.wrong++;
  }
  block.buffer.fill(block.byte);
  refuse(['DETACHED'], () => pool.free(old));
}

const GONE = ['DETACHED', 'NOT_OWNED'];
const HOSTILE = [
  () => refuse(GONE, () => pool.fromHandle(pick(freedHandles.filter((each) => each)) ?? 2 ** 52)),
  () => refuse(['DETACHED', 'INVALID_ARG_TYPE'], () => pool.free(pick(freedBuffers))),
  () => refuse(['OUT_OF_RANGE', ...GONE], () => pool.fromHandle(pick(ODD_NUMBERS) - 0.5)),
  () => refuse(['INVALID_ARG_TYPE'], () => pool.fromHandle(pick(ODD_VALUES))),
  () => refuse(['INVALID_ARG_TYPE', 'NOT_OWNED', 'INTERIOR'], () => pool.free(pick(ODD_VALUES))),
  () => refuse(['OUT_OF_RANGE'], () => pool.reclaim(pick(ODD_NUMBERS.filter((n) => n <= 0)))),
  () => refuse(['BUSY'], () => pool.reclaim(pick([busy, pool.workerId]))),
  () =>
    refuse(['BUSY'], () => ChunkPool.over(pick([shared.memory, structuredClone(shared.memory)]))),
  () => refuse(['CLOSED'], () => ChunkPool.attach({ ...shared, id: 'f'.repeat(32) })),
  () => refuse(['INVALID_ARG_TYPE'], () => ChunkPool.attach({ memory: shared.memory })),
  () => refuse(['OUT_OF_RANGE'], () => pool.allocUnsafe(pick([-1, 0.5, Number.NaN, 2 ** 53]))),
  () => refuse(['INTERIOR', 'NOT_OWNED'], () => pool.free(pick(live).buffer.subarray(0))),
  () => refuse(['INTERIOR', 'NOT_OWNED'], () => pool.free(structuredClone(pick(live).buffer))),
  () => refuse(['LAYOUT_MISMATCH'], () => pool.deallocate(pick(live).buffer, Layout.from(999))),
  () => pool.free(new ChunkPoolOfAMoment().buffer),
  () => random(20) === 0 && pool.verify(),
  () => pool.largestFreeRun(),
];

/** Another member of this thread: its blocks go with it, and this one's stay. */
class ChunkPoolOfAMoment {
  constructor() {
    const other = ChunkPool.attach(structuredClone(shared));
    other.alloc(random(200));
    other.lease(other.alloc(10)).dispose();
    const kept = other.alloc(random(64));
    const handle = other.handleOf(kept);
    this.buffer = pool.alloc(1);
    refuse(['DETACHED', 'NOT_OWNED'], () => other.free(pick(freedBuffers) ?? Buffer.alloc(1)));
    other.reset();
    other.dispose();
    refuse(['CLOSED'], () => other.allocUnsafe(8));
    refuse(['DETACHED'], () => pool.fromHandle(handle));
    pool.reclaim(other.workerId);
  }
}

take();
while (counts.operations < operations) {
  counts.operations++;
  try {
    const what = live.length === 0 ? 0 : random(12);
    if (what < 4 && live.length < MOST) take();
    else if (what < 6) drop();
    else if (what < 8 && live.length > 0) change();
    else if (live.length > 0) pick(HOSTILE)();
  } catch (error) {
    if (!isFull(error)) throw error;
    counts.full++;
  }
}
pool.dispose();
parentPort.postMessage(counts);

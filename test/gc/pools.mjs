// Allocates, frees, drops, leases and reallocates pooled Buffers at random while the collector does
// as its flags say, and counts that each came back once: pools.mjs COUNT SEED. The last line is what
// the collector did, as JSON.
import { ok, strictEqual, throws } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ArenaAllocator, BufferPool } from '../../dist/index.js';
import { watchCollector } from './collector.mjs';
import { makeRandom } from './random.mjs';

const [count, seed] = process.argv.slice(2).map(Number);
const random = makeRandom(seed);
const GONE = { code: 'ERR_HEAPWRIGHT_DETACHED' };

/** Buffers that are live at a time; enough for slabs to be full, in part used and empty. */
const WINDOW = 2048;
/** Allocations between two ticks, in which finalizers run. */
const TICK = 256;
const VERIFY = 20_000;
const RESET = 50_000;

const arena = new ArenaAllocator();
const pools = [new BufferPool(arena), new BufferPool(arena, { limit: 2 ** 24, decayMs: 1 })];
const window = Array.from({ length: WINDOW }, () => null);
const SIZES = [1, 16, 100, 1000, 5000, 32_768, 40_000];
const WEIGHTS = [30, 30, 20, 15, 3, 1, 1];
const sizes = SIZES.flatMap((size, at) => Array(WEIGHTS[at]).fill(size));

function allocate(serial) {
  const pool = pools[random(pools.length)];
  const size = sizes[random(sizes.length)];
  let buffer;
  try {
    buffer = random(2) === 0 ? pool.alloc(size) : pool.allocUnsafe(size);
  } catch (error) {
    strictEqual(error.code, 'ERR_HEAPWRIGHT_LIMIT');
    return null;
  }
  const mark = serial % 256;
  buffer[0] = buffer[size - 1] = mark;
  return { pool, buffer, mark };
}

/** No other Buffer may have been given this one's memory. */
function check({ buffer, mark }) {
  strictEqual(buffer[0], mark);
  strictEqual(buffer[buffer.length - 1], mark);
}

const fates = [
  ({ pool, buffer }) => pool.free(buffer),
  ({ pool, buffer }) => pool.free(buffer),
  () => {},
  ({ pool, buffer }) => {
    pool.free(buffer);
    throws(() => pool.free(buffer), GONE);
  },
  ({ pool, buffer }) => {
    const lease = pool.lease(buffer);
    strictEqual(pool.free(buffer), false);
    // In the second pool some are forgotten, with their Buffers: it can not be disposed then.
    if (pool === pools[0] || random(4) > 0) lease.dispose();
  },
  (entry) => {
    const next = entry.pool.realloc(entry.buffer, entry.buffer.length + 1);
    check({ buffer: next.subarray(0, -1), mark: entry.mark });
    if (random(2) === 0) entry.pool.free(next);
  },
];

function end(at) {
  const entry = window[at];
  window[at] = null;
  if (entry === null) return;
  check(entry);
  try {
    fates[random(fates.length)](entry);
  } catch (error) {
    strictEqual(error.code, 'ERR_HEAPWRIGHT_LIMIT'); // of realloc: the Buffer is dropped instead
  }
}

/** The same figures, however they are added up. */
function balance(pool) {
  const { allocations, deallocations, liveBlocks, abandonedBlocks } = pool.stats();
  strictEqual(allocations - deallocations, liveBlocks + abandonedBlocks);
  strictEqual(pool.verify(), true);
}

const collector = watchCollector();
for (let serial = 0; serial < count; serial++) {
  const at = random(WINDOW);
  end(at);
  window[at] = allocate(serial);
  if (serial % TICK === 0) await setImmediate();
  if (serial % VERIFY === 0) for (const pool of pools) balance(pool);
  if (globalThis.gc !== undefined && serial % 5000 === 0) globalThis.gc({ type: 'minor' });
  if (serial % RESET === RESET - 1 && pools[0].stats().leases === 0) {
    for (const [slot, entry] of window.entries()) if (entry?.pool === pools[0]) window[slot] = null;
    pools[0].reset();
  }
}
const collections = await collector.stop();

for (let at = 0; at < WINDOW; at++) end(at);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
for (let round = 0; round < 5; round++) {
  for (const pool of pools) pool.trim();
  collect();
  await setImmediate();
  await setImmediate();
}
let recovered = 0;
for (const pool of pools) {
  pool.trim();
  balance(pool);
  recovered += pool.stats().recoveredBlocks;
}
pools[0].dispose();
if (pools[1].stats().leases === 0) pools[1].dispose();
ok(recovered > 0, 'the collector brought something back');
collect();
await setImmediate();
await setImmediate();
strictEqual(arena.stats().orphanedBlocks, 0);
console.log(JSON.stringify({ collections, fates: { recovered } }));

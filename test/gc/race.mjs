// Allocates, frees, drops, frees twice, moves, leases and abandons blocks at random while the
// collector does as its flags say, and counts in the addon that each was released once:
// race.mjs COUNT SEED. The last line is what the collector did, as JSON.
import { strictEqual } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ArenaAllocator, Layout, SystemAllocator } from '../../dist/index.js';
import { native } from '../../dist/native.js';
import { watchCollector } from './collector.mjs';
import { makeFates } from './fates.mjs';
import { makeRandom } from './random.mjs';

const [count, seed] = process.argv.slice(2).map(Number);
const random = makeRandom(seed);

/** Blocks that are live at a time. */
const WINDOW = 256;
/** Allocations between two ticks, in which finalizers run. */
const TICK = 128;
const VERIFY = 5000;
/** Allocations between two collections on demand, where there is `gc`. */
const COLLECT = 500;

const allocators = [new SystemAllocator(), new ArenaAllocator()];
const fates = makeFates(random);
const layouts = Array.from({ length: 64 }, (_, at) =>
  Layout.from([0, 8, 64, 1000, 4096, 70_000][at % 6] + (at % 5) * 8, 1 << (at % 13)),
);

/** `null` or a live block, its layout, and what its first and last bytes hold. */
const window = Array.from({ length: WINDOW }, () => null);

function allocate(serial) {
  const allocator = allocators[random(allocators.length)];
  const layout = layouts[random(layouts.length)];
  const block = allocator.allocate(layout, { uninitialized: random(2) === 0 });
  const mark = serial % 256;
  const bytes = new Uint8Array(block);
  if (layout.size > 0) bytes[0] = bytes[layout.size - 1] = mark;
  return { allocator, block, layout, mark };
}

/** No other block may have been given this one's memory. */
function check({ block, layout, mark }) {
  if (layout.size === 0) return;
  const bytes = new Uint8Array(block);
  strictEqual(bytes[0], mark);
  strictEqual(bytes[layout.size - 1], mark);
}

async function end(at) {
  const entry = window[at];
  if (entry === null) return;
  window[at] = null;
  check(entry);
  await fates.next()(entry);
}

const collector = watchCollector();
for (let serial = 0; serial < count; serial++) {
  const at = random(WINDOW);
  await end(at);
  window[at] = allocate(serial);
  if (serial % TICK === 0) await setImmediate();
  if (serial % VERIFY === 0) for (const allocator of allocators) allocator.verify();
  if (globalThis.gc !== undefined && serial % COLLECT === 0) {
    if (serial % (2 * COLLECT) === 0) globalThis.gc();
    else globalThis.gc({ type: 'minor' });
  }
}
const collections = await collector.stop();

for (let at = 0; at < WINDOW; at++) await end(at);
await fates.settle();
for (const allocator of allocators) allocator.verify();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
for (let round = 0; round < 100 && native.runtimeState().records > 0; round++) {
  collect();
  await setImmediate();
}

strictEqual(native.runtimeState().records, 0, 'records in use after the last collection');
const sum = { allocations: 0, deallocations: 0 };
for (const allocator of allocators) {
  const stats = allocator.stats();
  sum.allocations += stats.allocations;
  sum.deallocations += stats.deallocations;
  strictEqual(stats.orphanedBlocks, 0);
  strictEqual(stats.liveBytes + stats.abandonedBytes, 0);
  allocator.verify();
}
strictEqual(sum.allocations, count, 'allocations');
strictEqual(sum.deallocations, count, 'each block is released once');
console.log(JSON.stringify({ collections, fates: fates.counts() }));

// What one contender leaves resident. Its argument is JSON: `{ what, contender, ... }`, `what` being
// `burst` or `live`. Needs --expose-gc. Prints one line of JSON, in bytes.
import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises';
import { makeContender } from '../pool/contenders.mjs';

const BUFFERS_PER_TURN = 1000;
const COLLECTIONS = 4;

const { what, contender, ...task } = JSON.parse(process.argv[2]);

async function collect() {
  for (let i = 0; i < COLLECTIONS; i++) {
    globalThis.gc();
    await nextTick();
  }
}

const residentNow = () => process.memoryUsage.rss();

/** All that `count` Buffers of `size` bytes hold, each written full. */
async function fillMany({ allocate }, size, count) {
  const blocks = new Array(count);
  for (let i = 0; i < count; i++) {
    blocks[i] = allocate(size);
    blocks[i].fill(i);
    if (i % BUFFERS_PER_TURN === 0) await nextTick();
  }
  return blocks;
}

async function freeAll({ free }, blocks) {
  for (let i = 0; i < blocks.length; i++) {
    free(blocks[i]);
    blocks[i] = null;
    if (i % BUFFERS_PER_TURN === 0) await nextTick();
  }
}

/** Resident memory before a burst, at its height, once idle, and after a collection on demand. */
async function burst(made, { size, count, warmUpCount, idleMs }) {
  await freeAll(made, await fillMany(made, size, warmUpCount));
  await collect();
  const start = residentNow();
  const blocks = await fillMany(made, size, count);
  const peak = residentNow();
  await freeAll(made, blocks);
  await sleep(idleMs);
  const end = residentNow();
  await collect();
  return { start, peak, end, collected: residentNow() };
}

/** What each of many live Buffers takes: of resident memory, and of the engine's heap. */
async function live(made, { size, count }) {
  await freeAll(made, await fillMany(made, size, BUFFERS_PER_TURN));
  await collect();
  const before = process.memoryUsage();
  const blocks = await fillMany(made, size, count);
  await collect();
  const after = process.memoryUsage();
  await freeAll(made, blocks);
  return {
    rssEach: (after.rss - before.rss) / count,
    heapEach: (after.heapUsed - before.heapUsed) / count,
  };
}

const { size, count } = task;
const made = await makeContender(contender, { size, bytes: size * count });
console.log(JSON.stringify(await (what === 'burst' ? burst : live)(made, task)));
process.exit(); // frees that a pool has planned need not be waited for

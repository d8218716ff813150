// Workers on one SharedArrayBuffer that are terminated at random moments:
// node test/chunk/terminate.mjs [--rounds 1000] [--workers 4] [--seed N]
// After each the heap verifies, and what it left is given back. Ends with 1 where that is not so.
import { Worker } from 'node:worker_threads';
import { ChunkPool } from '../../dist/index.js';
import { randomFrom, readArguments } from './read-arguments.mjs';

const { rounds, workers, seed } = readArguments({
  rounds: 1000,
  workers: 4,
  seed: Date.now() % 2 ** 31,
});
const random = randomFrom(seed);
const pool = ChunkPool.over(new SharedArrayBuffer(1 << 18), { chunkSize: 64 });
const own = pool.from('what nobody else may touch');
const before = pool.stats().liveBlocks;
const counts = { terminated: 0, reclaimed: 0, refused: 0, wrong: 0 };

function isBusy(id) {
  try {
    pool.reclaim(id);
    return false;
  } catch (error) {
    return error.code === 'ERR_HEAPWRIGHT_BUSY';
  }
}

async function round() {
  const worker = new Worker(new URL('./terminate-worker.mjs', import.meta.url), {
    workerData: { shared: pool.shared, seed: random(2 ** 31) },
  });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.on('error', (error) => {
    console.log(error);
    counts.wrong++;
  });
  const id = await new Promise((resolve) => worker.once('message', resolve));
  if (isBusy(id)) counts.refused++;
  else counts.wrong++;
  const until = performance.now() + random(3000) / 1000;
  while (performance.now() < until);
  worker.terminate();
  await ended;
  counts.terminated++;
  if (!pool.verify()) counts.wrong++;
  counts.reclaimed += pool.reclaim(id);
}

async function runRounds(count) {
  for (let done = 0; done < count; done++) await round();
}

const each = Math.ceil(rounds / workers);
await Promise.all(Array.from({ length: workers }, () => runRounds(each)));
const { liveBlocks, abandonedBlocks } = pool.stats();
const verified = pool.verify();
console.log(JSON.stringify({ seed, ...counts, liveBlocks, abandonedBlocks, verified }));
const isLeft = liveBlocks !== before || abandonedBlocks !== 0;
const isIntact = own.toString() === 'what nobody else may touch' && pool.free(own);
process.exitCode =
  counts.wrong === 0 && !isLeft && isIntact && verified && pool.usage() === 0 ? 0 : 1;

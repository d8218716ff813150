// Workers on one SharedArrayBuffer that do everything wrong that public calls allow:
// node test/chunk/hostile.mjs [--operations 100000] [--workers 4] [--seed N]
// Every wrong call has to be refused by its code, and no block may lose what its owner wrote into
// it. Ends with 1 where that is not so, or something is left.
import { ChunkPool } from '../../dist/index.js';
import { readArguments } from './read-arguments.mjs';
import { runWorkers, sumOf } from './run-workers.mjs';

const { operations, workers, seed } = readArguments({
  operations: 100_000,
  workers: 4,
  seed: Date.now() % 2 ** 31,
});

const pool = ChunkPool.over(new SharedArrayBuffer(1 << 15), { chunkSize: 64 });
const own = pool.from('what nobody else may touch');
const total = sumOf(
  await runWorkers('./hostile-worker.mjs', workers, (at) => ({
    shared: pool.shared,
    operations: Math.ceil(operations / workers),
    seed: seed + at,
    busy: pool.workerId,
  })),
);
const isIntact = own.toString() === 'what nobody else may touch' && pool.free(own);
const { liveBlocks, abandonedBlocks } = pool.stats();
const verified = pool.verify();
console.log(JSON.stringify({ seed, ...total, liveBlocks, abandonedBlocks, verified }));
const isEmpty = liveBlocks === 0 && abandonedBlocks === 0 && pool.usage() === 0;
process.exitCode = total.wrong === 0 && total.refused > 0 && isIntact && isEmpty ? 0 : 1;

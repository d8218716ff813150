// Workers on one SharedArrayBuffer that free each other's blocks:
// node test/chunk/exchange.mjs [--operations 1000000] [--workers 4] [--seed N]
// An operation is an allocation or a free. Prints what was counted; ends with 1 where a block did
// not hold what its worker wrote, a second free was not refused, or something is left.
import { ChunkPool } from '../../dist/index.js';
import { readArguments } from './read-arguments.mjs';
import { runWorkers, sumOf } from './run-workers.mjs';

const { operations, workers, seed } = readArguments({
  operations: 1_000_000,
  workers: 4,
  seed: Date.now() % 2 ** 31,
});
/** In the box of each worker. */
const SLOTS = 512;

const pool = ChunkPool.over(new SharedArrayBuffer(1 << 20), { chunkSize: 64 });
const slots = new SharedArrayBuffer(workers * SLOTS * 8);

const start = performance.now();
const total = sumOf(
  await runWorkers('./exchange-worker.mjs', workers, (at) => ({
    ...{ shared: pool.shared, slots, at, workers },
    operations: Math.ceil(operations / workers),
    seed: seed + at,
  })),
);
const milliseconds = Math.round(performance.now() - start);
for (const handle of new BigInt64Array(slots)) {
  if (handle !== 0n && !pool.free(pool.fromHandle(Number(handle)))) total.wrong++;
}
const { liveBlocks } = pool.stats();
const verified = pool.verify();
console.log(JSON.stringify({ seed, ...total, liveBlocks, verified, milliseconds }));
const isRight = total.wrong === 0 && liveBlocks === 0 && verified && pool.usage() === 0;
process.exitCode = isRight && total.foreign >= 0.3 * total.frees && total.refused > 0 ? 0 : 1;

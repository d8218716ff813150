// One of the workers of workers-child.mjs: warms up, waits for the others, and counts.
import { parentPort, workerData } from 'node:worker_threads';
import { ChunkPool, heap } from '../../../dist/index.js';

const { shared, ready, workers, size, warmUpMs, measureMs } = workerData;
const TURN = 1000;

const pool = shared === null ? ChunkPool.over(heap()) : ChunkPool.attach(shared);

/** What was done in so much time. */
function runFor(limit) {
  const start = performance.now();
  let operations = 0;
  let milliseconds = 0;
  while (milliseconds < limit) {
    for (let i = 0; i < TURN; i++) {
      const buffer = pool.allocUnsafe(size);
      buffer[0] = 1;
      pool.free(buffer);
    }
    operations += TURN;
    milliseconds = performance.now() - start;
  }
  return { operations, milliseconds };
}

runFor(warmUpMs);
if (Atomics.add(ready, 0, 1) + 1 === workers) Atomics.notify(ready, 0);
for (let seen = Atomics.load(ready, 0); seen < workers; seen = Atomics.load(ready, 0)) {
  Atomics.wait(ready, 0, seen, 1);
}
parentPort.postMessage(runFor(measureMs));

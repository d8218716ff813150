// Four workers that allocate and free chunks at the same time, on one heap or on one each. Its
// argument is JSON: `{ contender, size, warmUpMs, measureMs }`. Prints one line of JSON: operations
// of all together, nanoseconds of real time for each, and the most memory the process ever held.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ChunkPool } from '../../../dist/index.js';
import { peakRss } from '../../report/memory.mjs';

const WORKERS = 4;
const HEAP_BYTES = 1 << 20;

const { contender, ...plan } = JSON.parse(process.argv[2]);
const pool = ChunkPool.over(new SharedArrayBuffer(HEAP_BYTES));
const shared = contender === 'oneHeap' ? pool.shared : null;
const ready = new Int32Array(new SharedArrayBuffer(4));
const workers = Array.from(
  { length: WORKERS },
  () =>
    new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: { ...plan, shared, ready, workers: WORKERS },
    }),
);
const answers = await Promise.all(workers.map((worker) => once(worker, 'message')));
const rates = answers.map(([{ operations, milliseconds }]) => operations / (milliseconds * 1e6));
const operations = answers.reduce((sum, [answer]) => sum + answer.operations, 0);
const nanoseconds = 1 / rates.reduce((sum, rate) => sum + rate, 0);
console.log(JSON.stringify({ operations, nanoseconds, peakRss: peakRss() }));

// The main thread ends while two workers are inside the addon: exit-inside.mjs END
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { SystemAllocator } from '../../dist/index.js';

const allocator = new SystemAllocator();
const workers = [0, 1].map(() => {
  const file = new URL('./churn.mjs', import.meta.url);
  return new Worker(file, { execArgv: [], workerData: 8 });
});
await Promise.all(workers.map((worker) => once(worker, 'message')));
for (const worker of workers) worker.unref();
await setTimeout(Math.random() * 10);

process.on('exit', () => {
  allocator.verify();
  writeSync(1, 'as expected\n');
});
switch (process.argv[2]) {
  case 'process.exit':
    process.exit(7);
    break;
  case 'uncaught throw':
    throw new Error('expected: this program ends so');
  case 'abort':
    writeSync(1, 'ready\n');
    process.abort();
}

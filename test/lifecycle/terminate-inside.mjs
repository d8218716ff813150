// Workers are terminated while they are inside the addon: terminate-inside.mjs [COUNT]
import { ok, strictEqual } from 'node:assert';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { runtimeInfo, SystemAllocator } from '../../dist/index.js';

const HELD = 8;
const count = Number(process.argv[2] ?? 20);
const allocator = new SystemAllocator();

for (let round = 0; round < count; round++) {
  const before = runtimeInfo().orphanedBlocks;
  const file = new URL('./churn.mjs', import.meta.url);
  const worker = new Worker(file, { execArgv: [], workerData: HELD });
  await once(worker, 'message');
  await setTimeout(Math.random() * 5);
  strictEqual(await worker.terminate(), 1);
  // Those that it held, and one more if it was between an allocation and a free.
  const left = runtimeInfo().orphanedBlocks - before;
  ok(left <= HELD + 1, `${left} orphans of a worker that held ${HELD} blocks`);
}
strictEqual(allocator.verify(), true);
console.log('as expected');

// Workers with a pool each come and go, with Buffers in every state: pool-workers.mjs [COUNT]
// What stays behind is bounded.
import { ok, strictEqual } from 'node:assert';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { ArenaAllocator, BufferPool } from '../../dist/index.js';

const KiB = 1024;
const AT_ONCE = 5;
/** What a worker leaves for good: Node's own, what malloc keeps, edges of orphans. */
const MOST_PER_WORKER = 256 * KiB;
const MOST_ONCE = 64 * KiB * KiB;

function inWorker(number) {
  const pool = new BufferPool(new ArenaAllocator(), { limit: 64 * KiB * KiB });
  const kept = [];
  for (let at = 0; at < 2000; at++) {
    const buffer = pool.alloc([16, 64, 1000, 5000, 40_000][at % 5]).fill(at);
    if (at % 3 === 0) pool.free(buffer);
    else if (at % 50 === 1) kept.push(buffer);
    if (at % 100 === 0) kept.push(pool.lease(pool.alloc(64)));
    if (at % 500 === 499) pool.trim();
  }
  if (number % 4 === 0) kept.splice(0, kept.length, pool);
  globalThis.kept = kept;
  parentPort.postMessage(pool.verify());
  // By turns they end by themselves, by their own exit, or are terminated.
  if (number % 3 === 1) process.exit(0);
  if (number % 3 === 2) setInterval(() => pool.alloc(64), 1);
}

async function run(number) {
  const worker = new Worker(new URL(import.meta.url), { workerData: number });
  const ended = once(worker, 'exit');
  const [answer] = await once(worker, 'message');
  strictEqual(answer, true);
  if (number % 3 === 2) await worker.terminate();
  await ended;
}

async function runAll(from, count) {
  let next = from;
  const work = async () => {
    while (next < from + count) await run(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (let tick = 0; tick < 10; tick++) await setImmediate();
  return process.memoryUsage.rss();
}

async function main(count) {
  const warm = Math.ceil(count / 5);
  const before = await runAll(0, warm);
  const after = await runAll(warm, count - warm);
  const most = (count - warm) * MOST_PER_WORKER + MOST_ONCE;
  console.log(`${count} workers; the last left ${after - before} B, at most ${most} may`);
  ok(after - before <= most);
  const pool = new BufferPool(new ArenaAllocator());
  strictEqual(pool.alloc(64).length, 64);
  console.log('as expected');
}

if (isMainThread) await main(Number(process.argv[2] ?? 50));
else inWorker(workerData);

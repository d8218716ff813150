// Workers come and go, and leave behind what the figures say and no more. With `freed` they leave
// nothing: many-workers.mjs [COUNT] [freed]
import { deepStrictEqual, ok } from 'node:assert';
import { runtimeInfo, SystemAllocator } from '../../dist/index.js';
import { collect } from './garbage.mjs';
import { runWorker } from './run-worker.mjs';

const KiB = 1024;
/** As many at once. */
const MIXED = [
  'live',
  'freed',
  'abandoned',
  'leased',
  'moved by a stream',
  'freed',
  'live',
  'freed',
];

/**
 * What may stay resident for one orphan: the pages that its edges share with other memory. All in
 * between goes back, and most of these blocks are larger than this by far.
 */
const MOST_PER_ORPHAN = 16 * KiB;
/** And for one worker: Node's own, some 8 KiB with no addon, and what malloc keeps back. */
const MOST_PER_WORKER = 40 * KiB;
/** And for good, once: Node and malloc have not warmed up when few workers have been. */
const MOST_ONCE = 32 * KiB * KiB;

const count = Number(process.argv[2] ?? 1000);
const fates = process.argv[3] === 'freed' ? MIXED.map(() => 'freed') : MIXED;
const allocator = new SystemAllocator();
const expected = { blocks: 0, bytes: 0 };

async function runBatch() {
  const batch = fates.map((fate, at) => {
    const end = at % 2 === 0 ? 'terminate, idle' : 'worker process.exit';
    return runWorker({ end, fate }, end);
  });
  for (const { owed } of await Promise.all(batch)) {
    expected.blocks += owed.blocks;
    expected.bytes += owed.bytes;
  }
}

/** Resident bytes and orphans after at least `workers` more. */
async function runWorkers(workers) {
  let done = 0;
  for (; done < workers; done += fates.length) await runBatch();
  await collect();
  return { done, bytes: process.memoryUsage.rss(), orphans: expected.blocks };
}

const warm = await runWorkers(count / 5);
const all = await runWorkers(count - warm.done);
const { orphanedBlocks, orphanedBytes } = runtimeInfo();
deepStrictEqual({ blocks: orphanedBlocks, bytes: orphanedBytes }, expected);
allocator.verify();

const growth = all.bytes - warm.bytes;
const orphans = all.orphans - warm.orphans;
const most = orphans * MOST_PER_ORPHAN + all.done * MOST_PER_WORKER + MOST_ONCE;
console.log(`${warm.done + all.done} workers left ${orphanedBlocks} blocks, ${orphanedBytes} B`);
console.log(`the last ${all.done} left ${growth} B resident, at most ${most} may`);
ok(growth <= most);
console.log('as expected');

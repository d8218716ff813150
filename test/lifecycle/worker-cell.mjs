/** A cell in which a worker has the blocks and ends, and the main thread looks at what is left. */
import { deepStrictEqual, strictEqual } from 'node:assert';
import * as heapwright from '../../dist/index.js';
import { native } from '../../dist/native.js';
import { openFifo } from './fifo.mjs';
import { collect } from './garbage.mjs';
import { expectPrivate, expectZeros } from './laundered.mjs';
import { ENDS } from './matrix.mjs';
import { runWorker } from './run-worker.mjs';

const { Layout, runtimeInfo, SystemAllocator } = heapwright;

const orphans = () => {
  const { orphanedBlocks: blocks, orphanedBytes: bytes } = runtimeInfo();
  return { blocks, bytes };
};

export async function runWorkerCell(end, fate) {
  const allocator = new SystemAllocator();
  const layout = Layout.from(4096);
  const mine = new Uint8Array(allocator.allocate(layout)).fill(7);
  const { records } = native.runtimeState();
  const fifo = end === 'terminate, read in flight' ? openFifo() : undefined;

  const { owed, buffers, code } = await runWorker({ end, fate, fifo }, end);
  strictEqual(code, ENDS[end].code, 'exit code of the worker');
  deepStrictEqual(orphans(), owed, 'what runtimeInfo() says the worker left behind');
  const { orphanedBlocks, orphanedBytes } = allocator.stats();
  deepStrictEqual({ blocks: orphanedBlocks, bytes: orphanedBytes }, owed, 'what stats() says');

  expectZeros(buffers);
  expectPrivate(buffers, heapwright, allocator);
  buffers.length = 0;
  await collect();
  deepStrictEqual(orphans(), owed, 'an orphan ends with its process');
  strictEqual(
    mine.every((byte) => byte === 7),
    true,
    'a block of the main thread has changed',
  );
  strictEqual(allocator.deallocate(mine.buffer, layout), true);
  await collect(() => native.runtimeState().records < records);
  strictEqual(native.runtimeState().records, records - 1, 'records of the main thread');
  strictEqual(allocator.verify(), true);
}

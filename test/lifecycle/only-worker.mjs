// The only thread that loaded the addon ends: code and memory must stay, as others may use both.
import { ok, strictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { collect } from './garbage.mjs';
import { expectPrivate, expectZeros } from './laundered.mjs';
import { runWorker } from './run-worker.mjs';

const fates = ['laundered by a stream', 'freed', 'abandoned', 'leased', 'laundered by a stream'];
const isMapped = () => readFileSync('/proc/self/maps', 'utf8').includes('heapwright.node');

strictEqual(isMapped(), false, 'this thread must not load the addon');
const buffers = [];
for (const fate of fates) {
  const message = await runWorker({ end: 'terminate, idle', fate }, 'terminate, idle');
  ok(isMapped(), `the addon is gone after a worker with ${fate} blocks`);
  buffers.push(...message.buffers);
  expectZeros(message.buffers);
}
buffers.splice(0, buffers.length / 2);
await collect();
expectZeros(buffers);

const heapwright = await import('../../dist/index.js');
const allocator = new heapwright.SystemAllocator();
expectPrivate(buffers, heapwright, allocator);
strictEqual(allocator.verify(), true);
console.log('as expected');

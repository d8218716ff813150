/** A worker that is nearly always inside the addon. It holds at most `workerData` blocks. */
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { ArenaAllocator, Layout, SystemAllocator } from '../../dist/index.js';

const TICK = 500;
const allocators = [new SystemAllocator(), new ArenaAllocator()];
const layouts = Array.from({ length: workerData }, (_, at) => Layout.from(1 << (2 * at), 1 << at));
const blocks = layouts.map((layout, at) => allocators[at % 2].allocate(layout));

for (let round = 0; ; round++) {
  const at = round % blocks.length;
  const allocator = allocators[at % 2];
  const next = layouts[(at * 7 + round) % layouts.length];
  blocks[at] = allocator.reallocate(blocks[at], layouts[at], next);
  layouts[at] = next;
  allocator.deallocate(blocks[at], layouts[at]);
  blocks[at] = allocator.allocate(layouts[at]);
  if (round === TICK) parentPort.postMessage('busy');
  if (round % TICK === 0) await setImmediate();
}

// Frees blocks while nothing is in flight: each must be answered with true and leave length 0. A
// gate that keeps every block is safe and worth nothing. Prints one line of JSON.
import { setImmediate as nextTick } from 'node:timers/promises';
import { Layout, runtimeInfo, SystemAllocator } from '../../dist/index.js';

const FREES = 10_000;
const BATCH = 500;

const allocator = new SystemAllocator();
const layout = Layout.from(64);
let freed = 0;
await nextTick();
for (let done = 0; done < FREES; done += BATCH) {
  for (let i = 0; i < BATCH; i++) {
    const block = allocator.allocate(layout);
    if (allocator.deallocate(block, layout) && block.byteLength === 0) freed++;
  }
  await nextTick();
}
allocator.dispose();
console.log(JSON.stringify({ frees: FREES, freed, gate: runtimeInfo().gate }));

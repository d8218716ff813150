/** A cell in which the main thread has the blocks and ends. */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { enact } from './fates.mjs';
import { isLaundered } from './matrix.mjs';

/** A thread that uses the memory for as long as the process lives. */
async function launder(buffers) {
  const reader = new Worker(new URL('./reader.mjs', import.meta.url), { execArgv: [] });
  reader.postMessage(buffers, buffers);
  await once(reader, 'message');
  reader.unref();
}

export async function runMainCell(end, fate) {
  const held = await enact(fate);
  globalThis.held = held;
  if (isLaundered(fate)) await launder(held.moved);
  process.on('exit', () => {
    for (const allocator of held.allocators) allocator.verify();
    writeSync(1, 'as expected\n');
  });
  writeSync(1, 'ready\n');

  // With the request of an abandoned block still in flight.
  if (end === 'process.exit') process.exit(7);
  if (end === 'abort') process.abort();
  if (end === 'uncaught throw') {
    process.nextTick(() => {
      throw new Error('expected: this cell ends so');
    });
  }
}

/** The thread that has the blocks and ends, in a cell whose main thread goes on. */
import { read } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { enact } from './fates.mjs';
import { isLaundered } from './matrix.mjs';

const { end, fate, fifo } = workerData;

function startRead(memory) {
  if (end !== 'terminate, read in flight') return;
  read(fifo, new Uint8Array(memory), 0, memory.byteLength, null, () => {});
}

const held = await enact(fate, startRead);
globalThis.held = held;
// A read in flight is waited for by nobody here: the others end first, or the thread does.
if (end !== 'terminate, read in flight') await held.settled;
const buffers = isLaundered(fate) ? held.moved : [];
parentPort.postMessage({ owed: held.owed, buffers }, buffers);

switch (end) {
  case 'terminate, idle':
    parentPort.on('message', () => {});
    break;
  case 'terminate, busy loop':
    for (;;);
  case 'worker process.exit':
    process.exit(7);
    break;
  case 'worker throw':
    setImmediate(() => {
      throw new Error('expected: this cell ends so');
    });
}

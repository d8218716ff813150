// A request uses the memory of a block that is moved away meanwhile: the collector ends the moved
// buffer, and the request writes to whoever has the memory next. Node has the same hole for its own.
import { read, writeSync } from 'node:fs';
import { addressOf, Layout, runtimeInfo, SystemAllocator } from '../../dist/index.js';
import { openFifo } from '../lifecycle/fifo.mjs';
import { collect } from '../lifecycle/garbage.mjs';
import { moveByStream } from '../lifecycle/moves.mjs';
import { say } from './say.mjs';

const MOST_BLOCKS = 10_000;

const system = new SystemAllocator();
const layout = Layout.from(4096);
const block = system.allocate(layout);
const address = addressOf(block);
const fifo = openFifo();
const done = new Promise((resolve) => read(fifo, new Uint8Array(block), 0, 4096, null, resolve));

await moveByStream(block); // and nobody keeps what it gives
await collect(() => system.stats().liveBlocks === 0, 50);
const { liveBlocks } = system.stats();
const { activeRequests } = runtimeInfo();

/** The next owner of the memory. */
let next = null;
const others = [];
while (liveBlocks === 0 && next === null && others.length < MOST_BLOCKS) {
  const other = system.allocate(layout);
  if (addressOf(other) === address) next = other;
  others.push(other);
}
writeSync(fifo, 'for the first owner');
await done;
const reached = next !== null && Buffer.from(next, 0, 19).toString() === 'for the first owner';
say(
  liveBlocks === 0 && activeRequests > 0,
  `the memory was released under a read${reached ? ', whose bytes reached its next owner' : ''}`,
);

// Another addon keeps the pointer of a block and uses it after the free: it reads its successor.
import { createRequire } from 'node:module';
import { addressOf, Layout, SystemAllocator } from '../../dist/index.js';
import { say } from './say.mjs';

const MOST_BLOCKS = 10_000;

/** Built by `npm run guarantees` from native/keeper.c. */
const keeper = createRequire(import.meta.url)('../../build-cmake/limits/keeper.node');

const system = new SystemAllocator();
const layout = Layout.from(4096);
const block = system.allocate(layout);
const address = addressOf(block);
keeper.keep(block);
const freed = system.deallocate(block, layout);

const others = [];
let isReused = false;
while (!isReused && others.length < MOST_BLOCKS) {
  const other = system.allocate(layout);
  isReused = addressOf(other) === address;
  others.push(new Uint8Array(other).fill(0x5c));
}
say(
  freed && isReused && keeper.peek() === 0x5c,
  'through its own pointer the addon read the bytes of the next block',
);

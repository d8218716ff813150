/** One burst: operations start, blocks are freed in flight, all drains, blocks are freed idle. */
import { setImmediate } from 'node:timers/promises';
import { runtimeInfo } from '../../dist/index.js';

/** Frees in each phase. The idle ones keep the share of answers `true` above a fifth. */
const STARTED = 20;
const ENDING = 16;
const IDLE = 16;

/** How often a collection comes while operations are in flight. */
const MINOR_EVERY = 4;
const FULL_EVERY = 25;

export async function burst(kind, world, number) {
  const { ledger, blocks } = world;
  ledger.enter(kind.name);
  await kind.prepare?.();
  const pending = start(kind, world);
  collect(number);
  kind.release?.();
  await freeWhile(pending, kind, world);
  await kind.finish?.();
  await drained();
  for (let i = 0; i < IDLE; i++) blocks.free(blocks.any());
  blocks.check();
}

/** Starts the operations and frees at once, blocks that they use and others. */
function start(kind, { ledger, blocks, random }) {
  const used = blocks.take(kind.width, kind.smallest);
  const pending = used.map((block) => {
    block.inUse = true;
    return kind.begin(block);
  });
  ledger.row.operations += used.length;
  kind.launch?.();
  for (let i = 0; i < STARTED; i++) {
    freeUnlessLeftToIt(kind, blocks, random.below(2) === 0 ? random.pick(used) : blocks.any());
  }
  return Promise.all(pending);
}

function freeUnlessLeftToIt(kind, blocks, block) {
  if (!block.inUse || !kind.freesItself) blocks.free(block);
}

/** The operations' own views are then all that holds the memory of what was freed. */
function collect(number) {
  if (number % FULL_EVERY === 0) globalThis.gc();
  else if (number % MINOR_EVERY === 0) globalThis.gc({ type: 'minor' });
}

/** Frees on, one a tick, while the operations end one after another. */
async function freeWhile(pending, kind, { blocks }) {
  let over = false;
  pending.then(() => {
    over = true;
  });
  for (let i = 0; i < ENDING && !over; i++) {
    freeUnlessLeftToIt(kind, blocks, blocks.any());
    await setImmediate();
  }
  await pending;
}

export async function drained() {
  while (runtimeInfo().activeRequests > 0) await setImmediate();
}

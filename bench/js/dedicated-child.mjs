// One contender at one size, in a process of its own:
//   node bench/js/dedicated-child.mjs CONTENDER BYTES zeroed|uninitialized WARM_UP_MS MEASURE_MS
// Prints one line of JSON: pairs measured, nanoseconds in all, and how many frees answered true.
import { setImmediate as nextTick } from 'node:timers/promises';
import { makePair } from './dedicated-contenders.mjs';

/** Pairs between two turns of the event loop: only there can the engine's finalizers run. */
const PAIRS_PER_TURN = 500;

const [contender, bytes, fill, warmUp, measure] = process.argv.slice(2);

/** The turn belongs to the cost: what a pair leaves behind is cleared away in it. */
async function runFor(milliseconds, pair) {
  const start = process.hrtime.bigint();
  const end = start + BigInt(milliseconds) * 1_000_000n;
  const total = { pairs: 0, nanoseconds: 0, freed: 0 };
  let now = start;
  while (now < end) {
    let freed = 0;
    for (let i = 0; i < PAIRS_PER_TURN; i++) if (pair()) freed++;
    await nextTick();
    total.pairs += PAIRS_PER_TURN;
    total.freed += freed;
    now = process.hrtime.bigint();
  }
  total.nanoseconds = Number(now - start);
  return total;
}

const pair = await makePair(contender, Number(bytes), fill === 'zeroed');
// Requests left over from loading the modules: nothing is idle before they are done.
await nextTick();
await runFor(Number(warmUp), pair);
console.log(JSON.stringify(await runFor(Number(measure), pair)));

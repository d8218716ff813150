// One contender at one size, in a process of its own:
//   node bench/js/dedicated-child.mjs CONTENDER BYTES zeroed|uninitialized WARM_UP_PAIRS MEASURE_MS
// Prints one line of JSON: pairs measured, nanoseconds a pair as the mean of the whole time and as
// the median over turns of the event loop, and how many frees answered true.
import { setImmediate as nextTick } from 'node:timers/promises';
import { quantile } from '../report/stats.mjs';
import { makePair } from './dedicated-contenders.mjs';

/** Pairs between two turns of the event loop: only there can the engine's finalizers run. */
const PAIRS_PER_TURN = 500;

/** Where pairs are slow the compiler has done its work long before the pairs are counted. */
const LONGEST_WARM_UP_MS = 250;

const FEWEST_TURNS = 5;

const [contender, bytes, fill, warmUpPairs, measureMs] = process.argv.slice(2);

/** Pairs, then a turn: it belongs to the cost, what the pairs leave behind is cleared away in it. */
async function runTurn(pair) {
  const start = process.hrtime.bigint();
  let freed = 0;
  for (let i = 0; i < PAIRS_PER_TURN; i++) if (pair()) freed++;
  await nextTick();
  return { freed, nanoseconds: Number(process.hrtime.bigint() - start) };
}

async function warmUp(pair) {
  const end = performance.now() + LONGEST_WARM_UP_MS;
  for (let done = 0; done < warmUpPairs && performance.now() < end; done += PAIRS_PER_TURN) {
    await runTurn(pair);
  }
}

async function measure(pair) {
  const turns = [];
  const end = performance.now() + Number(measureMs);
  while (turns.length < FEWEST_TURNS || performance.now() < end) turns.push(await runTurn(pair));
  const sum = (key) => turns.reduce((total, turn) => total + turn[key], 0);
  const times = turns.map(({ nanoseconds }) => nanoseconds / PAIRS_PER_TURN);
  const pairs = turns.length * PAIRS_PER_TURN;
  return {
    pairs,
    mean: sum('nanoseconds') / pairs,
    median: quantile(times, 0.5),
    freed: sum('freed'),
  };
}

const pair = await makePair(contender, Number(bytes), fill === 'zeroed');
// Requests left over from loading the modules: nothing is idle before they are done.
await nextTick();
await warmUp(pair);
console.log(JSON.stringify(await measure(pair)));

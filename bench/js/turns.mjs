import { setImmediate as nextTick } from 'node:timers/promises';

/** The first turn is short: who turns out to be slow gets turns of fewer operations. */
const FIRST_TURN = 16;
const LONG_TURN_MS = 10;

/**
 * Nanoseconds an operation takes, as the mean over the whole time, collections and turns of the
 * event loop included: what an operation leaves behind is part of what it costs. `work(count)` does
 * `count` operations, and may be asynchronous; a turn of the loop follows each `perTurn`, or fewer.
 */
export async function timeOperations(work, { perTurn, warmUpMs, measureMs }) {
  await nextTick(); // requests left over from loading the modules
  const count = await warmUp(work, perTurn, warmUpMs);
  return runTurns(work, count, measureMs);
}

/** Resolves to how many operations fit a turn, `most` if they are not slow. */
async function warmUp(work, most, milliseconds) {
  const end = performance.now() + milliseconds;
  let count = Math.min(most, FIRST_TURN);
  do {
    const { milliseconds: took } = await runTurn(work, count);
    if (took < LONG_TURN_MS) count = Math.min(most, count * 2);
  } while (performance.now() < end);
  return count;
}

async function runTurn(work, count) {
  const start = performance.now();
  await work(count);
  await nextTick();
  return { milliseconds: performance.now() - start };
}

async function runTurns(work, perTurn, milliseconds) {
  let turns = 0;
  let elapsed = 0;
  while (elapsed < milliseconds) {
    elapsed += (await runTurn(work, perTurn)).milliseconds;
    turns++;
  }
  const operations = turns * perTurn;
  return { operations, perTurn, nanoseconds: (elapsed * 1e6) / operations };
}

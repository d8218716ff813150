import { setImmediate as nextTick } from 'node:timers/promises';

const FEWEST_TURNS = 3;

/**
 * Nanoseconds an operation takes, as the mean over the whole time, collections and turns of the
 * event loop included: what an operation leaves behind is part of what it costs. `work(count)` does
 * `count` operations, and may be asynchronous; a turn of the loop follows each `perTurn`.
 */
export async function timeOperations(work, { perTurn, warmUpMs, measureMs }) {
  await nextTick(); // requests left over from loading the modules
  await runTurns(work, perTurn, warmUpMs);
  return runTurns(work, perTurn, measureMs);
}

async function runTurns(work, perTurn, milliseconds) {
  const start = performance.now();
  const end = start + milliseconds;
  let turns = 0;
  while (turns < FEWEST_TURNS || performance.now() < end) {
    await work(perTurn);
    await nextTick();
    turns++;
  }
  const operations = turns * perTurn;
  return { operations, nanoseconds: ((performance.now() - start) * 1e6) / operations };
}

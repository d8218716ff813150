/**
 * Pooled Buffers against a bare view, Node's own Buffers and other ways to memory, on each runtime.
 *
 * Method: as bench/report/rounds.mjs says; a process does one contender's work at one size for some
 * time, and counts all of it, collections and turns of the event loop included. Reported is the
 * median over rounds; ratios are taken within each round.
 */
import { findBroken } from '../../report/goals.mjs';
import { measureGroups } from '../groups.mjs';
import { findRuntimes } from '../runtimes.mjs';
import { groupsFor, isJudged } from './cases.mjs';
import { judgePool } from './goals.mjs';

/**
 * Milliseconds to warm up and to measure in each process; where frees are forgotten, memory takes
 * longer to settle. Rounds of the contenders with a goal, and of the others.
 */
const PLANS = {
  full: { warmUpMs: 150, measureMs: 250, settledMs: 1000, rounds: 9, otherRounds: 3 },
  quick: { warmUpMs: 50, measureMs: 20, settledMs: 250, rounds: 2, otherRounds: 1 },
};

/** Resolves to the tables' rows, the goals and the problems that must fail the benchmark. */
export async function measurePool({ quick }) {
  const plan = quick ? PLANS.quick : PLANS.full;
  const { runtimes, skipped } = await findRuntimes();
  const rows = await measureGroups('pool', runtimes.flatMap(groupsFor), { plan, isJudged });
  const goals = rows.flatMap(judgePool);
  return { plan, runtimes, skipped, rows, goals, problems: findBroken(goals, quick) };
}

/**
 * Compositions beside what they are made of. What is measured is in the files of parts.mjs.
 *
 * Method: as bench/report/rounds.mjs says; a process does one contender's work for some time.
 * Reported is the median over rounds; ratios are taken within each round.
 */
import { findBroken } from '../../report/goals.mjs';
import { measureGroups } from '../groups.mjs';
import { findRuntimes } from '../runtimes.mjs';
import { PARTS } from './parts.mjs';

const SCRIPT = 'bench/js/compose/child.mjs';

/** Milliseconds to warm up and to measure in each process, and rounds. */
const PLANS = {
  full: { warmUpMs: 150, measureMs: 250, rounds: 9 },
  quick: { warmUpMs: 150, measureMs: 50, rounds: 2 },
};

/** Resolves to the tables' rows, the goals and the problems that must fail the benchmark. */
export async function measureCompose({ quick }) {
  const plan = quick ? PLANS.quick : PLANS.full;
  const { runtimes, skipped } = await findRuntimes();
  const all = Object.values(PARTS).flatMap(({ groups }) => groups);
  const groups = runtimes.flatMap((runtime) =>
    all.map((group) => ({ runtime, script: SCRIPT, ...group })),
  );
  const rows = await measureGroups('compose', groups, { plan, isJudged: () => true });
  const goals = rows.flatMap((row) => PARTS[row.table].judge(row));
  return { plan, skipped, rows, goals, problems: findBroken(goals, quick) };
}

/**
 * Pooled Buffers against a bare view, Node's own Buffers and other ways to memory, on each runtime.
 *
 * Method: as bench/report/rounds.mjs says; a process does one contender's work at one size for some
 * time, and counts all of it, collections and turns of the event loop included. Reported is the
 * median over rounds; ratios are taken within each round.
 */
import { findBroken } from '../../report/goals.mjs';
import { runRounds } from '../../report/rounds.mjs';
import { summarize } from '../../report/stats.mjs';
import { runScript } from '../child.mjs';
import { findRuntimes } from '../runtimes.mjs';
import { groupsFor, isJudged } from './cases.mjs';
import { TITLES } from './contenders.mjs';
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
  const groups = runtimes.flatMap(groupsFor);
  const cases = groups.flatMap((group) => casesOf(group, plan));
  const results = await runRounds('pool', cases);
  const rows = groups.map((group) => toRow(group, cases, results));
  const goals = rows.flatMap(judgePool);
  return { plan, runtimes, skipped, rows, goals, problems: findBroken(goals, quick) };
}

function casesOf(group, plan) {
  const { runtime, table, label, contenders, workload, size, live } = group;
  const measureMs = workload === 'forgotten' ? plan.settledMs : plan.measureMs;
  return contenders.map((contender) => ({
    of: group,
    contender,
    title: `${table} ${label} ${TITLES[contender]}, ${runtime.title}`,
    rounds: isJudged(contender) ? plan.rounds : plan.otherRounds,
    run() {
      const { warmUpMs } = plan;
      const task = { workload, contender, size, live, warmUpMs, measureMs };
      return runScript(runtime, 'bench/js/pool/child.mjs', [JSON.stringify(task)]);
    },
  }));
}

function toRow(group, cases, results) {
  const { runtime, contenders, ...row } = group;
  const lists = (key) =>
    Object.fromEntries(
      contenders.map((contender) => {
        const at = cases.findIndex((one) => one.of === group && one.contender === contender);
        return [contender, results[at].map((result) => result[key])];
      }),
    );
  const times = lists('nanoseconds');
  const peaks = lists('peakRss');
  const { title, poolSize } = runtime;
  const nanoseconds = summarizeAll(times);
  return {
    ...row,
    runtime: title,
    poolSize,
    times,
    peaks,
    nanoseconds,
    peakRss: summarizeAll(peaks),
  };
}

const summarizeAll = (lists) =>
  Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, summarize(list)]));

/**
 * An HTTP server that collects bodies of 16 KiB: joined in a pooled Buffer that is freed after the
 * answer, or by `Buffer.concat`. The chunks themselves are Node's in both.
 */
import { atLeast, atMost, findBroken } from '../../report/goals.mjs';
import { ratioByRound, runRounds } from '../../report/rounds.mjs';
import { summarize } from '../../report/stats.mjs';
import { findRuntimes } from '../runtimes.mjs';
import { exchange } from './exchange.mjs';

/** Column titles. */
export const COLLECTORS = { pool: 'pool.concat', concat: 'Buffer.concat' };

/** Of the pool's server to the plain one: no slower than noise, and no larger. */
const SPEED = 0.95;
const RSS = 1.1;

const PLANS = {
  full: { rounds: 5, connections: 32, warmUpRequests: 10_000, seconds: 8, idleMs: 3000 },
  quick: { rounds: 2, connections: 8, warmUpRequests: 500, seconds: 1, idleMs: 100 },
};

/** Resolves to the table's rows, the goals and the problems that must fail the benchmark. */
export async function measureHttp({ quick }) {
  const plan = quick ? PLANS.quick : PLANS.full;
  const { runtimes, skipped } = await findRuntimes();
  const cases = runtimes.flatMap((runtime) => casesOf(runtime, plan));
  const results = await runRounds('http', cases);
  const rows = cases.map(({ runtime, collector }, at) => ({
    ...{ runtime: runtime.title, collector, runs: results[at] },
    figures: summarizeRuns(results[at]),
  }));
  const goals = runtimes.flatMap(({ title }) => judgeHttp(title, rows));
  const problems = [...findBroken(goals, quick), ...rows.flatMap(findFailures)];
  return { plan, skipped, rows, goals, problems };
}

const casesOf = (runtime, plan) =>
  Object.keys(COLLECTORS).map((collector) => ({
    ...{ runtime, collector },
    title: `${COLLECTORS[collector]}, ${runtime.title}`,
    rounds: plan.rounds,
    run: () => exchange(runtime, collector, plan),
  }));

const listOf = (runs, key) => runs.map((run) => run[key]);

const summarizeRuns = (runs) =>
  Object.fromEntries(
    Object.keys(runs[0])
      .filter((key) => typeof runs[0][key] === 'number')
      .map((key) => [key, summarize(listOf(runs, key))]),
  );

function judgeHttp(title, rows) {
  const runsOf = (name) =>
    rows.find(({ runtime, collector }) => runtime === title && collector === name).runs;
  const ratio = (key) => ratioByRound(listOf(runsOf('pool'), key), listOf(runsOf('concat'), key));
  return [
    atLeast(`${title}, http: requests/s, pool / plain`, ratio('requestsPerSecond'), SPEED),
    atMost(`${title}, http: peak RSS, pool / plain`, ratio('rssPeak'), RSS),
    atMost(`${title}, http: RSS at the end, pool / plain`, ratio('rssEnd'), RSS),
  ];
}

function findFailures({ runtime, collector, runs }) {
  const failed = runs.reduce((sum, run) => sum + run.failed, 0);
  return failed === 0
    ? []
    : [`${runtime}, http, ${COLLECTORS[collector]}: ${failed} requests failed`];
}

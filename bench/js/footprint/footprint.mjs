/**
 * What stays resident: after a burst that was freed, and for each of many small live Buffers, the
 * slot of the array that holds it included.
 */
import { atMost, findBroken } from '../../report/goals.mjs';
import { ratioByRound, runRounds } from '../../report/rounds.mjs';
import { summarize } from '../../report/stats.mjs';
import { runScript } from '../child.mjs';
import { TITLES } from '../pool/contenders.mjs';
import { findRuntimes } from '../runtimes.mjs';

const BURST_SIZE = 16 << 10;
const LIVE_SIZE = 64;

const CONTENDERS = {
  burst: ['pool', 'allocUnsafe'],
  live: ['pool', 'allocUnsafe', 'external'],
};

/** Of resident memory once idle after the burst to that before it: `[must, proud]`. */
const AFTER_BURST = [1.1, 1.05];

const PLANS = {
  full: { rounds: 3, burstBytes: 512 << 20, idleMs: 10_000, liveCount: 50_000 },
  quick: { rounds: 1, burstBytes: 64 << 20, idleMs: 3000, liveCount: 50_000 },
};

/** The first few Buffers make a process grow for good: they come before the start is taken. */
const WARM_UP_SHARE = 64;

/** Resolves to the tables' rows, the goals and the problems that must fail the benchmark. */
export async function measureFootprint({ quick }) {
  const plan = quick ? PLANS.quick : PLANS.full;
  const { runtimes, skipped } = await findRuntimes();
  const cases = runtimes.flatMap((runtime) =>
    Object.keys(CONTENDERS).flatMap((what) => casesOf(runtime, what, plan)),
  );
  const results = await runRounds('footprint', cases);
  const rows = cases.map((one, at) => toRow(one, results[at]));
  const goals = rows.filter(isJudged).map(toGoal);
  return { plan, skipped, rows, goals, problems: findBroken(goals, quick) };
}

function casesOf(runtime, what, plan) {
  const burstCount = plan.burstBytes / BURST_SIZE;
  const task =
    what === 'burst'
      ? {
          ...{ size: BURST_SIZE, count: burstCount, idleMs: plan.idleMs },
          warmUpCount: burstCount / WARM_UP_SHARE,
        }
      : { size: LIVE_SIZE, count: plan.liveCount };
  return CONTENDERS[what].map((contender) => ({
    ...{ runtime, what, contender },
    title: `${what} ${TITLES[contender]}, ${runtime.title}`,
    rounds: plan.rounds,
    run: () =>
      runScript(runtime, 'bench/js/footprint/child.mjs', [
        JSON.stringify({ what, contender, ...task }),
      ]),
  }));
}

function toRow({ runtime, what, contender }, runs) {
  const bytes = Object.fromEntries(
    Object.keys(runs[0]).map((key) => [key, summarize(runs.map((run) => run[key]))]),
  );
  const list = (key) => runs.map((run) => run[key]);
  const afterBurst = what === 'burst' ? ratioByRound(list('end'), list('start')) : null;
  return { runtime: runtime.title, what, contender, runs, bytes, afterBurst };
}

const isJudged = ({ what, contender }) => what === 'burst' && contender === 'pool';

const toGoal = ({ runtime, afterBurst }) =>
  atMost(`${runtime}, burst: pool RSS once idle / start`, afterBurst, ...AFTER_BURST);

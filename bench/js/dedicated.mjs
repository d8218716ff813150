/**
 * Dedicated blocks: nanoseconds to allocate and free one, against the least an addon can do and
 * against the engine's own buffers.
 *
 * Method: a round runs every case once, each in a fresh process, and the next round in reverse
 * order, so that a slow spell of the machine falls on all alike. Inside: warm-up, then pairs of
 * allocate and free with a turn of the event loop every 500; the figure is the mean over that time,
 * collections included. Reported is the median over rounds. The ratio to the rival is taken within
 * each round, where both ran next to each other; its median is reported. No contender's memory is
 * touched.
 */
import { atMost } from '../report/goals.mjs';
import { Progress } from '../report/progress.mjs';
import { summarize } from '../report/stats.mjs';
import { formatSize } from '../report/table.mjs';
import { runChild } from './child.mjs';
import { CONTENDERS, TITLES } from './dedicated-contenders.mjs';

const SIZES = [64, 1 << 10, 4 << 10, 64 << 10, 1 << 20];

/** Of our time to the rival's, for sizes up to `largest`. */
const GOAL = { must: 1.25, proud: 1.05, largest: 64 << 10 };

/** Where every round is beyond this multiple of the goal, no busy machine explains it. */
const BROKEN_FACTOR = 3;

/**
 * Pairs to warm up and milliseconds to measure in each process; rounds of the two contenders with
 * a goal, and of the others.
 */
const PLANS = {
  full: { warmUpPairs: 100_000, measureMs: 120, rounds: 17, otherRounds: 9 },
  quick: { warmUpPairs: 20_000, measureMs: 20, rounds: 3, otherRounds: 2 },
};

/** Resolves to the table's rows and the problems that must fail the benchmark. */
export async function measureDedicated({ quick }) {
  const plan = quick ? PLANS.quick : PLANS.full;
  const problems = [];
  const idleFrees = await runChild('idle-frees.mjs');
  if (idleFrees.freed !== idleFrees.frees) {
    problems.push(`idle frees: ${idleFrees.freed} of ${idleFrees.frees} were answered with true`);
  }
  const groups = Object.keys(CONTENDERS).flatMap((fill) =>
    SIZES.map((size) => ({ fill, size, times: noTimes(fill), medians: noTimes(fill), kept: 0 })),
  );
  const progress = new Progress('dedicated', plan.rounds * groups.length);
  for (let round = 0; round < plan.rounds; round++) {
    const backwards = round % 2 === 1;
    for (const group of backwards ? [...groups].reverse() : groups) {
      await runRound(group, plan, round, backwards);
      progress.step(describeRound(group, round));
    }
  }
  const rows = groups.map(toRow);
  problems.push(...rows.flatMap(findProblems));
  return { idleFrees, plan, goal: GOAL, rows, goals: rows.filter(isJudged).map(toGoal), problems };
}

const noTimes = (fill) => Object.fromEntries(CONTENDERS[fill].map((name) => [name, []]));

/** One time for each contender of the group; those without a goal sit out the later rounds. */
async function runRound(group, plan, round, backwards) {
  const names = CONTENDERS[group.fill].filter((name) => hasGoal(name) || round < plan.otherRounds);
  for (const name of backwards ? names.reverse() : names) {
    const result = await runChild('dedicated-child.mjs', [
      ...[name, group.size, group.fill],
      ...[plan.warmUpPairs, plan.measureMs],
    ]);
    group.times[name].push(result.mean);
    group.medians[name].push(result.median);
    group.kept += result.pairs - result.freed;
  }
}

const hasGoal = (name) => name === 'heapwright' || name === 'raw';

function describeRound({ fill, size, times }, round) {
  const figures = Object.entries(times)
    .filter(([, list]) => list.length > round)
    .map(([name, list]) => `${TITLES[name]} ${Math.round(list[round])}`);
  return `round ${round + 1}, ${formatSize(size)} ${fill}: ${figures.join(', ')} ns`;
}

function toRow({ fill, size, times, medians, kept }) {
  const nanoseconds = Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, summarize(list)]),
  );
  const ratio = summarize(divideByRound(times));
  const judged = size <= GOAL.largest;
  return {
    ...{ fill, size, kept, times, nanoseconds, ratio },
    /** Of the median turns: what a spell of waiting for a processor moves least. */
    turnRatio: summarize(divideByRound(medians)),
    must: judged ? ratio.median <= GOAL.must : null,
    proud: judged ? ratio.median <= GOAL.proud : null,
  };
}

const isJudged = ({ must }) => must !== null;

const toGoal = ({ fill, size, ratio }) =>
  atMost(`dedicated, ${formatSize(size)} ${fill}: time / raw C`, ratio, GOAL.must, GOAL.proud);

const divideByRound = ({ heapwright, raw }) => heapwright.map((ours, at) => ours / raw[at]);

function findProblems({ fill, size, kept, turnRatio, must }) {
  const row = `${formatSize(size)} ${fill}`;
  const problems = [];
  if (kept > 0) problems.push(`${row}: ${kept} frees were not answered with true`);
  if (must !== null && turnRatio.min > GOAL.must * BROKEN_FACTOR) {
    problems.push(`${row}: at least ${turnRatio.min.toFixed(2)} times the rival's time`);
  }
  return problems;
}

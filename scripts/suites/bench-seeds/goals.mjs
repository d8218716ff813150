/** What heaps of chunks have to reach. */
import { atLeast, atMost } from '../../../bench/report/goals.mjs';
import { ratioByRound } from '../../../bench/report/rounds.mjs';
import { GALLOC, INSTRUCTIONS, SAME_WORK, TALC } from '../../../bench/report/seeds-peers.mjs';
import { summarize } from '../../../bench/report/stats.mjs';
import { GLIBC, OURS, SMALL, TALC_SIZES } from './parts.mjs';

/** `[must, proud]`; an empty measurement took 34 ticks where they were set. */
const ALLOCATION = [80, 68];
const FREE = [90, 76];
const REFUSAL = [80, 54];
const REFUSAL_AVERAGE = [200, 120];
const MOST_INSTRUCTIONS = 160;
const OVER_SEED_PLAIN = 1.2;

/** The goals of all that was measured. Those in ticks are for machines that have them. */
export function judgeSeeds({ results, instructions }) {
  return [
    ...(hasTicks(results) ? ticksGoals(results) : []),
    ...instructionGoals(instructions),
    ...speedGoals(results),
  ];
}

export const hasTicks = (results) =>
  Object.values(results['same-work'])
    .flat()
    .every(({ unit }) => unit === 'ticks');

function ticksGoals(results) {
  const over = (key, { id }, figure) => results[key][id].map((one) => one[figure]);
  const goals = [
    goal(
      atMost,
      ...['same work, allocation, median ticks', over('same-work', OURS, 'allocP50')],
      ...[ALLOCATION, besideTicks('allocP50')],
    ),
    goal(
      atMost,
      ...['same work, free, median ticks', over('same-work', OURS, 'freeP50')],
      ...[FREE, besideTicks('freeP50')],
    ),
  ];
  for (const contestant of [OURS, SMALL]) {
    const medians = over('full-heap', contestant, 'refusedP50');
    // The smallest: all that else happens to the machine is in an average.
    const averages = [Math.min(...over('full-heap', contestant, 'refusedAverage'))];
    goals.push(
      goal(atMost, `full heap, failure, median ticks: ${contestant.id}`, medians, REFUSAL),
      goal(
        atMost,
        `full heap, failure, least average: ${contestant.id}`,
        ...[averages, REFUSAL_AVERAGE],
      ),
    );
  }
  return goals.flat();
}

/** A goal, if there are values for it. */
function goal(judge, what, values, [must, proud = null], beside = '') {
  const figure = values.every(Number.isFinite) ? summarize(values) : null;
  return figure === null ? [] : [{ ...judge(what, figure, must, proud), beside }];
}

function besideTicks(figure) {
  const of = (name) => `${name} ${SAME_WORK.find((one) => one.name === name)[figure]}`;
  return `elsewhere: ${['seed, 256', 'galloc', 'talc'].map(of).join('; ')}`;
}

function instructionGoals({ counts }) {
  const beside = Object.entries(INSTRUCTIONS).map(([name, count]) => `${name} ${count}`);
  const values = [counts[OURS.id] ?? Number.NaN];
  const what = 'same work, instructions an iteration';
  return goal(atMost, what, values, [MOST_INSTRUCTIONS], `elsewhere: ${beside.join('; ')}`);
}

/** Speeds as ratios to glibc's, which are compared with the seed's where both were measured. */
function speedGoals(results) {
  const plain = TALC_SIZES[0];
  return [
    ratioGoal(
      ...[results, `talc-${plain}-plain`, `talc's random actions, no realloc, S = ${plain}`],
      ...[TALC.plain, 'seed', plain, OVER_SEED_PLAIN],
    ),
    ratioGoal(
      ...[results, 'galloc-random', "galloc's random actions"],
      ...[GALLOC.random, 'seed, its leak fixed', 'best', 1],
    ),
    ...TALC_SIZES.map((size) =>
      ratioGoal(
        ...[results, `talc-${size}`, `talc's random actions, S = ${size}`],
        ...[TALC.random, 'seed, its leak fixed', size, 1],
      ),
    ),
  ].flat();
}

function ratioGoal(results, key, what, peers, seed, column, factor) {
  const [ours, glibc] = [OURS, GLIBC].map(({ id }) => results[key][id].map(({ done }) => done));
  if (ours.length === 0 || glibc.length === 0) return [];
  const peer = (name) => peers.find((one) => one.from === 'elsewhere' && one.name === name)[column];
  const ratio = (name) => peer(name) / peer('glibc');
  const must = Number((factor * ratio(seed)).toFixed(2));
  const beside = [seed, 'galloc', 'talc'].map((name) => `${name} ${ratio(name).toFixed(2)}`);
  return [
    {
      ...atLeast(`${what}: speed over glibc's`, ratioByRound(ours, glibc), must),
      beside: `elsewhere: ${beside.join('; ')}`,
    },
  ];
}

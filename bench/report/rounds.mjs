/**
 * Interleaved rounds: a round runs every case once, each in a fresh process, and the next round in
 * reverse order, so that a slow spell of the machine falls on all alike.
 */
import { Progress } from './progress.mjs';
import { summarize } from './stats.mjs';

/**
 * `cases` are `{ title, rounds, run }`: those that are compared with each other belong next to each
 * other. `run()` resolves to the figures of one round. Resolves to their lists, in the order of
 * `cases`. `progress` hears of each round of each case.
 */
export async function runRounds(title, cases, progress = stepByStep(title, cases)) {
  const results = new Map(cases.map((one) => [one, []]));
  const rounds = Math.max(...cases.map((one) => one.rounds));
  for (let round = 0; round < rounds; round++) {
    const due = cases.filter((one) => round < one.rounds);
    for (const one of round % 2 === 1 ? due.reverse() : due) {
      results.get(one).push(await one.run());
      progress.step(`round ${round + 1}, ${one.title}`);
    }
  }
  return [...results.values()];
}

const stepByStep = (title, cases) =>
  new Progress(
    title,
    cases.reduce((sum, { rounds }) => sum + rounds, 0),
  );

/** The summary of `a / b`, taken within each round that both ran in. */
export function ratioByRound(a, b) {
  const rounds = Math.min(a.length, b.length);
  return summarize(Array.from({ length: rounds }, (_, at) => a[at] / b[at]));
}

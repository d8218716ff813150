import { OURS } from './parts.mjs';
import { runSeeds } from './race.mjs';

/** The runs of the same work whose sums are known (bench/native/seeds/same_work.c). */
const KNOWN = [
  { count: 10_000, seed: 1 },
  { count: 50_000, seed: 1 },
  { count: 80_000, seed: 1 },
  { count: 50_000, seed: 2 },
];

/** Resolves to the four check values and what went wrong: the program itself compares them. */
export async function checkWork() {
  const values = [];
  const problems = [];
  for (const { count, seed } of KNOWN) {
    const args = ['--ops', String(count), '--seed', String(seed)];
    const { result, failed } = await runSeeds(OURS, 'same-work', args);
    const isKnown = result?.known === 1;
    values.push({ count, seed, ...(isKnown ? result : {}) });
    if (!isKnown) {
      problems.push(`check values of ${count}, seed ${seed}: ${failed ?? 'not compared'}`);
    }
  }
  return { values, problems };
}

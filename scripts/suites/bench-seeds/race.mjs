import { Progress } from '../../../bench/report/progress.mjs';
import { runRounds } from '../../../bench/report/rounds.mjs';
import { run } from '../../lib/run.mjs';
import { environment, seedsPath } from '../bench-native/driver.mjs';
import { GLIBC, OURS } from './parts.mjs';

/** Published runs take at most 10 s; nothing of ours may take minutes. */
const LIMIT_MS = 120_000;

/** One run in a fresh process: `{ result }` or `{ failed }`. */
export async function runSeeds(contestant, workload, args = []) {
  const { code, output, stdout, timedOut } = await run(
    seedsPath,
    [workload, ...contestant.args, ...args],
    { env: environment(contestant), limitMs: LIMIT_MS },
  );
  if (timedOut) return { failed: `not done after ${LIMIT_MS / 1000} s` };
  if (code !== 0) return { failed: output.trim() || `status ${code}` };
  return { result: JSON.parse(stdout) };
}

const SILENT = { step() {} };

/** Goals are ratios of these two: side by side, so that a slow spell of the machine falls on both. */
const PAIR = [OURS.id, GLIBC.id];
const inOrder = (who) => who.toSorted((a, b) => PAIR.indexOf(a.id) - PAIR.indexOf(b.id));

/**
 * Runs every part, each round all its contestants and in the reverse order of the round before.
 * Resolves to the results by part and contestant, and to what went wrong.
 */
export async function raceParts(parts) {
  const progress = new Progress('seeds', parts.length);
  const results = {};
  const problems = [];
  for (const { key, workload, args, who, rounds } of parts) {
    const running = inOrder(who);
    const cases = running.map((contestant) => ({
      ...{ title: contestant.id, rounds },
      run: () => runSeeds(contestant, workload, args),
    }));
    const lists = await runRounds(key, cases, SILENT);
    results[key] = {};
    for (const contestant of who) {
      const list = lists[running.indexOf(contestant)];
      const problem = findProblem(list);
      if (problem !== undefined) problems.push(`${key} on ${contestant.id}: ${problem}`);
      results[key][contestant.id] = list.flatMap(({ result }) => result ?? []);
    }
    progress.step(key);
  }
  return { results, problems };
}

function findProblem(list) {
  const failed = list.find((one) => one.failed !== undefined);
  if (failed !== undefined) return failed.failed;
  const misaligned = list.find(({ result }) => result.misaligned > 0);
  return misaligned && `${misaligned.result.misaligned} blocks are misaligned`;
}

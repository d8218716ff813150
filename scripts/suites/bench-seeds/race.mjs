import { Progress } from '../../../bench/report/progress.mjs';
import { runRounds } from '../../../bench/report/rounds.mjs';
import { run } from '../../lib/run.mjs';
import { environment, seedsPath } from '../bench-native/driver.mjs';

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

/**
 * Runs every part, each round all its contestants and in the reverse order of the round before.
 * Resolves to the results by part and contestant, and to what went wrong.
 */
export async function raceParts(parts) {
  const progress = new Progress('seeds', parts.length);
  const results = {};
  const problems = [];
  for (const { key, workload, args, who, rounds } of parts) {
    const cases = who.map((contestant) => ({
      ...{ title: contestant.id, rounds },
      run: () => runSeeds(contestant, workload, args),
    }));
    const lists = await runRounds(key, cases, SILENT);
    results[key] = {};
    who.forEach(({ id }, at) => {
      const problem = findProblem(lists[at]);
      if (problem !== undefined) problems.push(`${key} on ${id}: ${problem}`);
      results[key][id] = lists[at].flatMap(({ result }) => result ?? []);
    });
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

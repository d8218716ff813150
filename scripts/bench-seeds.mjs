// The benchmarks of the projects that heaps of chunks answer to, with what those measured:
// npm run bench:seeds
//   --quick      seconds: shows that it runs, not how fast
//   --full       the published numbers of trials and durations: hours
//   --json FILE  where the figures go (default: bench/results/bench-seeds-TIME.json)
// Fails if a check value differs, a program fails, or a figure is 3 x its goal (10 x with --quick).
import { resultsFile, writeFigures } from '../bench/report/figures.mjs';
import { findBroken } from '../bench/report/goals.mjs';
import { describeMachine, formatMachine } from '../bench/report/machine.mjs';
import { main, Stop, seconds } from './lib/run.mjs';
import { requireTools } from './lib/tools.mjs';
import { buildDriver } from './suites/bench-native/driver.mjs';
import { checkWork } from './suites/bench-seeds/checks.mjs';
import { judgeSeeds } from './suites/bench-seeds/goals.mjs';
import { countSameWork } from './suites/bench-seeds/instructions.mjs';
import { lastingOf, partsOf } from './suites/bench-seeds/parts.mjs';
import { raceParts } from './suites/bench-seeds/race.mjs';
import { formatSeeds } from './suites/bench-seeds/report.mjs';
import { readOptions } from './suites/options.mjs';

function extentOf({ quick, full }) {
  if (quick && full) throw new Stop('--quick or --full, not both');
  return quick ? 'quick' : full ? 'full' : 'plain';
}

await main(async () => {
  const start = performance.now();
  const options = readOptions({ quick: false, full: false, json: '' });
  const extent = extentOf(options);
  const date = new Date().toISOString();
  const machine = describeMachine();
  requireTools();
  await buildDriver();

  const checks = await checkWork();
  const instructions = await countSameWork(options);
  const { results, problems } = await raceParts(partsOf(extent));
  problems.unshift(...checks.problems, ...instructions.problems);

  console.log(
    `\n${formatMachine(machine)}${options.quick ? ' (quick: take times as rough)' : ''}\n`,
  );
  const figures = { checks, results, instructions, goals: judgeSeeds({ results, instructions }) };
  console.log(`${formatSeeds({ ...figures, lasting: lastingOf(extent) })}\n`);
  problems.push(...findBroken(figures.goals, options.quick));
  const file = options.json || resultsFile('bench-seeds', date);
  writeFigures(file, { date, extent, machine, ...figures, problems });
  console.log(`Done in ${seconds(start)}.`);
  for (const problem of problems) console.error(`FAILED: ${problem}`);
  return problems.length === 0 ? 0 : 1;
});

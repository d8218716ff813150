// Races the arena, through its C API, against glibc and the mallocs at hand:
// npm run bench:native -- --quick
//   --quick      short counts, under a minute: shows that it runs, not how fast
//   --only NAME  one workload, or `instructions`
//   --json FILE  where the figures go (default: bench/results/bench-native-TIME.json)
//   --kind KIND  another kind of allocator than `arena`; --rounds N: how often each is run
// Fails if a driver fails, if checksums differ, or if a count of instructions is 3 x its goal.
import { resultsFile, writeFigures } from '../bench/report/figures.mjs';
import { describeMachine, formatMachine } from '../bench/report/machine.mjs';
import { main, Stop, seconds } from './lib/run.mjs';
import { requireTools } from './lib/tools.mjs';
import { findContestants, formatContestants } from './suites/bench-native/contestants.mjs';
import { buildDriver, hasKind } from './suites/bench-native/driver.mjs';
import { brokenCeilings, judge, viewOf } from './suites/bench-native/goals.mjs';
import { countInstructions } from './suites/bench-native/instructions.mjs';
import { race } from './suites/bench-native/race.mjs';
import { formatReport } from './suites/bench-native/report.mjs';
import { PARTS, ROWS } from './suites/bench-native/rows.mjs';
import { readOptions } from './suites/options.mjs';

const GOALS_ARE_FOR = 'arena';

const defaults = { quick: false, only: '', json: '', kind: GOALS_ARE_FOR, rounds: 0 };

function plan({ quick, rounds }) {
  const chosen = quick ? { rounds: 1, divide: 20 } : { rounds: 7, divide: 1 };
  return { ...chosen, ...(rounds > 0 ? { rounds } : {}), quick };
}

/** The kind to race: until the build has it, `system` shows that the benchmark itself works. */
async function chooseKind(kind) {
  if (await hasKind(kind)) return kind;
  if (kind !== GOALS_ARE_FOR) throw new Stop(`this build has no allocator of kind ${kind}`);
  console.log(`This build has no ${kind}: system takes its place, and no goal is enforced.`);
  return 'system';
}

await main(async () => {
  const start = performance.now();
  const options = readOptions(defaults);
  const { quick, only } = options;
  if (only !== '' && !PARTS.includes(only)) {
    throw new Stop(`no part ${only}: there are ${PARTS.join(', ')}`);
  }
  const date = new Date().toISOString();
  const machine = describeMachine();
  requireTools();
  await buildDriver();
  const kind = await chooseKind(options.kind);
  const found = await findContestants(kind);
  const { contestants } = found;
  console.log(formatContestants(found));

  const complete = only === '';
  const chosen = ROWS.filter(({ name }) => complete || name === only);
  const raced = await race(chosen, contestants, plan(options));
  const instructions =
    complete || only === 'instructions' ? await countInstructions(contestants, { quick }) : null;
  const goals = judge(viewOf({ contestants, rows: raced.rows, instructions, complete }));

  console.log(`\n${formatMachine(machine)}${quick ? ' (quick: take times as rough)' : ''}\n`);
  const report = { contestants, rows: raced.rows, instructions, goals, complete };
  console.log(`${formatReport(report)}\n`);
  const problems = [
    ...raced.problems,
    ...(instructions?.problems ?? []),
    ...(kind === GOALS_ARE_FOR ? brokenCeilings(goals) : []),
  ];
  writeFigures(options.json || resultsFile('bench-native', date), {
    date,
    quick,
    machine,
    kind,
    ...report,
    problems,
  });
  console.log(`Done in ${seconds(start)}.`);
  for (const problem of problems) console.error(`FAILED: ${problem}`);
  return problems.length === 0 ? 0 : 1;
});

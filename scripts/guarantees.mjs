// G1 to G12: what each says, the tests that show it, the mutants that break it, and whether it holds:
// npm run guarantees -- [--quick]
//
// Runs those tests and mutants, and the programs that show what is not promised, and writes
// docs/guarantees.md. With `--quick` the tests and programs alone: the page is compared, not written.
import { LIMITS } from '../test/guarantees/limits.mjs';
import { PROMISES } from '../test/guarantees/promises.mjs';
import { setUp } from './lib/install.mjs';
import { main, Stop, seconds } from './lib/run.mjs';
import { runLimits } from './suites/guarantees/limits.mjs';
import { formatPage, isCurrent, PATH, writePage } from './suites/guarantees/page.mjs';
import { keyOf, runTests } from './suites/guarantees/tests.mjs';
import { KILLED } from './suites/mutants/lane.mjs';
import { loadMutants } from './suites/mutants/rooms.mjs';
import { runMutants } from './suites/mutants/run.mjs';
import { readOptions } from './suites/options.mjs';

/** Those that the promises name; a promise without one would not be guarded. */
function chooseMutants(all) {
  const byName = new Map(all.map((mutant) => [mutant.name, mutant]));
  for (const { id, tests, mutants } of PROMISES) {
    if (tests.length === 0 || mutants.length === 0) throw new Stop(`${id} is not guarded`);
    const unknown = mutants.find((name) => !byName.has(name));
    if (unknown !== undefined) throw new Stop(`${id}: no mutant ${unknown}`);
  }
  return byName;
}

/** The names of the mutants that were killed. */
async function killMutants(byName) {
  const names = [...new Set(PROMISES.flatMap(({ mutants }) => mutants))];
  const chosen = names.map((name) => byName.get(name));
  const { results, misjudged } = await runMutants(
    chosen,
    ({ name, expected }, { verdict, why }) => {
      if (verdict !== KILLED && expected === undefined)
        console.log(`  ${verdict}  ${name}: ${why}`);
    },
  );
  for (const { mutant, verdict } of misjudged) console.log(`  ${mutant.name} is "${verdict}"`);
  if (misjudged.length > 0) throw new Stop('the judge of the mutants is not to be trusted');
  return new Set(
    results.filter(({ verdict }) => verdict === KILLED).map(({ mutant }) => mutant.name),
  );
}

function printPromise({ id, says, tests, mutants }, holds) {
  console.log(`${id.padEnd(4)} ${holds ? 'holds         ' : 'DOES NOT HOLD '} ${says}`);
  console.log(`       tests: ${tests.map(keyOf).join(', ')}`);
  console.log(`       mutants: ${mutants.join(', ')}`);
}

await main(async () => {
  const { quick } = readOptions({ quick: false });
  const byName = chooseMutants(await loadMutants());
  await setUp();
  const start = performance.now();
  const passed = await runTests(PROMISES.flatMap(({ tests }) => tests));
  const killed = quick ? null : await killMutants(byName);
  const seen = await runLimits(LIMITS);

  const holds = ({ tests, mutants }) =>
    tests.every((test) => passed.get(keyOf(test))) &&
    (killed === null || mutants.every((name) => killed.has(name)));
  for (const promise of PROMISES) printPromise(promise, holds(promise));
  console.log('\nnot promised:');
  for (const { program, holds: shown, saw } of seen) {
    console.log(`     ${shown ? 'shown ' : 'FAIL  '} ${program}: ${saw}`);
  }

  const page = formatPage(PROMISES, LIMITS, (name) => byName.get(name), holds);
  const current = isCurrent(page);
  if (!quick) writePage(page);
  if (quick && !current) console.log(`${PATH} says something else: npm run guarantees`);
  const verdicts = [
    ...PROMISES.map(holds),
    ...seen.map(({ holds: shown }) => shown),
    ...(quick ? [current] : []),
  ];
  const count = verdicts.filter(Boolean).length;
  console.log(`in ${seconds(start)}`);
  console.log(`${count} passed, ${verdicts.length - count} failed`);
  return count === verdicts.length ? 0 : 1;
});

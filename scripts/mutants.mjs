// Makes one mistake at a time in a copy of the project, and runs the one test that has to notice:
// npm run test:mutants -- [--only PATTERN] [--list]
//
// Killed is a mutant that builds, with which an assertion of its test fails, while the same test
// passes without it. A crash, a time-out or a build that fails is no kill. Ends with the line
// `N passed, N failed`.
import { setUp } from './lib/install.mjs';
import { main, Stop, seconds } from './lib/run.mjs';
import { loadMutants } from './suites/mutants/rooms.mjs';
import { runMutants, tally } from './suites/mutants/run.mjs';
import { readOptions } from './suites/options.mjs';

const describe = ({ core, vitest, lifecycle, name }) =>
  [core ?? vitest ?? 'lifecycle', name ?? lifecycle].join(': ');

function tellMutant({ room, name }, { verdict, why }) {
  console.log(`  ${verdict.padEnd(10)}  ${room.padEnd(10)}  ${name}: ${why}`);
}

/** Those whose `room: name` has the pattern in it. */
function choose(mutants, only) {
  const pattern = new RegExp(only, 'i');
  const chosen = mutants.filter(({ room, name }) => pattern.test(`${room}: ${name}`));
  if (chosen.length === 0) throw new Stop(`no mutant fits ${only}`);
  return chosen;
}

await main(async () => {
  const { only, list } = readOptions({ only: '', list: false });
  const mutants = choose(await loadMutants(), only);
  if (list) {
    for (const { room, name, guards, test } of mutants) {
      console.log(`${room}: ${name}\n    guards ${guards}\n    ${describe(test)}`);
    }
    console.log(`${mutants.length} mutants`);
    return 0;
  }
  await setUp();
  const start = performance.now();
  const { results, misjudged } = await runMutants(mutants, tellMutant);
  for (const { mutant, verdict } of misjudged) {
    console.log(`${mutant.name}: should be "${mutant.expected}", and is "${verdict}"`);
  }
  const counts = tally(results);
  const judge =
    misjudged.length === 0 ? 'the judge judges its controls rightly' : 'NOT TO BE TRUSTED';
  console.log(`${results.length} mutants, ${judge} (${seconds(start)})`);
  console.log(`${counts.passed} passed, ${counts.failed + misjudged.length} failed`);
  return counts.failed + misjudged.length === 0 ? 0 : 1;
});

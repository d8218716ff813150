// One binary on every runtime, and what differs: npm run test:runtimes -- --only node24,bun
// A run over all of them writes docs/runtimes.md.
import { add, none } from './lib/checks.mjs';
import { setUp } from './lib/install.mjs';
import { main, seconds } from './lib/run.mjs';
import { readOptions } from './suites/options.mjs';
import { chooseRuntimes, installRuntimes, RUNTIMES } from './suites/runtimes/binaries.mjs';
import { writePage } from './suites/runtimes/page.mjs';
import { SUITES } from './suites/runtimes/suites.mjs';
import { formatTable } from './suites/runtimes/table.mjs';

/** Runs every suite that fits; resolves to counts, and a column of the table. */
async function runRuntime(runtime) {
  let counts = none;
  let facts = {};
  const results = {};
  for (const [name, suite] of Object.entries(SUITES)) {
    if (suite.onlyNode && !runtime.isNode) {
      results[name] = '-';
      continue;
    }
    const start = performance.now();
    console.log(`== ${runtime.title}: ${name}`);
    const result = await suite.run(runtime);
    const { passed, failed } = result;
    console.log(
      `== ${runtime.title}: ${name}: ${passed} passed, ${failed} failed (${seconds(start)})`,
    );
    counts = add(counts, result);
    facts = { ...facts, ...result.facts };
    results[name] = failed === 0 && passed > 0 ? 'passes' : `${failed} failed`;
  }
  return { counts, column: { ...facts, ...results } };
}

await main(async () => {
  const { only } = readOptions({ only: '' });
  const names = chooseRuntimes(only);
  await setUp();
  await installRuntimes();
  let counts = none;
  const columns = {};
  for (const name of names) {
    const result = await runRuntime(RUNTIMES[name]);
    counts = add(counts, result.counts);
    columns[RUNTIMES[name].title] = result.column;
  }
  console.log(`\n${formatTable(columns)}\n`);
  if (names.length === Object.keys(RUNTIMES).length) console.log(`wrote ${writePage(columns)}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
});

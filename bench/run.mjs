// Measures what the project promises and prints tables: see USAGE.
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { fromRoot } from '../scripts/lib/project.mjs';
import { main, Stop, seconds } from '../scripts/lib/run.mjs';
import { measureChunks } from './js/chunk/chunk.mjs';
import { formatChunks } from './js/chunk/report.mjs';
import { measureCompose } from './js/compose/compose.mjs';
import { formatCompose } from './js/compose/report.mjs';
import { measureDedicated } from './js/dedicated.mjs';
import { formatDedicated } from './js/dedicated-report.mjs';
import { measureFootprint } from './js/footprint/footprint.mjs';
import { formatFootprint } from './js/footprint/report.mjs';
import { measureFs } from './js/fs/fs.mjs';
import { formatFs } from './js/fs/report.mjs';
import { measureHttp } from './js/http/http.mjs';
import { formatHttp } from './js/http/report.mjs';
import { measurePool } from './js/pool/pool.mjs';
import { formatPool } from './js/pool/report.mjs';
import { resultsFile, writeFigures } from './report/figures.mjs';
import { formatMissed } from './report/goals.mjs';
import { describeMachine, formatMachine } from './report/machine.mjs';
import { measureDirectIo } from './scenarios/direct-io.mjs';
import { formatDirectIo } from './scenarios/direct-io-report.mjs';

const RESULTS = fromRoot('bench/results');

const PARTS = {
  dedicated: { measure: measureDedicated, format: formatDedicated },
  pool: { measure: measurePool, format: formatPool },
  chunk: { measure: measureChunks, format: formatChunks },
  compose: { measure: measureCompose, format: formatCompose },
  fs: { measure: measureFs, format: formatFs },
  http: { measure: measureHttp, format: formatHttp },
  footprint: { measure: measureFootprint, format: formatFootprint },
  'direct-io': { measure: measureDirectIo, format: formatDirectIo },
};

const USAGE = `usage: npm run bench -- [--quick] [--only PART,...] [--dir DIR] [--json FILE]
  --quick      short counts, a minute or two: shows that it runs, not how fast
  --only PART  one part, or several: ${Object.keys(PARTS).join(', ')}
  --dir DIR    where the file for direct I/O is made (default: bench/results, on a disk)
  --json FILE  where the figures go (default: bench/results/bench-TIME.json)`;

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        dir: { type: 'string' },
        json: { type: 'string' },
      },
    });
    const only = values.only?.split(',') ?? Object.keys(PARTS);
    const unknown = only.find((name) => !Object.hasOwn(PARTS, name));
    if (unknown === undefined) return { ...values, only };
    throw new Error(`there is no part ${unknown}`);
  } catch (error) {
    throw new Stop(`${error.message}\n${USAGE}`);
  }
}

await main(async () => {
  const start = performance.now();
  const { quick, only, dir, json } = readArguments();
  const date = new Date().toISOString();
  const machine = describeMachine();
  mkdirSync(RESULTS, { recursive: true });
  const folders = [...(dir === undefined ? [] : [dir]), RESULTS, tmpdir()];

  const parts = {};
  for (const name of only) {
    parts[name] = await PARTS[name].measure({ quick, folders });
  }

  console.log(`\n${formatMachine(machine)}${quick ? ' (quick: take times as rough)' : ''}\n`);
  for (const [name, figures] of Object.entries(parts)) {
    console.log(`${PARTS[name].format(figures)}\n`);
  }
  const goals = Object.values(parts).flatMap((part) => part.goals ?? []);
  if (goals.length > 0) console.log(`${formatMissed(goals)}\n`);
  writeFigures(json ?? resultsFile('bench', date), { date, quick, machine, parts });
  console.log(`Done in ${seconds(start)}.`);

  const problems = Object.values(parts).flatMap((part) => part.problems);
  for (const problem of problems) console.error(`FAILED: ${problem}`);
  return problems.length === 0 ? 0 : 1;
});

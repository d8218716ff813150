/** Runs the tests that the promises name, each once: which of them hold. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTests } from '../../lib/ctest.mjs';
import { fromRoot } from '../../lib/project.mjs';
import { run, Stop } from '../../lib/run.mjs';
import { lifecyclePrograms, runProgram } from '../lifecycle.mjs';

const FOLDER = 'build-cmake/guarantees';
const HAS_TRANSFER = 'transfer' in ArrayBuffer.prototype;
const WORKERS = 80;

export const keyOf = ({ vitest, core, lifecycle }) =>
  vitest ?? (core === undefined ? `test/lifecycle: ${lifecycle}` : `test/core/${core}.test.c`);

/** Every file in one run; a file holds if it was run and none of its tests failed. */
async function runFiles(files, note) {
  const folder = mkdtempSync(join(tmpdir(), 'heapwright-guarantees-'));
  const report = join(folder, 'vitest.json');
  try {
    const { output } = await run('node_modules/.bin/vitest', [
      ...['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...files],
    ]);
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    for (const file of files) {
      const result = testResults.find(({ name }) => name === fromRoot(file));
      note(file, result?.status === 'passed' && result.assertionResults.length > 0, output);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without a sanitizer, whose malloc does not stand a fork; `npm run test:native` runs them with. */
async function runCore(programs, note) {
  const built = await buildTests(FOLDER, []);
  if (built.code !== 0) throw new Stop(`the C tests do not build\n${built.output}`);
  for (const core of programs) {
    const { code, output } = await run(`${FOLDER}/test_${core}`, [], { limitMs: 300_000 });
    note(keyOf({ core }), code === 0, output);
  }
}

async function runLifecycle(names, note) {
  const programs = lifecyclePrograms(HAS_TRANSFER, WORKERS);
  for (const lifecycle of names) {
    const program = programs.find(({ name }) => name === lifecycle);
    if (program === undefined) throw new Stop(`no program ${lifecycle} in test/lifecycle`);
    const { problem, stderr } = await runProgram(process.execPath, program);
    note(keyOf({ lifecycle }), problem === null, `${problem}\n${stderr}`);
  }
}

/** Resolves to whether each test holds, by its key; what a failed one said is printed. */
export async function runTests(tests) {
  const holds = new Map();
  const note = (key, ok, output) => {
    holds.set(key, ok);
    if (!ok) console.log(`  FAIL  ${key}\n${output.trimEnd()}`);
  };
  const all = (kind) => [...new Set(tests.map((test) => test[kind]).filter(Boolean))];
  await runCore(all('core'), note);
  await runFiles(all('vitest'), note);
  await runLifecycle(all('lifecycle'), note);
  return holds;
}

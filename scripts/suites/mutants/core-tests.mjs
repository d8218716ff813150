/**
 * Tests of test/core: `{ core: program, name }`. The programs are built without HW_ASSERT, as the
 * addon is: what the core would notice itself has to be noticed by the test as well.
 */
import { configureTests } from '../../lib/ctest.mjs';
import { run, Stop } from '../../lib/run.mjs';

const FOLDER = 'build-cmake/mutants';
const LIMIT_MS = 60_000;

export async function prepare(tree) {
  const { code, output } = await configureTests(FOLDER, ['-DHW_CHECKS=OFF'], tree);
  if (code !== 0) throw new Stop(`the C tests cannot be configured\n${output}`);
}

/** Only the program that is asked for, and what it is made of. */
export function build(tree, { core }) {
  return run('cmake', ['--build', FOLDER, '--target', `test_${core}`], { cwd: tree });
}

/**
 * What cmocka says about the one test. It catches signals and calls them failures too: only the
 * line of an assertion counts, in the test or in what is looked at after it.
 */
export function judge({ signal, timedOut, output }, name) {
  if (timedOut) return { outcome: 'none', why: 'did not end' };
  if (signal !== null) return { outcome: 'none', why: `ended by ${signal}` };
  const lines = output.split('\n');
  const passed = `[       OK ] ${name}`;
  const ends = [passed, `[  FAILED  ] ${name}`, `[  ERROR   ] ${name}`];
  const end = lines.findIndex((line) => ends.includes(line));
  if (end < 0) return { outcome: 'none', why: 'not run' };
  if (lines[end] === passed) return { outcome: 'passed', why: 'it passes' };
  const story = lines.slice(0, end).join('\n');
  if (/exception:|Test setup failed/.test(story)) return { outcome: 'none', why: 'crashed' };
  const place = /\[ {3}LINE {3}\] --- .*?([^/\n]+:\d+): error/.exec(story)?.[1];
  if (place === undefined) return { outcome: 'none', why: 'failed without an assertion' };
  return { outcome: 'failed', why: place };
}

export async function runTest(tree, { core, name }) {
  const program = `${FOLDER}/test_${core}`;
  // One stream, so that the lines come in the order in which they were written.
  const merged = ['-c', 'ulimit -c 0; exec "$0" 2>&1', program];
  const options = { cwd: tree, limitMs: LIMIT_MS, env: { HW_TEST_ONLY: name } };
  return judge(await run('/bin/sh', merged, options), name);
}

/**
 * Tests of test/**.test.ts: `{ vitest: file, name }`, the name with those of the groups around it.
 * They import lib/ directly; the addon is built by make where native/ was changed.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, Stop } from '../../lib/run.mjs';

const REPORT = 'vitest-report.json';
const LIMIT_MS = 120_000;

/** An assertion of the test; what else ends one is a crash, a time-out or the mistake's own error. */
const ASSERTION = /^(?:AssertionError|Error: Snapshot)/;

/** The addon of the copy, from its sources, so that make finds something to go on from. */
export async function prepare(tree) {
  const { code, output } = await run('npm', ['run', '--silent', 'build:native'], { cwd: tree });
  if (code !== 0) throw new Stop(`the copy of the addon does not build\n${output}`);
}

export async function build(tree, edits) {
  if (!edits.some(({ file }) => file.startsWith('native/'))) return { code: 0 };
  const make = process.env.MAKE || 'make';
  return run(make, ['-s', '-C', 'build', 'BUILDTYPE=Release'], { cwd: tree });
}

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What vitest reports about the one test. */
export function judge({ timedOut }, report, name) {
  if (timedOut) return { outcome: 'none', why: 'did not end' };
  if (report === null) return { outcome: 'none', why: 'no report' };
  const found = report.testResults.flatMap((file) =>
    file.assertionResults.filter((test) => test.fullName === name),
  );
  if (found.length !== 1) {
    return { outcome: 'none', why: `${found.length} tests of that name were found` };
  }
  const [{ status, failureMessages }] = found;
  if (status === 'passed') return { outcome: 'passed', why: 'it passes' };
  const message = failureMessages[0] ?? 'no message';
  const why = message.split('\n')[0].slice(0, 100);
  const isKill = status === 'failed' && ASSERTION.test(message);
  return { outcome: isKill ? 'failed' : 'none', why: isKill ? why : `${status}: ${why}` };
}

function readReport(tree) {
  const path = join(tree, REPORT);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  } finally {
    rmSync(path, { force: true });
  }
}

export async function runTest(tree, { vitest, name }) {
  const result = await run(
    'node_modules/.bin/vitest',
    ['run', vitest, '-t', `^${literal(name)}$`, '--reporter=json', `--outputFile=${REPORT}`],
    // The copy's own addon, whatever the environment chooses for the project.
    { cwd: tree, limitMs: LIMIT_MS, env: { HEAPWRIGHT_BINARY: '' } },
  );
  return judge(result, readReport(tree), name);
}

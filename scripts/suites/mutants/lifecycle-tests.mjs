/** Programs of test/lifecycle: `{ lifecycle: name }`, with the copy's addon under the built package. */
import { join } from 'node:path';
import { addonPath } from '../../lib/project.mjs';
import { Stop } from '../../lib/run.mjs';
import { lifecyclePrograms, runProgram } from '../lifecycle.mjs';

const HAS_TRANSFER = 'transfer' in ArrayBuffer.prototype;
const WORKERS = 80;

/** The programs say `as expected`, or end by an assertion of their own. */
export function judge({ problem, signal, timedOut, stderr }) {
  if (problem === null) return { outcome: 'passed', why: 'it passes' };
  const assertion = /^(?:AssertionError|.*\[ERR_ASSERTION\])[^\n]*/m.exec(stderr)?.[0];
  const ended = signal === null && !timedOut;
  if (ended && assertion !== undefined) return { outcome: 'failed', why: assertion.slice(0, 100) };
  return { outcome: 'none', why: problem };
}

export async function runTest(tree, { lifecycle }) {
  const program = lifecyclePrograms(HAS_TRANSFER, WORKERS).find(({ name }) => name === lifecycle);
  if (program === undefined) throw new Stop(`no program ${lifecycle} in test/lifecycle`);
  const env = { HEAPWRIGHT_BINARY: join(tree, addonPath) };
  return judge(await runProgram(process.execPath, program, env));
}

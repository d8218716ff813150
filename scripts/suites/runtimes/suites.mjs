/** What one runtime runs. Each suite resolves to counts; the smoke test also to facts. */
import { dirname } from 'node:path';
import { runVitest } from '../../lib/vitest.mjs';
import { runChild } from '../children.mjs';
import { runLifecycle } from '../lifecycle.mjs';

/** A program of checks, the last line of which is their result as JSON. */
const program =
  (path) =>
  async ({ command, args }) => {
    const result = await runChild(command, [...args, path]);
    const line = result.stdout.trimEnd().split('\n').at(-1);
    if (result.code !== 0 || !line.startsWith('{')) {
      const how = result.signal ?? `exit code ${result.code}`;
      console.log(`  FAIL  ended by ${how}\n${result.stdout}${result.stderr}`);
      return { passed: 0, failed: 1, facts: {} };
    }
    process.stdout.write(result.stderr);
    const { passed, failed, facts } = JSON.parse(line);
    return { passed: passed.length, failed: failed.length, facts };
  };

/** What every runtime must do, and what differs. */
export const runSmoke = program('test/runtimes/smoke.mjs');

/** Test files of a folder, with the runtime as the `node` that vitest and its children find. */
const vitest = (folder) => (runtime) => {
  const PATH = `${dirname(runtime.command)}:${process.env.PATH}`;
  return runVitest([`test/${folder}/`], { PATH });
};

const lifecycle = ({ command, hasTransfer }) =>
  runLifecycle({ command, hasTransfer, repeat: 1, workers: 80 });

/** Each by the name of its row, and whether only Node can run it. */
export const SUITES = {
  smoke: { run: runSmoke, onlyNode: false },
  buffers: { run: program('test/runtimes/compatibility.mjs'), onlyNode: false },
  unit: { run: vitest('unit'), onlyNode: true },
  conformance: { run: vitest('conformance'), onlyNode: true },
  misuse: { run: vitest('misuse'), onlyNode: true },
  lifecycle: { run: lifecycle, onlyNode: true },
};

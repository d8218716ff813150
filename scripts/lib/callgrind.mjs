import { run } from './run.mjs';
import { findTool } from './tools.mjs';

/** Why instructions cannot be counted here, or null. */
export const whyNotCounted = () =>
  findTool('valgrind') === null ? 'valgrind is not installed (apt-get install valgrind)' : null;

/**
 * The instructions of one run of a program, or of its functions of that name (`*` is any text), as
 * the simulator counts them: `{ value }`, or `{ failed, code }` with what was said.
 */
export async function countRun(program, args, { env, within } = {}) {
  const options = ['--tool=callgrind', '--callgrind-out-file=/dev/null'];
  if (within !== undefined) options.push(`--toggle-collect=${within}`);
  const { code, output } = await run('valgrind', [...options, program, ...args], { env });
  const found = /Collected : (\d+)/.exec(output);
  return code === 0 && found !== null
    ? { value: Number(found[1]) }
    : { failed: output.trim(), code };
}

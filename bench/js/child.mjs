import { run, Stop } from '../../scripts/lib/run.mjs';

const THIS_NODE = { command: process.execPath, args: [] };

/** Runs a script of this folder in a fresh process and returns the JSON it printed. */
export const runChild = (script, args = []) => runScript(THIS_NODE, `bench/js/${script}`, args);

/** Runs a script, a path below the root, on a runtime; returns the JSON it printed. */
export async function runScript(runtime, script, args) {
  const { code, output, stdout } = await run(runtime.command, [
    ...runtime.args,
    script,
    ...args.map(String),
  ]);
  if (code !== 0) throw new Stop(`${script} ${args.join(' ')} failed:\n${output}`);
  return JSON.parse(stdout);
}

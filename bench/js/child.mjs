import { run, Stop } from '../../scripts/lib/run.mjs';

/** Runs a script of this folder in a fresh process and returns the JSON it printed. */
export async function runChild(script, args = []) {
  const { code, output, stdout } = await run(process.execPath, [
    `bench/js/${script}`,
    ...args.map(String),
  ]);
  if (code !== 0) throw new Stop(`bench/js/${script} ${args.join(' ')} failed:\n${output}`);
  return JSON.parse(stdout);
}

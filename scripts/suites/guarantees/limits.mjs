/** Runs the programs that show what is not promised. */
import { buildAddon } from '../../lib/rivals.mjs';
import { runChild } from '../children.mjs';

/** Resolves to `{ program, holds, saw }` for each: a limit that is not seen is no longer one. */
export async function runLimits(limits) {
  await buildAddon('keeper', 'test/limits/native/keeper.c', 'build-cmake/limits/keeper.node');
  const results = [];
  for (const { program } of limits) {
    const args = ['--expose-gc', `test/limits/${program}.mjs`];
    const { code, stdout, stderr } = await runChild(process.execPath, args);
    const saw = stdout.trimEnd().split('\n').at(-1);
    if (code !== 0) console.log(`  FAIL  ${program}\n${stdout}${stderr}`.trimEnd());
    results.push({ program, holds: code === 0, saw });
  }
  return results;
}

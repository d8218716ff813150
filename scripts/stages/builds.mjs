import { checkSymbols } from '../check-symbols.mjs';
import { add, check } from '../lib/checks.mjs';
import { addonPath, cmakeAddonPath, fromRoot } from '../lib/project.mjs';
import { run } from '../lib/run.mjs';
import { runVitest } from '../lib/vitest.mjs';

/** What node-gyp built: the public symbols, then every test but those of the packed package. */
export async function unit() {
  const symbols = await check('symbols (node-gyp)', () => checkSymbols(addonPath));
  return add(symbols, await runVitest(['--exclude', 'test/package/**']));
}

/** The other build of the same sources, under the unit tests. */
export async function cmake() {
  const built = await check('build with cmake-js', () =>
    run('npm', ['run', '--silent', 'build:cmake']),
  );
  if (built.failed) return built;
  const symbols = await check('symbols (cmake-js)', () => checkSymbols(cmakeAddonPath));
  const env = { HEAPWRIGHT_BINARY: fromRoot(cmakeAddonPath) };
  return [built, symbols, await runVitest(['test/unit/'], env)].reduce(add);
}

/** The package as users get it. */
export async function packed() {
  const publint = await check('publint', () =>
    run('node_modules/.bin/publint', ['run', '--strict', '--pack', 'npm']),
  );
  return add(publint, await runVitest(['test/package/']));
}

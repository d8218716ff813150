/** The runtimes: packages of binaries, in a folder of their own, installed when first needed. */
import { installFolder } from '../../lib/install.mjs';
import { fromRoot } from '../../lib/project.mjs';
import { Stop } from '../../lib/run.mjs';

const FOLDER = 'test/runtimes';

const installed = (path) => fromRoot(FOLDER, 'node_modules', path);
const node = (name) => ({ command: installed(`${name}/bin/node`), args: ['--expose-gc'] });

/** How each runs a module; the name is the one that `--only` takes. */
export const RUNTIMES = {
  node20: { title: 'Node 20', isNode: true, hasTransfer: false, ...node('node20') },
  node22: { title: 'Node 22', isNode: true, hasTransfer: true, ...node('node22') },
  node24: { title: 'Node 24', isNode: true, hasTransfer: true, ...node('node24') },
  node26: { title: 'Node 26', isNode: true, hasTransfer: true, ...node('node26') },
  bun: { title: 'Bun', isNode: false, command: installed('@oven/bun-linux-x64/bin/bun'), args: [] },
  deno: {
    title: 'Deno',
    isNode: false,
    command: installed('@deno/linux-x64-glibc/deno'),
    args: ['run', '--allow-all', '--v8-flags=--expose-gc'],
  },
};

/** The names in a comma-separated list, or all. */
export function chooseRuntimes(only) {
  const names = only === '' ? Object.keys(RUNTIMES) : only.split(',');
  const unknown = names.find((name) => !Object.hasOwn(RUNTIMES, name));
  if (unknown === undefined) return names;
  throw new Stop(`no runtime ${unknown}: there are ${Object.keys(RUNTIMES).join(', ')}`);
}

/** Does nothing the second time, until the lockfile changes. The packages run no scripts. */
export async function installRuntimes() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Stop('the runtimes are binaries for Linux on x64');
  }
  await installFolder('runtimes', FOLDER);
}

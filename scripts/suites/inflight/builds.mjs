// The addons that the in-flight run uses, each in a folder of its own below build-cmake/inflight.
import { existsSync } from 'node:fs';
import { fromRoot, root } from '../../lib/project.mjs';
import { run, Stop } from '../../lib/run.mjs';
import { compiler } from '../../lib/tools.mjs';
import { REUSE, writeVariant } from './variants.mjs';

const FOLDER = 'build-cmake/inflight';
const SANITIZE = '-fsanitize=address -fno-omit-frame-pointer -g';

/**
 * Two ways to notice that somebody uses freed memory. `asan`: it is poisoned, and not reused for
 * long. `reuse`: it has a new owner at once, whose bytes are checked.
 */
export const MODES = {
  asan: 'freed memory poisoned by ASan',
  reuse: 'freed memory reused at once',
};

/** The library that has to be loaded before Node: its malloc is then the addon's and Node's. */
export async function findAsan() {
  if (process.platform !== 'linux')
    throw new Stop('the in-flight test needs Linux, for LD_PRELOAD');
  const { command, args } = compiler();
  const { code, stdout } = await run(command, [...args, '-print-file-name=libasan.so']);
  const path = stdout.trim();
  // A compiler that has no such file answers with the bare name.
  if (code === 0 && path.includes('/') && existsSync(path)) return path;
  throw new Stop(
    'the C compiler has no libasan.so (AddressSanitizer). On Debian or Ubuntu: apt-get install gcc libasan8',
  );
}

/** Builds the addon for a mode, with a control's edits or none. Resolves to a result and `addon`. */
export async function build(name, mode, edits = []) {
  const folder = `${FOLDER}/${name.replaceAll(' ', '-')}-${mode}`;
  const all = mode === 'reuse' ? [...REUSE, ...edits] : edits;
  const source = all.length === 0 ? root : fromRoot(folder, 'source');
  if (all.length > 0) writeVariant(`${folder}/source`, all);
  const flags =
    mode === 'asan' ? [`--CDCMAKE_C_FLAGS=${SANITIZE}`, `--CDCMAKE_CXX_FLAGS=${SANITIZE}`] : [];
  // Through npm: it hands cmake-js the user's settings, such as where Node's headers are.
  const result = await run('npm', [
    ...['exec', '--', 'cmake-js', 'compile', '--directory', source],
    ...['--out', fromRoot(folder, 'out'), '--config', 'Release', ...flags],
  ]);
  return { ...result, addon: fromRoot(folder, 'out/Release/heapwright.node') };
}

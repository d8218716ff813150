import { mkdirSync } from 'node:fs';
import { fromRoot, listFiles } from './project.mjs';
import { run, Stop, seconds } from './run.mjs';
import { compiler, findTool } from './tools.mjs';

const PROBE = `#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
int main(void) { return 0; }
`;
const ADVICE =
  'cmocka (the C test library) is missing. On Debian or Ubuntu: apt-get install libcmocka-dev';

const unpackedRoot = 'build-cmake/deps/usr';

/** Makes cmocka available and returns the cmake arguments that find it. */
export async function ensureCmocka() {
  if (await systemHasCmocka()) return [];
  if (isUnpacked()) return unpackedArguments();

  const start = performance.now();
  if (findTool('apt-get') === null) throw new Stop(ADVICE);
  // Root installs it; anyone else unpacks the same packages below build-cmake.
  const ready = process.getuid() === 0 ? await installSystemWide() : await unpackLocally();
  if (!ready) throw new Stop(ADVICE);
  process.stderr.write(`setup: cmocka (${seconds(start)})\n`);
  return process.getuid() === 0 ? [] : unpackedArguments();
}

async function systemHasCmocka() {
  const { command, args } = compiler();
  const probe = [...args, '-x', 'c', '-', '-lcmocka', '-o', '/dev/null'];
  return (await run(command, probe, { input: PROBE })).code === 0;
}

async function installSystemWide() {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('apt-get', ['install', '-y', 'libcmocka-dev'], { env });
  let result = await install();
  if (result.code !== 0) {
    await run('apt-get', ['update'], { env });
    result = await install();
  }
  return result.code === 0 && (await systemHasCmocka());
}

async function unpackLocally() {
  if (findTool('dpkg') === null) return false;
  mkdirSync(fromRoot('build-cmake/deps'), { recursive: true });
  const script =
    'cd build-cmake/deps && apt-get download libcmocka-dev libcmocka0 && ' +
    'for file in libcmocka*.deb; do dpkg -x "$file" . || exit 1; done';
  return (await run('sh', ['-c', script])).code === 0 && isUnpacked();
}

const isUnpacked = () => listFiles(`${unpackedRoot}/include`, /^cmocka\.h$/).length > 0;

const unpackedArguments = () => [`-DHW_CMOCKA_ROOT=${fromRoot(unpackedRoot)}`];

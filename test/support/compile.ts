/** Shared objects and addons from C, built for a test with the system's compiler. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'heapwright-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
let built = 0;

const SHARED =
  process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
/** A plug-in with a defect has parts that nothing uses. */
const FLAGS = ['-std=c11', '-O1', '-Wall', '-Wextra', '-Wno-unused', '-Werror', '-fPIC'];

/** Builds the file at `source`, from the project's root, and answers with the new file's path. */
export function compile(source: string, ...flags: readonly string[]): string {
  const [command = 'cc', ...args] = (process.env.CC || 'cc').trim().split(/\s+/);
  const output = join(folder, `${built++}.node`);
  execFileSync(command, [
    ...[...args, ...FLAGS, ...SHARED, '-fvisibility=hidden', ...flags],
    ...['-DNAPI_VERSION=8', `-I${join(root, 'native/include')}`],
    ...['-isystem', createRequire(import.meta.url)('node-api-headers').include_dir],
    ...[join(root, source), '-o', output],
  ]);
  return output;
}

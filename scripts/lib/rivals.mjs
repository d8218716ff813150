import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fromRoot, rawRivalPath } from './project.mjs';
import { must } from './run.mjs';
import { compiler } from './tools.mjs';

const require = createRequire(import.meta.url);

/** Builds the addon that the benchmark races: at -O2 as ours, and each time, it takes an instant. */
export async function buildRivals() {
  const { command, args } = compiler();
  const output = fromRoot(rawRivalPath);
  mkdirSync(fromRoot('bench/rivals/build'), { recursive: true });
  await must('rival addon', command, [
    ...args,
    ...['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', '-fPIC', '-fvisibility=hidden'],
    ...(process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...['-DNAPI_VERSION=8', '-isystem', require('node-api-headers').include_dir],
    ...['bench/rivals/raw.c', '-o', output],
  ]);
}

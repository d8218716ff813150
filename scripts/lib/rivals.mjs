import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fromRoot, rawRivalPath } from './project.mjs';
import { must } from './run.mjs';
import { compiler } from './tools.mjs';

const require = createRequire(import.meta.url);

/** Builds an addon of one C file that is no part of the package: each time, it takes an instant. */
export async function buildAddon(what, source, output) {
  const { command, args } = compiler();
  mkdirSync(fromRoot(dirname(output)), { recursive: true });
  await must(what, command, [
    ...args,
    ...['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', '-fPIC', '-fvisibility=hidden'],
    ...(process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...['-DNAPI_VERSION=8', '-isystem', require('node-api-headers').include_dir],
    ...[source, '-o', fromRoot(output)],
  ]);
}

/** The addon that the benchmark races: at -O2 as ours. */
export const buildRivals = () => buildAddon('rival addon', 'bench/rivals/raw.c', rawRivalPath);

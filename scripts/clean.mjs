// Removes the build outputs named on the command line: node scripts/clean.mjs dist
import { rmSync } from 'node:fs';
import { fromRoot } from './lib/project.mjs';

const OUTPUTS = ['build', 'build-cmake', 'dist', 'prebuilds', 'coverage'];

for (const name of process.argv.slice(2)) {
  if (!OUTPUTS.includes(name)) throw new Error(`${name} is no build output: ${OUTPUTS.join(', ')}`);
  rmSync(fromRoot(name), { recursive: true, force: true });
}

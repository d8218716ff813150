import { rmSync } from 'node:fs';
import { measureCoverage } from '../coverage.mjs';
import { add, check } from '../lib/checks.mjs';
import { buildTests, runTests } from '../lib/ctest.mjs';
import { listFiles } from '../lib/project.mjs';

/** The C tests under the address and undefined-behaviour sanitizers. */
export const native = () => sanitized('build-cmake/asan', 'address,undefined');

/** The C tests under the thread sanitizer: `node scripts/test.mjs threads`. */
export const threads = () => sanitized('build-cmake/tsan', 'thread');

async function sanitized(folder, sanitizers) {
  const built = await check(`build with -fsanitize=${sanitizers}`, () =>
    buildTests(folder, [`-DHW_SANITIZE=${sanitizers}`]),
  );
  return built.failed ? built : add(built, await runTests(folder));
}

/** The C tests once more, counting which lines and branches of the core they reach. */
export async function coverage() {
  const folder = 'build-cmake/coverage';
  const built = await check('build with --coverage', () =>
    buildTests(folder, ['-DHW_COVERAGE=ON']),
  );
  if (built.failed) return built;
  // Counts add up over runs: those of an earlier one would hide what is no longer reached.
  for (const file of listFiles(folder, /\.gcda$/)) rmSync(file);
  const tests = await runTests(folder);
  const measured = await check('coverage of native/core', () => measureCoverage(folder));
  return [built, tests, measured].reduce(add);
}

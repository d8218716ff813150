import { seconds } from './run.mjs';

/** CI must run every check: there a missing optional tool is a failure, elsewhere a notice. */
export const isCI = Boolean(process.env.CI) && process.env.CI !== 'false';

/** Counts of passed and failed tests. Each check counts as one. */
export const none = { passed: 0, failed: 0 };

export const add = (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed });

/**
 * Runs one check and prints one line; what it found follows only if it failed.
 * `body` resolves to `{ code, output }`, or `{ skipped }` with the reason.
 */
export async function check(name, body) {
  const start = performance.now();
  const { code, output = '', skipped } = await body();
  if (skipped !== undefined && !isCI) {
    console.log(`  skip  ${name}: ${skipped}`);
    return none;
  }
  const failed = skipped !== undefined || code !== 0;
  console.log(`  ${failed ? 'FAIL' : 'ok  '}  ${name} (${seconds(start)})`);
  if (failed) console.log((skipped ?? output).trimEnd());
  return { passed: failed ? 0 : 1, failed: failed ? 1 : 0 };
}

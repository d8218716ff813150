// Sets up and runs the stages named on the command line, or all: node scripts/test.mjs lint unit
// Ends with the line `N passed, N failed`; fails if anything failed or nothing ran.
import { add, none } from './lib/checks.mjs';
import { setUp } from './lib/install.mjs';
import { main, Stop, seconds } from './lib/run.mjs';

const STAGES = {
  lint: async () => (await import('./stages/lint.mjs')).lint(),
  unit: async () => (await import('./stages/builds.mjs')).unit(),
  native: async () => (await import('./stages/native.mjs')).native(),
  coverage: async () => (await import('./stages/native.mjs')).coverage(),
  cmake: async () => (await import('./stages/builds.mjs')).cmake(),
  package: async () => (await import('./stages/builds.mjs')).packed(),
};
/** Run only when named. */
const EXTRA_STAGES = {
  threads: async () => (await import('./stages/native.mjs')).threads(),
};

async function runStage(name, stage) {
  console.log(`== ${name}`);
  const start = performance.now();
  let counts;
  try {
    counts = await stage();
  } catch (error) {
    // A broken stage is one failure, and the others still have something to tell.
    console.log(error instanceof Stop ? `error: ${error.message}` : error);
    counts = { passed: 0, failed: 1 };
  }
  console.log(`== ${name}: ${counts.passed} passed, ${counts.failed} failed (${seconds(start)})\n`);
  return counts;
}

await main(async () => {
  const known = { ...STAGES, ...EXTRA_STAGES };
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) {
    throw new Stop(`no stage ${unknown}: there are ${Object.keys(known).join(', ')}`);
  }
  await setUp();
  let counts = none;
  for (const name of names.length > 0 ? names : Object.keys(STAGES)) {
    counts = add(counts, await runStage(name, known[name]));
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
});

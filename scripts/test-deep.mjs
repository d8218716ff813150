// Arenas and pools under what takes long: random models, threads, forks and fuzzers:
// npm run test:deep -- --ops 100000000 --fuzz-seconds 120
// --quick: the same in short, and the fuzzers for a fixed number of runs.
// Ends with the line `N passed, N failed`.
import { main, seconds } from './lib/run.mjs';
import { requireTools } from './lib/tools.mjs';
import { runDeep } from './suites/deep.mjs';
import { readOptions } from './suites/options.mjs';

await main(async () => {
  const options = readOptions({ ops: 100_000_000, 'fuzz-seconds': 120, quick: false });
  requireTools();
  const start = performance.now();
  const { passed, failed } = await runDeep({
    ops: options.quick ? 2_000_000 : options.ops,
    fuzzSeconds: options['fuzz-seconds'],
    quick: options.quick,
  });
  console.log(`in ${seconds(start)}`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
});

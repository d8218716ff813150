// Races frees, drops, moves and leases against the collector under flags that make it run often:
// npm run test:gc -- --count 1000000 --seed 1
import { setUp } from './lib/install.mjs';
import { main } from './lib/run.mjs';
import { runGcRace } from './suites/gc-race.mjs';
import { readOptions } from './suites/options.mjs';

await main(async () => {
  const seed = 1 + Math.floor(Math.random() * 1e9);
  const options = readOptions({ count: 1_000_000, seed });
  await setUp();
  console.log(`seed ${options.seed}`);
  const counts = await runGcRace({ command: process.execPath, ...options });
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
});

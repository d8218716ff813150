// Sets up, then hands all arguments to the benchmark: npm run bench -- --quick
import { installFolder, setUp } from './lib/install.mjs';
import { buildRivals } from './lib/rivals.mjs';
import { main, run } from './lib/run.mjs';

await main(async () => {
  await setUp();
  await installFolder('benchmark packages', 'bench');
  await buildRivals();
  const result = await run(process.execPath, ['bench/run.mjs', ...process.argv.slice(2)], {
    live: true,
  });
  return result.code;
});

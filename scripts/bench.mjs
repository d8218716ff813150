// Sets up, then hands all arguments to the benchmark: npm run bench -- --quick
import { setUp } from './lib/install.mjs';
import { main, run } from './lib/run.mjs';

await main(async () => {
  await setUp();
  const result = await run(process.execPath, ['bench/run.mjs', ...process.argv.slice(2)], {
    live: true,
  });
  return result.code;
});

// Installs, builds and, with --native-tests, fetches the C test library. Quiet when all is there.
import { ensureCmocka } from './lib/cmocka.mjs';
import { setUp } from './lib/install.mjs';
import { main } from './lib/run.mjs';

await main(async () => {
  await setUp();
  if (process.argv.includes('--native-tests')) await ensureCmocka();
});

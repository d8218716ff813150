// Every way to end a thread or the process, with every state that blocks can be in:
// npm run test:lifecycle -- --repeat 200 --workers 1000
import { setUp } from './lib/install.mjs';
import { main, seconds } from './lib/run.mjs';
import { runLifecycle } from './suites/lifecycle.mjs';
import { readOptions } from './suites/options.mjs';

await main(async () => {
  const { repeat, workers } = readOptions({ repeat: 5, workers: 1000 });
  await setUp();
  const start = performance.now();
  const { passed, failed, cells, programs, runs } = await runLifecycle({
    command: process.execPath,
    hasTransfer: 'transfer' in ArrayBuffer.prototype,
    repeat,
    workers,
  });
  console.log(`${cells} cells and ${programs - cells} other programs, ${runs} runs`);
  console.log(`in ${seconds(start)}`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
});

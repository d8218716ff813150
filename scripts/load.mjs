// Pooled Buffers under load: forgotten ones, workers, and random traffic whose memory must not grow:
// npm run test:soak -- --soak 600 --warm-up 120 --seconds 60 --workers 1000
import { setUp } from './lib/install.mjs';
import { main, seconds } from './lib/run.mjs';
import { runLoad } from './suites/load.mjs';
import { readOptions } from './suites/options.mjs';

await main(async () => {
  const options = readOptions({ soak: 600, 'warm-up': 120, seconds: 60, workers: 1000 });
  await setUp();
  const start = performance.now();
  const { passed, failed } = await runLoad({
    command: process.execPath,
    seconds: options.seconds,
    workers: options.workers,
    soak: options.soak,
    warmUp: options['warm-up'],
  });
  console.log(`in ${seconds(start)}`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
});

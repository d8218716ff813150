import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { endOf, startWorker } from '../support/programs.js';

const WORKERS = 24;

/** A worker that made a block and freed it. */
const tidy = `
  const system = new hw.SystemAllocator();
  const layout = hw.Layout.from(64);
  system.deallocate(system.allocate(layout), layout);`;

async function runWorkers(count: number): Promise<void> {
  for (let done = 0; done < count; done++) await endOf(startWorker(tidy));
}

const mappings = (): number => readFileSync('/proc/self/maps', 'utf8').split('\n').length;

it.runIf(process.platform === 'linux')('a worker that ended leaves no mapping behind', async () => {
  await runWorkers(4);
  const before = mappings();
  await runWorkers(WORKERS);
  // The records of a thread are two segments of three mappings each.
  expect(mappings() - before).toBeLessThan(WORKERS);
});

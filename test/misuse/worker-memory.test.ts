import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { endOf, startWorker } from '../support/programs.js';

const WORKERS = 24;
/** HW_RECORD_SEGMENT_BYTES: what a thread takes for its first records. */
const SEGMENT = 64 * 1024;

/** A worker that made a block and freed it. */
const tidy = `
  const system = new hw.SystemAllocator();
  const layout = hw.Layout.from(64);
  system.deallocate(system.allocate(layout), layout);`;

async function runWorkers(count: number): Promise<void> {
  for (let done = 0; done < count; done++) await endOf(startWorker(tidy));
}

/** Mappings as large as a segment of records, between two that nobody may access. */
function countSegments(): number {
  const mappings = readFileSync('/proc/self/maps', 'utf8').split('\n').slice(0, -1);
  const ranges = mappings.map((line) => {
    const [, start = '', end = '', access] = /^(\w+)-(\w+) (\S+)/.exec(line) ?? [];
    return { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), access };
  });
  return ranges.filter(({ start, end }, at) => {
    const [before, after] = [ranges[at - 1], ranges[at + 1]];
    const isGuarded = before?.access === '---p' && after?.access === '---p';
    return end - start === SEGMENT && isGuarded && before.end === start && after.start === end;
  }).length;
}

it.runIf(process.platform === 'linux')('a worker that ended leaves no records behind', async () => {
  await runWorkers(4);
  const before = countSegments();
  await runWorkers(WORKERS);
  expect(countSegments() - before).toBeLessThan(WORKERS / 2);
});

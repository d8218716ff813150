import { Worker } from 'node:worker_threads';

/** Runs a program of this folder in so many workers; resolves to the counts that each posts. */
export function runWorkers(file, workers, dataOf) {
  const run = (at) =>
    new Promise((resolve, reject) => {
      let counts = null;
      const worker = new Worker(new URL(file, import.meta.url), { workerData: dataOf(at) });
      worker.on('message', (message) => {
        counts = message;
      });
      worker.on('error', reject);
      worker.on('exit', () => (counts === null ? reject(new Error('no answer')) : resolve(counts)));
    });
  return Promise.all(Array.from({ length: workers }, (_, at) => run(at)));
}

/** Counts of the same names, added up. */
export function sumOf(all) {
  const total = {};
  for (const counts of all) {
    for (const name in counts) total[name] = (total[name] ?? 0) + counts[name];
  }
  return total;
}

/** The worker of a cell, from its start to its end; asks nothing of the addon. */
import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Starts it, waits for its message, makes it end, and waits for that: message and exit code. */
export async function runWorker(data, end) {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
    execArgv: [],
    workerData: data,
  });
  const failure = [];
  worker.on('error', (error) => failure.push(error));
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  const message = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('exit', (code) => reject(failure[0] ?? new Error(`the worker ended with ${code}`)));
  });
  if (end.startsWith('terminate')) worker.terminate();
  if (data.fifo !== undefined) {
    // The thread's end waits for the read, however long that takes.
    await setTimeout(5);
    writeSync(data.fifo, 'late bytes');
  }
  const code = await ended;
  const unexpected = failure.find(({ message: text }) => !text.startsWith('expected: '));
  if (unexpected !== undefined) throw unexpected;
  return { ...message, code };
}

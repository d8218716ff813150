import { describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool } from '../../lib/index.js';
import { idle } from '../support/idle.js';
import { endOf, messageOf, type Outcome, runProgram, startWorker } from '../support/programs.js';

/** Pools with everything that a thread can leave behind. */
const LEAVE = `
  const arena = new hw.ArenaAllocator();
  const pool = new hw.BufferPool(arena);
  const small = Array.from({ length: 3000 }, (_, at) => pool.alloc(at % 2000, 1));
  const large = Array.from({ length: 20 }, () => pool.alloc(100_000, 2));
  for (let at = 0; at < small.length; at += 2) pool.free(small[at]);
  const leases = [pool.lease(small[1]), pool.lease(small[3]), pool.lease(large[0])];
  pool.free(small[3]);
  const recycling = new hw.RecyclingPool(pool, 1500);
  recycling.free(recycling.allocUnsafe());
  const dropped = new hw.BufferPool(arena).alloc(10);
  globalThis.left = { arena, pool, small, large, leases, recycling, dropped };`;

/** Requests on pooled Buffers that are in flight when the thread ends. */
const IN_FLIGHT = `
  const { deflate } = await import('node:zlib');
  const { randomFill } = await import('node:crypto');
  for (const buffer of [small[1], large[1]]) {
    deflate(buffer, () => {});
    randomFill(buffer, () => {});
  }`;

function expectEnd(outcome: Outcome, code: number): void {
  expect(outcome).toMatchObject({ code, signal: null, stderr: '' });
}

describe('a process with live pools, slabs and leases', () => {
  it.each([
    ['ends by itself', '', 0],
    ['ends by process.exit()', 'process.exit(7);', 7],
    ['ends by process.exit() with requests in flight', `${IN_FLIGHT} process.exit(7);`, 7],
    ['ends by itself, after requests in flight', IN_FLIGHT, 0],
    ['ends in a listener of exit, that frees', "process.on('exit', () => pool.free(small[5]));", 0],
    [
      'ends in a listener of exit, that disposes',
      "process.on('exit', () => { for (const each of leases) each.dispose(); arena.dispose(); });",
      0,
    ],
    [
      'ends after its pool and then its arena',
      'leases.map((each) => each.dispose()); pool.dispose(); arena.dispose();',
      0,
    ],
    ['ends after its arena alone', 'leases.map((each) => each.dispose()); arena.dispose();', 0],
  ])('%s', async (_title, end, code) => {
    expectEnd(await runProgram(`${LEAVE}\n${end}`), code);
  });

  it.each([
    ['that end by themselves', '', 'await ended;'],
    ['that exit', 'process.exit(0);', 'await ended;'],
    ['that are terminated', 'await new Promise(() => {});', 'await worker.terminate();'],
    ['that it leaves behind', 'await new Promise(() => {});', ''],
    ['that exit with requests in flight', `${IN_FLIGHT} process.exit(0);`, 'await ended;'],
    [
      'that are terminated with requests in flight',
      `${IN_FLIGHT} await new Promise(() => {});`,
      'await worker.terminate();',
    ],
  ])('ends with workers %s', async (_title, inside, outside) => {
    const worker = `
      import(workerData).then(async (hw) => {
        ${LEAVE}
        parentPort.postMessage(pool.stats().liveBlocks);
        ${inside}
      });`;
    const source = `
      ${LEAVE}
      const { Worker } = await import('node:worker_threads');
      const { once } = await import('node:events');
      for (let round = 0; round < 3; round++) {
        const worker = new Worker(
          'const { parentPort, workerData } = require("node:worker_threads");' + ${JSON.stringify(worker)},
          { eval: true, execArgv: [], workerData: import.meta.resolve('heapwright') });
        const ended = once(worker, 'exit');
        await once(worker, 'message');
        if (${outside === ''}) worker.unref();
        ${outside}
      }
      console.log(pool.verify(), small[5].every((byte) => byte === 1));
      process.exit(0);`;
    const outcome = await runProgram(source);
    expectEnd(outcome, 0);
    expect(outcome.stdout).toBe('true true\n');
  });
});

describe('a worker with pools', () => {
  it.each([
    ['ends', (worker: ReturnType<typeof startWorker>) => endOf(worker)],
    ['is terminated', (worker: ReturnType<typeof startWorker>) => worker.terminate()],
  ])('%s, and leaves the pools of others alone', async (title, end) => {
    const pool = new BufferPool(new ArenaAllocator());
    const mine = Array.from({ length: 100 }, (_, at) => pool.alloc(1000, at + 1));
    const last = title === 'ends' ? '' : 'await new Promise(() => {});';
    const worker = startWorker(`${LEAVE} port.postMessage(0); ${last}`);
    await messageOf(worker);
    await end(worker);
    expect(mine.every((buffer, at) => buffer.every((byte) => byte === at + 1))).toBe(true);
    await idle();
    for (const buffer of mine) expect(pool.free(buffer)).toBe(true);
    expect(pool.verify()).toBe(true);
  });

  it('takes a copy of a pooled Buffer, whose memory outlives its pool', async () => {
    const pool = new BufferPool(new ArenaAllocator());
    const buffer = pool.from('for the worker');
    const worker = startWorker(`
      port.once('message', async (bytes) => {
        await new Promise((resolve) => port.once('message', resolve));
        port.postMessage(Buffer.from(bytes).toString());
        port.close();
      });
      port.postMessage('ready');`);
    await messageOf(worker);
    const copy = pool.copyOut(buffer);
    worker.postMessage(copy, [copy.buffer as ArrayBuffer]);
    await idle();
    pool.dispose();
    worker.postMessage('go');
    expect(await messageOf(worker)).toBe('for the worker');
    await worker.terminate();
  });
});

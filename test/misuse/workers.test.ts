import { beforeEach, describe, expect, it } from 'vitest';
import { Layout, runtimeInfo, SystemAllocator } from '../../lib/index.js';
import { bytesOf } from '../support/call.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';
import { endOf, messageOf, PACKAGE, runProgram, startWorker } from '../support/programs.js';

beforeEach(idle);

const layout = Layout.from(4096, 64);

describe('an allocator posted to a worker', () => {
  it('5.3/94 arrives as a plain object that no operation takes for one', async () => {
    const system = new SystemAllocator();
    const before = snapshot(system);
    const worker = startWorker(
      `
      const layout = hw.Layout.from(64);
      const prototype = hw.SystemAllocator.prototype;
      const answers = [typeof data.allocate];
      for (const [method, ...args] of [['allocate', layout], ['stats'], ['verify'], ['dispose']]) {
        try { prototype[method].apply(data, args); } catch (error) { answers.push(error.code); }
      }
      port.postMessage(answers);`,
      system,
    );
    const ended = endOf(worker);
    const wrong = 'ERR_HEAPWRIGHT_INVALID_ARG_TYPE';
    expect(await messageOf(worker)).toEqual(['undefined', wrong, wrong, wrong, wrong]);
    await ended;
    await idle();
    expectUnchanged(system, before);
  });

  it('5.3/94 and a block posted with it arrive as copies', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    bytesOf(block).fill(7);
    const worker = startWorker(
      `
      const system = new hw.SystemAllocator();
      const layout = hw.Layout.from(4096, 64);
      let code;
      try { system.deallocate(data, layout); } catch (error) { code = error.code; }
      new Uint8Array(data).fill(9);
      port.postMessage([code, system.verify()]);`,
      block,
    );
    const ended = endOf(worker);
    expect(await messageOf(worker)).toEqual(['ERR_HEAPWRIGHT_NOT_OWNED', true]);
    await ended;
    await idle();
    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
    expect(system.deallocate(block, layout)).toBe(true);
  });
});

/** The body of a worker that leaves blocks in every state, and then does `end`. */
function littered(end: string): string {
  return `
    const system = new hw.SystemAllocator();
    const layout = hw.Layout.from(4096, 64);
    const blocks = Array.from({ length: 10 }, () => system.allocate(layout));
    system.deallocate(blocks[0], layout);
    globalThis.lease = system.lease(blocks[1]);
    system.deallocate(blocks[1], layout);
    globalThis.kept = blocks;
    ${end}`;
}

describe('a worker that ends with live blocks', () => {
  it.each([
    ['by itself', "port.postMessage('ready');", 0],
    ['by process.exit', "port.postMessage('ready'); process.exit(3);", 3],
    ['when it is terminated', "port.postMessage('ready'); setInterval(() => {}, 1000);", 1],
    [
      'when its loop is interrupted',
      "port.postMessage('ready'); for (;;) system.allocate(layout);",
      1,
    ],
  ])('%s makes orphans of them, and leaves this thread alone', async (title, end, code) => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const orphans = runtimeInfo().orphanedBlocks;
    const worker = startWorker(littered(end));
    const ended = endOf(worker);
    expect(await messageOf(worker)).toBe('ready');
    if (title.startsWith('when')) await worker.terminate();

    expect(await ended).toBe(code);

    expect(runtimeInfo().orphanedBlocks).toBeGreaterThanOrEqual(orphans + 9);
    expect(system.stats().orphanedBlocks).toBe(runtimeInfo().orphanedBlocks);
    await idle();
    expect(system.deallocate(block, layout)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it('by an error makes orphans of them too', async () => {
    const orphans = runtimeInfo().orphanedBlocks;
    const worker = startWorker(littered("throw new Error('end');"));
    await expect(endOf(worker)).rejects.toThrow('end');
    await worker.terminate();
    expect(runtimeInfo().orphanedBlocks).toBeGreaterThanOrEqual(orphans + 9);
  });

  it('5.3/98 while it allocates and frees in a loop ends without a crash', async () => {
    const outcome = await runProgram(`
      import { Worker } from 'node:worker_threads';
      const source = \`
        const { parentPort, workerData } = require('node:worker_threads');
        import(workerData).then((hw) => {
          const system = new hw.SystemAllocator();
          const layout = hw.Layout.from(1 << 16);
          parentPort.postMessage(0);
          for (;;) {
            const next = system.reallocate(system.allocate(layout), layout, layout);
            system.lease(next).dispose();
            system.deallocate(next, layout);
          }
        });\`;
      for (let round = 0; round < 10; round++) {
        const worker = new Worker(source, {
          eval: true, execArgv: [], workerData: ${JSON.stringify(PACKAGE)},
        });
        await new Promise((resolve) => worker.once('message', resolve));
        await worker.terminate();
      }
      console.log('survived');
    `);
    expect(outcome).toEqual({ code: 0, signal: null, stdout: 'survived\n', stderr: '' });
  });
});

describe('a buffer with the memory of a block of a worker that has ended', () => {
  /** Moves a block out of a worker with a byte stream, and ends the worker. */
  async function laundered(size: number): Promise<{ buffer: ArrayBuffer; orphans: number }> {
    const orphans = runtimeInfo().orphanedBlocks;
    const worker = startWorker(
      `
      const system = new hw.SystemAllocator();
      const block = system.allocate(hw.Layout.from(data, 64));
      new Uint8Array(block).fill(7);
      const stream = new ReadableStream({
        type: 'bytes',
        pull(controller) {
          controller.byobRequest.respond(controller.byobRequest.view.byteLength);
        },
      });
      const { value } = await stream.getReader({ mode: 'byob' }).read(new Uint8Array(block));
      port.postMessage(value.buffer, [value.buffer]);
      setInterval(() => system, 1000);`,
      size,
    );
    const buffer = (await messageOf(worker)) as ArrayBuffer;
    await worker.terminate();
    return { buffer, orphans };
  }

  it('reads zeros where whole pages lie, and never faults', async () => {
    const size = 1 << 20;
    const { buffer, orphans } = await laundered(size);

    const bytes = new Uint8Array(buffer);
    expect(bytes.length).toBe(size);
    // Whole pages went back; the rest of the first and last page kept its own bytes.
    expect(bytes.subarray(4096, -4096).every((byte) => byte === 0)).toBe(true);
    expect(bytes.every((byte) => byte === 0 || byte === 7)).toBe(true);
    expect(runtimeInfo().orphanedBlocks).toBe(orphans + 1);
  });

  it('is never served to anybody else', async () => {
    const { buffer } = await laundered(4096);
    const bytes = new Uint8Array(buffer);
    const before = bytes.slice();
    const system = new SystemAllocator();
    for (let count = 0; count < 2000; count++) bytesOf(system.allocate(layout)).fill(9);
    expect(bytes).toEqual(before);
    bytes.fill(5);
    expect(system.verify()).toBe(true);
  });

  it('is NOT_OWNED here', async () => {
    const { buffer } = await laundered(4096);
    const system = new SystemAllocator();
    expect(() => system.deallocate(buffer, layout)).toThrow(withCode('NOT_OWNED'));
    expect(() => system.reallocate(buffer, layout, layout)).toThrow(withCode('NOT_OWNED'));
    expect(system.verify()).toBe(true);
  });
});

describe('a hundred workers', () => {
  it('come and go, each with blocks of its own', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    bytesOf(block).fill(7);
    for (let round = 0; round < 25; round++) {
      const workers = Array.from({ length: 4 }, () =>
        startWorker(littered('port.postMessage(system.verify());')),
      );
      const answers = workers.map(messageOf);
      const ends = workers.map(endOf);
      expect(await Promise.all(answers)).toEqual([true, true, true, true]);
      expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
    }
    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
    await idle();
    expect(system.deallocate(block, layout)).toBe(true);
    expect(system.verify()).toBe(true);
  });
});

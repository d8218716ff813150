import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { messageOf, PACKAGE, runProgram, startWorker } from '../support/programs.js';

/** Runs a program that ends by itself and gives what it prints. */
async function print(source: string): Promise<string> {
  const { code, signal, stdout, stderr } = await runProgram(source);
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return stdout.trim();
}

describe('the package', () => {
  it('exports what it says, and nothing else', async () => {
    const names = await print('console.log(Object.keys(hw).sort().join(" "));');
    expect(names.split(' ')).toEqual([
      'AllocError',
      'ArenaAllocator',
      'BaseAllocator',
      'Box',
      'BufferPool',
      'Checked',
      'ChunkAllocator',
      'ChunkPool',
      'Fallback',
      'FreeList',
      'HeapwrightError',
      'HeapwrightRangeError',
      'HeapwrightTypeError',
      'Layout',
      'LayoutError',
      'Limited',
      'NOWAIT',
      'NOWARN',
      'NullAllocator',
      'PageAllocator',
      'ProxyAllocator',
      'RecyclingPool',
      'Scope',
      'Scoped',
      'Segregator',
      'SlabAllocator',
      'Stats',
      'SystemAllocator',
      'Vec',
      'ZEROED',
      'addressOf',
      'alignedSlabSize',
      'allocate',
      'asBuffers',
      'box',
      'capi',
      'collect',
      'compose',
      'deallocate',
      'defineAllocator',
      'explain',
      'globalAllocator',
      'heap',
      'heapBitmap',
      'isHeapwrightError',
      'loadAllocator',
      'lockGlobalAllocator',
      'onread',
      'readChunks',
      'reallocate',
      'runtimeInfo',
      'setAllocErrorHook',
      'setGlobalAllocator',
      'structView',
      'tryAllocate',
      'vec',
      'withAllocator',
      'withBudget',
    ]);
  });

  it('is the same for every import', async () => {
    expect(await print(`console.log((await import(${JSON.stringify(PACKAGE)})) === hw);`)).toBe(
      'true',
    );
  });

  it('in a second copy shares the addon and refuses what the first one made', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'heapwright-'));
    try {
      cpSync(new URL('.', PACKAGE), join(copy, 'dist'), { recursive: true });
      writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
      process.env.HEAPWRIGHT_BINARY ??= fileURLToPath(
        new URL('../build/Release/heapwright.node', new URL('.', PACKAGE)),
      );
      const answer = await print(`
        const other = await import(${JSON.stringify(pathToFileURL(join(copy, 'dist/index.js')))});
        const code = (action) => { try { return action(); } catch (error) { return error.code; } };
        const [a, b] = [new hw.SystemAllocator(), new other.SystemAllocator()];
        const [mine, theirs] = [hw.Layout.from(64), other.Layout.from(64)];
        const block = a.allocate(mine);
        console.log(code(() => b.allocate(mine)));
        console.log(code(() => b.deallocate(block, theirs)), b.owns(block));
        console.log(b.allocate(theirs).byteLength, a.deallocate(block, mine));`);
      expect(answer.split('\n')).toEqual([
        'ERR_HEAPWRIGHT_INVALID_ARG_TYPE',
        'ERR_HEAPWRIGHT_NOT_OWNED false',
        '64 true',
      ]);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it('works in a worker beside the main thread', async () => {
    const worker = startWorker(`
      const system = new hw.SystemAllocator();
      const layout = hw.Layout.from(4096, 4096);
      const block = system.allocate(layout);
      const aligned = hw.addressOf(block) % 4096n === 0n;
      port.postMessage({ aligned, live: system.stats().liveBlocks });`);
    expect(await messageOf(worker)).toEqual({ aligned: true, live: 1 });
    await worker.terminate();
  });

  it('works in many workers, one after another and at once', async () => {
    const count = async () => {
      const worker = startWorker(`
        const system = new hw.SystemAllocator();
        for (let i = 0; i < 100; i++) system.allocate(hw.Layout.from(64));
        port.postMessage(system.stats().liveBlocks);`);
      const live = await messageOf(worker);
      await worker.terminate();
      return live;
    };
    expect([await count(), ...(await Promise.all([count(), count(), count()]))]).toEqual([
      100, 100, 100, 100,
    ]);
  });
});

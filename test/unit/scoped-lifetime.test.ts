/** What becomes of scopes that nobody ends: dropped by the program, or left by their thread. */
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool, Scoped, SystemAllocator } from '../../lib/index.js';
import { collect } from '../support/idle.js';

describe('a Scoped that is dropped', () => {
  it('gives its memory back, with a scope open inside and a lease on it', async () => {
    const system = new SystemAllocator();
    (() => {
      const scoped = new Scoped(system, { size: 4096, grow: true });
      scoped.lease(scoped.alloc(100));
      scoped.open().alloc(10_000);
    })();
    expect(await collect(() => system.stats().mappedBytes === 0)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it('stays while one of its Buffers is there, and a view keeps the memory', async () => {
    const system = new SystemAllocator();
    const view = (() => new Scoped(system, { size: 4096 }).alloc(100, 7).subarray(10, 20))();
    await collect();
    expect([...view]).toEqual(Array(10).fill(7));
    expect(system.stats().mappedBytes).toBe(4096);
  });

  it('is charged to its parent no longer', async () => {
    const pool = new BufferPool(new ArenaAllocator());
    (() => new Scoped(pool, { size: 1000 }).alloc(10))();
    expect(await collect(() => pool.stats().liveBlocks === 0)).toBe(true);
  });
});

describe('a worker that ends with scopes open', () => {
  it.each([
    ['by itself', '', 0],
    ['by process.exit', 'process.exit(3);', 3],
    ['by a throw', "throw new Error('as asked');", 1],
    ['with a read in flight', 'fs.read(0, block, () => {}); process.exit(3);', 3],
  ])('%s leaves the process sound', async (_title, last, code) => {
    const url = new URL('../../dist/index.js', import.meta.url);
    const worker = new Worker(
      `import('${url}').then(({ Scoped, SystemAllocator }) => {
        const fs = require('node:fs');
        const scoped = new Scoped(new SystemAllocator(), { size: 4096, grow: true });
        scoped.alloc(10);
        const scope = scoped.open();
        const block = scope.alloc(10_000);
        scope.lease(block);
        scope.scope(async (inner) => { inner.alloc(5000); await new Promise(() => {}); });
        ${last}
      }).catch((error) => { setImmediate(() => { throw error; }); });`,
      { eval: true, stdin: true },
    );
    worker.on('error', () => {});
    const ended = await new Promise((resolve) => worker.on('exit', resolve));
    expect(ended).toBe(code);
  });
});

/** What must hold on every runtime, whether it shows its requests or not. Each a function. */
import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert';
import { setTimeout } from 'node:timers/promises';
import { addressOf, Layout, runtimeInfo, SystemAllocator } from '../../dist/index.js';
import { native } from '../../dist/native.js';
import { expectZeros } from '../lifecycle/laundered.mjs';
import { moveByStream } from '../lifecycle/moves.mjs';
import { runWorker } from '../lifecycle/run-worker.mjs';
import { collect, collectNow } from './garbage.mjs';

const isNode = !('Bun' in globalThis) && !('Deno' in globalThis);
const small = Layout.from(64);
const COUNT = 500;

function allocateSome(allocator, count = COUNT) {
  for (let at = 0; at < count; at++) allocator.allocate(small);
}

/** Every block is back, once, and no finalizer took this for the end of the thread. */
async function expectAllBack(allocator) {
  const figures = () => {
    const { allocations, deallocations, liveBytes, abandonedBytes } = allocator.stats();
    return { released: deallocations === allocations, bytes: liveBytes + abandonedBytes };
  };
  await collect(() => figures().released);
  deepStrictEqual(figures(), { released: true, bytes: 0 });
  strictEqual(runtimeInfo().orphanedBlocks, 0, 'orphans in a living thread');
  strictEqual(allocator.verify(), true);
}

/** Orphans of a worker that ends with `fate` blocks, and the memory that it handed over. */
async function leftByWorker(fate) {
  const before = runtimeInfo().orphanedBlocks;
  const end = 'worker natural end';
  const { owed, buffers, code } = await runWorker({ end, fate }, end);
  strictEqual(code, 0);
  collectNow();
  await setTimeout(20);
  return { owed: owed.blocks, left: runtimeInfo().orphanedBlocks - before, buffers };
}

export const CHECKS = {
  'load: the gate is proved on Node alone'() {
    strictEqual(runtimeInfo().gate, isNode ? 'proved' : 'always-busy');
    strictEqual(runtimeInfo().external, true);
  },

  'allocate: zeroed and aligned'() {
    const allocator = new SystemAllocator();
    for (const align of [1, 64, 4096, 65_536]) {
      const block = allocator.allocate(Layout.from(5000, align));
      strictEqual(addressOf(block) % BigInt(align), 0n);
      ok(new Uint8Array(block).every((byte) => byte === 0));
    }
    strictEqual(allocator.verify(), true);
  },

  'free: at once where the gate is proved, else kept'() {
    const allocator = new SystemAllocator();
    const block = allocator.allocate(small);
    const bytes = new Uint8Array(block).fill(3);
    strictEqual(allocator.deallocate(block, small), isNode);
    strictEqual(block.byteLength, isNode ? 0 : small.size);
    const code = `ERR_HEAPWRIGHT_${isNode ? 'DETACHED' : 'ABANDONED'}`;
    for (let again = 0; again < 2; again++) {
      throws(() => allocator.deallocate(block, small), { code });
    }
    ok(isNode ? bytes.length === 0 : bytes.every((byte) => byte === 3));
    strictEqual(allocator.stats().liveBlocks, 0);
    strictEqual(allocator.stats().abandonedBlocks, isNode ? 0 : 1);
  },

  async 'free: kept blocks come back with the collector'() {
    const allocator = new SystemAllocator();
    (() => {
      for (let at = 0; at < COUNT; at++) allocator.deallocate(allocator.allocate(small), small);
    })();
    await expectAllBack(allocator);
  },

  async 'drop: blocks that nobody freed come back'() {
    const allocator = new SystemAllocator();
    allocateSome(allocator);
    await expectAllBack(allocator);
  },

  async 'drop: also while exceptions are thrown'() {
    const allocator = new SystemAllocator();
    for (let round = 0; round < 20; round++) {
      allocateSome(allocator, 25);
      throws(() => {
        try {
          throw new Error('one');
        } finally {
          collectNow();
          allocator.deallocate(new ArrayBuffer(1), small);
        }
      });
      await setTimeout(0);
    }
    await expectAllBack(allocator);
  },

  async 'lease: holds the memory, then lets it go'() {
    const allocator = new SystemAllocator();
    (() => {
      const block = allocator.allocate(small);
      const lease = allocator.lease(block);
      strictEqual(allocator.deallocate(block, small), false);
      strictEqual(block.byteLength, small.size);
      lease.dispose();
      strictEqual(block.byteLength, isNode ? 0 : small.size);
    })();
    await expectAllBack(allocator);
  },

  async 'reallocate: keeps the bytes, the old block is dead'() {
    const allocator = new SystemAllocator();
    (() => {
      const block = allocator.allocate(small);
      new Uint8Array(block).fill(9);
      const next = Layout.from(8192, 4096);
      const moved = new Uint8Array(allocator.reallocate(block, small, next));
      ok(moved.every((byte, at) => byte === (at < small.size ? 9 : 0)));
      throws(() => allocator.deallocate(block, small));
      allocator.deallocate(moved.buffer, next);
    })();
    await expectAllBack(allocator);
  },

  async 'move: a block that was moved away comes back with its last holder'() {
    const allocator = new SystemAllocator();
    await (async () => {
      const block = allocator.allocate(small);
      const moved = await moveByStream(block);
      strictEqual(moved.byteLength, small.size);
      throws(() => allocator.deallocate(block, small), { code: 'ERR_HEAPWRIGHT_DETACHED' });
    })();
    await expectAllBack(allocator);
  },

  async 'dispose: ends an allocator with live blocks'() {
    const { records } = native.runtimeState();
    (() => {
      const allocator = new SystemAllocator();
      const block = allocator.allocate(small);
      allocator.dispose();
      strictEqual(block.byteLength, isNode ? 0 : small.size);
      throws(() => allocator.allocate(small), { code: 'ERR_HEAPWRIGHT_CLOSED' });
    })();
    ok(await collect(() => native.runtimeState().records <= records));
  },

  async 'worker: what it leaves is counted as orphans'() {
    const allocator = new SystemAllocator();
    const mine = new Uint8Array(allocator.allocate(small)).fill(1);
    for (const fate of ['live', 'leased', 'moved by a stream']) {
      const { owed, left } = await leftByWorker(fate);
      strictEqual(left, owed, fate);
    }
    ok(mine.every((byte) => byte === 1));
    strictEqual(allocator.verify(), true);
  },

  async 'worker: memory that it handed over reads zeros after its end'() {
    const { owed, left, buffers } = await leftByWorker('laundered by a stream');
    strictEqual(left, owed);
    expectZeros(buffers);
    for (const buffer of buffers) new Uint8Array(buffer).fill(1);
  },
};

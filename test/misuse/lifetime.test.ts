import { beforeEach, describe, expect, it } from 'vitest';
import { Layout, SystemAllocator } from '../../lib/index.js';
import { Mail, native } from '../../lib/native.js';
import { whileBusy } from '../support/busy.js';
import { bytesOf } from '../support/call.js';
import { collect, idle, tick } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(1 << 16, 64);

/** Records in use, once what other tests left behind has gone. */
async function settled(): Promise<number> {
  await collect(undefined, 3);
  return records();
}

function records(): number {
  const state = native.runtimeState();
  return typeof state === 'number' ? Number.NaN : state.records;
}

describe('a dropped block', () => {
  it('gives its memory back without a free', async () => {
    const system = new SystemAllocator();
    for (let count = 0; count < 500; count++) system.allocate(layout);
    expect(system.stats().liveBlocks).toBe(500);

    expect(await collect(() => system.stats().liveBlocks === 0)).toBe(true);

    expect(system.stats()).toMatchObject({ liveBytes: 0, deallocations: 500 });
    expect(system.verify()).toBe(true);
  });

  it('is not dropped while a view of it is held', async () => {
    const system = new SystemAllocator();
    const view = (() => new Uint8Array(system.allocate(layout), 100, 1).fill(7))();
    await collect(undefined, 4);
    expect(system.stats().liveBlocks).toBe(1);
    expect(view[0]).toBe(7);
  });

  it('makes room below a limit, without the caller asking for a collection', async () => {
    const system = new SystemAllocator({ limit: 4 * layout.size });
    let served = 0;
    for (let attempt = 0; served < 100 && attempt < 100_000; attempt++) {
      if (system.tryAllocate(layout) !== null) served += 1;
      else await tick();
    }
    expect(served).toBe(100);
    expect(system.stats().peakBytes).toBeLessThanOrEqual(4 * layout.size);
    expect(system.verify()).toBe(true);
  });
});

describe('an allocator that is dropped', () => {
  it('leaves its blocks valid, and ends with the last of them', async () => {
    const before = await settled();
    let block: ArrayBuffer | null = (() => new SystemAllocator().allocate(layout))();
    bytesOf(block).fill(7);
    await collect(undefined, 4);
    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
    expect(records()).toBeGreaterThan(before);

    block = null;

    expect(await collect(() => records() <= before)).toBe(true);
  });

  it('leaves its place to a later one', async () => {
    const open = (): number => {
      expect(native.createHeap('system', 64)).toBeTypeOf('object');
      return native.mail[Mail.INDEX] as number;
    };
    const places = Array.from({ length: 20 }, open);
    await collect(undefined, 4);
    expect(open()).toBeLessThanOrEqual(Math.min(...places));
  });

  it('lets a lease on its block end later', async () => {
    const lease = (() => {
      const system = new SystemAllocator();
      const block = system.allocate(layout);
      const open = system.lease(block);
      system.deallocate(block, layout);
      return open;
    })();
    await collect(undefined, 4);
    await idle();
    lease.dispose();
    expect(lease.disposed).toBe(true);
    await collect(undefined, 2);
  });
});

describe('an abandoned block', () => {
  it('stays counted while it can be reached, and comes back after', async () => {
    const system = new SystemAllocator();
    let block: ArrayBuffer | null = system.allocate(layout);
    await whileBusy(() => system.deallocate(block as ArrayBuffer, layout));
    expect(await collect(() => system.stats().abandonedBlocks === 0, 4)).toBe(false);
    expect(block.byteLength).toBe(layout.size);

    block = null;

    expect(await collect(() => system.stats().abandonedBlocks === 0)).toBe(true);
    expect(system.stats()).toMatchObject({ abandonedBytes: 0, liveBytes: 0, deallocations: 1 });
    expect(system.verify()).toBe(true);
  });

  it('comes back although its allocator was disposed', async () => {
    const before = await settled();
    await (async () => {
      const system = new SystemAllocator();
      const blocks = Array.from({ length: 10 }, () => system.allocate(layout));
      await whileBusy(() => {
        for (const block of blocks.slice(5)) system.deallocate(block, layout);
        system.dispose();
      });
      expect(blocks.every((block) => block.byteLength === layout.size)).toBe(true);
    })();
    expect(await collect(() => records() <= before)).toBe(true);
  });
});

describe('records', () => {
  it('are used again: 100,000 blocks in turn take no more than were live at once', async () => {
    const system = new SystemAllocator();
    const small = Layout.from(16);
    const before = await settled();
    let most = 0;
    for (let round = 0; round < 100; round++) {
      for (let count = 0; count < 1000; count++) {
        system.deallocate(system.allocate(small), small);
      }
      most = Math.max(most, records());
      await tick();
    }
    expect(most - before).toBeLessThan(10_000);
    expect(await collect(() => records() <= before)).toBe(true);
    expect(system.verify()).toBe(true);
  });
});

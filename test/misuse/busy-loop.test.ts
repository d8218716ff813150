import { lookup } from 'node:dns';
import { beforeEach, describe, expect, it } from 'vitest';
import { explain, Layout, runtimeInfo, SystemAllocator } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { bytesOf } from '../support/call.js';
import {
  activeRequests,
  collect,
  expectUnchanged,
  idle,
  snapshot,
  withCode,
} from '../support/idle.js';
import { REQUESTS } from '../support/requests.js';

beforeEach(idle);

const layout = Layout.from(64, 16);

describe.each(REQUESTS)('5.3/68 a block in the hands of %s', (_name, start) => {
  const large = Layout.from(32 << 20, 64);

  it('is freed with false, stays valid, and is served to nobody else', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(large);
    const bytes = bytesOf(block);
    const work = await start(bytes);
    const before = snapshot(system);

    expect(() => system.deallocate(block, large, { whenBusy: 'throw' })).toThrow(withCode('BUSY'));
    expectUnchanged(system, before);
    expect(system.deallocate(block, large)).toBe(false);
    expect(() => system.deallocate(block, large)).toThrow(withCode('ABANDONED'));
    expect(system.stats()).toMatchObject({
      liveBlocks: 0,
      abandonedBlocks: 1,
      abandonedBytes: large.size,
    });
    const next = system.allocate(large, { uninitialized: true });
    bytesOf(next).fill(0xee);

    expect(await work.finish()).toBe(true);
    expect(block.byteLength).toBe(large.size);
    expect(bytesOf(next).every((byte) => byte === 0xee)).toBe(true);
    await idle();
    expect(system.deallocate(next, large)).toBe(true);
    expect(system.verify()).toBe(true);
  });
});

describe('a block that nothing is using, while a request is in flight', () => {
  it('5.3/68 is freed with false by a lookup of a name', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const done = new Promise((resolve) => lookup('localhost', resolve));

    expect(activeRequests()).toBe(1);
    expect(system.deallocate(block, layout)).toBe(false);

    await done;
    expect(block.byteLength).toBe(64);
    expect(system.verify()).toBe(true);
  });

  it('is BUSY with whenBusy: throw, and free once the request has ended', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    await whileBusy(() => {
      const before = snapshot(system);
      expect(() => system.deallocate(block, layout, { whenBusy: 'throw' })).toThrow(
        withCode('BUSY'),
      );
      expectUnchanged(system, before);
      expect(explain(block)).toMatchObject({ state: 'live', kept: '1 operation(s) in flight' });
    });
    expect(system.deallocate(block, layout, { whenBusy: 'throw' })).toBe(true);
  });

  it('is ABANDONED to every operation after the free', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    await whileBusy(() => system.deallocate(block, layout));
    const before = snapshot(system);

    expect(() => system.deallocate(block, layout)).toThrow(withCode('ABANDONED'));
    expect(() => system.reallocate(block, layout, layout)).toThrow(withCode('ABANDONED'));
    expect(() => system.reallocateInPlace(block, layout, layout)).toThrow(withCode('ABANDONED'));
    expect(() => system.lease(block)).toThrow(withCode('ABANDONED'));

    expectUnchanged(system, before);
    expect(system.owns(block)).toBe(false);
    expect(explain(block)).toMatchObject({ state: 'abandoned' });
  });

  it('is ABANDONED only with its own layout and at its owner', async () => {
    const system = new SystemAllocator();
    const other = new SystemAllocator();
    const block = system.allocate(layout);
    await whileBusy(() => system.deallocate(block, layout));
    const before = snapshot(system);

    expect(() => system.deallocate(block, Layout.from(1))).toThrow(withCode('LAYOUT_MISMATCH'));
    expect(() => other.deallocate(block, layout)).toThrow(withCode('NOT_OWNED'));

    expectUnchanged(system, before);
  });

  it('keeps what is written to it after the free', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    await whileBusy(() => system.deallocate(block, layout));
    bytesOf(block).fill(6);
    for (let count = 0; count < 1000; count++) bytesOf(system.allocate(layout)).fill(9);
    expect(bytesOf(block)).toEqual(new Uint8Array(64).fill(6));
  });

  it('comes back to its allocator when it is dropped', async () => {
    const system = new SystemAllocator({ limit: 64 });
    await whileBusy(() => system.deallocate(system.allocate(layout), layout));

    expect(await collect(() => system.stats().abandonedBlocks === 0)).toBe(true);

    expect(system.stats()).toMatchObject({ abandonedBytes: 0, deallocations: 1 });
    expect(system.allocate(layout).byteLength).toBe(64);
    expect(system.verify()).toBe(true);
  });

  it('counts against the limit, and the error says so', async () => {
    const system = new SystemAllocator({ limit: 128 });
    const block = system.allocate(layout);
    await whileBusy(() => system.deallocate(block, layout));
    const live = system.allocate(layout);

    expect(() => system.allocate(Layout.from(1))).toThrow(
      expect.objectContaining({
        code: 'ERR_HEAPWRIGHT_LIMIT',
        reason: 'limit',
        message: expect.stringMatching(/limit of 128 bytes, 64 are live and 64 abandoned/),
      }),
    );

    expect(system.tryAllocate(Layout.from(1))).toBeNull();
    expect(system.stats()).toMatchObject({ liveBytes: 64, abandonedBytes: 64, failures: 2 });
    expect([block.byteLength, live.byteLength]).toEqual([64, 64]);
    expect(system.verify()).toBe(true);
  });

  it('is not reallocated in place: null, and unchanged', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);
    await whileBusy(() =>
      expect(system.reallocateInPlace(block, layout, Layout.from(32))).toBeNull(),
    );
    expectUnchanged(system, before);
    expect(block.byteLength).toBe(64);
  });

  it('is moved by reallocate, and the old one stays valid and private', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    bytesOf(block).fill(4);

    const next = await whileBusy(() => system.reallocate(block, layout, Layout.from(128)));

    bytesOf(next).fill(8);
    expect(bytesOf(block).every((byte) => byte === 4)).toBe(true);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('ABANDONED'));
    expect(system.stats()).toMatchObject({ liveBytes: 128, abandonedBytes: 64 });
    expect(system.verify()).toBe(true);
  });

  it('may be empty', async () => {
    const system = new SystemAllocator();
    const empty = Layout.from(0);
    const block = system.allocate(empty);
    await whileBusy(() => expect(system.deallocate(block, empty)).toBe(false));
    expect(() => system.deallocate(block, empty)).toThrow(withCode('ABANDONED'));
    expect(system.verify()).toBe(true);
  });
});

describe('an idle loop', () => {
  it('frees 10,000 of 10,000 blocks with true and length 0', async () => {
    expect(runtimeInfo().gate).toBe('proved');
    const system = new SystemAllocator();
    let freed = 0;
    for (let round = 0; round < 100; round++) {
      await idle();
      const blocks = Array.from({ length: 100 }, () => system.allocate(layout));
      for (const block of blocks) {
        if (system.deallocate(block, layout) && block.byteLength === 0) freed += 1;
      }
    }
    expect(freed).toBe(10_000);
    expect(system.stats()).toMatchObject({ liveBlocks: 0, deallocations: 10_000 });
    expect(system.verify()).toBe(true);
  });
});

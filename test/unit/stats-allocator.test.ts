import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  BufferPool,
  ChunkAllocator,
  defineAllocator,
  Layout,
  Limited,
  NullAllocator,
  Stats,
  SystemAllocator,
} from '../../lib/index.js';
import { collect, idle, withCode } from '../support/idle.js';

const makePool = () => new BufferPool(new ArenaAllocator());
const layout = Layout.from(100);

describe('Stats', () => {
  it('keeps the high tides of bytes and blocks', () => {
    const counted = new Stats(makePool());
    const blocks = [1, 2, 3].map(() => counted.allocate(layout));
    for (const block of blocks) counted.deallocate(block, layout);
    counted.deallocate(counted.allocate(layout), layout);
    expect(counted.stats()).toMatchObject({ peakBlocks: 3, peakBytes: 3 * 112, liveBlocks: 0 });
  });

  it('keeps no high tide of blocks that are back, though they were freed in use', () => {
    const counted = new Stats(makePool());
    for (let count = 0; count < 5; count++) {
      const block = counted.allocate(layout);
      const lease = counted.lease(block);
      expect(counted.deallocate(block, layout)).toBe(false);
      lease.dispose();
    }
    expect(counted.stats()).toMatchObject({ peakBlocks: 1, peakBytes: 112, abandonedBlocks: 0 });
  });

  it('counts requests by powers of two, and which are live', () => {
    const counted = new Stats(makePool());
    for (const size of [0, 1, 2, 3, 4, 5, 128]) counted.allocate(Layout.from(size));
    const freed = Layout.from(129);
    counted.deallocate(counted.allocate(freed), freed);
    expect(counted.stats().sizes).toEqual([
      { upTo: 0, count: 1, live: 1 },
      { upTo: 1, count: 1, live: 1 },
      { upTo: 2, count: 1, live: 1 },
      { upTo: 4, count: 2, live: 2 },
      { upTo: 8, count: 1, live: 1 },
      { upTo: 128, count: 1, live: 1 },
      { upTo: 256, count: 1, live: 0 },
    ]);
  });

  it('puts every size in the row whose bound is the next power of two', () => {
    const make = () =>
      new Stats(
        defineAllocator({ allocate: ({ size }) => new ArrayBuffer(size), deallocate: () => true }),
      );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70_000 }), (size) => {
        const counted = make();
        counted.allocate(Layout.from(size));
        const [row] = counted.stats().sizes;
        expect(row?.upTo).toBeGreaterThanOrEqual(size);
        expect((row?.upTo ?? 0) / 2).toBeLessThan(size);
      }),
    );
  });

  it('takes what the collector got from the live ones', async () => {
    const counted = new Stats(makePool());
    for (let at = 0; at < 100; at++) counted.allocate(layout);
    expect(await collect(() => counted.stats().liveBlocks === 0)).toBe(true);
    expect(counted.stats().sizes).toEqual([{ upTo: 128, count: 100, live: 0 }]);
  });

  it.each([
    ['a BufferPool', makePool, Layout.from(112), Layout.from(4000)],
    ['an ArenaAllocator', () => new ArenaAllocator(), Layout.from(112), Layout.from(4000)],
    [
      'a ChunkAllocator',
      () => new ChunkAllocator({ chunks: 64, chunkSize: 64 }),
      Layout.from(110),
      Layout.from(64 * 40),
    ],
  ])('tells a reallocation in place from one that moved, over %s', (_title, make, near, far) => {
    const counted = new Stats(make() as SystemAllocator);
    const block = counted.reallocate(counted.allocate(layout), layout, near);
    expect(counted.stats().reallocations).toEqual({ inPlace: 1, moved: 0 });
    counted.allocate(layout); // in the way
    counted.reallocate(block, near, far);
    expect(counted.stats().reallocations).toEqual({ inPlace: 1, moved: 1 });
  });

  it('counts a reallocateInPlace that succeeds', () => {
    const counted = new Stats(makePool());
    const block = counted.reallocateInPlace(counted.allocate(layout), layout, Layout.from(112));
    expect(block).not.toBeNull();
    counted.reallocateInPlace(block as Buffer, Layout.from(112), Layout.from(5000));
    expect(counted.stats().reallocations).toEqual({ inPlace: 1, moved: 0 });
  });

  it('counts refusals by their reason', () => {
    const counted = new Stats(new Limited(new SystemAllocator(), { bytes: 200 }));
    const block = counted.allocate(layout);
    const attempts = [
      () => counted.allocate(Layout.from(101)),
      () => counted.reallocate(block, layout, Layout.from(300)),
    ];
    for (const attempt of attempts) expect(attempt).toThrow();
    counted.tryAllocate(Layout.from(101));
    expect(counted.stats().failuresBy).toMatchObject({ limit: 2, unknown: 1, os: 0 });
    expect(counted.stats().failures).toBe(3);
    const none = new Stats(new NullAllocator());
    expect(() => none.allocate(layout)).toThrow();
    expect(none.stats().failuresBy.unknown).toBe(1);
  });

  it('counts no error of another kind as a refusal', () => {
    const counted = new Stats(new SystemAllocator());
    expect(() => counted.allocate({} as Layout)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(counted.stats().failures).toBe(0);
  });

  it('restart begins a new period, and leaves the totals', async () => {
    await idle();
    const counted = new Stats(makePool());
    const kept = counted.allocate(layout);
    counted.deallocate(counted.allocate(layout), layout);
    counted.reallocate(kept, layout, Layout.from(110));
    counted.tryAllocate(Layout.from(1, 2 ** 52));
    const before = counted.stats();
    counted.restart();
    expect(counted.stats()).toEqual({
      ...before,
      peakBytes: 112,
      peakBlocks: 1,
      sizes: [{ upTo: 128, count: 0, live: 1 }],
      reallocations: { inPlace: 0, moved: 0 },
      failuresBy: { ...before.failuresBy, unknown: 0 },
    });
    expect(counted.verify()).toBe(true);
  });

  it('gives figures that nobody can change', () => {
    const stats = new Stats(makePool()).stats();
    const parts = [stats, stats.sizes, stats.reallocations, stats.failuresBy];
    expect(parts.every(Object.isFrozen)).toBe(true);
  });
});

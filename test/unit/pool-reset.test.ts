import { describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { collect, idle, withCode } from '../support/idle.js';
import { isBalanced, LARGE, makePool, times } from '../support/pools.js';

const SIZES = [0, 16, 64, 1000, 4096, 20_000, LARGE];

describe('reset', () => {
  it('frees every Buffer and takes its bytes', async () => {
    const arena = new ArenaAllocator();
    const pool = new BufferPool(arena);
    await idle();
    const buffers = SIZES.flatMap((size) => times(30, () => pool.alloc(size)));
    for (const buffer of buffers.slice(0, 40)) pool.free(buffer);
    pool.reset();
    expect(buffers.filter((buffer) => buffer.length > 0)).toEqual([]);
    expect(pool.stats()).toMatchObject({
      liveBlocks: 0,
      liveBytes: 0,
      freeBytes: 0,
      mappedBytes: 0,
      allocations: buffers.length,
      deallocations: buffers.length,
      recoveredBlocks: 0,
    });
    expect(arena.stats().liveBytes).toBe(0);
    expect(pool.verify()).toBe(true);
  });

  it('leaves a pool that works as before', async () => {
    const pool = makePool({ limit: 1 << 20 });
    await idle();
    for (let round = 0; round < 20; round++) {
      for (const size of SIZES) pool.alloc(size).fill(round);
      pool.reset();
    }
    expect(SIZES.map((size) => pool.alloc(size).length)).toEqual(SIZES);
    expect(isBalanced(pool)).toBe(true);
    expect(pool.verify()).toBe(true);
  });

  it('makes every earlier Buffer DETACHED', async () => {
    const pool = makePool();
    await idle();
    const buffers = SIZES.map((size) => pool.alloc(size));
    pool.reset();
    for (const buffer of buffers) {
      expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
      expect(() => pool.realloc(buffer, 10)).toThrow(withCode('DETACHED'));
      expect(() => pool.lease(buffer)).toThrow(withCode('DETACHED'));
      expect(pool.owns(buffer)).toBe(false);
    }
  });

  it('frees slabs that are full, in part used, and parked', async () => {
    const pool = makePool({ limit: 1 << 20 });
    await idle();
    times(1500, () => pool.alloc(64));
    const buffers = times(100, () => pool.alloc(1000));
    for (const buffer of buffers.slice(0, 50)) pool.free(buffer);
    expect(() => pool.alloc(1 << 20)).toThrow(withCode('LIMIT'));
    pool.reset();
    expect(pool.stats()).toMatchObject({ mappedBytes: 0, freeBytes: 0, liveBytes: 0 });
    expect(isBalanced(pool)).toBe(true);
    expect(pool.verify()).toBe(true);
  });

  it('with an operation in flight leaves Buffers valid and private until they are dropped', async () => {
    const pool = makePool();
    const used = async () => {
      const buffers = SIZES.map((size) => pool.alloc(size).fill(size));
      await whileBusy(() => pool.reset());
      for (const buffer of buffers) {
        expect(() => pool.free(buffer)).toThrow(withCode('ABANDONED'));
      }
      expect(pool.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: SIZES.length });
      for (const size of SIZES) times(100, () => pool.free(pool.allocUnsafe(size).fill(0xee)));
      expect(buffers).toEqual(SIZES.map((size) => Buffer.alloc(size, size)));
      expect(pool.verify()).toBe(true);
    };
    await used();
    await collect(() => pool.stats().abandonedBlocks === 0);
    expect(pool.stats().abandonedBlocks).toBe(0);
    expect(isBalanced(pool)).toBe(true);
    expect(pool.verify()).toBe(true);
  });

  it('throws LEASED while a lease is open and frees nothing', async () => {
    const pool = makePool();
    const [one, other] = [pool.alloc(64).fill(3), pool.alloc(LARGE).fill(4)];
    for (const leased of [one, other]) {
      const lease = pool.lease(leased);
      const before = pool.stats();
      expect(() => pool.reset()).toThrow(withCode('LEASED'));
      expect(pool.stats()).toEqual(before);
      lease.dispose();
    }
    expect([one[63], other[LARGE - 1]]).toEqual([3, 4]);
    await idle();
    pool.reset();
    expect([one.length, other.length]).toEqual([0, 0]);
  });
});

describe('dispose', () => {
  it('gives everything back to the arena, which can be reset then', async () => {
    const arena = new ArenaAllocator();
    const pool = new BufferPool(arena);
    await idle();
    for (const size of SIZES) pool.alloc(size);
    expect(() => arena.reset()).toThrow(withCode('BUSY'));
    pool.dispose();
    expect(arena.stats().liveBytes).toBe(0);
    arena.reset();
    expect(arena.verify()).toBe(true);
  });

  it('of the arena disposes its pools', async () => {
    const arena = new ArenaAllocator();
    const pools = times(3, () => new BufferPool(arena));
    await idle();
    const buffers = pools.map((pool) => pool.alloc(64));
    arena.dispose();
    expect(buffers.map((buffer) => buffer.length)).toEqual([0, 0, 0]);
    for (const pool of pools) expect(() => pool.alloc(64)).toThrow(withCode('CLOSED'));
  });

  it('of the arena throws LEASED for a lease of one of its pools, and ends nothing', () => {
    const arena = new ArenaAllocator();
    const pools = times(3, () => new BufferPool(arena));
    const buffers = pools.map((pool) => pool.alloc(64));
    using _lease = (pools[2] as BufferPool).lease(buffers[2] as Buffer);
    expect(() => arena.dispose()).toThrow(withCode('LEASED'));
    expect(buffers.map((buffer) => buffer.length)).toEqual([64, 64, 64]);
    expect((pools[0] as BufferPool).alloc(64).length).toBe(64);
  });
});

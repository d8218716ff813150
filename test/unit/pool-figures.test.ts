import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool } from '../../lib/index.js';
import { idle } from '../support/idle.js';
import { isBalanced, LARGE, makePool, times } from '../support/pools.js';

const KiB = 1024;

describe('stats', () => {
  it('counts slots that are free, out and held', () => {
    const pool = makePool();
    const buffers = times(10, () => pool.alloc(60));
    expect(pool.stats()).toMatchObject({
      liveBlocks: 10,
      liveBytes: 640,
      freeBlocks: 1014,
      freeBytes: 64 * KiB - 640,
      mappedBytes: 64 * KiB,
      peakBytes: 64 * KiB,
      allocations: 10,
      deallocations: 0,
      leases: 0,
      limit: Number.POSITIVE_INFINITY,
    });
    for (const buffer of buffers) pool.free(buffer);
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, freeBlocks: 1024, deallocations: 10 });
  });

  it('is balanced after anything', async () => {
    const pool = makePool({ limit: 1 << 20 });
    await idle();
    const buffers: Buffer[] = [];
    for (let step = 0; step < 3000; step++) {
      const size = [0, 64, 1000, 5000, LARGE][step % 5] as number;
      if (step % 3 === 2) pool.free(buffers.splice((step * 7) % buffers.length, 1)[0] as Buffer);
      else {
        try {
          buffers.push(pool.alloc(size));
        } catch {
          pool.trim();
        }
      }
      if (step % 100 === 0) expect(isBalanced(pool), `step ${step}`).toBe(true);
    }
    expect(pool.stats().liveBlocks).toBe(buffers.length);
    expect(pool.verify()).toBe(true);
  });

  it('keeps the most that was ever held', async () => {
    const pool = makePool();
    await idle();
    pool.free(pool.alloc(LARGE));
    const { peakBytes } = pool.stats();
    pool.alloc(64);
    expect(peakBytes).toBe(pool.stats().peakBytes);
    expect(peakBytes).toBeGreaterThanOrEqual(LARGE);
  });

  it('of the arena counts what its pools hold', async () => {
    const arena = new ArenaAllocator();
    const pool = new BufferPool(arena);
    await idle();
    pool.alloc(64);
    pool.alloc(LARGE);
    expect(arena.stats().liveBytes).toBe(pool.stats().mappedBytes);
    pool.dispose();
    expect(arena.stats().liveBytes).toBe(0);
  });
});

describe('owns', () => {
  it.each([64, LARGE])('answers true for a Buffer of %i bytes and for every view of it', (size) => {
    const pool = makePool();
    const buffer = pool.alloc(size);
    const { buffer: memory, byteOffset } = buffer;
    const views = [
      buffer,
      buffer.subarray(1, 9),
      new Uint8Array(memory, byteOffset, 8),
      new DataView(memory, byteOffset, 8),
      new Float64Array(memory, byteOffset, 1),
    ];
    expect(views.map((view) => pool.owns(view))).toEqual(views.map(() => true));
  });

  it.each([64, LARGE])('answers false for views of a freed Buffer of %i bytes', (size) => {
    const pool = makePool();
    const [buffer, neighbour] = [pool.alloc(size), pool.alloc(size)];
    const views = [buffer.subarray(1, 9), new Uint8Array(buffer.buffer, buffer.byteOffset, 8)];
    pool.free(buffer);
    expect(views.map((view) => pool.owns(view))).toEqual([false, false]);
    expect(pool.owns(neighbour)).toBe(true);
  });

  it('answers false for views of slots that were never used', () => {
    const pool = makePool();
    const { buffer } = pool.alloc(64);
    expect(pool.owns(new Uint8Array(buffer, 64, 1))).toBe(false);
    expect(pool.owns(new Uint8Array(buffer, 64 * KiB, 0))).toBe(false);
  });

  it('answers false for a slab, a copy, and for Buffers of others', () => {
    const pool = makePool();
    const buffer = pool.alloc(64);
    const others = [
      buffer.buffer,
      Buffer.from(buffer),
      structuredClone(buffer),
      makePool().alloc(1),
    ];
    expect(others.map((other) => pool.owns(other))).toEqual([false, false, false, false]);
  });

  it('answers true under a lease until the free', () => {
    const pool = makePool();
    const buffer = pool.alloc(64);
    using _lease = pool.lease(buffer);
    expect(pool.owns(buffer)).toBe(true);
    pool.free(buffer);
    expect(pool.owns(buffer)).toBe(false);
  });

  it('answers for views in slabs that are full or parked', () => {
    const pool = makePool({ limit: 128 * KiB });
    const buffers = times(1024, () => pool.alloc(64));
    const view = new Uint8Array((buffers[3] as Buffer).buffer, 3 * 64, 8);
    const more = times(3, () => pool.alloc(64));
    expect(pool.owns(view)).toBe(true);
    pool.free(more[1] as Buffer);
    const [kept, gone] = [more[0], more[1]].map(
      (buffer) => new Uint8Array((buffer as Buffer).buffer, (buffer as Buffer).byteOffset, 8),
    );
    expect(() => pool.alloc(LARGE)).toThrow();
    expect([pool.owns(kept), pool.owns(gone)]).toEqual([true, false]);
  });
});

describe('a pool', () => {
  it('prints its figures, and that it is closed', () => {
    const pool = makePool({ limit: 1000 });
    pool.alloc(64);
    expect(inspect(pool)).toMatch(/^BufferPool \{.*liveBlocks: 1,.*limit: 1000/s);
    pool.dispose();
    expect(inspect(pool)).toBe('[pool: closed]');
    expect(inspect(Object.create(pool))).toBe('BufferPool {}');
  });

  it('tells who listens of every Buffer, at its allocation and at its free', () => {
    const pool = makePool();
    const told: [channel: unknown, block: unknown, size: unknown][] = [];
    const listen = (message: unknown, channel: unknown) => {
      const { allocator, block, size } = message as Record<string, unknown>;
      if (allocator === pool) told.push([channel, block, size]);
    };
    const names = ['heapwright:alloc', 'heapwright:free'] as const;
    for (const name of names) subscribe(name, listen);
    const buffers: Buffer[] = [];
    try {
      for (const size of [64, LARGE]) {
        buffers.push(pool.alloc(size), pool.allocUnsafe(size));
        for (const buffer of buffers.slice(-2)) pool.free(buffer);
      }
      const leased = pool.alloc(64);
      buffers.push(leased);
      using _lease = pool.lease(leased);
      pool.free(leased);
    } finally {
      for (const name of names) unsubscribe(name, listen);
    }
    for (const name of names) {
      const of = told.filter(([channel]) => channel === name);
      expect(of.map(([, block]) => buffers.indexOf(block as Buffer))).toEqual([0, 1, 2, 3, 4]);
      expect(of.map(([, , size]) => size)).toEqual([64, 64, LARGE, LARGE, 64]);
    }
  });
});

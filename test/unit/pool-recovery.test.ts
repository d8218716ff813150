import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool } from '../../lib/index.js';
import { collect, idle, tick, withCode } from '../support/idle.js';
import { isBalanced, LARGE, makePool, slotsPerSlab, times } from '../support/pools.js';

const KiB = 1024;

/** Allocates and forgets. */
function forget(pool: BufferPool, count: number, size: number): void {
  for (let at = 0; at < count; at++) pool.allocUnsafe(size).fill(0xff);
}

describe.each([64, 1000, 4096, LARGE])('Buffers of %i bytes that nobody freed', (size) => {
  it('come back, and their memory goes to the arena', async () => {
    const arena = new ArenaAllocator();
    const pool = new BufferPool(arena, { decayMs: Number.POSITIVE_INFINITY });
    const slots = size === LARGE ? 1 : slotsPerSlab(makePool(), size);
    forget(pool, 3 * slots, size);
    const before = pool.stats();
    expect(before).toMatchObject({ liveBlocks: 3 * slots, recoveredBlocks: 0 });

    // The last slab of a class is held for its next Buffer: allocating that lets go of it.
    if (size !== LARGE) pool.free(pool.alloc(size));

    expect(await collect(() => pool.stats().recoveredBlocks === 3 * slots)).toBe(true);
    expect(pool.stats()).toMatchObject({
      liveBlocks: 0,
      recoveredBytes: before.liveBytes,
      allocations: before.allocations + (size === LARGE ? 0 : 1),
    });
    expect(isBalanced(pool)).toBe(true);
    pool.trim();
    expect(await collect(() => arena.stats().liveBytes === 0)).toBe(true);
    expect(pool.verify()).toBe(true);
  });
});

describe('a slab', () => {
  it.each([
    ['a live Buffer', (buffer: Buffer) => buffer],
    ['a slice of a forgotten one', (buffer: Buffer) => buffer.subarray(8, 16)],
    ['an empty slice', (buffer: Buffer) => buffer.subarray(0, 0)],
    ['a view of another kind', (buffer: Buffer) => new DataView(buffer.buffer, buffer.byteOffset)],
    ['its ArrayBuffer', (buffer: Buffer) => buffer.buffer],
  ])('stays for %s, and goes without it', async (_title, keep) => {
    const pool = makePool();
    let kept: unknown = (() => {
      const value = keep(pool.alloc(64).fill(7));
      forget(pool, 2048, 64);
      return value;
    })();
    expect(await collect(() => pool.stats().recoveredBlocks >= 2048, 5)).toBe(false);
    expect(pool.stats().recoveredBlocks).toBe(1024);
    if (Buffer.isBuffer(kept)) expect(kept.every((byte) => byte === 7)).toBe(true);
    kept = null;
    expect(await collect(() => pool.stats().recoveredBlocks >= 2048)).toBe(true);
    expect(pool.verify()).toBe(true);
  });

  it('with one Buffer freed is used again, whatever was forgotten beside it', () => {
    const pool = makePool();
    const buffers = times(1024, () => pool.alloc(64));
    const next = pool.alloc(64);
    const first = buffers[5] as Buffer;
    expect(pool.free(first)).toBe(true);
    const again = pool.allocUnsafe(64);
    expect([again.buffer, again.byteOffset]).toEqual([first.buffer, first.byteOffset]);
    expect(next.buffer).not.toBe(first.buffer);
  });

  it('that is parked comes back with the first free into it', () => {
    const pool = makePool({ limit: 64 * KiB });
    const buffers = times(256, () => pool.alloc(64));
    pool.free(buffers[0] as Buffer);
    expect(() => pool.alloc(LARGE)).toThrow(withCode('LIMIT'));
    pool.free(buffers[1] as Buffer);
    const offsets = times(2, () => pool.alloc(64).byteOffset);
    expect(offsets.sort()).toEqual([0, 64]);
    expect(pool.verify()).toBe(true);
  });
});

describe('a slab that is full', () => {
  it('is not mistaken for one that is parked with free slots', () => {
    const pool = makePool({ limit: 1024 * KiB });
    const first = times(1024, () => pool.alloc(64));
    const second = times(512, () => pool.alloc(64));
    pool.free(first[0] as Buffer); // both slabs are open now
    pool.allocUnsafe(64); // and this one is full
    expect(() => pool.alloc(1024 * KiB)).toThrow(withCode('LIMIT'));
    const more = times(1000, () => pool.alloc(64));
    const live = [...first.slice(1), ...second, ...more];
    for (const [at, buffer] of live.entries()) buffer.writeUInt32LE(at);
    expect(live.filter((buffer, at) => buffer.readUInt32LE() !== at)).toEqual([]);
    expect(isBalanced(pool)).toBe(true);
    expect(pool.verify()).toBe(true);
  });
});

describe('a pool at its limit', () => {
  it('recovers in later ticks when all was forgotten', async () => {
    const pool = makePool({ limit: 1024 * KiB });
    const refusal = () => forget(pool, 1_000_000, 64);
    expect(refusal).toThrow(withCode('LIMIT'));
    expect(pool.stats().liveBytes).toBe(1024 * KiB);
    await collect(() => pool.stats().recoveredBytes > 0);
    forget(pool, 1000, 64);
    expect(pool.stats().mappedBytes).toBeLessThanOrEqual(1024 * KiB);
    expect(isBalanced(pool)).toBe(true);
  });

  it('lets the collector have what other classes forgot beside free slots', async () => {
    const pool = makePool({ limit: 64 * KiB });
    (() => pool.free(times(100, () => pool.alloc(64))[50] as Buffer))();
    expect(() => pool.alloc(LARGE)).toThrow(withCode('LIMIT'));
    expect(await collect(() => pool.stats().recoveredBlocks === 99)).toBe(true);
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, freeBlocks: 0, mappedBytes: 0 });
    expect(isBalanced(pool)).toBe(true);
    expect(pool.verify()).toBe(true);
  });
});

describe('a pool that was dropped', () => {
  it('is collected, with its slabs', async () => {
    const arena = new ArenaAllocator();
    const dropped = (() => {
      const pool = new BufferPool(arena);
      for (const size of [64, 1000, LARGE]) forget(pool, 100, size);
      pool.free(pool.alloc(64));
      return new WeakRef(pool);
    })();
    await collect(undefined, 5);
    expect(dropped.deref()).toBeUndefined();
    expect(await collect(() => arena.stats().liveBytes === 0)).toBe(true);
    await idle();
    expect(() => arena.dispose()).not.toThrow();
  });

  it('stays for a Buffer that is live, which can still be read', async () => {
    const arena = new ArenaAllocator();
    const buffer = (() => new BufferPool(arena).alloc(64).fill(7))();
    await collect(undefined, 5);
    expect(buffer).toEqual(Buffer.alloc(64, 7));
    expect(arena.stats().liveBlocks).toBe(1);
  });
});

describe('who listens', () => {
  it('is told of what came back, and may allocate and forget meanwhile', async () => {
    const pool = makePool();
    const told = { blocks: 0, bytes: 0 };
    const listen = (message: unknown) => {
      const { allocator, blocks, bytes } = message as Record<string, unknown>;
      if (allocator !== pool) return;
      told.blocks += blocks as number;
      told.bytes += bytes as number;
      forget(pool, 700, 64);
      expect(pool.verify()).toBe(true);
    };
    subscribe('heapwright:recovered', listen);
    try {
      for (let round = 0; round < 5; round++) {
        forget(pool, 20 * 1024, 64);
        await collect(undefined, 1);
        // Fills what is left of a slab, so that a sweep happens inside of an allocation.
        forget(pool, 2000, 64);
        expect(isBalanced(pool)).toBe(true);
      }
      await collect(() => told.blocks > 0);
      await tick();
    } finally {
      unsubscribe('heapwright:recovered', listen);
    }
    const { recoveredBlocks, recoveredBytes } = pool.stats();
    expect(told.blocks).toBeGreaterThan(0);
    expect(told.blocks).toBeLessThanOrEqual(recoveredBlocks);
    expect(told.bytes).toBeLessThanOrEqual(recoveredBytes);
    pool.free(pool.alloc(64));
    const { liveBlocks } = pool.stats();
    await collect(() => pool.stats().liveBlocks < liveBlocks % 1024);
    expect(pool.stats().liveBlocks).toBeLessThan(1024);
    expect(pool.verify()).toBe(true);
  });
});

describe('a slot that is always in use', () => {
  it('does not keep for ever what was forgotten beside it', async () => {
    const pool = new BufferPool(new ArenaAllocator(), { decayMs: 1 });
    const size = 1000;
    const slots = slotsPerSlab(makePool(), size);
    // One live Buffer in each of so many slabs.
    const live = times(40, () => {
      forget(pool, slots - 1, size);
      return pool.alloc(size);
    });
    const isSmall = () => pool.stats().mappedBytes <= 8 * 256 * KiB;
    expect(isSmall()).toBe(false);
    for (let round = 0; round < 500 && !isSmall(); round++) {
      for (const [at, buffer] of live.entries()) {
        pool.free(buffer);
        live[at] = pool.alloc(size, at);
      }
      forget(pool, slots, size);
      await collect(undefined, 1);
      await new Promise((resolve) => setTimeout(resolve, 2)); // a period
    }
    expect(isSmall()).toBe(true);
    expect(live.every((buffer, at) => buffer.every((byte) => byte === at))).toBe(true);
    expect(pool.verify()).toBe(true);
  });
});

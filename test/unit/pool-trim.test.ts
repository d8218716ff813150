import { describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { collect, idle, tick } from '../support/idle.js';
import { LARGE, makePool, times } from '../support/pools.js';
import { runProgram } from '../support/programs.js';

const KiB = 1024;

describe('trim', () => {
  it('gives back the slabs that no Buffer lies in, and says how many bytes', async () => {
    const arena = new ArenaAllocator();
    const pool = new BufferPool(arena, { decayMs: Number.POSITIVE_INFINITY });
    await idle();
    const buffers = times(3000, () => pool.alloc(64));
    for (const buffer of buffers) pool.free(buffer);
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, mappedBytes: 192 * KiB });
    expect(pool.trim()).toBe(192 * KiB);
    expect(pool.stats()).toMatchObject({ mappedBytes: 0, freeBytes: 0, freeBlocks: 0 });
    expect(arena.stats().liveBytes).toBe(0);
    expect(buffers.every((buffer) => buffer.length === 0)).toBe(true);
    expect(pool.verify()).toBe(true);
  });

  it('leaves the slabs that one Buffer lies in', async () => {
    const pool = makePool();
    await idle();
    const buffers = times(3072, (at) => pool.alloc(64).fill(at));
    const kept = [buffers[10], buffers[3000]] as Buffer[];
    for (const buffer of buffers) if (!kept.includes(buffer)) pool.free(buffer);
    expect(pool.trim()).toBe(64 * KiB);
    expect(kept.map((buffer) => buffer[63])).toEqual([10, 3000 & 0xff]);
    expect(pool.stats()).toMatchObject({ liveBlocks: 2, mappedBytes: 128 * KiB });
    expect(pool.verify()).toBe(true);
  });

  it('gives back a slab that was used in part', async () => {
    const pool = makePool();
    await idle();
    pool.free(pool.alloc(64));
    expect(pool.trim()).toBe(64 * KiB);
    expect(pool.alloc(64).length).toBe(64);
  });

  it('answers 0 where there is nothing, and for memory of a Buffer alone', () => {
    const pool = makePool();
    expect(pool.trim()).toBe(0);
    const large = pool.alloc(LARGE);
    expect(pool.trim()).toBe(0);
    expect(pool.owns(large)).toBe(true);
  });

  it('with an operation in flight leaves free slabs to the collector', async () => {
    const pool = makePool();
    pool.free(pool.alloc(64));
    await whileBusy(() => expect(pool.trim()).toBe(0));
    expect(await collect(() => pool.stats().mappedBytes === 0)).toBe(true);
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, recoveredBlocks: 0 });
    expect(pool.verify()).toBe(true);
  });
});

/** Turns of the loop until `done`; the test's time limit is what fails it. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await tick();
}

describe('decay', () => {
  it('gives back slabs that are not used any more, by itself', async () => {
    const pool = new BufferPool(new ArenaAllocator(), { decayMs: 1 });
    const kept = pool.alloc(64).fill(7);
    const buffers = times(5000, () => pool.alloc(1000));
    for (const buffer of buffers) pool.free(buffer);
    await until(() => pool.stats().mappedBytes === 64 * KiB);
    expect(kept.every((byte) => byte === 7)).toBe(true);
    pool.free(kept);
    await until(() => pool.stats().mappedBytes === 0);
    expect(pool.verify()).toBe(true);
  });

  it('never happens with Infinity', async () => {
    const pool = makePool();
    pool.free(pool.alloc(64));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pool.stats().mappedBytes).toBe(64 * KiB);
  });

  it('begins again with the next slab', async () => {
    const pool = new BufferPool(new ArenaAllocator(), { decayMs: 1 });
    for (let round = 0; round < 3; round++) {
      pool.free(pool.alloc(64));
      expect(pool.stats().mappedBytes).toBe(64 * KiB);
      await until(() => pool.stats().mappedBytes === 0);
    }
  });

  it('keeps a process no longer than it has work', async () => {
    const { code, stdout } = await runProgram(`
      const pool = new hw.BufferPool(new hw.ArenaAllocator(), { decayMs: 1_000_000 });
      globalThis.buffer = pool.alloc(64);
      pool.alloc(100_000);
      console.log('at the end');
    `);
    expect([code, stdout]).toEqual([0, 'at the end\n']);
  });

  it.each([1, 1000])('keeps no pool that was dropped, with a period of %i ms', async (decayMs) => {
    const arena = new ArenaAllocator();
    const dropped = (() => {
      const pool = new BufferPool(arena, { decayMs });
      pool.alloc(64);
      pool.alloc(LARGE);
      pool.free(pool.alloc(1000));
      return new WeakRef(pool);
    })();
    await collect(undefined, 5);
    expect(dropped.deref()).toBeUndefined();
    expect(await collect(() => arena.stats().liveBytes === 0)).toBe(true);
    expect(() => arena.reset()).not.toThrow();
  });

  it.each([-1, 1.5, Number.NaN, '5', null, 5n])('refuses %s', (decayMs) => {
    expect(() => makePool({ decayMs: decayMs as never })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/INVALID_ARG_TYPE|OUT_OF_RANGE/) }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { Layout } from '../../lib/index.js';
import { isZero, patternLength, writePattern } from '../conformance/contract/bytes.js';
import { idle, withCode } from '../support/idle.js';
import { LARGE, makePool } from '../support/pools.js';

describe('realloc within a size class', () => {
  it('keeps the memory', () => {
    const pool = makePool();
    const buffer = pool.alloc(100);
    const next = pool.realloc(buffer, 110);
    expect([next.buffer, next.byteOffset]).toEqual([buffer.buffer, buffer.byteOffset]);
    expect(next.length).toBe(110);
    expect(pool.stats()).toMatchObject({ liveBlocks: 1 });
  });

  it('zeroes what is new, also where a longer Buffer was before', () => {
    const pool = makePool();
    const long = pool.alloc(112).fill(0xff);
    const short = pool.realloc(long, 100);
    const again = pool.realloc(short, 112);
    expect(again.subarray(0, 100).every((byte) => byte === 0xff)).toBe(true);
    expect(isZero(again, 100)).toBe(true);
  });

  it('gives another Buffer, and the old one is freed', () => {
    const pool = makePool();
    const buffer = pool.alloc(100);
    const next = pool.realloc(buffer, 100);
    expect(next).not.toBe(buffer);
    expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
    expect(pool.free(next)).toBe(true);
    expect(pool.stats()).toMatchObject({ allocations: 1, deallocations: 1 });
  });
});

describe('realloc to another class', () => {
  it.each([
    [10, 1000],
    [1000, 10],
    [100, LARGE],
    [LARGE, 100],
    [LARGE, 2 * LARGE],
    [0, 50],
    [50, 0],
  ])('from %i to %i bytes keeps the contents and zeroes the rest', async (from, to) => {
    const pool = makePool();
    await idle();
    pool.free(pool.alloc(to).fill(0xff));
    const buffer = pool.alloc(from);
    writePattern(buffer, from);
    const next = pool.realloc(buffer, to);
    expect(next.length).toBe(to);
    expect(patternLength(next, from)).toBeGreaterThanOrEqual(Math.min(from, to));
    expect(isZero(next, from)).toBe(true);
    expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
    expect(pool.stats()).toMatchObject({ liveBlocks: 1 });
    expect(pool.verify()).toBe(true);
  });

  it('leaves the old Buffer as it was where there is no room', () => {
    const pool = makePool({ limit: 4096 });
    const buffer = pool.alloc(1000).fill(5);
    expect(() => pool.realloc(buffer, 4000)).toThrow(withCode('LIMIT'));
    expect(buffer).toEqual(Buffer.alloc(1000, 5));
    expect(pool.free(buffer)).toBe(true);
  });
});

describe('realloc of an aligned Buffer', () => {
  it('keeps its alignment', () => {
    const pool = makePool();
    const next = pool.realloc(pool.allocate(Layout.from(100, 256)), 1000);
    expect(pool.deallocate(next, Layout.from(1000, 256))).toBe(true);
  });
});

describe('reallocateInPlace', () => {
  it('answers with the same memory within a class and null outside of it', () => {
    const pool = makePool();
    const [layout, same, other] = [100, 110, 200].map((size) => Layout.from(size, 16)) as [
      Layout,
      Layout,
      Layout,
    ];
    const buffer = pool.allocate(layout);
    expect(pool.reallocateInPlace(buffer, layout, other)).toBeNull();
    const next = pool.reallocateInPlace(buffer, layout, same) as Buffer;
    expect([next.byteOffset, next.length]).toEqual([buffer.byteOffset, 110]);
    expect(pool.deallocate(next, same)).toBe(true);
  });

  it('answers null under a lease, and for memory of its own', () => {
    const pool = makePool();
    const [layout, large] = [Layout.from(100), Layout.from(LARGE)];
    const buffer = pool.allocate(layout);
    using _lease = pool.lease(buffer);
    expect(pool.reallocateInPlace(buffer, layout, layout)).toBeNull();
    expect(pool.reallocateInPlace(pool.allocate(large), large, large)).toBeNull();
    expect(pool.owns(buffer)).toBe(true);
  });
});

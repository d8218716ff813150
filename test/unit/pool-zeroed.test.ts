import { describe, expect, it } from 'vitest';
import { Layout } from '../../lib/index.js';
import { isZero } from '../conformance/contract/bytes.js';
import { LARGE, makePool, slotsPerSlab, times } from '../support/pools.js';

const SIZES = [1, 16, 100, 4096, 20_000, LARGE];

describe('memory that was written before', () => {
  it.each(SIZES)('is zero to alloc, for %i bytes', (size) => {
    const pool = makePool();
    for (let round = 0; round < 5; round++) {
      const buffers = times(20, () => pool.alloc(size));
      expect(buffers.every((buffer) => isZero(buffer))).toBe(true);
      for (const buffer of buffers) pool.free(buffer.fill(0xff));
    }
  });

  it.each(SIZES)('is zero to alloc after allocUnsafe opened the slab, for %i bytes', (size) => {
    const pool = makePool();
    pool.free(pool.allocUnsafe(size).fill(0xff));
    expect(times(20, () => pool.alloc(size)).every((buffer) => isZero(buffer))).toBe(true);
  });

  it.each(SIZES)('is zero after trim, for %i bytes', (size) => {
    const pool = makePool();
    for (const buffer of times(50, () => pool.allocUnsafe(size))) pool.free(buffer.fill(0xff));
    pool.trim();
    expect(times(50, () => pool.alloc(size)).every((buffer) => isZero(buffer))).toBe(true);
  });

  it('is zero after reset', () => {
    const pool = makePool();
    for (const size of SIZES) for (const buffer of times(9, () => pool.alloc(size))) buffer.fill(1);
    pool.reset();
    expect(SIZES.every((size) => isZero(pool.alloc(size)))).toBe(true);
  });

  it('is zero whichever slot comes back from a slab that the pool had let go of', () => {
    const slots = slotsPerSlab(makePool(), 4096);
    for (let free = 0; free < slots; free++) {
      const pool = makePool({ limit: 2 ** 20 });
      const buffers = times(slots, () => pool.alloc(4096));
      pool.free((buffers[free] as Buffer).fill(0xff));
      expect(() => pool.alloc(2 ** 20)).toThrow();
      expect(isZero(pool.alloc(4096)), `slot ${free}`).toBe(true);
    }
  });
});

describe('allocate', () => {
  it('gives zeros by default, and memory as it is with uninitialized', () => {
    const pool = makePool();
    const layout = Layout.from(64, 16);
    pool.deallocate(pool.allocate(layout).fill(7), layout);
    const same = pool.allocate(layout, { uninitialized: true });
    expect(same.every((byte) => byte === 7)).toBe(true);
    pool.deallocate(same, layout);
    expect(isZero(pool.allocate(layout))).toBe(true);
  });
});

describe('allocUnsafe', () => {
  it('leaves memory as it is', () => {
    const pool = makePool();
    pool.free(pool.alloc(64).fill(7));
    expect(pool.allocUnsafe(64)).toEqual(Buffer.alloc(64, 7));
  });
});

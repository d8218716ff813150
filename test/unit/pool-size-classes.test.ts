import { describe, expect, it } from 'vitest';
import { addressOf, Layout } from '../../lib/index.js';
import { LARGE, LARGEST_SHARED, makePool } from '../support/pools.js';

/** Every size around a multiple of 16, where the class may change. */
function* sizes(): Generator<number> {
  for (let step = 0; step <= LARGEST_SHARED; step += 16) {
    for (const size of [step - 1, step, step + 1]) {
      if (size >= 0 && size <= LARGEST_SHARED) yield size;
    }
  }
}

describe('the size class of a Buffer', () => {
  const pool = makePool();
  const usable = (size: number) => pool.usableSize(Layout.from(size));

  it('holds it', () => {
    expect([...sizes()].filter((size) => usable(size) < size)).toEqual([]);
  });

  it('wastes less than a fifth from 65 bytes on, and less than 16 bytes below', () => {
    const wasteful = [...sizes()].filter((size) => {
      const waste = usable(size) - size;
      return size > 64 ? waste >= usable(size) / 5 : waste >= 16 && size > 0;
    });
    expect(wasteful).toEqual([]);
  });

  it('grows with the size', () => {
    const shrinking = [...sizes()].filter((size) => size > 0 && usable(size) < usable(size - 1));
    expect(shrinking).toEqual([]);
  });

  it('is one of forty-four', () => {
    expect(new Set([...sizes()].map(usable)).size).toBe(44);
  });

  it('is what the figures count', () => {
    for (const size of [0, 1, 16, 17, 100, 1000, 4096, 20_000, LARGEST_SHARED, LARGE]) {
      const before = pool.stats().liveBytes;
      const buffer = pool.alloc(size);
      expect(pool.stats().liveBytes - before, `${size}`).toBe(usable(size));
      pool.free(buffer);
    }
  });
});

describe('a slab', () => {
  it('holds Buffers of one class, which do not overlap', () => {
    const pool = makePool();
    const buffers = Array.from({ length: 3000 }, (_, at) => pool.alloc((at * 37) % 5000));
    const slabs = new Map<ArrayBufferLike, number>();
    const starts = new Map<string, number>();
    for (const { buffer, byteOffset, length } of buffers) {
      const slot = pool.usableSize(Layout.from(length));
      expect(slabs.get(buffer) ?? slot).toBe(slot);
      slabs.set(buffer, slot);
      expect(byteOffset % slot).toBe(0);
      const place = `${[...slabs.keys()].indexOf(buffer)}:${byteOffset}`;
      expect(starts.has(place)).toBe(false);
      starts.set(place, slot);
    }
  });

  it.each([
    [64, 64 * 1024],
    [1024, 256 * 1024],
    [4096, 256 * 1024],
    [LARGEST_SHARED, 256 * 1024],
  ])('of %i bytes a slot is as long as %i', (size, bytes) => {
    expect(makePool().alloc(size).buffer.byteLength).toBe(bytes);
  });

  it('belongs to one pool', () => {
    const [one, other] = [makePool(), makePool()];
    expect(one.alloc(64).buffer).not.toBe(other.alloc(64).buffer);
  });
});

describe('a Buffer of more than 64 KiB', () => {
  it('has memory of its own', () => {
    const pool = makePool();
    const [one, other] = [pool.alloc(LARGEST_SHARED + 1), pool.alloc(LARGEST_SHARED + 1)];
    expect(one.byteOffset).toBe(0);
    expect(one.buffer).not.toBe(other.buffer);
    expect(one.length).toBe(LARGEST_SHARED + 1);
  });

  it('loses its bytes when it is freed', () => {
    const pool = makePool();
    const buffer = pool.alloc(LARGE);
    const view = new Uint8Array(buffer.buffer);
    expect(pool.free(buffer)).toBe(true);
    expect([buffer.length, view.length]).toEqual([0, 0]);
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, mappedBytes: 0 });
  });

  it('is zeroed, after others that were not', () => {
    const pool = makePool();
    for (let round = 0; round < 10; round++) {
      const buffer = pool.alloc(LARGE);
      expect(buffer.every((byte) => byte === 0)).toBe(true);
      pool.free(buffer.fill(0xff));
    }
  });
});

describe('an alignment', () => {
  const aligns = Array.from({ length: 24 }, (_, lg) => 2 ** lg);

  it.each(aligns)('of %i is that of every Buffer asked for with it', (align) => {
    const pool = makePool();
    for (const size of [0, 1, 15, 100, align - 1, align, align + 1, 5000, 40_000]) {
      const layout = Layout.from(size, align);
      const buffers = Array.from({ length: 5 }, () => pool.allocate(layout));
      for (const buffer of buffers) {
        expect(addressOf(buffer) % BigInt(align), `${layout}`).toBe(0n);
        expect(buffer.length).toBe(size);
      }
      for (const buffer of buffers) expect(pool.deallocate(buffer, layout)).toBe(true);
    }
    expect(pool.verify()).toBe(true);
  });

  it('up to a page is served from a slab', () => {
    const pool = makePool();
    const buffer = pool.allocate(Layout.from(100, 4096));
    expect(buffer.buffer.byteLength).toBeGreaterThan(4096);
    expect(pool.usableSize(Layout.from(100, 4096))).toBe(4096);
  });

  it('beyond a page is served alone, empty Buffers too', () => {
    const pool = makePool();
    const layout = Layout.from(0, 2 ** 16);
    const buffer = pool.allocate(layout);
    expect(pool.owns(buffer)).toBe(true);
    const next = pool.reallocate(buffer, layout, Layout.from(10, 2 ** 16));
    expect(next).toEqual(Buffer.alloc(10));
    expect(() => pool.deallocate(buffer, layout)).toThrow(/freed/);
    expect(pool.verify()).toBe(true);
  });
});

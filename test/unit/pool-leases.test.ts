import { describe, expect, it } from 'vitest';
import type { BufferPool, Lease } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { collect, idle, tick, withCode } from '../support/idle.js';
import { isBalanced, LARGE, makePool, slotsPerSlab, times } from '../support/pools.js';

const NO_LEASES = { liveBlocks: 0, abandonedBlocks: 0, leases: 0 };

describe.each([
  ['in a slab', 64],
  ['with memory of its own', LARGE],
])('a lease on a Buffer %s', (_title, size) => {
  it('does nothing to what is not freed', async () => {
    const pool = makePool();
    const buffer = pool.alloc(size);
    const lease = pool.lease(buffer);
    expect(pool.stats()).toMatchObject({ liveBlocks: 1, leases: 1 });
    lease.dispose();
    await idle();
    expect(pool.stats()).toMatchObject({ liveBlocks: 1, leases: 0 });
    expect(pool.free(buffer)).toBe(true);
  });

  it('holds the memory of a freed Buffer until the last of them ends', async () => {
    const pool = makePool();
    const buffer = pool.alloc(size).fill(7);
    const leases = times(3, () => pool.lease(buffer));
    expect(pool.free(buffer)).toBe(false);
    expect(pool.owns(buffer)).toBe(false);
    await idle();
    for (const lease of leases) {
      times(20, () => pool.free(pool.allocUnsafe(size).fill(9)));
      expect(buffer).toEqual(Buffer.alloc(size, 7));
      expect(pool.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1, leases: 1 });
      lease.dispose();
    }
    expect(pool.stats()).toMatchObject(NO_LEASES);
    expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
    expect(isBalanced(pool)).toBe(true);
    expect(pool.verify()).toBe(true);
  });

  it('that is disposed twice counts once', async () => {
    const pool = makePool();
    const buffer = pool.alloc(size);
    const [one, other] = [pool.lease(buffer), pool.lease(buffer)];
    one.dispose();
    one.dispose();
    expect([one.disposed, other.disposed]).toEqual([true, false]);
    expect(pool.free(buffer)).toBe(false);
    await idle();
    other.dispose();
    expect(pool.stats()).toMatchObject(NO_LEASES);
  });

  it('is refused for what was freed', async () => {
    const pool = makePool();
    await idle();
    const buffer = pool.alloc(size);
    const lease = pool.lease(buffer);
    pool.free(buffer);
    expect(() => pool.lease(buffer)).toThrow(withCode('ABANDONED'));
    lease.dispose();
    expect(() => pool.lease(buffer)).toThrow(withCode('DETACHED'));
  });

  it('makes realloc, reset and dispose throw LEASED, before and after a free', () => {
    const pool = makePool();
    const buffer = pool.alloc(size);
    using _lease = pool.lease(buffer);
    const leased = withCode('LEASED');
    expect(() => pool.realloc(buffer, 10)).toThrow(leased);
    pool.free(buffer);
    expect(() => pool.realloc(buffer, 10)).toThrow(withCode('ABANDONED'));
    expect(() => pool.reset()).toThrow(leased);
    expect(() => pool.dispose()).toThrow(leased);
    expect(pool.verify()).toBe(true);
  });

  it('that ends while a request is in flight leaves the memory to the collector', async () => {
    const pool = makePool();
    const use = async () => {
      const buffer = pool.alloc(size).fill(7);
      const lease = pool.lease(buffer);
      pool.free(buffer);
      await whileBusy(() => {
        lease.dispose();
        expect(() => pool.free(buffer)).toThrow(withCode('ABANDONED'));
      });
      expect(pool.stats()).toMatchObject({ ...NO_LEASES, abandonedBlocks: 1 });
      times(5000, () => pool.allocUnsafe(64).fill(9));
      expect(buffer).toEqual(Buffer.alloc(size, 7));
      expect(pool.verify()).toBe(true);
    };
    await use();
    expect(await collect(() => pool.stats().abandonedBlocks === 0)).toBe(true);
    expect(isBalanced(pool)).toBe(true);
    expect(pool.verify()).toBe(true);
  });

  it('keeps a dropped Buffer from the collector', async () => {
    const pool = makePool();
    const lease = (() => pool.lease(pool.alloc(size)))();
    fillSlab(pool, size);
    expect(await collect(() => pool.stats().leases === 0, 5)).toBe(false);
    expect(lease.disposed).toBe(false);
  });

  it('that is dropped with its Buffer ends with its slab', async () => {
    const pool = makePool();
    (() => pool.lease(pool.alloc(size)))();
    fillSlab(pool, size);
    expect(await collect(() => pool.stats().leases === 0)).toBe(true);
    expect(pool.stats()).toMatchObject({ abandonedBlocks: 0, leases: 0 });
    expect(isBalanced(pool)).toBe(true);
    expect(() => pool.reset()).not.toThrow();
    expect(() => pool.dispose()).not.toThrow();
  });

  it('that is dropped with its Buffer after the free ends with its slab', async () => {
    const pool = makePool();
    (() => {
      const buffer = pool.alloc(size);
      pool.lease(buffer);
      pool.free(buffer);
    })();
    fillSlab(pool, size);
    expect(pool.stats()).toMatchObject({ abandonedBlocks: 1, leases: 1 });
    expect(await collect(() => pool.stats().abandonedBlocks === 0)).toBe(true);
    expect(pool.stats()).toMatchObject({ abandonedBlocks: 0, leases: 0 });
    expect(isBalanced(pool)).toBe(true);
    expect(pool.verify()).toBe(true);
    expect(() => pool.dispose()).not.toThrow();
  });
});

/** So that the slab of what was allocated before is full, and can be collected; all dropped. */
function fillSlab(pool: BufferPool, size: number): void {
  times(size === LARGE ? 1 : slotsPerSlab(makePool(), size), () => pool.alloc(size));
}

describe('a slab with a slot that waits for the collector', () => {
  it('serves its other slots, until all of it is out', async () => {
    const pool = makePool();
    const slots = slotsPerSlab(makePool(), 4096);
    const buffer = pool.alloc(4096).fill(7);
    const lease = pool.lease(buffer);
    pool.free(buffer);
    await whileBusy(() => lease.dispose());
    const others = times(slots - 1, () => pool.alloc(4096));
    expect(others.every((other) => other.buffer === buffer.buffer)).toBe(true);
    expect(others.some((other) => other.byteOffset === buffer.byteOffset)).toBe(false);
    const next = pool.alloc(4096);
    expect(next.buffer).not.toBe(buffer.buffer);
    expect(others.map((other) => pool.free(other))).toEqual(others.map(() => true));
    expect(pool.stats()).toMatchObject({ liveBlocks: 1, abandonedBlocks: 1 });
    expect(isBalanced(pool)).toBe(true);
    expect(pool.verify()).toBe(true);
  });

  it('goes with a reset once nothing is in flight', async () => {
    const pool = makePool();
    const buffer = pool.alloc(4096);
    const lease = pool.lease(buffer);
    pool.free(buffer);
    await whileBusy(() => lease.dispose());
    times(100, () => pool.alloc(4096));
    pool.reset();
    expect(pool.stats()).toMatchObject({ ...NO_LEASES, mappedBytes: 0 });
    expect(buffer.length).toBe(0);
    expect(isBalanced(pool)).toBe(true);
  });
});

describe('withLease', () => {
  it('holds the Buffer until its work has ended', async () => {
    const pool = makePool();
    const buffer = pool.from('held');
    const answer = await pool.withLease(buffer, async (held) => {
      expect(held).toBe(buffer);
      expect(pool.free(buffer)).toBe(false);
      await tick();
      return held.toString();
    });
    expect(answer).toBe('held');
    expect(pool.stats().leases).toBe(0);
  });

  it('ends the lease when its work throws', async () => {
    const pool = makePool();
    const buffer = pool.alloc(64);
    const error = new Error('thrown by the work');
    await expect(
      pool.withLease(buffer, () => {
        throw error;
      }),
    ).rejects.toBe(error);
    await expect(pool.withLease(buffer, () => Promise.reject(error))).rejects.toBe(error);
    expect(pool.stats()).toMatchObject({ liveBlocks: 1, leases: 0 });
  });

  it('refuses what is not live', async () => {
    const pool = makePool();
    const buffer = pool.alloc(64);
    pool.free(buffer);
    await expect(pool.withLease(buffer, () => 1)).rejects.toThrow(withCode('DETACHED'));
    await expect(pool.withLease(Buffer.alloc(8), () => 1)).rejects.toThrow(withCode('NOT_OWNED'));
  });
});

it('a lease of one pool is none of another', () => {
  const [one, other] = [makePool(), makePool()];
  const leases: Lease[] = [one.lease(one.alloc(64))];
  expect(() => other.reset()).not.toThrow();
  expect(() => other.lease(one.alloc(64))).toThrow(withCode('NOT_OWNED'));
  for (const lease of leases) lease.dispose();
});

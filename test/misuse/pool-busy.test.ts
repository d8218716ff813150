import { beforeEach, describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool, Layout } from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { startRead, whileBusy } from '../support/busy.js';
import { withForced } from '../support/force.js';
import { collect, expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';
import { fillUp, isBalanced, LARGE, makePool, times } from '../support/pools.js';

beforeEach(idle);

describe('with an operation in flight', () => {
  it('a Buffer in a slab is freed at once: a lease is what holds it', async () => {
    const pool = makePool();
    const [one, other] = [pool.alloc(64), pool.alloc(64)];
    await whileBusy(() => {
      expect(pool.free(one)).toBe(true);
      expect(pool.deallocate(other, Layout.from(64), { whenBusy: 'throw' })).toBe(true);
    });
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 0 });
  });

  it('a Buffer with memory of its own is freed with false, and stays valid and private', async () => {
    const pool = makePool();
    const use = async () => {
      const buffer = pool.alloc(LARGE).fill(7);
      await whileBusy(() => expect(pool.free(buffer)).toBe(false));
      expect(() => pool.free(buffer)).toThrow(withCode('ABANDONED'));
      expect(() => pool.realloc(buffer, 5)).toThrow(withCode('ABANDONED'));
      expect(() => pool.lease(buffer)).toThrow(withCode('ABANDONED'));
      expect(pool.owns(buffer)).toBe(false);
      for (const other of times(5, () => pool.allocUnsafe(LARGE).fill(9))) pool.free(other);
      expect(buffer).toEqual(Buffer.alloc(LARGE, 7));
      expect(pool.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1 });
      expect(pool.verify()).toBe(true);
    };
    await use();
    expect(await collect(() => pool.stats().abandonedBlocks === 0)).toBe(true);
    expect(pool.stats()).toMatchObject({ mappedBytes: 0, abandonedBytes: 0, recoveredBlocks: 0 });
    expect(isBalanced(pool)).toBe(true);
  });

  it('that may not wait is BUSY with memory of its own, and nothing changes', async () => {
    const pool = makePool();
    const layout = Layout.from(LARGE);
    const buffer = pool.allocate(layout).fill(7);
    await whileBusy(() => {
      const before = snapshot(pool);
      expect(() => pool.deallocate(buffer, layout, { whenBusy: 'throw' })).toThrow(
        withCode('BUSY'),
      );
      expectUnchanged(pool, before);
    });
    expect(buffer).toEqual(Buffer.alloc(LARGE, 7));
    expect(pool.deallocate(buffer, layout, { whenBusy: 'throw' })).toBe(true);
  });

  it.each([64, LARGE])('a leased Buffer of %i bytes that may not wait is LEASED', (size) => {
    const pool = makePool();
    const layout = Layout.from(size);
    const buffer = pool.allocate(layout);
    using _lease = pool.lease(buffer);
    const before = snapshot(pool);
    expect(() => pool.deallocate(buffer, layout, { whenBusy: 'throw' })).toThrow(
      withCode('LEASED'),
    );
    expectUnchanged(pool, before);
  });

  it.each([64, 4096, LARGE])(
    'G4 a Buffer of %i bytes, freed under a lease that ends, is not reissued',
    async (size) => {
      const pool = makePool({ limit: 4 << 20 });
      const use = async () => {
        const buffer = pool.alloc(size);
        const read = startRead(buffer);
        const lease = pool.lease(buffer);
        expect(pool.free(buffer)).toBe(false);
        lease.dispose();
        expect(() => pool.free(buffer)).toThrow(withCode('ABANDONED'));
        const others = fillUp(pool, size);
        for (const other of others) other.fill(0xee);
        expect(await read.finish(Buffer.from('what was read'))).toBe(13);
        expect(buffer.toString('latin1', 0, 13)).toBe('what was read');
        expect(others.every((other) => other.every((byte) => byte === 0xee))).toBe(true);
        expect(pool.stats().abandonedBlocks).toBe(1);
        expect(pool.verify()).toBe(true);
      };
      await use();
      await collect(() => pool.stats().abandonedBlocks === 0);
      expect(pool.stats().abandonedBlocks).toBe(0);
      expect(isBalanced(pool)).toBe(true);
    },
  );

  it('realloc of memory of its own moves, and leaves the old one to the collector', async () => {
    const pool = makePool();
    const buffer = pool.alloc(LARGE).fill(7);
    await whileBusy(() => {
      const next = pool.realloc(buffer, 10);
      expect(next).toEqual(Buffer.alloc(10, 7));
    });
    expect(buffer).toEqual(Buffer.alloc(LARGE, 7));
    expect(() => pool.free(buffer)).toThrow(withCode('ABANDONED'));
    expect(pool.stats()).toMatchObject({ liveBlocks: 1, abandonedBlocks: 1 });
  });

  it('a run ends, and leaves memory of its own to the collector', async () => {
    const pool = makePool();
    await whileBusy(() => pool.run((alloc) => void [alloc(64), alloc(LARGE), alloc(LARGE)]));
    const { liveBlocks, abandonedBlocks } = pool.stats();
    expect(liveBlocks).toBe(0);
    expect(abandonedBlocks).toBeLessThanOrEqual(2); // fewer if it was quick
    expect(await collect(() => pool.stats().abandonedBlocks === 0)).toBe(true);
    expect(pool.stats()).toMatchObject({ deallocations: 3, recoveredBlocks: 0 });
  });
});

describe('out of memory', () => {
  const outOfMemory = withCode('OUT_OF_MEMORY');
  const refused = (body: () => unknown) => withForced(Force.OUT_OF_MEMORY, body);

  it.each([0, 16, 64, 1000, 4096, 20_000, LARGE])(
    'at any slab is OUT_OF_MEMORY for %i bytes, and nothing changes but the failures',
    (size) => {
      const pool = makePool();
      const live: Buffer[] = [];
      for (let slab = 0; slab < 4; slab++) {
        const attempts = [
          () => pool.alloc(size),
          () => pool.allocUnsafe(size),
          () => pool.alloc(size, 'x'),
          () => pool.from(Buffer.alloc(size)),
          () => pool.concat([Buffer.alloc(size)]),
          () => pool.allocate(Layout.from(size)),
        ];
        for (const attempt of attempts) {
          const before = snapshot(pool);
          expect(() => refused(attempt)).toThrow(outOfMemory);
          expectUnchanged(pool, before, { failures: before.failures + 1 });
        }
        // Until another slab would be needed.
        live.push(pool.alloc(size).fill(slab));
        while (pool.stats().freeBlocks > 0) live.push(pool.allocUnsafe(size).fill(slab));
      }
      expect(refused(() => pool.tryAllocate(Layout.from(size)))).toBeNull();
      expect(live.filter((buffer) => buffer.length !== size)).toEqual([]);
      for (const buffer of live) expect(pool.free(buffer)).toBe(true);
      expect(isBalanced(pool)).toBe(true);
      expect(pool.verify()).toBe(true);
    },
  );

  it('in realloc leaves the old Buffer as it was', () => {
    const pool = makePool();
    const buffer = pool.alloc(64).fill(7);
    for (const size of [1000, LARGE]) {
      const before = snapshot(pool);
      expect(() => refused(() => pool.realloc(buffer, size))).toThrow(outOfMemory);
      expectUnchanged(pool, before, { failures: before.failures + 1 });
    }
    expect(buffer).toEqual(Buffer.alloc(64, 7));
    expect(refused(() => pool.realloc(buffer, 60))).toEqual(Buffer.alloc(60, 7));
  });

  it('does not stand in the way of what is at hand', () => {
    const pool = makePool();
    const buffer = pool.alloc(64);
    refused(() => {
      expect(pool.alloc(50).length).toBe(50);
      expect(pool.free(buffer)).toBe(true);
      expect(() => pool.alloc(1000)).toThrow(outOfMemory);
    });
    expect(pool.alloc(64).length).toBe(64);
    expect(pool.verify()).toBe(true);
  });

  it('in the middle of a run frees what it had', async () => {
    const pool = makePool();
    await expect(
      pool.run((alloc) => refused(() => [alloc(0), alloc(64), alloc(LARGE)])),
    ).rejects.toThrow(outOfMemory);
    expect(pool.stats().liveBlocks).toBe(0);
  });
});

describe('a runtime without ArrayBuffers over native memory', () => {
  it('is EXTERNAL_UNSUPPORTED, and nothing changes', () => {
    const pool = new BufferPool(new ArenaAllocator());
    for (const size of [64, LARGE]) {
      expect(() => withForced(Force.NO_EXTERNAL, () => pool.alloc(size))).toThrow(
        withCode('EXTERNAL_UNSUPPORTED'),
      );
    }
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, mappedBytes: 0, allocations: 0 });
    expect(pool.verify()).toBe(true);
    expect(pool.alloc(64).length).toBe(64);
  });
});

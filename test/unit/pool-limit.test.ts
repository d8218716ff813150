import { describe, expect, it } from 'vitest';
import { AllocError, ArenaAllocator, BufferPool, Layout } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { thrownBy } from '../support/call.js';
import { collect, idle, withCode } from '../support/idle.js';
import { fillUp, isBalanced, LARGE, makePool } from '../support/pools.js';

const KiB = 1024;

describe('a limit', () => {
  it.each([
    [64, 64 * KiB, 1024],
    [64, 64 * KiB + 63, 1024],
    [64, 63, 0],
    [64, 64, 1],
    [1000, 10_000, 9],
    [16, 1, 0],
    [0, 16, 1],
    [4096, 1_000_000, 244],
    [20_000, 1_000_000, 48],
    [48, 1_000_003, 20_833],
    [LARGE, 1_000_000, 9],
  ])('lets Buffers of %i bytes have %i bytes to the last: %i of them', (size, limit, count) => {
    const pool = makePool({ limit });
    const buffers = fillUp(pool, size);
    expect(buffers.length).toBe(count);
    const { liveBytes, mappedBytes, failures } = pool.stats();
    expect(mappedBytes).toBeLessThanOrEqual(limit);
    expect(liveBytes).toBe(count * pool.usableSize(Layout.from(size)));
    expect(failures).toBe(1);
    expect(pool.verify()).toBe(true);
  });

  it('is there again after a free', () => {
    const pool = makePool({ limit: 64 * KiB });
    const buffers = fillUp(pool, 64);
    expect(pool.free(buffers[17] as Buffer)).toBe(true);
    expect(fillUp(pool, 64).length).toBe(1);
  });

  it('counts slabs of another class until they are free, and then does not', async () => {
    const pool = makePool({ limit: 64 * KiB });
    const buffers = fillUp(pool, 64);
    expect(() => pool.alloc(4096)).toThrow(withCode('LIMIT'));
    await idle();
    for (const buffer of buffers) pool.free(buffer);
    expect(fillUp(pool, 4096).length).toBe(16);
    expect(pool.stats().mappedBytes).toBeLessThanOrEqual(64 * KiB);
  });

  it('of an arena holds for its pools, to the last byte', () => {
    const pool = new BufferPool(new ArenaAllocator({ limit: 64 * KiB }));
    expect(fillUp(pool, 64).length).toBe(1024);
    expect(pool.verify()).toBe(true);
  });

  it('of an arena is shared by its pools', async () => {
    const arena = new ArenaAllocator({ limit: 64 * KiB });
    const [one, other] = [new BufferPool(arena), new BufferPool(arena)];
    const buffers = fillUp(one, 64);
    expect(() => other.alloc(64)).toThrow(withCode('LIMIT'));
    await idle();
    for (const buffer of buffers) one.free(buffer);
    one.trim();
    expect(fillUp(other, 64).length).toBe(1024);
  });

  it('leaves everything as it was, but for the count of failures', () => {
    const pool = makePool({ limit: 64 * KiB });
    fillUp(pool, 64);
    const { failures, ...before } = pool.stats();
    expect(pool.tryAllocate(Layout.from(64))).toBeNull();
    expect(pool.stats()).toEqual({ ...before, failures: failures + 1 });
    expect(isBalanced(pool)).toBe(true);
  });

  it('with an operation in flight does not take the free slots away', async () => {
    const pool = makePool({ limit: 64 * KiB });
    for (const buffer of fillUp(pool, 64)) pool.free(buffer);
    await whileBusy(() => {
      expect(() => pool.alloc(LARGE)).toThrow(withCode('LIMIT'));
      expect(fillUp(pool, 64).length).toBe(1024);
    });
    expect(pool.verify()).toBe(true);
  });

  it('with an operation in flight leaves free slabs that trim gives back', async () => {
    const pool = makePool({ limit: 64 * KiB });
    for (const buffer of fillUp(pool, 64)) pool.free(buffer);
    await whileBusy(() => expect(() => pool.alloc(LARGE)).toThrow(withCode('LIMIT')));
    pool.trim(); // what the collector, pushed by the refusal, has left of them
    expect(await collect(() => pool.stats().mappedBytes === 0)).toBe(true);
    expect(pool.stats()).toMatchObject({ freeBytes: 0, recoveredBytes: 0 });
    expect(pool.verify()).toBe(true);
  });
});

describe('the error at a limit', () => {
  it('says how much there is, and what is live', () => {
    const pool = makePool({ limit: 64 * KiB });
    fillUp(pool, 64);
    const error = thrownBy(() => pool.alloc(100)) as AllocError;
    expect(error).toBeInstanceOf(AllocError);
    expect(error).toMatchObject({ allocator: 'pool', reason: 'limit' });
    expect(`${error.layout}`).toBe('Layout(100, align 1)');
    expect(error.message).toBe(
      'The allocator "pool" cannot serve Layout(100, align 1): of its limit of 65536 bytes, ' +
        '65536 are live and 0 abandoned. Dropped blocks come back in a later tick, after a ' +
        'garbage collection; wait for that. Free blocks or raise the limit.',
    );
  });

  it('says what is abandoned, and that it comes back', async () => {
    const pool = makePool({ limit: 64 * KiB });
    const lease = pool.lease(fillUp(pool, 64)[0] as Buffer);
    const error = thrownBy(() => pool.alloc(100)) as AllocError;
    expect(error.message).toContain('65536 are live');
    lease.dispose();
  });

  it('of an arena names its limit, and all that lives there', () => {
    const arena = new ArenaAllocator({ limit: 64 * KiB });
    const others = new BufferPool(arena);
    fillUp(others, 64);
    const pool = new BufferPool(arena, { limit: 2 ** 30 });
    const error = thrownBy(() => pool.alloc(100)) as AllocError;
    expect(error.message).toContain('limit of 65536 bytes, 65536 are live');
  });

  it('of an arena that is a limit of pages says so', () => {
    const pool = new BufferPool(new ArenaAllocator({ mappedLimit: 512 * KiB }));
    const buffers = fillUp(pool, 4096);
    expect(buffers.length).toBeGreaterThan(32);
    const error = thrownBy(() => pool.alloc(4096)) as AllocError;
    expect(error).toMatchObject({ code: 'ERR_HEAPWRIGHT_LIMIT' });
    expect(error.message).toContain(`limit of ${512 * KiB} bytes of pages`);
  });
});

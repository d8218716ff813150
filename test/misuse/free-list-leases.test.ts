/** Leases on blocks of a free list that end while an operation uses the memory. */
import { describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool, FreeList, Layout } from '../../lib/index.js';
import { startRead } from '../support/busy.js';
import { collect, idle } from '../support/idle.js';

const layout = Layout.from(2000);
/** More than a slab of that class has. */
const MANY = 300;

const lieOver = (a: Buffer, b: Buffer): boolean =>
  a.buffer === b.buffer && a.byteOffset === b.byteOffset;

describe('a listed Buffer of a pool whose last lease ends with an operation in flight', () => {
  it('is nobody else’s, neither of the list nor of the pool', async () => {
    await idle();
    const pool = new BufferPool(new ArenaAllocator());
    const list = new FreeList(pool, { size: 2000, max: MANY });
    const target = list.allocate(layout);
    const reading = startRead(target);
    const lease = list.lease(target);
    expect(list.deallocate(target, layout)).toBe(false);
    lease.dispose();
    expect(list.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1, waiting: 0 });
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1, leases: 0 });
    const others = Array.from({ length: MANY }, () => list.allocate(layout).fill(7));
    expect(others.some((other) => lieOver(other, target))).toBe(false);
    await reading.finish(new Uint8Array(2000).fill(9));
    expect(others.every((other) => other.every((byte) => byte === 7))).toBe(true);
  });

  it('comes back, and keeps no lease on its pool', async () => {
    await idle();
    const pool = new BufferPool(new ArenaAllocator());
    const list = new FreeList(pool, { size: 2000, max: MANY });
    await (async () => {
      const target = list.allocate(layout);
      const reading = startRead(target);
      const lease = list.lease(target);
      list.deallocate(target, layout);
      lease.dispose();
      await reading.finish(new Uint8Array(2000));
    })();
    expect(await collect(() => list.stats().abandonedBlocks === 0)).toBe(true);
    expect(list.verify() && pool.verify()).toBe(true);
    pool.dispose();
  });
});

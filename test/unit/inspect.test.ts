import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  BufferPool,
  Layout,
  RecyclingPool,
  SystemAllocator,
} from '../../lib/index.js';

describe('what console.log shows', () => {
  it.each([
    ['system', () => new SystemAllocator({ limit: 1000 })],
    ['arena', () => new ArenaAllocator({ limit: 1000 })],
  ])('of a dedicated allocator (%s) is one line of figures', (name, make) => {
    const allocator = make();
    allocator.allocate(Layout.from(64));
    expect(inspect(allocator)).toMatch(
      new RegExp(`^\\[${name}: 1 live, 64 of 1000 bytes, peak 64, mapped \\d+\\]$`),
    );
    allocator.dispose();
    expect(inspect(allocator)).toBe(`[${name}: closed]`);
  });

  it('of a pool is its name and its figures', () => {
    const pool = new BufferPool(new ArenaAllocator(), { limit: 2 ** 20 });
    const buffer = pool.alloc(100);
    using _lease = pool.lease(buffer);
    const shown = inspect(pool, { breakLength: Number.POSITIVE_INFINITY });
    const { freeBytes, mappedBytes } = pool.stats();
    expect(shown).toBe(
      `BufferPool { liveBlocks: 1, liveBytes: 112, freeBytes: ${freeBytes}, ` +
        `mappedBytes: ${mappedBytes}, limit: 1048576, leases: 1, recoveredBytes: 0 }`,
    );
  });

  it('of a pool that was disposed says so', () => {
    const pool = new BufferPool(new ArenaAllocator());
    pool.dispose();
    expect(inspect(pool)).toBe('[pool: closed]');
  });

  it('of a RecyclingPool is its size and how many wait', () => {
    const recycling = new RecyclingPool(new BufferPool(new ArenaAllocator()), 1500);
    recycling.free(recycling.allocUnsafe());
    expect(inspect(recycling)).toBe('RecyclingPool { size: 1500, waiting: 1 }');
  });

  it.each([
    [SystemAllocator, /NativeAllocator/],
    [BufferPool, /BufferPool/],
    [RecyclingPool, /RecyclingPool/],
  ])('of what only inherits is no error (%o)', ({ prototype }, name) => {
    expect(inspect(Object.create(prototype))).toMatch(name);
  });

  it('of a pooled Buffer is what it shows of any Buffer', () => {
    const pool = new BufferPool(new ArenaAllocator());
    expect(inspect(pool.from('abc'))).toBe(inspect(Buffer.from('abc')));
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool, Layout, Limited, SystemAllocator } from '../../lib/index.js';
import { collect, idle, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(100);
const pool = () => new BufferPool(new ArenaAllocator());

describe('Limited by bytes', () => {
  it('serves exactly so many, and LIMIT one beyond', () => {
    const allocator = new Limited(new SystemAllocator(), { bytes: 300 });
    const blocks = [1, 2, 3].map(() => allocator.allocate(layout));
    const attempt = () => allocator.allocate(Layout.from(1));
    expect(attempt).toThrow(withCode('LIMIT'));
    expect(attempt).toThrow(expect.objectContaining({ allocator: 'limited', reason: 'limit' }));
    expect(allocator.tryAllocate(Layout.from(1))).toBeNull();
    expect(allocator.stats()).toMatchObject({ liveBytes: 300, limit: 300, failures: 3 });
    allocator.deallocate(blocks[0] as ArrayBuffer, layout);
    expect(allocator.allocate(layout).byteLength).toBe(100);
  });

  it('serves a block of no bytes at the limit', () => {
    const allocator = new Limited(new SystemAllocator(), { bytes: 0 });
    expect(allocator.allocate(Layout.from(0)).byteLength).toBe(0);
  });

  it('counts what a block takes up, not what was asked for', () => {
    const allocator = new Limited(pool(), { bytes: 112 });
    allocator.allocate(layout);
    expect(allocator.stats().liveBytes).toBe(112);
    expect(allocator.tryAllocate(Layout.from(1))).toBeNull();
  });

  it('counts both blocks of a move, and only the growth in place', () => {
    const allocator = new Limited(new SystemAllocator(), { bytes: 300 });
    const block = allocator.allocate(layout);
    const attempt = () => allocator.reallocate(block, layout, Layout.from(201));
    expect(attempt).toThrow(withCode('LIMIT'));
    expect(block.byteLength).toBe(100);
    expect(allocator.reallocate(block, layout, Layout.from(200)).byteLength).toBe(200);
    const inPlace = new Limited(pool(), { bytes: 112 });
    const buffer = inPlace.allocate(layout);
    expect(inPlace.reallocate(buffer, layout, Layout.from(110)).length).toBe(110);
  });

  it('does not count what others have of the allocator inside', () => {
    const system = new SystemAllocator();
    system.allocate(Layout.from(1000));
    expect(new Limited(system, { bytes: 100 }).allocate(layout).byteLength).toBe(100);
  });

  it('counts a leased block that was freed until its lease ends', () => {
    const allocator = new Limited(new SystemAllocator(), { bytes: 100 });
    const block = allocator.allocate(layout);
    const lease = allocator.lease(block);
    expect(allocator.deallocate(block, layout)).toBe(false);
    expect(allocator.stats()).toMatchObject({ liveBytes: 0, abandonedBytes: 100 });
    expect(allocator.tryAllocate(layout)).toBeNull();
    lease.dispose();
    expect(allocator.tryAllocate(layout)).not.toBeNull();
  });

  it('counts what the program dropped until it was collected', async () => {
    const allocator = new Limited(pool(), { bytes: 112 });
    allocator.allocate(layout);
    let next: Buffer | null = null;
    const isServed = () => {
      next ??= allocator.tryAllocate(layout);
      return next !== null;
    };
    expect(await collect(isServed)).toBe(true);
    expect(allocator.stats()).toMatchObject({ liveBlocks: 1, allocations: 2 });
  });
});

describe('Limited by blocks', () => {
  it('serves so many, whatever their size', () => {
    const allocator = new Limited(pool(), { blocks: 2 });
    const first = allocator.allocate(layout);
    allocator.allocate(Layout.from(0));
    expect(() => allocator.allocate(Layout.from(0))).toThrow(withCode('LIMIT'));
    allocator.deallocate(first, layout);
    expect(allocator.allocate(Layout.from(5000)).length).toBe(5000);
  });
});

describe('new Limited', () => {
  it.each([
    ['no limit at all', {}],
    ['a negative limit', { bytes: -1 }],
    ['a fraction', { blocks: 1.5 }],
    ['NaN', { bytes: Number.NaN }],
  ])('is OUT_OF_RANGE with %s', (_title, limits) => {
    expect(() => new Limited(new SystemAllocator(), limits)).toThrow(withCode('OUT_OF_RANGE'));
  });

  it.each([
    ['no limits', undefined],
    ['a number', 5],
    ['a limit that is no number', { bytes: '5' }],
    ['one that it does not know', { bytes: 5, byts: 5 }],
  ])('is INVALID_ARG_TYPE with %s', (_title, limits) => {
    const attempt = () => new Limited(new SystemAllocator(), limits as never);
    expect(attempt).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { ArenaAllocator, Layout, Segregator, SystemAllocator } from '../../lib/index.js';
import { idle, withCode } from '../support/idle.js';

beforeEach(idle);

describe('Segregator with a threshold of 256', () => {
  it.each([
    [0, 'small'],
    [256, 'small'],
    [257, 'large'],
    [100_000, 'large'],
  ])('sends %i bytes to the %s one', (size, where) => {
    const [small, large] = [new ArenaAllocator(), new SystemAllocator()];
    const allocator = new Segregator(256, small, large);
    const block = allocator.allocate(Layout.from(size));
    expect((where === 'small' ? small : large).owns(block)).toBe(true);
    expect(allocator.deallocate(block, Layout.from(size))).toBe(true);
    expect(small.stats().liveBlocks + large.stats().liveBlocks).toBe(0);
  });

  it('moves a block whose size belongs elsewhere, and back', () => {
    const [small, large] = [new ArenaAllocator(), new SystemAllocator()];
    const allocator = new Segregator(256, small, large);
    const [less, more] = [Layout.from(100), Layout.from(1000)];
    const block = allocator.allocate(less);
    new Uint8Array(block).fill(5);
    const grown = allocator.reallocate(block, less, more);
    expect([small.stats().liveBlocks, large.stats().liveBlocks]).toEqual([0, 1]);
    expect(new Uint8Array(grown).filter((byte) => byte === 5)).toHaveLength(100);
    const again = allocator.shrink(grown, more, less);
    expect([small.stats().liveBlocks, large.stats().liveBlocks]).toEqual([1, 0]);
    expect(new Uint8Array(again).every((byte) => byte === 5)).toBe(true);
  });

  it('has no place in place for what belongs elsewhere', () => {
    const allocator = new Segregator(256, new ArenaAllocator(), new SystemAllocator());
    const block = allocator.allocate(Layout.from(200));
    expect(allocator.reallocateInPlace(block, Layout.from(200), Layout.from(300))).toBeNull();
    expect(block.byteLength).toBe(200);
  });

  it('leaves a block alive that has no room where it belongs now', () => {
    const allocator = new Segregator(256, new ArenaAllocator(), new SystemAllocator({ limit: 99 }));
    const block = allocator.allocate(Layout.from(200));
    const attempt = () => allocator.reallocate(block, Layout.from(200), Layout.from(300));
    expect(attempt).toThrow(withCode('LIMIT'));
    expect(allocator.deallocate(block, Layout.from(200))).toBe(true);
  });
});

describe('Segregator with a table', () => {
  const parts = () =>
    [new SystemAllocator(), new SystemAllocator(), new SystemAllocator()] as const;

  it.each([
    [64, 0],
    [65, 1],
    [4096, 1],
    [4097, 2],
  ])('sends %i bytes to row %i', (size, row) => {
    const [a, b, c] = parts();
    const allocator = new Segregator([
      { max: 64, allocator: a },
      { max: 4096, allocator: b },
      { max: Number.POSITIVE_INFINITY, allocator: c },
    ]);
    allocator.allocate(Layout.from(size));
    expect([a, b, c].map((each) => each.stats().liveBlocks)).toEqual(
      [0, 1, 2].map((at) => Number(at === row)),
    );
  });

  it.each([
    ['no rows', []],
    ['a bound that is no larger than the one before', [64, 64, Number.POSITIVE_INFINITY]],
    ['a last row with a bound', [64, 128]],
    ['a bound below 0', [-1, Number.POSITIVE_INFINITY]],
    ['a fraction', [0.5, Number.POSITIVE_INFINITY]],
    ['NaN', [Number.NaN, Number.POSITIVE_INFINITY]],
  ])('is OUT_OF_RANGE with %s', (_title, bounds) => {
    const [allocator] = parts();
    const table = bounds.map((max) => ({ max, allocator }));
    expect(() => new Segregator(table)).toThrow(withCode('OUT_OF_RANGE'));
  });

  it.each([
    ['a row that is no object', [7]],
    ['a bound that is no number', [{ max: '64', allocator: new SystemAllocator() }]],
    ['a row without an allocator', [{ max: Number.POSITIVE_INFINITY }]],
    ['a property that it does not know', [{ max: 1, allocator: null, size: 3 }]],
  ])('is INVALID_ARG_TYPE with %s', (_title, table) => {
    expect(() => new Segregator(table as never)).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

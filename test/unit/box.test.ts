import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  Box,
  BufferPool,
  box,
  ChunkAllocator,
  Layout,
  SystemAllocator,
  withAllocator,
} from '../../lib/index.js';
import { collect, idle } from '../support/idle.js';

beforeEach(idle);

const point = Layout.struct({ x: 'f64', y: 'f64' });

/** Over both kinds of block. */
const allocators: [name: string, make: () => SystemAllocator | BufferPool][] = [
  ['a SystemAllocator', () => new SystemAllocator()],
  ['a BufferPool', () => new BufferPool(new ArenaAllocator())],
];

describe('box(4)', () => {
  it('on the default allocator prints 4', () => {
    expect(`${box(4).value}`).toBe('4');
  });

  it('is an f64, and an i64 for a bigint', () => {
    const number = box(4);
    number.value = 0.5;
    expect(number.value).toBe(0.5);
    expect([box(-4n).value, inspect(box(4n))]).toEqual([-4n, '[Box i64: 4n]']);
  });

  it('comes from the default allocator of here and now', () => {
    const system = new SystemAllocator();
    const four = withAllocator(system, () => box(4));
    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 8 });
    four.dispose();
    expect(system.stats().liveBlocks).toBe(0);
  });
});

describe.each(allocators)('a Box of %s', (_name, make) => {
  it.each([
    ['i8', -128],
    ['i8', 127],
    ['u8', 255],
    ['i16', -32768],
    ['u16', 65535],
    ['i32', -(2 ** 31)],
    ['u32', 2 ** 32 - 1],
    ['f32', 0.5],
    ['f32', Number.POSITIVE_INFINITY],
    ['f64', Number.MAX_VALUE],
    ['f64', Number.NaN],
    ['i64', -(2n ** 63n)],
    ['u64', 2n ** 64n - 1n],
    ['ptr', 2n ** 64n - 1n],
  ] as const)('holds an %s of %s', (type, value) => {
    const one = Box.of(type, value as never, make());
    expect(one.value).toBe(value);
  });

  it('rounds an f32', () => {
    expect(Box.of('f32', 0.1, make()).value).toBe(Math.fround(0.1));
  });

  it('takes other values', () => {
    const one = Box.of('i32', 1, make());
    one.value += 41;
    expect(one.value).toBe(42);
  });

  it('box.take() returns the value, frees the block, and the box is dead', () => {
    const allocator = make();
    const one = Box.of('i32', 42, allocator);
    expect(one.take()).toBe(42);
    expect(allocator.stats().liveBlocks).toBe(0);
    expect(() => one.value).toThrow(
      expect.objectContaining({ code: 'ERR_HEAPWRIGHT_DETACHED' as const }),
    );
  });

  it('holds a struct, whose fields can be written one by one', () => {
    const one = Box.of(point, { x: 1, y: 2 }, make());
    one.value.x = 3;
    expect({ x: one.value.x, y: one.value.y }).toEqual({ x: 3, y: 2 });
    one.value = { x: 5, y: 6 };
    expect(one.take()).toEqual({ x: 5, y: 6 });
  });

  it('is freed by using, and by dispose once', () => {
    const allocator = make();
    {
      using one = Box.of('u8', 1, allocator);
      one.value = 2;
    }
    const two = Box.of('u8', 1, allocator);
    two.dispose();
    two.dispose();
    expect(allocator.stats()).toMatchObject({ liveBlocks: 0, allocations: 2 });
  });
});

describe('a Box', () => {
  it('that is dropped is freed by the collector', async () => {
    const system = new SystemAllocator();
    (() => Box.of('f64', 1, system))();
    expect(await collect(() => system.stats().liveBlocks === 0)).toBe(true);
  });

  it('takes as many bytes as its type, at its alignment', () => {
    const chunks = new ChunkAllocator({ chunks: 4, chunkSize: 16 });
    Box.of(point, { x: 0, y: 0 }, chunks);
    expect(chunks.usage()).toBe(25);
  });

  it('says what it holds when it is printed', () => {
    const one = Box.of(point, { x: 1, y: 2 });
    expect(inspect(one)).toBe('[Box struct: { x: 1, y: 2 }]');
    one.dispose();
    expect(inspect(one)).toBe('[Box struct: gone]');
    expect(inspect(Object.create(Box.prototype))).toBe('Box {}');
  });
});

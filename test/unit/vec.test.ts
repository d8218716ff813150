import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  BufferPool,
  ChunkAllocator,
  defineAllocator,
  Layout,
  SystemAllocator,
  Vec,
  vec,
  withAllocator,
} from '../../lib/index.js';
import { idle, withCode } from '../support/idle.js';

beforeEach(idle);

const point = Layout.struct({ x: 'i16', y: 'i16' });

const allocators: [name: string, make: () => SystemAllocator | BufferPool][] = [
  ['a SystemAllocator', () => new SystemAllocator()],
  ['a BufferPool', () => new BufferPool(new ArenaAllocator())],
];

describe('a 16 x 16-byte heap pushing 0..10', () => {
  it('grows the vec 4 -> 8 -> 16 i32', () => {
    const heap = new ChunkAllocator({ chunks: 16, chunkSize: 16 });
    const list = Vec.of('i32', heap);
    const capacities = new Set<number>();
    for (let value = 0; value < 10; value++) {
      list.push(value);
      capacities.add(list.capacity);
    }
    expect([...capacities]).toEqual([4, 8, 16]);
    expect([...list]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(heap.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 64 });
  });
});

describe.each(allocators)('a Vec of %s', (_name, make) => {
  it('allocates nothing before its first value', () => {
    const allocator = make();
    const list = Vec.of('f64', allocator);
    expect([list.length, list.capacity, list.toArray(), list.pop()]).toEqual([0, 0, [], undefined]);
    expect(allocator.stats().allocations).toBe(0);
  });

  it('keeps its values while it grows', () => {
    const list = Vec.of('u32', make());
    const values = Array.from({ length: 10_000 }, (_, at) => (at * 2654435761) >>> 0);
    for (const value of values) list.push(value);
    expect(list.toArray()).toEqual(values);
    expect(list.capacity).toBe(16_384);
  });

  it('pops what was pushed last', () => {
    const list = Vec.of('i64', make());
    expect(list.push(1n, 2n, 3n)).toBe(3);
    expect([list.pop(), list.pop(), list.length]).toEqual([3n, 2n, 1]);
  });

  it('reads and writes by index', () => {
    const list = Vec.of('u8', make());
    list.push(1, 2, 3);
    list.set(1, 20);
    expect([list.get(0), list.get(1), list.at(-1), list.at(3), list.at(-4)]).toEqual([
      1,
      20,
      3,
      undefined,
      undefined,
    ]);
  });

  it('holds structs, which can be written through, also after it has grown', () => {
    const list = Vec.of(point, make());
    list.push({ x: 1, y: 2 });
    const first = list.get(0);
    for (let at = 0; at < 100; at++) list.push({ x: at, y: -at });
    first.x = 7;
    expect(list.get(0).x).toBe(7);
    expect([list.at(100)?.y, list.pop()]).toEqual([-99, { x: 99, y: -99 }]);
  });

  it('reserve makes room at once, and does not take any back', () => {
    const allocator = make();
    const list = Vec.of('i32', allocator);
    list.reserve(100);
    for (let at = 0; at < 100; at++) list.push(at);
    expect([list.capacity, allocator.stats().allocations]).toEqual([100, 1]);
    list.reserve(0);
    list.reserve(1);
    expect(list.capacity).toBe(200);
  });

  it('truncate and clear keep the memory, shrinkToFit does not', () => {
    const list = Vec.of('i32', make());
    list.push(1, 2, 3, 4, 5);
    list.truncate(2);
    expect([list.toArray(), list.capacity]).toEqual([[1, 2], 5]);
    list.shrinkToFit();
    expect([list.toArray(), list.capacity]).toEqual([[1, 2], 2]);
    list.clear();
    list.shrinkToFit();
    list.push(9);
    expect([list.toArray(), list.capacity]).toEqual([[9], 4]);
  });

  it('take returns the values, frees the block, and the vec is dead', () => {
    const allocator = make();
    const list = Vec.of(point, allocator);
    list.push({ x: 1, y: 2 }, { x: 3, y: 4 });
    expect(list.take()).toEqual([
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ]);
    expect(allocator.stats().liveBlocks).toBe(0);
    expect(() => list.length).toThrow(withCode('DETACHED'));
  });

  it('is freed by using, and by dispose once', () => {
    const allocator = make();
    {
      using list = Vec.of('u8', allocator);
      list.push(1);
    }
    const list = Vec.of('u8', allocator);
    list.push(1);
    list.dispose();
    list.dispose();
    expect(allocator.stats().liveBlocks).toBe(0);
  });
});

describe('the first block of a Vec', () => {
  it.each([
    ['u8', 8],
    ['u16', 4],
    ['f64', 4],
  ] as const)('has room, of type %s, for %i', (type, capacity) => {
    expect(vec(type, 1).capacity).toBe(capacity);
  });

  it('has room for one of more than a kilobyte', () => {
    const page = Layout.struct({ bytes: Layout.from(4096) });
    const list = Vec.of(page);
    list.push({ bytes: new Uint8Array(4096) });
    expect(list.capacity).toBe(1);
  });

  it('has room for what is pushed at once', () => {
    expect(vec('i32', ...Array.from({ length: 1000 }, () => 1)).capacity).toBe(1000);
  });
});

describe('a Vec that cannot grow', () => {
  it('stays as it was, and the value is not lost', () => {
    const heap = new ChunkAllocator({ chunks: 2, chunkSize: 16 });
    const list = Vec.of('i32', heap);
    list.push(1, 2, 3, 4, 5, 6, 7, 8);
    const before = heap.stats();
    expect(() => list.push(9)).toThrow(withCode('OUT_OF_MEMORY'));
    expect([list.toArray(), list.capacity]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], 8]);
    expect(heap.stats()).toEqual({ ...before, failures: before.failures + 1 });
    list.pop();
    list.push(9);
    expect(list.at(-1)).toBe(9);
  });

  it('adds none of several values', () => {
    const list = Vec.of('i32', new SystemAllocator({ limit: 16 }));
    list.push(1);
    expect(() => list.push(2, 3, 4, 5)).toThrow(withCode('LIMIT'));
    expect(list.toArray()).toEqual([1]);
  });
});

describe('a Vec', () => {
  it('reallocates by its allocator, with the layouts that it asked for', () => {
    const inner = new SystemAllocator();
    const calls: string[] = [];
    const logged = defineAllocator({
      allocate(layout, options) {
        calls.push(`allocate ${layout}`);
        return inner.allocate(layout, options);
      },
      deallocate(block: ArrayBuffer, layout) {
        calls.push(`deallocate ${layout}`);
        return inner.deallocate(block, layout);
      },
    });
    const list = Vec.of('i32', logged);
    list.push(1, 2, 3, 4);
    list.push(5);
    list.dispose();
    expect(calls).toEqual([
      'allocate Layout(16, align 4)',
      'allocate Layout(32, align 4)',
      'deallocate Layout(16, align 4)',
      'deallocate Layout(32, align 4)',
    ]);
  });

  it('of the default allocator keeps the one of its making', () => {
    const system = new SystemAllocator();
    const list = withAllocator(system, () => vec('i32', 1));
    list.push(2, 3, 4, 5);
    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 32 });
  });

  it('is iterated as it is at each step', () => {
    const list = vec('i32', 1, 2);
    const seen: number[] = [];
    for (const value of list) {
      seen.push(value);
      if (list.length < 4) list.push(value * 10);
    }
    expect(seen).toEqual([1, 2, 10, 20]);
  });

  it('says what it holds when it is printed', () => {
    const list = vec('i32', 1, 2, 3);
    expect(inspect(list)).toBe('[Vec i32: 3 of 4, 1, 2, 3]');
    list.dispose();
    expect(inspect(list)).toBe('[Vec i32: gone]');
    expect(inspect(Object.create(Vec.prototype))).toBe('Vec {}');
    expect(inspect(vec('u8', ...Array(20).fill(0)))).toMatch(
      /^\[Vec u8: 20 of 20, 0,.*, \.\.\.\]$/,
    );
  });
});

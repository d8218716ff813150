// What the crate `allocators` shows by example and no other test has by its words.
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Allocator,
  ArenaAllocator,
  addressOf,
  asBuffers,
  BaseAllocator,
  type Block,
  Box,
  Checked,
  Fallback,
  FreeList,
  Layout,
  Limited,
  NullAllocator,
  ProxyAllocator,
  Scoped,
  Segregator,
  Stats,
  SystemAllocator,
  Vec,
} from '../../lib/index.js';
import { bytesOf } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';
import { times } from '../support/pools.js';

beforeEach(idle);

const MIB = 2 ** 20;

/** All that a type has to do: two functions. */
class OnlyTwo {
  readonly blocks = new Set<ArrayBuffer>();

  allocate({ size }: Layout): ArrayBuffer {
    const block = new ArrayBuffer(size);
    this.blocks.add(block);
    return block;
  }

  deallocate(block: ArrayBuffer): void {
    this.blocks.delete(block);
  }
}

type Wrap = (inner: OnlyTwo) => Allocator<ArrayBuffer>;

const combinators: [name: string, wrap: Wrap][] = [
  ['Fallback, as the main one', (inner) => new Fallback(inner, new NullAllocator())],
  ['Fallback, as the other', (inner) => new Fallback(new NullAllocator(), inner)],
  ['withFallback', (inner) => new NullAllocator().withFallback(inner)],
  ['Segregator', (inner) => new Segregator(16, new NullAllocator(), inner)],
  ['Limited', (inner) => new Limited(inner, { bytes: MIB })],
  ['ProxyAllocator', (inner) => new ProxyAllocator(inner, {})],
  ['Checked', (inner) => new Checked(inner)],
  ['Stats', (inner) => new Stats(inner)],
];

describe('a class with only two functions is usable in every combinator', () => {
  it.each(combinators)('%s', (_name, wrap) => {
    const inner = new OnlyTwo();
    const allocator = wrap(inner);
    const [small, large] = [Layout.from(24), Layout.from(100)];
    const block = allocator.allocate(small);
    bytesOf(block).fill(7);
    expect([allocator.owns(block), inner.blocks.size]).toEqual([true, 1]);
    const grown = allocator.reallocate(block, small, large);
    expect([...bytesOf(grown).subarray(22, 26)]).toEqual([7, 7, 0, 0]);
    expect([allocator.owns(block), allocator.owns(grown)]).toEqual([false, true]);
    expect(allocator.deallocate(grown, large)).toBe(true);
    expect([allocator.stats().liveBlocks, inner.blocks.size]).toEqual([0, 0]);
    expect(allocator.verify()).toBe(true);
  });

  it('FreeList, which has its blocks from it', () => {
    const inner = new OnlyTwo();
    const list = new FreeList(inner, { size: 24, min: 2, max: 2 });
    const layout = Layout.from(24);
    const block = list.allocate(layout);
    expect([list.owns(block), inner.blocks.size]).toEqual([true, 2]);
    expect(list.deallocate(block, layout)).toBe(true);
    expect(inner.blocks.size).toBe(2);
    list.dispose();
    expect(inner.blocks.size).toBe(0);
  });

  it('Scoped, which takes its region from it', () => {
    const inner = new OnlyTwo();
    const scoped = new Scoped(inner, { size: 64 });
    expect([...inner.blocks].map(({ byteLength }) => byteLength)).toEqual([64]);
    expect(scoped.scope((scope) => scope.from('bytes').toString())).toBe('bytes');
    scoped.dispose();
    expect(inner.blocks.size).toBe(0);
  });

  it('asBuffers', () => {
    const inner = new OnlyTwo();
    const buffers = asBuffers(inner);
    const layout = Layout.from(24);
    const block = buffers.allocate(layout);
    expect([Buffer.isBuffer(block), block.length, inner.blocks.size]).toEqual([true, 24, 1]);
    expect(buffers.deallocate(block, layout)).toBe(true);
    expect(inner.blocks.size).toBe(0);
  });

  it('Box and Vec', () => {
    const inner = new OnlyTwo();
    const box = Box.of('i32', 23, inner);
    const vec = Vec.of('i32', inner);
    for (let value = 0; value < 100; value++) vec.push(value);
    expect([box.take(), vec.take()]).toEqual([23, [...new Array(100).keys()]]);
    expect(inner.blocks.size).toBe(0);
  });
});

describe('the heap allocator', () => {
  it('holds a value of 8 MiB in place', () => {
    const system = new SystemAllocator();
    const layout = Layout.array('u8', 8 * MIB);
    const block = system.allocate(layout);
    bytesOf(block).fill(9);
    expect(bytesOf(block).every((byte) => byte === 9)).toBe(true);
    expect(system.deallocate(block, layout)).toBe(true);
  });

  it('gives no bytes as an empty block, from which more can be reallocated', () => {
    const system = new SystemAllocator();
    const [none, some] = [Layout.from(0, 1), Layout.from(64, 64)];
    const empty = system.allocate(none);
    expect(empty.byteLength).toBe(0);
    expect(system.reallocate(empty, none, some).byteLength).toBe(64);
    expect(system.stats().liveBlocks).toBe(1);
  });

  it('can be used through another owner of it, as a boxed allocator', () => {
    class Boxed extends BaseAllocator<ArrayBuffer> {
      readonly #inner = new ArenaAllocator();
      override allocate(layout: Layout) {
        return this.#inner.allocate(layout);
      }
      override deallocate(block: ArrayBuffer, layout: Layout) {
        return this.#inner.deallocate(block, layout);
      }
    }
    expect(Box.of('f64', 0.5, new Boxed()).take()).toBe(0.5);
  });
});

describe('a value for which there is no memory', () => {
  it('is not lost: it is still the caller that has it', () => {
    const full = new Limited(new SystemAllocator(), { bytes: 0 });
    const point = { x: 1, y: 2 };
    const type = Layout.struct({ x: 'f64', y: 'f64' });
    expect(() => Box.of(type, point, full)).toThrow(withCode('LIMIT'));
    expect(point).toEqual({ x: 1, y: 2 });
    expect(full.stats()).toMatchObject({ liveBlocks: 0, failures: 1 });
  });
});

describe('ownership', () => {
  it('is definite for every allocator, so that any two can be chained', () => {
    const [main, other] = [new ArenaAllocator({ limit: 64 }), new SystemAllocator()];
    const both = main.withFallback(other);
    const layout = Layout.from(64);
    const blocks: Block[] = [both.allocate(layout), both.allocate(layout)];
    expect(blocks.map((block) => [main.owns(block), other.owns(block)])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(both.owns(new SystemAllocator().allocate(layout))).toBe(false);
  });
});

const kilobyte = () => new Scoped(new SystemAllocator(), { size: 1024 });

describe('a scoped allocator with a kilobyte of memory', () => {
  it('holds 100 bombs in a Vec of a scope, which go off in order at its end', () => {
    const alloc = kilobyte();
    const booms: string[] = [];
    alloc.scope((inner) => {
      for (let i = 0; i < 100; i++) {
        const bomb = Box.of('u8', i, inner);
        inner.onDrop(() => booms.push(`Boom! ${bomb.value}`));
      }
      expect(inner.stats().liveBlocks).toBe(100);
      expect(booms).toEqual([]);
    });
    expect(booms).toEqual(times(100, (i) => `Boom! ${i}`));
    expect(alloc.alloc(1024).length).toBe(1024);
  });

  it('holds a value of its own: My int: 23', () => {
    const alloc = kilobyte();
    const myInt = Box.of('i32', 23, alloc);
    expect(`My int: ${myInt.value}`).toBe('My int: 23');
    expect(alloc.stats().liveBytes).toBe(4);
  });

  it('reuses its block of memory for temporary allocations in a tight loop', () => {
    const alloc = kilobyte();
    const mapped = alloc.stats().mappedBytes;
    const seen = new Set<bigint>();
    for (let round = 0; round < 1000; round++) {
      alloc.scope((inner) => {
        seen.add(addressOf(inner.alloc(600)));
      });
    }
    expect(seen.size).toBe(1);
    expect(alloc.stats().mappedBytes).toBe(mapped);
  });

  it('lets no value out of its scope: what was allocated in it has length 0 and throws', () => {
    const alloc = kilobyte();
    const [box, vec, buffer, view] = alloc.scope((inner) => {
      const all = Vec.of('u8', inner);
      all.push(1, 2, 3);
      const bytes = inner.from('escaping');
      return [Box.of('u8', 7, inner), all, bytes, bytes.subarray(2, 4)] as const;
    });
    expect([buffer.length, view.length]).toEqual([0, 0]);
    expect(() => box.value).toThrow(withCode('DETACHED'));
    expect(() => vec.get(0)).toThrow(withCode('DETACHED'));
    expect(alloc.owns(buffer)).toBe(false);
    expect(alloc.verify()).toBe(true);
  });
});

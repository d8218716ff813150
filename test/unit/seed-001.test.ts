// What the crate `allocators` shows by example and no other test has by its words.
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Allocator,
  ArenaAllocator,
  BaseAllocator,
  type Block,
  Box,
  Fallback,
  Layout,
  Limited,
  NullAllocator,
  Segregator,
  SystemAllocator,
  Vec,
} from '../../lib/index.js';
import { bytesOf } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';

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

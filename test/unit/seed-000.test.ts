// What the Rust book's page "Custom Allocators" shows by example and no other test has by its words.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AnyAllocator,
  ArenaAllocator,
  addressOf,
  allocate,
  BaseAllocator,
  box,
  deallocate,
  globalAllocator,
  Layout,
  ProxyAllocator,
  reallocate,
  SystemAllocator,
  setGlobalAllocator,
} from '../../lib/index.js';
import { bytesOf } from '../support/call.js';
import { idle } from '../support/idle.js';

let first: AnyAllocator;

beforeEach(async () => {
  await idle();
  first = globalAllocator();
});
afterEach(() => {
  setGlobalAllocator(first);
});

/**
 * The page's own allocator, of which each function is no more than a call of the C library's. Its
 * `reallocate` is the package's: in place if that is possible, else a copy.
 */
class MyAllocator extends BaseAllocator<ArrayBuffer> {
  readonly calls: string[] = [];
  readonly #libc = new SystemAllocator();

  constructor() {
    super('my-allocator');
  }

  override allocate(layout: Layout): ArrayBuffer {
    this.calls.push('allocate');
    return this.#libc.allocate(layout);
  }

  override deallocate(block: ArrayBuffer, layout: Layout): boolean {
    this.calls.push('deallocate');
    return this.#libc.deallocate(block, layout);
  }

  override reallocateInPlace(): null {
    this.calls.push('reallocateInPlace');
    return null; // not supported by libc
  }

  override usableSize(layout: Layout): number {
    this.calls.push('usableSize');
    return layout.size;
  }
}

describe('the default that a program chooses', () => {
  it('System: box(4) allocates from the system allocator', () => {
    const system = new SystemAllocator();
    setGlobalAllocator(system);
    const a = box(4);
    expect(`${a.value}`).toBe('4');
    expect(system.stats().allocations).toBe(1);
  });

  it('the arena: box(4) allocates from the arena', () => {
    const arena = new ArenaAllocator();
    setGlobalAllocator(arena);
    const a = box(4);
    expect(`${a.value}`).toBe('4');
    expect(arena.stats().allocations).toBe(1);
  });

  it('a custom allocator: box(8) allocates memory via it, and nothing from the one before', () => {
    const before = globalAllocator().stats();
    const mine = new MyAllocator();
    setGlobalAllocator(mine);
    const a = box(8);
    expect(`${a.value}`).toBe('8');
    expect(a.take()).toBe(8);
    expect(mine.calls).toEqual(['allocate', 'deallocate']);
    expect(first.stats()).toEqual(before);
  });
});

describe('setGlobalAllocator(proxyOver(global))', () => {
  it('is no endless recursion: the wrapped allocator is resolved at construction', () => {
    const seen: number[] = [];
    const inner = globalAllocator() as SystemAllocator;
    const allocateSuccess = (_block: unknown, { size }: Layout) => seen.push(size);
    setGlobalAllocator(new ProxyAllocator(inner, { allocateSuccess }));
    const layout = Layout.from(64);
    expect(deallocate(allocate(layout), layout)).toBe(true);
    expect(seen).toEqual([64]);
  });
});

describe('the allocation functions of a custom allocator', () => {
  it('are each asked for, and reallocate is made of them', () => {
    const mine = new MyAllocator();
    const small = Layout.from(16);
    const large = Layout.from(4096, 16);
    setGlobalAllocator(mine);
    const block = allocate(small) as ArrayBuffer;
    bytesOf(block).fill(7);
    const grown = reallocate(block, small, large) as ArrayBuffer;
    expect([...bytesOf(grown).subarray(14, 18)]).toEqual([7, 7, 0, 0]);
    expect(addressOf(grown) % 16n).toBe(0n);
    expect(globalAllocator().usableSize(large)).toBe(4096);
    expect(deallocate(grown, large)).toBe(true);
    expect(mine.calls).toEqual([
      'allocate',
      ...['reallocateInPlace', 'allocate', 'deallocate'],
      'usableSize',
      'deallocate',
    ]);
    expect(globalAllocator().name).toBe('my-allocator');
  });
});

describe('usableSize(layout)', () => {
  it('of an arena is the exact class size (100 -> 112) and what a real block reports', () => {
    const arena = new ArenaAllocator();
    const layout = Layout.from(100);
    expect(arena.usableSize(layout)).toBe(112);
    arena.allocate(layout);
    expect(arena.stats().liveBytes).toBe(112);
  });

  it('is never less than the size', () => {
    const [system, arena] = [new SystemAllocator(), new ArenaAllocator()];
    for (const size of [0, 1, 8, 100, 4097, 2 ** 20 + 1]) {
      for (const align of [1, 16, 4096]) {
        const layout = Layout.from(size, align);
        expect(system.usableSize(layout)).toBe(size);
        expect(arena.usableSize(layout)).toBeGreaterThanOrEqual(size);
      }
    }
  });
});

describe('allocate, zeroed', () => {
  it.each([
    ['System', () => new SystemAllocator()],
    ['an arena', () => new ArenaAllocator()],
  ])('of %s is all zero, also when over-aligned and when the block is recycled', (_name, make) => {
    const allocator = make();
    for (const layout of [Layout.from(100), Layout.from(5000, 4096)]) {
      for (let round = 0; round < 4; round++) {
        const block = allocator.allocate(layout);
        expect(bytesOf(block).every((byte) => byte === 0)).toBe(true);
        bytesOf(block).fill(0xff);
        expect(allocator.deallocate(block, layout)).toBe(true);
      }
    }
  });
});

describe('reallocate', () => {
  it.each([
    ['System', () => new SystemAllocator()],
    ['an arena', () => new ArenaAllocator()],
  ])('of %s at a large alignment keeps both the alignment and every byte', (_name, make) => {
    const allocator = make();
    let layout = Layout.from(100, 4096);
    let block = allocator.allocate(layout);
    bytesOf(block).set(Array.from({ length: 100 }, (_, at) => at));
    for (const size of [10_000, 200, 70_000, 100]) {
      const next = Layout.from(size, 4096);
      block = allocator.reallocate(block, layout, next);
      layout = next;
      expect(addressOf(block) % 4096n).toBe(0n);
      expect([...bytesOf(block).subarray(0, 100)]).toEqual([...new Array(100).keys()]);
    }
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { defineAllocator, Fallback, FreeList, Layout, SystemAllocator } from '../../lib/index.js';
import { idle, withCode } from '../support/idle.js';
import { makePool, times } from '../support/pools.js';

beforeEach(idle);

const KIB = Layout.from(1024);
const small = Layout.from(100);

describe('FreeLists in compositions', () => {
  it('stand in a Fallback, which the seed could not write', () => {
    const system = new SystemAllocator();
    const list = new FreeList(new SystemAllocator(), { size: 1024, max: 1 });
    const allocator = new Fallback(list, system);
    const [first, second] = [allocator.allocate(KIB), allocator.allocate(KIB)];
    expect([list.owns(first), system.owns(second)]).toEqual([true, true]);
    const large = allocator.reallocate(first, KIB, Layout.from(5000));
    expect(system.owns(large)).toBe(true);
    expect(list.stats()).toMatchObject({ liveBlocks: 0, waiting: 1 });
    expect(allocator.deallocate(second, KIB)).toBe(true);
    expect(() => allocator.deallocate(second, KIB)).toThrow(withCode('DETACHED'));
    expect(allocator.verify()).toBe(true);
  });

  it('stand on each other', () => {
    const pool = makePool();
    const outer = new FreeList(new FreeList(pool, { size: 1024, max: 2 }), { size: 512, max: 4 });
    const blocks = times(2, () => outer.allocate(small));
    expect(() => outer.allocate(small)).toThrow(withCode('OUT_OF_MEMORY'));
    for (const block of blocks) outer.deallocate(block, small);
    outer.dispose();
    expect(pool.stats().liveBlocks).toBe(2);
  });

  it('stand on two functions that a program wrote, whatever those do to the list meanwhile', () => {
    let list: FreeList<Buffer> | null = null;
    const told: string[] = [];
    const parent = defineAllocator<Buffer>({
      allocate: ({ size }) => {
        told.push(`allocate ${size}`);
        if (told.length === 2) list?.dispose();
        return Buffer.alloc(size);
      },
      deallocate: (_block, { size }) => told.push(`deallocate ${size}`),
    });
    list = new FreeList(parent, { size: 64, min: 1, max: 2 });
    const layout = Layout.from(64);
    const block = list.allocate(layout);
    expect(() => list?.allocate(layout)).toThrow(withCode('CLOSED'));
    expect(told).toEqual(['allocate 64', 'allocate 64', 'deallocate 64']);
    expect(() => list?.deallocate(block, layout)).toThrow(withCode('CLOSED'));
    expect(parent.verify()).toBe(true);
  });
});

describe('the options of a FreeList', () => {
  it.each([
    ['none', undefined, 'INVALID_ARG_TYPE'],
    ['without a size', { max: 1 }, 'INVALID_ARG_TYPE'],
    ['without a max', { size: 1 }, 'INVALID_ARG_TYPE'],
    ['with another name', { size: 1, max: 1, block: 1 }, 'INVALID_ARG_TYPE'],
    ['with a size of 0', { size: 0, max: 1 }, 'OUT_OF_RANGE'],
    ['with a fraction as size', { size: 1.5, max: 1 }, 'OUT_OF_RANGE'],
    ['with a size that no layout has', { size: 2 ** 53, max: 1 }, 'OUT_OF_RANGE'],
    ['with a max of 0', { size: 1, max: 0 }, 'OUT_OF_RANGE'],
    ['with a max of NaN', { size: 1, max: Number.NaN }, 'OUT_OF_RANGE'],
    ['with a min above the max', { size: 1, min: 2, max: 1 }, 'OUT_OF_RANGE'],
    ['with a min of Infinity', { size: 1, min: Infinity, max: Infinity }, 'OUT_OF_RANGE'],
    ['with a min that is a bigint', { size: 1, min: 1n, max: 1 }, 'INVALID_ARG_TYPE'],
    ['with an alignment of 3', { size: 1, align: 3, max: 1 }, 'BAD_ALIGN'],
    ['with an alignment that is a string', { size: 1, align: '8', max: 1 }, 'INVALID_ARG_TYPE'],
  ])('%s are refused', (_title, options, code) => {
    const system = new SystemAllocator();
    expect(() => Reflect.construct(FreeList, [system, options])).toThrow(withCode(code));
    expect(system.stats().allocations).toBe(0);
  });

  it('come after a parent that is an allocator', () => {
    for (const parent of [undefined, null, {}, 64, { allocate: () => 0 }]) {
      expect(() => Reflect.construct(FreeList, [parent, { size: 1, max: 1 }])).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    }
  });

  it('may leave the number of blocks open', () => {
    const list = new FreeList(makePool(), { size: 64, max: Number.POSITIVE_INFINITY });
    times(1000, () => list.allocate(Layout.from(64)));
    expect(list.stats().blocks).toBe(1000);
  });
});

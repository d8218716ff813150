// The free list of the crate `allocators`: its example, and what was wrong with it.
import { beforeEach, describe, expect, it } from 'vitest';
import {
  addressOf,
  ChunkAllocator,
  Fallback,
  FreeList,
  Layout,
  Scoped,
  SystemAllocator,
} from '../../lib/index.js';
import { bytesOf } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';
import { times } from '../support/pools.js';

beforeEach(idle);

const block = Layout.from(1024);
const readme = () => {
  const parent = new SystemAllocator();
  return { parent, list: new FreeList(parent, { size: 1024, min: 64, max: 64 }) };
};

describe('a FreeList with 64 blocks of 1024 bytes', () => {
  it('10 rounds: 64 ok, the 65th OUT_OF_MEMORY, and round 2 reuses the same 64 addresses', () => {
    const { parent, list } = readme();
    expect(parent.stats()).toMatchObject({ liveBlocks: 64, allocations: 64 });
    const seen = new Set<bigint>();
    for (let round = 0; round < 10; round++) {
      const all = times(64, (at) => {
        const one = list.allocate(block);
        bytesOf(one).fill(at);
        return one;
      });
      expect(() => list.allocate(block)).toThrow(withCode('OUT_OF_MEMORY'));
      all.forEach((one, at) => {
        expect(bytesOf(one).every((byte) => byte === at)).toBe(true);
        seen.add(addressOf(one));
        expect(list.deallocate(one, block)).toBe(true);
      });
    }
    expect(seen.size).toBe(64);
    expect(parent.stats().allocations).toBe(64);
    expect(list.verify()).toBe(true);
  });

  it('hands out first what was freed last', () => {
    const { list } = readme();
    const [first, second] = [list.allocate(block), list.allocate(block)];
    const address = addressOf(second);
    list.deallocate(first, block);
    list.deallocate(second, block);
    expect(addressOf(list.allocate(block))).toBe(address);
  });

  it('refuses what does not fit, in size or alignment', () => {
    const { list } = readme();
    const tooLarge = expect.objectContaining({ reason: 'too-large' });
    expect(() => list.allocate(Layout.from(1025))).toThrow(tooLarge);
    expect(() => list.allocate(Layout.from(8, 4096))).toThrow(tooLarge);
    expect(list.stats().liveBlocks).toBe(0);
  });

  it('gives its parent every block back when it cannot be made', () => {
    const parent = new SystemAllocator({ limit: 63 * 1024 });
    const make = () => new FreeList(parent, { size: 1024, min: 64, max: 64 });
    expect(make).toThrow(withCode('LIMIT'));
    expect(parent.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
  });
});

describe('a FreeList of 8 blocks of 128 bytes over a Scoped', () => {
  it("has blocks that lie inside the scope's range, and disposing it returns them", () => {
    const scoped = new Scoped(new SystemAllocator(), { size: 2048 });
    scoped.scope((scope) => {
      const start = addressOf(scope.alloc(8));
      const list = new FreeList(scope, { size: 128, min: 8, max: 8 });
      const layout = Layout.from(128);
      for (const one of times(8, () => list.allocate(layout))) {
        expect(Number(addressOf(one) - start)).toBeGreaterThan(0);
        expect(Number(addressOf(one) - start)).toBeLessThanOrEqual(2048 - 128);
        expect(list.owns(one)).toBe(true);
      }
      expect(list.tryAllocate(layout)).toBeNull();
      expect(scope.stats().liveBlocks).toBe(9);
      list.dispose();
      expect(scope.stats().liveBlocks).toBe(1);
    });
    expect(scoped.verify()).toBe(true);
  });
});

describe('every defect of the free list is absent', () => {
  it('a reallocation to 0 gives the block back to the list', () => {
    const list = new FreeList(new SystemAllocator(), { size: 1024, max: 1 });
    const none = Layout.from(0);
    const empty = list.reallocate(list.allocate(block), block, none);
    expect(empty.byteLength).toBe(0);
    const again = list.allocate(block);
    expect(list.owns(empty)).toBe(true);
    expect(list.deallocate(empty, none)).toBe(true);
    expect(list.deallocate(again, block)).toBe(true);
  });

  it('a double free is DETACHED, and no block is handed out twice', () => {
    const { list } = readme();
    const one = list.allocate(block);
    list.deallocate(one, block);
    expect(() => list.deallocate(one, block)).toThrow(withCode('DETACHED'));
    expect(list.allocate(block)).not.toBe(list.allocate(block));
    expect(list.verify()).toBe(true);
  });

  it('it owns its blocks, and can be the main allocator of a fallback', () => {
    const system = new SystemAllocator();
    const list = new FreeList(new ChunkAllocator(), { size: 1024, max: 1 });
    const both = new Fallback(list, system);
    const [first, second] = [both.allocate(block), both.allocate(block)];
    expect([list.owns(first), list.owns(second), system.owns(second)]).toEqual([true, false, true]);
    expect([both.deallocate(first, block), both.deallocate(second, block)]).toEqual([true, true]);
    expect(system.stats().liveBlocks).toBe(0);
  });
});

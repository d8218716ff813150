import { beforeEach, describe, expect, it } from 'vitest';
import {
  attachDependent,
  type Dependent,
  dependentsOf,
  detachDependent,
} from '../../lib/allocators/dependents.js';
import { heapIdOf } from '../../lib/allocators/native-allocator.js';
import { ArenaAllocator, Layout, SystemAllocator } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { bytesOf } from '../support/call.js';
import { collect, expectUnchanged, idle, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(100, 16);

describe('reset of an ArenaAllocator', () => {
  it('takes every byte from every live block, and the arena stays open', () => {
    const arena = new ArenaAllocator();
    const sizes = [0, 1, 100, 5000, 100_000, 2 ** 21];
    const blocks = sizes.map((size) => arena.allocate(Layout.from(size)));

    arena.reset();

    expect(blocks.map((block) => block.byteLength)).toEqual(sizes.map(() => 0));
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    for (const [at, block] of blocks.entries()) {
      expect(() => arena.deallocate(block, Layout.from(sizes[at] as number))).toThrow(
        withCode('DETACHED'),
      );
    }
    expect(bytesOf(arena.allocate(layout)).every((byte) => byte === 0)).toBe(true);
    expect(arena.verify()).toBe(true);
  });

  it('is LEASED while a lease is open, and changes nothing', () => {
    const arena = new ArenaAllocator();
    const [leased, other] = [arena.allocate(layout), arena.allocate(layout)];
    const lease = arena.lease(leased);
    const before = arena.stats();
    expect(() => arena.reset()).toThrow(withCode('LEASED'));
    expectUnchanged(arena, before);
    expect(other.byteLength).toBe(100);
    lease.dispose();
    arena.reset();
    expect(leased.byteLength).toBe(0);
  });

  it('leaves what a request in flight may use to the collector', async () => {
    const arena = new ArenaAllocator();
    const block = arena.allocate(layout);
    await whileBusy(() => {
      arena.reset();
      expect(block.byteLength).toBe(100);
      expect(arena.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1 });
    });
    expect(() => arena.deallocate(block, layout)).toThrow(withCode('ABANDONED'));
  });

  it('is CLOSED after dispose, and INVALID_ARG_TYPE for another allocator', () => {
    const arena = new ArenaAllocator();
    arena.dispose();
    for (const method of ['reset', 'purge', 'heapMap', 'stats'] as const) {
      expect(() => arena[method]()).toThrow(withCode('CLOSED'));
      const borrowed = Reflect.get(ArenaAllocator.prototype, method);
      expect(() => Reflect.apply(borrowed, new SystemAllocator(), [])).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    }
  });
});

/** Something on an arena that tells what was asked of it. */
class Pool implements Dependent {
  readonly calls: string[] = [];
  leases = false;
  hasLeases(): boolean {
    this.calls.push('hasLeases');
    return this.leases;
  }
  dispose(): void {
    this.calls.push('dispose');
  }
}

describe('an allocator with dependents', () => {
  it('is BUSY to reset until the last one is detached', () => {
    const arena = new ArenaAllocator();
    const block = arena.allocate(layout);
    const pools = [new Pool(), new Pool()] as const;
    for (const pool of pools) attachDependent(arena, pool);
    for (const pool of pools) {
      const before = arena.stats();
      expect(() => arena.reset()).toThrow(withCode('BUSY'));
      expectUnchanged(arena, before);
      detachDependent(arena, pool);
    }
    arena.reset();
    expect(block.byteLength).toBe(0);
    expect(pools.map((pool) => pool.calls)).toEqual([[], []]);
  });

  it('asks all of them for leases before it disposes any', () => {
    const arena = new ArenaAllocator();
    const block = arena.allocate(layout);
    const [free, held] = [new Pool(), new Pool()];
    attachDependent(arena, free);
    attachDependent(arena, held);
    held.leases = true;

    expect(() => arena.dispose()).toThrow(withCode('LEASED'));
    expect([free.calls, held.calls, block.byteLength]).toEqual([['hasLeases'], ['hasLeases'], 100]);

    held.leases = false;
    arena.dispose();
    expect(free.calls).toEqual(['hasLeases', 'hasLeases', 'dispose']);
    expect(held.calls).toEqual(['hasLeases', 'hasLeases', 'dispose']);
    expect(block.byteLength).toBe(0);
  });

  it('with a lease of its own disposes none of them', () => {
    const system = new SystemAllocator();
    const pool = new Pool();
    attachDependent(system, pool);
    using _lease = system.lease(system.allocate(layout));
    expect(() => system.dispose()).toThrow(withCode('LEASED'));
    expect(pool.calls).toEqual(['hasLeases']);
  });

  it('ends once when one of them disposes it', () => {
    const arena = new ArenaAllocator();
    attachDependent(arena, { hasLeases: () => false, dispose: () => arena.dispose() });
    arena.dispose();
    expect(() => arena.stats()).toThrow(withCode('CLOSED'));
  });

  it('forgets the ones that the program dropped', async () => {
    const arena = new ArenaAllocator();
    (() => attachDependent(arena, new Pool()))();
    await collect(undefined, 5); // without a look, which would keep it for a while
    expect(dependentsOf(arena)).toEqual([]);
    arena.reset();
  });
});

describe('heapIdOf', () => {
  it('names the heap of an open allocator', () => {
    const arena = new ArenaAllocator();
    expect(heapIdOf(arena)).not.toBe(heapIdOf(new SystemAllocator()));
    arena.dispose();
    expect(() => heapIdOf(arena)).toThrow(withCode('CLOSED'));
    expect(() => heapIdOf({} as never)).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

/** What the seed about free lists promises, what was wrong with it, and what a list does beyond. */
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AllocError,
  ArenaAllocator,
  addressOf,
  type Block,
  type BufferPool,
  explain,
  FreeList,
  Layout,
  Limited,
  NOWAIT,
  NOWARN,
  Scoped,
  SystemAllocator,
} from '../../lib/index.js';
import { thrownBy } from '../support/call.js';
import { listen } from '../support/channels.js';
import { idle, withCode } from '../support/idle.js';
import { makePool, times } from '../support/pools.js';

beforeEach(idle);

const KIB = Layout.from(1024);
const small = Layout.from(100);

const bytesOf = (block: Block): Uint8Array =>
  ArrayBuffer.isView(block) ? block : new Uint8Array(block);

function reasonOf(action: () => unknown): string | null {
  const error = thrownBy(action);
  expect(error).toBeInstanceOf(AllocError);
  return (error as AllocError).reason;
}

type List = FreeList<ArrayBuffer> & FreeList<Buffer>;

/** A list of either kind of block, and the figures of its parent. */
const kinds: [kind: string, make: () => { parent: SystemAllocator | BufferPool }][] = [
  ['ArrayBuffers', () => ({ parent: new SystemAllocator() })],
  ['Buffers', () => ({ parent: makePool() })],
];

describe.each(kinds)('a FreeList of %s', (_kind, make) => {
  const build = (options: { size?: number; align?: number; min?: number; max?: number } = {}) => {
    const { parent } = make();
    const list = new FreeList(parent as never, { size: 1024, max: 64, ...options }) as List;
    return { parent, list };
  };

  it('serves 10 rounds of 64, refuses the 65th, and reuses the same 64 addresses', () => {
    const { parent, list } = build();
    let before: readonly bigint[] = [];
    for (let round = 0; round < 10; round++) {
      const blocks = times(64, () => list.allocate(KIB));
      expect(() => list.allocate(KIB)).toThrow(withCode('OUT_OF_MEMORY'));
      expect(reasonOf(() => list.allocate(KIB))).toBe('full');
      const addresses = blocks.map(addressOf).sort();
      if (round > 0) expect(addresses).toEqual(before);
      before = addresses;
      for (const block of blocks) expect(list.deallocate(block, KIB)).toBe(true);
    }
    expect(parent.stats().liveBlocks).toBe(64);
    expect(list.verify()).toBe(true);
  });

  it('hands out the very object that was freed last', () => {
    const { list } = build();
    const [first, second] = [list.allocate(KIB), list.allocate(KIB)];
    list.deallocate(first, KIB);
    list.deallocate(second, KIB);
    expect(list.allocate(KIB)).toBe(second);
    expect(list.allocate(KIB)).toBe(first);
  });

  it('makes `min` blocks at once and the others when they are asked for', () => {
    const { parent, list } = build({ min: 3 });
    expect(parent.stats().liveBlocks).toBe(3);
    expect(list.stats()).toMatchObject({ blocks: 3, waiting: 3, liveBlocks: 0, allocations: 0 });
    times(4, () => list.allocate(KIB));
    expect(parent.stats().liveBlocks).toBe(4);
    expect(list.stats()).toMatchObject({ blocks: 4, waiting: 0, liveBlocks: 4, allocations: 4 });
  });

  it('never serves what does not fit: too-large, size or alignment, also when it is full', () => {
    const { list } = build({ align: 64, max: 1 });
    list.allocate(KIB);
    const before = list.stats();
    for (const layout of [Layout.from(1025), Layout.from(8, 128), Layout.from(0, 128)]) {
      expect(reasonOf(() => list.allocate(layout))).toBe('too-large');
      expect(list.tryAllocate(layout)).toBe(null);
    }
    expect(list.stats()).toEqual({ ...before, failures: 6 });
  });

  it('aligns to 8, or to what was asked for, and serves less aligned requests', () => {
    const { list } = build({ align: 512 });
    for (const align of [1, 16, 512]) {
      expect(addressOf(list.allocate(Layout.from(1024, align))) % 512n).toBe(0n);
    }
    expect(reasonOf(() => build().list.allocate(Layout.from(8, 16)))).toBe('too-large');
    expect(build().list.allocate(Layout.from(8, 8)).byteLength).toBe(8);
  });

  it('gives a smaller request exactly its bytes', () => {
    const { list } = build();
    for (const size of [1, 100, 1023]) {
      const layout = Layout.from(size);
      const block = list.allocate(layout);
      expect(block.byteLength).toBe(size);
      expect(bytesOf(block).every((byte) => byte === 0)).toBe(true);
      expect(list.owns(block)).toBe(true);
      expect(list.deallocate(block, layout)).toBe(true);
    }
    expect(list.verify()).toBe(true);
  });

  it('counts smaller blocks towards `max`, and empty ones not', () => {
    const { list } = build({ max: 2 });
    const whole = list.allocate(KIB);
    list.deallocate(whole, KIB);
    times(2, () => list.allocate(small));
    expect(reasonOf(() => list.allocate(small))).toBe('full');
    expect(reasonOf(() => list.allocate(KIB))).toBe('full');
    const empties = times(5, () => list.allocate(Layout.from(0)));
    expect(new Set(empties).size).toBe(5);
    expect(list.stats()).toMatchObject({ liveBlocks: 7, blocks: 2 });
    for (const empty of empties) expect(list.deallocate(empty, Layout.from(0))).toBe(true);
    expect(list.verify()).toBe(true);
  });

  it('zeroes a block again, but for who says that it need not be', () => {
    const { list } = build();
    const block = list.allocate(KIB);
    bytesOf(block).fill(7);
    list.deallocate(block, KIB);
    const dirty = list.allocate(KIB, { uninitialized: true });
    expect(bytesOf(dirty)[1023]).toBe(7);
    list.deallocate(dirty, KIB);
    expect(bytesOf(list.allocate(KIB)).every((byte) => byte === 0)).toBe(true);
  });

  it('reallocates within the block size for free', () => {
    const { parent, list } = build({ max: 1 });
    let block = list.allocate(KIB);
    bytesOf(block).fill(7);
    let layout = KIB;
    for (const size of [1024, 100, 500, 1024, 1]) {
      const next = Layout.from(size);
      block = list.reallocate(block, layout, next);
      layout = next;
      expect(block.byteLength).toBe(size);
      expect(bytesOf(block)[0]).toBe(7);
    }
    expect(parent.stats().liveBlocks).toBe(1);
    expect(list.stats()).toMatchObject({ liveBlocks: 1, blocks: 1 });
    expect(list.deallocate(block, layout)).toBe(true);
    expect(list.verify()).toBe(true);
  });

  it('has new bytes zero after a reallocation, and the old block dead', () => {
    const { list } = build();
    const block = list.allocate(KIB);
    bytesOf(block).fill(7);
    const less = list.reallocate(block, KIB, small);
    const more = list.reallocate(less, small, KIB);
    expect(bytesOf(more).lastIndexOf(7)).toBe(99);
    for (const [old, layout] of [
      [block, KIB],
      [less, small],
    ] as const) {
      expect(list.owns(old)).toBe(false);
      expect(() => list.deallocate(old, layout)).toThrow(withCode('DETACHED'));
    }
  });

  it('reallocates to no bytes: the block waits again, and the answer is a live empty block', () => {
    const { list } = build({ max: 1 });
    const empty = list.reallocate(list.allocate(KIB), KIB, Layout.from(0));
    expect(empty.byteLength).toBe(0);
    expect(list.owns(empty)).toBe(true);
    expect(list.stats()).toMatchObject({ liveBlocks: 1, blocks: 1, waiting: 1 });
    const block = list.reallocate(empty, Layout.from(0), KIB);
    expect(block.byteLength).toBe(1024);
    expect(list.owns(empty)).toBe(false);
  });

  it('does not reallocate beyond the block size, and leaves the block alive', () => {
    const { list } = build();
    const block = list.allocate(KIB);
    const large = Layout.from(1025);
    expect(reasonOf(() => list.reallocate(block, KIB, large))).toBe('too-large');
    expect(list.reallocateInPlace(block, KIB, large)).toBe(null);
    expect(list.owns(block)).toBe(true);
    expect(list.verify()).toBe(true);
  });

  it('gives all blocks back when it cannot be made', () => {
    const { parent } = make();
    const limited = new Limited(parent as never, { blocks: 2 });
    const half = () => new FreeList(limited, { size: 1024, min: 3, max: 3 });
    expect(half).toThrow(withCode('LIMIT'));
    expect(limited.stats()).toMatchObject({ liveBlocks: 0, allocations: 2 });
    expect(parent.stats().liveBlocks).toBe(0);
  });

  it('gives all blocks back when it is disposed, live ones too', () => {
    const { parent, list } = build({ min: 4 });
    const live = [list.allocate(KIB), list.allocate(small), list.allocate(Layout.from(0))];
    list.dispose();
    list.dispose();
    expect(parent.stats().liveBlocks).toBe(0);
    expect(live.map((block) => list.owns(block))).toEqual([false, false, false]);
    expect(live.map((block) => explain(block).state)).toEqual(['freed', 'freed', 'freed']);
    expect(() => list.allocate(KIB)).toThrow(withCode('CLOSED'));
    expect(parent.verify()).toBe(true);
  });

  it('gives what waits back when it is told to', () => {
    const { parent, list } = build({ min: 4 });
    const block = list.allocate(KIB);
    expect(list.trim()).toBe(3);
    expect(list.trim()).toBe(0);
    expect(parent.stats().liveBlocks).toBe(1);
    expect(list.deallocate(block, KIB)).toBe(true);
    expect(list.stats()).toMatchObject({ blocks: 1, waiting: 1 });
  });

  it('asks the parent for no more with NOWAIT than it may have', () => {
    const { list } = build({ min: 1, max: 2 });
    expect(list.allocate(KIB, NOWAIT).byteLength).toBe(1024);
    expect(['nowait', null]).toContain(
      thrownBy(() => list.allocate(KIB, NOWAIT)) === null
        ? null
        : reasonOf(() => list.allocate(KIB, NOWAIT)),
    );
  });

  it('announces what it refuses, but for NOWARN', () => {
    const { list } = build({ max: 1 });
    list.allocate(KIB);
    const heard = listen<{ allocator: object; layout: Layout }>('limit');
    expect(list.tryAllocate(KIB, NOWARN)).toBe(null);
    expect(heard).toEqual([]);
    expect(list.tryAllocate(KIB)).toBe(null);
    expect(() => list.allocate(KIB)).toThrow(AllocError);
    expect(heard).toEqual(times(2, () => ({ channel: 'limit', allocator: list, layout: KIB })));
  });

  it('says what it is in one line', () => {
    const { list } = build({ min: 2 });
    list.allocate(KIB);
    expect(inspect(list)).toBe('[free-list: 1 live, 1 waiting, 2 of 64 blocks of 1024 bytes]');
    list.dispose();
    expect(inspect(list)).toBe('[free-list: closed]');
    expect(list.name).toBe('free-list');
  });
});

describe('a FreeList of Buffers', () => {
  it('serves smaller requests with views of its blocks: the parent is not asked', () => {
    const parent = makePool();
    const list = new FreeList(parent, { size: 1024, max: 4 });
    const first = list.allocate(small);
    const address = addressOf(first);
    list.deallocate(first, small);
    const { allocations } = parent.stats();
    for (const size of [100, 1, 1024, 512, 512]) {
      const layout = Layout.from(size);
      const block = list.allocate(layout);
      expect(addressOf(block)).toBe(address);
      expect(list.usableSize(layout)).toBe(parent.usableSize(Layout.from(1024, 8)));
      list.deallocate(block, layout);
    }
    expect(parent.stats().allocations).toBe(allocations);
  });

  it('hands the same view out again where the size is the same', () => {
    const list = new FreeList(makePool(), { size: 1024, max: 1 });
    const view = list.allocate(small);
    list.deallocate(view, small);
    expect(list.allocate(small)).toBe(view);
  });

  it('keeps a Buffer from being freed by its pool meanwhile', () => {
    const pool = makePool();
    const list = new FreeList(pool, { size: 1024, max: 4 });
    const block = list.allocate(KIB);
    expect(() => pool.free(block)).toThrow(expect.objectContaining({ owner: list }));
    list.deallocate(block, KIB);
    expect(() => pool.free(block)).toThrow(expect.objectContaining({ owner: list }));
    list.trim();
    expect(() => list.deallocate(block, KIB)).toThrow(withCode('DETACHED'));
    expect([pool.verify(), list.verify()]).toEqual([true, true]);
  });

  it('drops what went with a reset of its pool', () => {
    const pool = makePool();
    const list = new FreeList(pool, { size: 1024, min: 2, max: 4 });
    const live = list.allocate(KIB);
    pool.reset();
    const fresh = list.allocate(KIB);
    expect(fresh.length).toBe(1024);
    expect(() => list.deallocate(live, KIB)).not.toThrow();
    expect(list.allocate(KIB).length).toBe(1024);
    expect(pool.verify()).toBe(true);
  });

  it('FreeList.from(scoped): blocks lie inside the range of the scope, and go back to it', () => {
    const scoped = new Scoped(new SystemAllocator(), { size: 1024 });
    const list = new FreeList(scoped, { size: 128, min: 8, max: 8 });
    const [lowest] = [scoped.stats().liveBytes];
    expect(lowest).toBe(1024);
    const blocks = times(8, () => list.allocate(Layout.from(128)));
    const { buffer } = blocks[0] as Buffer;
    for (const block of blocks) {
      expect(block.buffer).toBe(buffer);
      expect(scoped.owns(block)).toBe(false); // it is the list's
      expect(list.owns(block)).toBe(true);
    }
    expect(new Set(blocks.map(addressOf)).size).toBe(8);
    expect(scoped.tryAllocate(Layout.from(1))).toBe(null);
    list.dispose();
    expect(scoped.stats().liveBlocks).toBe(0);
    expect(scoped.tryAllocate(Layout.from(1024))?.length).toBe(1024);
  });
});

describe('a FreeList of ArrayBuffers', () => {
  it('asks the parent for a block of its own for a smaller request, in place of one that waits', () => {
    const system = new SystemAllocator();
    const list = new FreeList(system, { size: 1024, min: 1, max: 1 });
    const block = list.allocate(small);
    expect(list.usableSize(small)).toBe(100);
    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 100 });
    expect(list.stats()).toMatchObject({ blocks: 1, waiting: 0, liveBytes: 100 });
    expect(list.deallocate(block, small)).toBe(true);
    expect(block.byteLength).toBe(0);
    expect(system.stats().liveBlocks).toBe(0);
    expect(list.stats()).toMatchObject({ blocks: 0, waiting: 0 });
  });

  it('changes a block in place where the parent does, and as the parent does', () => {
    const list = new FreeList(new ArenaAllocator(), { size: 1024, max: 1 });
    const block = list.allocate(KIB);
    const address = addressOf(block);
    const next = list.reallocateInPlace(block, KIB, Layout.from(1000)) as ArrayBuffer;
    expect(addressOf(next)).toBe(address);
    expect(block.byteLength).toBe(0);
    const whole = list.reallocateInPlace(next, Layout.from(1000), KIB) as ArrayBuffer;
    expect(list.deallocate(whole, KIB)).toBe(true);
    expect(list.allocate(KIB)).toBe(whole);
  });
});

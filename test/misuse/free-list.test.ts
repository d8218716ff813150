/** Blocks of a free list that are freed twice, in flight, under a lease, or moved away. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Allocator,
  asBuffers,
  type Block,
  defineAllocator,
  explain,
  FreeList,
  Layout,
  Stats,
  SystemAllocator,
} from '../../lib/index.js';
import { startRead, whileBusy } from '../support/busy.js';
import { call } from '../support/call.js';
import { collect, expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';
import { MOVES } from '../support/moving.js';
import { makePool, times } from '../support/pools.js';

beforeEach(idle);

const KIB = Layout.from(1024);
const small = Layout.from(100);
const ONE = { size: 1024, max: 4 } as const;

/** Of whichever kind its blocks are: each test uses one. */
const parents: [kind: string, make: () => unknown][] = [
  ['SystemAllocator', () => new SystemAllocator()],
  ['BufferPool', () => makePool()],
  [
    'an object with two functions',
    () =>
      defineAllocator({
        allocate: ({ size }) => new ArrayBuffer(size),
        deallocate: () => true,
      }),
  ],
  ['Stats over a pool', () => new Stats(makePool())],
];

describe.each(parents)('a FreeList over %s', (_name, make) => {
  const build = () => {
    const parent = make() as Allocator<Block>;
    return { parent, list: new FreeList<Block>(parent, ONE) };
  };

  it.each([KIB, small])('frees a block of %s once: DETACHED from then on', (layout) => {
    const { parent, list } = build();
    const block = list.allocate(layout);
    list.deallocate(block, layout);
    const before = snapshot(list);
    for (const method of ['deallocate', 'reallocate', 'reallocateInPlace', 'grow', 'shrink']) {
      expect(() => call(list, method, block, layout, layout === KIB ? KIB : small)).toThrow();
      const attempt = () =>
        call(list, method, block, layout, ...(method === 'deallocate' ? [] : [layout]));
      expect(attempt, method).toThrow(withCode('DETACHED'));
    }
    expect(() => list.lease(block)).toThrow(withCode('DETACHED'));
    expect(list.owns(block)).toBe(false);
    expectUnchanged(list, before);
    expect(parent.verify()).toBe(true);
    // The same block is not handed out twice.
    expect(new Set(times(4, () => list.allocate(KIB))).size).toBe(4);
  });

  it('still says DETACHED when the block went back to the parent', () => {
    const { list } = build();
    const block = list.allocate(KIB);
    list.deallocate(block, KIB);
    list.trim();
    expect(() => list.deallocate(block, KIB)).toThrow(withCode('DETACHED'));
  });

  it('refuses blocks of others, of its parent too: NOT_OWNED', () => {
    const { parent, list } = build();
    list.allocate(KIB);
    const strangers = [
      parent.allocate(KIB),
      new FreeList<Block>(make() as Allocator<Block>, ONE).allocate(KIB),
      new SystemAllocator().allocate(KIB),
      new ArrayBuffer(1024),
      Buffer.alloc(1024),
    ];
    const before = snapshot(list);
    for (const stranger of strangers) {
      expect(list.owns(stranger)).toBe(false);
      for (const method of ['deallocate', 'reallocate', 'reallocateInPlace']) {
        const args = method === 'deallocate' ? [KIB] : [KIB, KIB];
        expect(() => call(list, method, stranger, ...args)).toThrow(withCode('NOT_OWNED'));
      }
      expect(() => list.lease(stranger)).toThrow(withCode('NOT_OWNED'));
    }
    expectUnchanged(list, before);
  });

  it('refuses views of its blocks: INTERIOR', () => {
    const { list } = build();
    for (const layout of [KIB, small]) {
      const block = list.allocate(layout);
      const view = ArrayBuffer.isView(block) ? block.subarray(8, 16) : new Uint8Array(block, 8, 8);
      expect(list.owns(view)).toBe(true);
      expect(() => list.deallocate(view as Buffer, layout)).toThrow(withCode('INTERIOR'));
      expect(list.owns(block)).toBe(true);
    }
  });

  it('refuses the wrong layout: LAYOUT_MISMATCH', () => {
    const { list } = build();
    for (const layout of [KIB, small, Layout.from(0)]) {
      const block = list.allocate(layout);
      const wrong = [Layout.from(layout.size + 1), Layout.from(layout.size, 2)];
      for (const other of wrong) {
        expect(() => list.deallocate(block, other)).toThrow(withCode('LAYOUT_MISMATCH'));
        expect(() => list.reallocate(block, other, small)).toThrow(withCode('LAYOUT_MISMATCH'));
      }
      expect(list.deallocate(block, layout)).toBe(true);
    }
    expect(list.verify()).toBe(true);
  });

  it.each([KIB, small])('keeps a leased block of %s until the last lease ends', (layout) => {
    const { list } = build();
    const block = list.allocate(layout);
    const leases = [list.lease(block), list.lease(block)] as const;
    expect(explain(block)).toMatchObject({ state: 'leased', leases: 2, owner: list });
    const strict = () => list.deallocate(block, layout, { whenBusy: 'throw' });
    expect(strict).toThrow(withCode('LEASED'));
    expect(() => list.reallocate(block, layout, small)).toThrow(withCode('LEASED'));
    expect(list.reallocateInPlace(block, layout, small)).toBe(null);
    expect(() => list.dispose()).toThrow(withCode('LEASED'));
    expect(list.deallocate(block, layout)).toBe(false);
    expect(list.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1, deallocations: 0 });
    expect(() => list.deallocate(block, layout)).toThrow(withCode('ABANDONED'));
    expect(() => list.lease(block)).toThrow(withCode('ABANDONED'));
    expect(() => list.dispose()).toThrow(withCode('LEASED'));
    leases[0].dispose();
    leases[0].dispose();
    expect(list.stats()).toMatchObject({ abandonedBlocks: 1 });
    leases[1].dispose();
    expect(list.stats()).toMatchObject({ abandonedBlocks: 0, deallocations: 1 });
    expect(() => list.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(list.verify()).toBe(true);
    list.dispose();
  });

  it('has a block that was leased and not freed as it was', () => {
    const { list } = build();
    const block = list.allocate(KIB);
    list.lease(block).dispose();
    expect(list.deallocate(block, KIB)).toBe(true);
    expect(list.allocate(KIB)).toBe(block);
  });

  it('refuses everything after its end: CLOSED', () => {
    const { list } = build();
    const block = list.allocate(KIB);
    list.dispose();
    for (const [method, ...args] of [
      ['allocate', KIB],
      ['tryAllocate', KIB],
      ['deallocate', block, KIB],
      ['reallocate', block, KIB, KIB],
      ['reallocateInPlace', block, KIB, KIB],
      ['usableSize', KIB],
      ['lease', block],
      ['stats'],
      ['verify'],
      ['trim'],
    ] as const) {
      expect(() => call(list, method, ...args), method).toThrow(withCode('CLOSED'));
    }
    expect(list.owns(block)).toBe(false);
  });
});

describe('with an operation in flight', () => {
  it.each([
    ['ArrayBuffers', () => new SystemAllocator()],
    ['Buffers with memory of their own', () => asBuffers(new SystemAllocator())],
  ] as [kind: string, make: () => unknown][])(
    '%s go to the gate of the parent and are never handed out again',
    async (_kind, make) => {
      const list = new FreeList<Block>(make() as Allocator<Block>, { size: 1024, max: 1 });
      const block = list.allocate(KIB);
      await whileBusy(async () => {
        const strict = () => list.deallocate(block, KIB, { whenBusy: 'throw' });
        expect(strict).toThrow(withCode('BUSY'));
        expect(list.owns(block)).toBe(true);
        expect(list.deallocate(block, KIB)).toBe(false);
        expect(block.byteLength).toBe(1024);
        expect(list.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1, waiting: 0 });
        expect(() => list.deallocate(block, KIB)).toThrow(withCode('ABANDONED'));
        expect(list.allocate(KIB)).not.toBe(block);
      });
      expect(list.verify()).toBe(true);
    },
  );

  it('bytes that come late reach no later owner', async () => {
    const list = new FreeList(new SystemAllocator(), { size: 1024, max: 2 });
    const block = list.allocate(KIB);
    const pending = startRead(new Uint8Array(block));
    expect(list.deallocate(block, KIB)).toBe(false);
    const next = list.allocate(KIB);
    await pending.finish(new Uint8Array(1024).fill(7));
    expect(new Uint8Array(block)[0]).toBe(7);
    expect(new Uint8Array(next).every((byte) => byte === 0)).toBe(true);
  });

  it('blocks under a lease go back with it, pooled ones too, and are not handed out again', async () => {
    for (const parent of [makePool(), new SystemAllocator()]) {
      const list = new FreeList<Block>(parent as never, { size: 1024, max: 2 });
      const block = list.allocate(KIB);
      const lease = list.lease(block);
      expect(list.deallocate(block, KIB)).toBe(false);
      await whileBusy(() => lease.dispose());
      expect(list.stats()).toMatchObject({ waiting: 0, abandonedBlocks: 1 });
      expect(list.allocate(KIB)).not.toBe(block);
      expect(() => list.deallocate(block, KIB)).toThrow(withCode('ABANDONED'));
      expect([list.verify(), parent.verify()]).toEqual([true, true]);
    }
  });

  it('pooled Buffers wait all the same', async () => {
    const list = new FreeList(makePool(), ONE);
    const block = list.allocate(KIB);
    await whileBusy(() => {
      expect(list.deallocate(block, KIB)).toBe(true);
      expect(list.allocate(KIB)).toBe(block);
    });
  });

  it('blocks that were abandoned are counted until the collector took them', async () => {
    const list = new FreeList(new SystemAllocator(), ONE);
    await whileBusy(() => {
      for (let at = 0; at < 3; at++) list.deallocate(list.allocate(KIB), KIB);
    });
    expect(list.stats().abandonedBlocks).toBe(3);
    expect(await collect(() => list.stats().abandonedBlocks === 0)).toBe(true);
    expect(list.stats()).toMatchObject({ blocks: 0, deallocations: 3 });
  });

  it('a list that ends leaves live blocks private', async () => {
    const list = new FreeList(new SystemAllocator(), ONE);
    const block = list.allocate(KIB);
    new Uint8Array(block).fill(7);
    await whileBusy(() => {
      list.dispose();
      expect(new Uint8Array(block)[1023]).toBe(7);
    });
  });
});

describe.each(MOVES)('a block that was moved away %s', (_title, move) => {
  it('is DETACHED to a free, dropped from the list and replaced', async () => {
    const list = new FreeList(new SystemAllocator(), { size: 1024, max: 1 });
    const block = list.allocate(KIB);
    await move(block);
    await idle();
    expect(list.owns(block)).toBe(false);
    expect(explain(block).state).toBe('moved');
    expect(() => list.reallocate(block, KIB, small)).toThrow(withCode('DETACHED'));
    expect(() => list.deallocate(block, KIB)).toThrow(withCode('DETACHED'));
    expect(list.stats()).toMatchObject({ liveBlocks: 0, blocks: 0 });
    const next = list.allocate(KIB);
    expect(next).not.toBe(block);
    expect(next.byteLength).toBe(1024);
    expect(list.verify()).toBe(true);
  });

  it('is dropped while it waits', async () => {
    const list = new FreeList(new SystemAllocator(), { size: 1024, max: 1 });
    const block = list.allocate(KIB);
    list.deallocate(block, KIB);
    await move(block);
    await idle();
    const next = list.allocate(KIB, { uninitialized: true });
    expect(next.byteLength).toBe(1024);
    expect(next).not.toBe(block);
    expect(list.stats().blocks).toBe(1);
  });

  it('with a slab takes all its Buffers along: they are replaced', async () => {
    const pool = makePool();
    const list = new FreeList(pool, { size: 1024, max: 4 });
    const [block, other] = [list.allocate(KIB), list.allocate(small)];
    await move(block.buffer as ArrayBuffer);
    await idle();
    list.deallocate(block, KIB);
    list.deallocate(other, small);
    for (const next of times(4, () => list.allocate(KIB))) expect(next.length).toBe(1024);
    expect(list.verify()).toBe(true);
  });
});

describe('what the program forgets', () => {
  it('counts until the collector has found it', async () => {
    const list = new FreeList(makePool(), { size: 1024, max: 4 });
    (() => {
      times(2, () => list.allocate(KIB));
      times(2, () => list.allocate(small));
    })();
    expect(list.tryAllocate(KIB)).toBe(null);
    expect(await collect(() => list.stats().blocks === 0)).toBe(true);
    expect(list.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, deallocations: 4 });
    expect(list.allocate(KIB).length).toBe(1024);
    expect(list.verify()).toBe(true);
  });

  it('with its lease is no lease any more', async () => {
    const list = new FreeList(new SystemAllocator(), ONE);
    (() => {
      const block = list.allocate(KIB);
      list.lease(block);
      list.deallocate(block, KIB);
    })();
    expect(list.stats().abandonedBlocks).toBe(1);
    expect(await collect(() => list.stats().abandonedBlocks === 0)).toBe(true);
    list.dispose();
  });
});

describe('methods of a FreeList', () => {
  it.each([
    'allocate',
    'tryAllocate',
    'deallocate',
    'reallocate',
    'reallocateInPlace',
    'usableSize',
    'owns',
    'lease',
    'stats',
    'verify',
    'trim',
    'dispose',
  ])('%s refuses another receiver', (method) => {
    for (const receiver of [undefined, null, {}, new SystemAllocator(), FreeList.prototype]) {
      const borrowed = Reflect.get(FreeList.prototype, method);
      expect(() => Reflect.apply(borrowed, receiver, [KIB, KIB, KIB])).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    }
  });
});

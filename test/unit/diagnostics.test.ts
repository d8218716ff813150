import { beforeEach, describe, expect, it } from 'vitest';
import type { BlockMessage, LimitMessage, RecoveredMessage } from '../../lib/channels.js';
import {
  ArenaAllocator,
  BufferPool,
  Layout,
  RecyclingPool,
  SystemAllocator,
} from '../../lib/index.js';
import { startRead, whileBusy } from '../support/busy.js';
import { thrownBy } from '../support/call.js';
import { listen } from '../support/channels.js';
import { collect, idle, tick } from '../support/idle.js';

beforeEach(idle);

const bytes = (size: number, align = 1) => Layout.from(size, align);

const DEDICATED = [
  ['SystemAllocator', SystemAllocator],
  ['ArenaAllocator', ArenaAllocator],
] as const;

describe.each(DEDICATED)('the channels of a dedicated block of a %s', (_title, Kind) => {
  it('tell of its allocation and its free, with the size that was asked for', () => {
    const heard = listen<BlockMessage>('alloc', 'free');
    const allocator = new Kind();
    const block = allocator.allocate(bytes(100, 8));
    expect(heard).toEqual([{ channel: 'alloc', allocator, block, size: 100 }]);
    allocator.deallocate(block, bytes(100, 8));
    expect(heard.slice(1)).toEqual([{ channel: 'free', allocator, block, size: 100 }]);
    expect(heard[1]?.block).toBe(block);
  });

  it('tell of tryAllocate as of allocate', () => {
    const heard = listen<BlockMessage>('alloc');
    const allocator = new Kind();
    const block = allocator.tryAllocate(bytes(8));
    expect(heard.map((message) => message.block)).toEqual([block]);
  });

  it('tell of a free that waits for a request or a lease, once', async () => {
    const allocator = new Kind();
    const [inFlight, leased] = [allocator.allocate(bytes(10)), allocator.allocate(bytes(20))];
    const heard = listen<BlockMessage>('free');
    const lease = allocator.lease(leased);
    allocator.deallocate(leased, bytes(20));
    lease.dispose();
    await whileBusy(() => allocator.deallocate(inFlight, bytes(10)));
    expect(heard.map(({ block, size }) => [block === leased, size])).toEqual([
      [true, 20],
      [false, 10],
    ]);
  });

  it('tell of no free that is refused', () => {
    const allocator = new Kind();
    const block = allocator.allocate(bytes(10));
    const heard = listen('free');
    thrownBy(() => allocator.deallocate(block, bytes(11)));
    thrownBy(() => new Kind().deallocate(block, bytes(10)));
    expect(heard).toEqual([]);
  });

  it.each([
    ['in place or not', 100, 104],
    ['far away', 100, 100_000],
  ])('tell of a reallocation %s as of both', (_where, from, to) => {
    const allocator = new Kind();
    const block = allocator.allocate(bytes(from));
    const heard = listen<BlockMessage>('alloc', 'free');
    const next = allocator.reallocate(block, bytes(from), bytes(to));
    expect(heard.map((message) => [message.channel, message.block, message.size])).toEqual([
      ['alloc', next, to],
      ['free', block, from],
    ]);
  });

  it('tell of a request beyond the limit, thrown or null', () => {
    const heard = listen<LimitMessage>('limit');
    const allocator = new Kind({ limit: 1000 });
    const block = allocator.allocate(bytes(512));
    const layout = bytes(2000);
    allocator.tryAllocate(layout);
    thrownBy(() => allocator.allocate(layout));
    thrownBy(() => allocator.reallocate(block, bytes(512), layout));
    const message = { channel: 'limit', allocator, layout };
    expect(heard).toEqual([message, message, message]);
  });
});

function makePool(limit?: number): BufferPool {
  return new BufferPool(new ArenaAllocator(), limit === undefined ? {} : { limit });
}

describe('the channels of a pooled Buffer', () => {
  it.each([
    ['alloc', (pool: BufferPool) => pool.alloc(100)],
    ['allocUnsafe', (pool: BufferPool) => pool.allocUnsafe(100)],
    ['from', (pool: BufferPool) => pool.from('x'.repeat(100))],
    ['concat', (pool: BufferPool) => pool.concat([Buffer.alloc(60), Buffer.alloc(40)])],
    ['allocate', (pool: BufferPool) => pool.allocate(bytes(100, 16))],
    ['tryAllocate', (pool: BufferPool) => pool.tryAllocate(bytes(100))],
  ])('tell of %s, and of its free', (_title, make) => {
    const pool = makePool();
    const heard = listen<BlockMessage>('alloc', 'free');
    const block = make(pool) as Buffer;
    pool.free(block);
    expect(heard).toEqual([
      { channel: 'alloc', allocator: pool, block, size: 100 },
      { channel: 'free', allocator: pool, block, size: 100 },
    ]);
    expect(heard.map((message) => message.block === block)).toEqual([true, true]);
  });

  it('tell of a Buffer with memory of its own, with its size though it is empty then', () => {
    const pool = makePool();
    const heard = listen<BlockMessage>('alloc', 'free');
    const block = pool.allocUnsafe(100_000);
    pool.free(block);
    expect(block.length).toBe(0);
    expect(heard.map(({ channel, size }) => [channel, size])).toEqual([
      ['alloc', 100_000],
      ['free', 100_000],
    ]);
  });

  it.each([
    ['in its slot', 100, 104],
    ['to another class', 100, 1000],
    ['to memory of its own', 100, 100_000],
    ['from memory of its own', 100_000, 100],
  ])('tell of a realloc %s as of both', (_where, from, to) => {
    const pool = makePool();
    const block = pool.alloc(from);
    const heard = listen<BlockMessage>('alloc', 'free');
    const next = pool.realloc(block, to);
    expect(heard.map((message) => [message.channel, message.size])).toEqual([
      ['alloc', to],
      ['free', from],
    ]);
    expect(heard.map((message) => message.block === next)).toEqual([true, false]);
    expect(heard[1]?.block).toBe(block);
  });

  it('tell of a free under a lease, once', () => {
    const pool = makePool();
    const block = pool.allocUnsafe(100);
    const heard = listen<BlockMessage>('free');
    const lease = pool.lease(block);
    pool.free(block);
    lease.dispose();
    expect(heard).toEqual([{ channel: 'free', allocator: pool, block, size: 100 }]);
  });

  it('tell of no free that is refused', () => {
    const pool = makePool();
    const block = pool.allocUnsafe(100);
    pool.free(block);
    const heard = listen('free');
    thrownBy(() => pool.free(block));
    thrownBy(() => pool.free(Buffer.alloc(1)));
    expect(heard).toEqual([]);
  });

  it('tell of the frees that the end of a run makes', async () => {
    const pool = makePool();
    const heard = listen<BlockMessage>('free');
    await pool.run((alloc) => [alloc(10), alloc(20), alloc.keep(alloc(30))]);
    expect(heard.map(({ size }) => size)).toEqual([10, 20]);
  });

  it('tell of a request beyond the limit', () => {
    const heard = listen<LimitMessage>('limit');
    const pool = makePool(65_536);
    thrownBy(() => pool.allocUnsafe(100_000));
    expect(heard.map(({ allocator, layout }) => [allocator === pool, `${layout}`])).toEqual([
      [true, `${bytes(100_000)}`],
    ]);
  });

  it('tell what the collector brought back', async () => {
    const pool = makePool();
    const heard = listen<RecoveredMessage>('recovered');
    (() => {
      for (let count = 0; count < 2000; count++) pool.allocUnsafe(1024);
    })();
    await collect(undefined, 5); // asking in between would keep it for that job
    pool.stats();
    await tick(); // they are told after the job that found it
    const blocks = heard.reduce((sum, message) => sum + message.blocks, 0);
    const sum = heard.reduce((all, message) => all + message.bytes, 0);
    const { recoveredBlocks, recoveredBytes } = pool.stats();
    expect(heard.every(({ allocator }) => allocator === pool)).toBe(true);
    expect([blocks, sum]).toEqual([recoveredBlocks, recoveredBytes]);
    expect(blocks).toBeGreaterThan(0);
  });

  it('are silent about a recycled one, but for the pool that it is from', () => {
    const pool = makePool();
    const recycling = new RecyclingPool(pool, 100);
    const heard = listen<BlockMessage>('alloc', 'free');
    recycling.free(recycling.allocUnsafe());
    recycling.free(recycling.allocUnsafe());
    expect(heard.map(({ channel, allocator }) => [channel, allocator === pool])).toEqual([
      ['alloc', true],
    ]);
    recycling.trim();
    expect(heard.at(-1)).toMatchObject({ channel: 'free', size: 100 });
  });

  it('work while a request is in flight', async () => {
    const pool = makePool();
    const block = pool.allocUnsafe(100_000);
    const heard = listen<BlockMessage>('free');
    const reading = startRead(new Uint8Array(1));
    expect(pool.free(block)).toBe(false);
    expect(heard.map(({ size }) => size)).toEqual([100_000]);
    await reading.finish(new Uint8Array(1));
  });
});

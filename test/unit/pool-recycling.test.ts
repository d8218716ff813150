import { beforeEach, describe, expect, it } from 'vitest';
import { ArenaAllocator, addressOf, BufferPool, explain, RecyclingPool } from '../../lib/index.js';
import { startRead } from '../support/busy.js';
import { collect, idle, withCode } from '../support/idle.js';
import { moveByStream } from '../support/moving.js';

beforeEach(idle);

function make(size = 1000, limit = Number.POSITIVE_INFINITY) {
  const pool = new BufferPool(new ArenaAllocator(), { limit });
  return { pool, recycling: new RecyclingPool(pool, size) };
}

describe('a RecyclingPool', () => {
  it.each([0, 1, 16, 1500, 32_768, 100_000])(
    'hands the same object out again (%i bytes)',
    (size) => {
      const { pool, recycling } = make(size);
      const buffer = recycling.allocUnsafe();
      expect([buffer.length, recycling.size]).toEqual([size, size]);
      for (let round = 0; round < 10; round++) {
        expect(recycling.free(buffer)).toBe(true);
        expect(recycling.allocUnsafe() === buffer).toBe(true);
      }
      expect(pool.stats().allocations).toBe(1);
    },
  );

  it('hands out the one that was freed last', () => {
    const { recycling } = make();
    const buffers = [1, 2, 3].map(() => recycling.allocUnsafe());
    for (const buffer of buffers) recycling.free(buffer);
    expect(recycling.waiting).toBe(3);
    const again = buffers.map(() => recycling.allocUnsafe());
    expect(again.reverse().every((buffer, at) => buffer === buffers[at])).toBe(true);
    expect(recycling.waiting).toBe(0);
  });

  it('keeps the bytes in allocUnsafe, and none in alloc', () => {
    const { recycling } = make();
    const buffer = recycling.alloc();
    expect(buffer.every((byte) => byte === 0)).toBe(true);
    buffer.fill(7);
    recycling.free(buffer);
    expect(recycling.allocUnsafe().every((byte) => byte === 7)).toBe(true);
    recycling.free(buffer);
    expect(recycling.alloc().every((byte) => byte === 0)).toBe(true);
  });

  it('makes Buffers like any other', () => {
    const { recycling } = make(5);
    const buffer = recycling.allocUnsafe();
    buffer.write('hello');
    expect(Object.getPrototypeOf(buffer)).toBe(Buffer.prototype);
    expect(buffer).toStrictEqual(Buffer.from('hello'));
  });

  it('counts those that wait as live in its pool, until trim gives them back', () => {
    const { pool, recycling } = make();
    const buffers = [1, 2, 3].map(() => recycling.allocUnsafe());
    for (const buffer of buffers.slice(1)) recycling.free(buffer);
    expect(pool.stats().liveBlocks).toBe(3);
    expect(recycling.trim()).toBe(2);
    expect(pool.stats()).toMatchObject({ liveBlocks: 1, deallocations: 2 });
    expect([recycling.waiting, recycling.trim()]).toEqual([0, 0]);
    expect(pool.verify()).toBe(true);
  });

  it('gives all back when it is disposed, and each that comes later at once', () => {
    const { pool, recycling } = make();
    const [early, late] = [recycling.allocUnsafe(), recycling.allocUnsafe()];
    recycling.free(early);
    recycling.dispose();
    recycling[Symbol.dispose]();
    expect(pool.stats().liveBlocks).toBe(1);
    expect(() => recycling.allocUnsafe()).toThrow(withCode('CLOSED'));
    expect(recycling.free(late)).toBe(true);
    expect(pool.stats().liveBlocks).toBe(0);
    expect(pool.verify()).toBe(true);
  });

  it('is LIMIT where its pool is', () => {
    const { recycling } = make(1000, 4096);
    const buffers: Buffer[] = [];
    expect(() => {
      for (;;) buffers.push(recycling.allocUnsafe());
    }).toThrow(withCode('LIMIT'));
    recycling.free(buffers.pop() as Buffer);
    expect(recycling.allocUnsafe().length).toBe(1000);
  });

  it('is explained as the owner of what is out', () => {
    const { recycling } = make();
    const buffer = recycling.allocUnsafe();
    const told = explain(buffer);
    expect(told.owner === recycling).toBe(true);
    expect(told).toMatchObject({ kind: 'block', state: 'live', usableSize: 1024, waste: 24 });
    expect(addressOf(buffer)).toBeGreaterThan(0n);
    recycling.free(buffer);
    expect(explain(buffer)).toMatchObject({ state: 'freed', owner: null });
    expect(() => addressOf(buffer)).toThrow(withCode('DETACHED'));
  });
});

describe('what a RecyclingPool never hands out', () => {
  it.each([1000, 100_000])('is a view that the pool has reset (%i bytes)', (size) => {
    const { pool, recycling } = make(size);
    const [waiting, out] = [recycling.allocUnsafe(), recycling.allocUnsafe()];
    recycling.free(waiting);
    pool.reset();
    expect(explain(out).state).toBe('freed');
    expect(() => recycling.free(out)).toThrow(withCode('DETACHED'));
    const next = recycling.allocUnsafe();
    expect([next.length, next === waiting, next === out]).toEqual([size, false, false]);
    expect(() => recycling.free(out)).toThrow(withCode('DETACHED'));
    expect(() => recycling.free(waiting)).toThrow(withCode('DETACHED'));
    expect([recycling.waiting, pool.stats().liveBlocks]).toEqual([0, 1]);
  });

  it('is a view whose memory a reset left to an operation in flight', async () => {
    const { pool, recycling } = make();
    const [waiting, out] = [recycling.allocUnsafe(), recycling.allocUnsafe()];
    recycling.free(waiting);
    const reading = startRead(out);
    pool.reset();
    expect(out.length).toBe(1000);
    expect(() => recycling.free(out)).toThrow(withCode('ABANDONED'));
    const next = recycling.allocUnsafe();
    expect(next.buffer === out.buffer).toBe(false);
    expect(() => recycling.free(out)).toThrow(withCode('ABANDONED'));
    await reading.finish(Buffer.from('in flight'));
    expect(pool.verify()).toBe(true);
  });

  it('is anything of a pool that was disposed', () => {
    const { pool, recycling } = make();
    const [waiting, out] = [recycling.allocUnsafe(), recycling.allocUnsafe()];
    recycling.free(waiting);
    pool.dispose();
    expect(() => recycling.allocUnsafe()).toThrow(withCode('CLOSED'));
    expect(() => recycling.free(out)).toThrow(withCode('DETACHED'));
    recycling.trim();
    recycling.dispose();
    expect([waiting.length, out.length]).toEqual([0, 0]);
  });

  it.each([1000, 100_000])('is a view whose slab was moved away (%i bytes)', async (size) => {
    const { pool, recycling } = make(size);
    const [waiting, out] = [recycling.allocUnsafe(), recycling.allocUnsafe()];
    recycling.free(waiting);
    for (const memory of new Set([waiting.buffer, out.buffer])) {
      await moveByStream(memory as ArrayBuffer);
    }
    await idle();
    expect(explain(out).state).toBe('moved');
    const next = recycling.allocUnsafe();
    expect([next.length, next === waiting]).toEqual([size, false]);
    expect(recycling.free(out)).toBe(true);
    expect(recycling.allocUnsafe() === out).toBe(false);
    expect(pool.stats().liveBlocks).toBe(2);
  });
});

describe('what was taken from a RecyclingPool and forgotten', () => {
  it.each([1000, 100_000])('comes back with the collector (%i bytes)', async (size) => {
    const { pool, recycling } = make(size);
    (() => {
      for (let count = 0; count < 600; count++) recycling.allocUnsafe();
    })();
    recycling.free(recycling.allocUnsafe());
    await collect(undefined, 5); // asking in between would keep it for that job
    expect(pool.stats().recoveredBlocks).toBeGreaterThan(0);
    expect(recycling.allocUnsafe().length).toBe(size);
    expect(pool.verify()).toBe(true);
  });

  it('does not keep a pool alive that the program has dropped', async () => {
    const arena = new ArenaAllocator();
    (() => {
      const recycling = new RecyclingPool(new BufferPool(arena), 1000);
      recycling.free(recycling.allocUnsafe());
    })();
    await collect(() => arena.stats().liveBytes === 0);
    expect(arena.stats().liveBytes).toBe(0);
  });
});

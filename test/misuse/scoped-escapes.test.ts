/** Memory of a scope that somebody may still use at its end: it is nobody else's before. */
import { describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool, Layout, Scoped, SystemAllocator } from '../../lib/index.js';
import { startRead, whileBusy } from '../support/busy.js';
import { collect, idle, withCode } from '../support/idle.js';
import { MOVES } from '../support/moving.js';

const bytes = (size: number) => Layout.from(size);

/** The answer says whether nothing was written to `memory` since. */
function watch(memory: ArrayBuffer): () => boolean {
  const before = Buffer.from(Buffer.from(memory));
  return () => before.equals(Buffer.from(memory));
}

describe('a scope that ends with an operation in flight', () => {
  it('leaves its Buffers valid and private, and the next one is elsewhere', async () => {
    await idle();
    const system = new SystemAllocator();
    const scoped = new Scoped(system, { size: 4096 });
    const kept = scoped.alloc(96, 1);
    const scope = scoped.open();
    const target = scope.alloc(64);
    const reading = startRead(target);
    scope.end();
    expect(target.length).toBe(64);
    expect(scoped.stats()).toMatchObject({ liveBlocks: 1, abandonedBlocks: 1, escapes: 1 });

    const next = scoped.alloc(4000, 2);
    expect(next.buffer).not.toBe(target.buffer);
    expect(scoped.tryAllocate(bytes(1))).toBeNull();
    await reading.finish(new Uint8Array(64).fill(9));
    expect(target.every((byte) => byte === 9)).toBe(true);
    expect(next.every((byte) => byte === 2) && kept.every((byte) => byte === 1)).toBe(true);
    expect(() => scoped.free(target)).toThrow(withCode('SCOPED'));
    expect(scoped.verify()).toBe(true);
    scoped.dispose();
    expect([kept.length, next.length, target.length]).toEqual([0, 0, 64]);
  });

  it('gives the memory back when nothing can reach it', async () => {
    const system = new SystemAllocator();
    const scoped = new Scoped(system, { size: 4096 });
    await whileBusy(() => scoped.scope((scope) => scope.alloc(100).fill(1)));
    expect(scoped.stats()).toMatchObject({ abandonedBytes: 100 });
    expect(await collect(() => scoped.stats().abandonedBlocks === 0)).toBe(true);
    expect(scoped.stats()).toMatchObject({ mappedBytes: 0, deallocations: 1 });
    expect(system.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 0 });
    expect(scoped.alloc(4096).length).toBe(4096);
  });

  it('again and again holds as little as there is in use', async () => {
    const system = new SystemAllocator();
    const scoped = new Scoped(system, { size: 4096 });
    await whileBusy(() => {
      for (let round = 0; round < 50; round++) {
        const passing = scoped.alloc(10);
        scoped.scope((scope) => scope.alloc(100));
        scoped.free(passing);
        expect(scoped.verify()).toBe(true);
      }
    });
    expect(await collect(() => scoped.stats().abandonedBlocks === 0)).toBe(true);
    expect(scoped.stats().mappedBytes).toBeLessThanOrEqual(2 * 4096);
    scoped.dispose();
    expect(await collect(() => system.stats().mappedBytes === 0)).toBe(true);
  });

  it('keeps its parent charged until the memory is back', async () => {
    await idle();
    const pool = new BufferPool(new ArenaAllocator());
    const scoped = new Scoped(pool, { size: 1000 });
    await whileBusy(() => scoped.scope((scope) => scope.alloc(100)));
    scoped.alloc(1000);
    expect(pool.stats().liveBlocks).toBe(2);
    expect(await collect(() => scoped.stats().abandonedBlocks === 0)).toBe(true);
    expect(pool.stats().liveBlocks).toBe(1);
    scoped.dispose();
    expect(pool.stats().liveBlocks).toBe(0);
  });
});

describe('a free with an operation in flight', () => {
  it('of the last Buffer is false, and its bytes are nobody else’s to the end', async () => {
    await idle();
    const scoped = new Scoped(new SystemAllocator(), { size: 256 });
    const target = scoped.alloc(64);
    const reading = startRead(target);
    expect(() => scoped.deallocate(target, bytes(64), { whenBusy: 'throw' })).toThrow(
      withCode('BUSY'),
    );
    expect(scoped.free(target)).toBe(false);
    expect(() => scoped.free(target)).toThrow(withCode('ABANDONED'));
    const next = scoped.alloc(64, 2);
    await reading.finish(new Uint8Array(64).fill(9));
    expect(next.every((byte) => byte === 2)).toBe(true);
    expect(scoped.stats()).toMatchObject({ liveBlocks: 1, abandonedBlocks: 1 });
  });

  it('moves a Buffer that is reallocated', async () => {
    await idle();
    const scoped = new Scoped(new SystemAllocator(), { size: 256 });
    const target = scoped.alloc(64, 1);
    const reading = startRead(target);
    expect(scoped.reallocateInPlace(target, bytes(64), bytes(32))).toBeNull();
    const next = scoped.realloc(target, 80);
    await reading.finish(new Uint8Array(64).fill(9));
    expect(next.subarray(0, 64).every((byte) => byte === 1)).toBe(true);
    expect(next.subarray(64).every((byte) => byte === 0)).toBe(true);
  });
});

describe.each(MOVES)('memory of a scope that was moved away %s', (_title, move) => {
  it('is not cut any further, and the scope goes on elsewhere', async () => {
    const scoped = new Scoped(new SystemAllocator(), { size: 1024 });
    const block = scoped.alloc(24, 1);
    const moved = await move(block.buffer as ArrayBuffer);
    const isUntouched = watch(moved);
    await idle();
    const next = scoped.alloc(1000, 2);
    expect([block.length, next.length]).toEqual([0, 1000]);
    expect([new Uint8Array(moved)[0], isUntouched()]).toEqual([1, true]);
    expect(scoped.free(block)).toBe(true);
    expect(scoped.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 1000 });
    expect(scoped.verify()).toBe(true);
    scoped.dispose();
    expect(next.length).toBe(0);
  });

  it('under an inner scope is not cut by that either', async () => {
    const scoped = new Scoped(new SystemAllocator(), { size: 1024 });
    const block = scoped.alloc(24, 1);
    const scope = scoped.open();
    scope.alloc(8, 3);
    const moved = await move(block.buffer as ArrayBuffer);
    const isUntouched = watch(moved);
    await idle();
    expect(scope.alloc(900, 2).length).toBe(900);
    expect(isUntouched()).toBe(true);
    scope.end();
    expect(scoped.alloc(900, 2).length).toBe(900);
    expect(isUntouched()).toBe(true);
    expect(scoped.verify()).toBe(true);
  });

  it('by a program that kept it from a scope that ended shows nobody else’s bytes', async () => {
    const scoped = new Scoped(new SystemAllocator(), { size: 1024 });
    const scope = scoped.open();
    const moved = await move(scope.alloc(24, 1).buffer as ArrayBuffer);
    const isUntouched = watch(moved);
    await idle();
    scope.end();
    scoped.alloc(1024, 2);
    expect(isUntouched()).toBe(true);
    expect(scoped.stats()).toMatchObject({ escapes: 1, abandonedBlocks: 1 });
    scoped.dispose();
    expect(new Uint8Array(moved)[0]).toBe(1);
  });
});

describe('a lease on a Buffer of a scope', () => {
  it('holds the memory beyond the end of the scope, and ends it with itself', async () => {
    await idle();
    const scoped = new Scoped(new SystemAllocator(), { size: 1024 });
    const scope = scoped.open();
    const block = scope.alloc(24, 1);
    const [lease, second] = [scope.lease(block), scope.lease(block)];
    scope.end();
    expect(block.length).toBe(24);
    scoped.alloc(1024, 2);
    expect(block.every((byte) => byte === 1)).toBe(true);
    lease.dispose();
    expect(block.length).toBe(24);
    await idle();
    second.dispose();
    expect(block.length).toBe(0);
    expect(scoped.stats()).toMatchObject({ liveBlocks: 1, abandonedBlocks: 0 });
    scoped.dispose();
  });

  it('keeps a Scoped from being disposed, and its parent too', async () => {
    await idle();
    const arena = new ArenaAllocator();
    const scoped = new Scoped(arena, { size: 1024 });
    const lease = scoped.lease(scoped.alloc(24));
    expect(() => scoped.dispose()).toThrow(withCode('LEASED'));
    expect(() => arena.dispose()).toThrow(withCode('LEASED'));
    expect(scoped.alloc(1000).length).toBe(1000);
    lease.dispose();
    arena.dispose();
    expect(() => scoped.alloc(1)).toThrow(withCode('CLOSED'));
  });

  it('can be taken and ended while a scope is open inside', async () => {
    await idle();
    const scoped = new Scoped(new SystemAllocator(), { size: 64 });
    const block = scoped.alloc(24, 1);
    const before = scoped.lease(block);
    expect(scoped.free(block)).toBe(false);
    const scope = scoped.open();
    const inner = scope.alloc(40, 2);
    before.dispose();
    expect(() => scoped.lease(block)).toThrow(withCode('DETACHED'));
    expect(scope.tryAllocate(bytes(1))).toBeNull();
    expect(inner.every((byte) => byte === 2)).toBe(true);
    expect(scoped.verify()).toBe(true);
  });
});

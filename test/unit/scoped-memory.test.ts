/** Where a scope's Buffers lie, and what becomes of memory that one of them gives back. */
import { describe, expect, it } from 'vitest';
import {
  type AllocError,
  ArenaAllocator,
  addressOf,
  BufferPool,
  explain,
  Layout,
  Scoped,
  SystemAllocator,
} from '../../lib/index.js';
import { idle, withCode } from '../support/idle.js';
import { times } from '../support/pools.js';

const make = (size: number) => new Scoped(new SystemAllocator(), { size });
const bytes = (size: number, align = 1) => Layout.from(size, align);

function reasonOf(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch (error) {
    return (error as AllocError).reason;
  }
}

describe('allocation in a scope', () => {
  it('puts one Buffer behind the other', () => {
    const scoped = make(64);
    const [first, second] = [scoped.alloc(3), scoped.alloc(5)];
    expect(addressOf(second) - addressOf(first)).toBe(3n);
    expect(scoped.stats()).toMatchObject({ liveBytes: 8, freeBytes: 56, capacity: 64 });
  });

  it.each(times(16, (lg) => 2 ** lg))('aligns to %i', (align) => {
    const scoped = make(2 ** 18);
    scoped.alloc(1);
    for (let round = 0; round < 3; round++) {
      expect(addressOf(scoped.allocate(bytes(3, align))) % BigInt(align)).toBe(0n);
    }
  });

  it('aligns in a scope that begins at an odd address', () => {
    const scoped = make(2 ** 12);
    scoped.alloc(1);
    scoped.scope((scope) => {
      for (const align of [2, 16, 64]) {
        expect(addressOf(scope.allocate(bytes(3, align))) % BigInt(align)).toBe(0n);
      }
    });
  });

  it('fits a block as large and as aligned as the region', () => {
    expect(make(4096).allocate(bytes(4096, 4096)).length).toBe(4096);
    expect(make(64).allocate(bytes(64, 64)).length).toBe(64);
  });

  it('zeroes memory that was used before', async () => {
    await idle();
    const scoped = make(64);
    for (let round = 0; round < 3; round++) {
      scoped.scope((scope) => {
        expect(scope.alloc(64).every((byte) => byte === 0)).toBe(true);
        scope.free(scope.allocUnsafe(0));
        expect(scope.stats().liveBytes).toBe(64);
      });
      scoped.scope((scope) => scope.allocUnsafe(64).fill(0xff));
    }
  });

  it('says too-large for what would never fit, else full', () => {
    const scoped = make(64);
    scoped.alloc(32);
    expect(reasonOf(() => scoped.alloc(65))).toBe('too-large');
    expect(reasonOf(() => scoped.alloc(64))).toBe('full');
    scoped.scope((scope) => {
      expect(reasonOf(() => scope.alloc(64))).toBe('too-large');
      scope.alloc(1);
      expect(reasonOf(() => scope.alloc(32))).toBe('full');
    });
    expect(scoped.stats().failures).toBe(4);
  });

  it('goes on over the whole of a region with more than one ArrayBuffer', async () => {
    await idle();
    const scoped = make(4 * 2 ** 20);
    const buffers = times(7, (at) => scoped.alloc(2 ** 19, at));
    expect(new Set(buffers.map(({ buffer }) => buffer)).size).toBeGreaterThan(1);
    buffers.push(scoped.reallocate(buffers.pop() as Buffer, bytes(2 ** 19), bytes(2 ** 20)));
    expect(scoped.stats().freeBytes).toBe(0);
    for (const [at, buffer] of buffers.entries()) {
      expect(buffer.subarray(0, 2 ** 19).every((byte) => byte === at)).toBe(true);
      expect(scoped.owns(buffer)).toBe(true);
    }
    expect(buffers[6]?.subarray(2 ** 19).every((byte) => byte === 0)).toBe(true);
    expect(scoped.verify()).toBe(true);
    scoped.dispose();
    expect(buffers.every(({ length }) => length === 0)).toBe(true);
  });
});

describe('a free in a scope', () => {
  it('of the last Buffer gives its memory and its padding back', async () => {
    await idle();
    const scoped = make(64);
    scoped.alloc(1);
    const last = scoped.allocate(bytes(8, 32));
    expect(scoped.deallocate(last, bytes(8, 32))).toBe(true);
    expect(scoped.stats().freeBytes).toBe(63);
  });

  it('of all Buffers in turn, the last first, gives everything back', async () => {
    await idle();
    const scoped = make(256);
    const buffers = times(5, (at) => scoped.allocate(bytes(at, 2 ** at)));
    for (const [at, buffer] of [...buffers.entries()].reverse()) {
      expect(scoped.deallocate(buffer, bytes(at, 2 ** at))).toBe(true);
    }
    expect(scoped.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, freeBytes: 256 });
  });

  it('of another one is taken, and gives memory back with the scope', async () => {
    await idle();
    const scoped = make(64);
    scoped.scope((scope) => {
      const [first] = [scope.alloc(32), scope.alloc(16)];
      expect(scope.free(first)).toBe(true);
      expect(scope.stats()).toMatchObject({ liveBlocks: 1, freeBytes: 16 });
    });
    expect(scoped.stats()).toMatchObject({ liveBlocks: 0, freeBytes: 64, deallocations: 2 });
  });
});

describe('a reallocation in a scope', () => {
  it('moves a Buffer that is not the last to grow', async () => {
    await idle();
    const scoped = make(64);
    const [first] = [scoped.alloc(8, 1), scoped.alloc(8, 2)];
    expect(scoped.reallocateInPlace(first, bytes(8), bytes(16))).toBeNull();
    const next = scoped.realloc(first, 16);
    expect([...next]).toEqual(times(16, (at) => (at < 8 ? 1 : 0)));
    expect(scoped.stats().freeBytes).toBe(32);
  });

  it('leaves the old Buffer as it was when there is no room', () => {
    const scoped = make(64);
    const [first] = [scoped.alloc(32, 1), scoped.alloc(16, 2)];
    expect(() => scoped.realloc(first, 48)).toThrow(withCode('OUT_OF_MEMORY'));
    expect(first.every((byte) => byte === 1)).toBe(true);
    expect(scoped.free(first)).toBe(true);
  });

  it('zeroes what was used before, where it grows', async () => {
    await idle();
    const scoped = make(64);
    scoped.scope((scope) => scope.allocUnsafe(64).fill(0xff));
    const grown = scoped.realloc(scoped.alloc(8, 1), 64);
    expect(grown.subarray(8).every((byte) => byte === 0)).toBe(true);
  });
});

describe('the region of a Scoped', () => {
  it('is memory of its native parent, until it is disposed', async () => {
    await idle();
    const arena = new ArenaAllocator();
    const scoped = new Scoped(arena, { size: 1024 });
    const block = scoped.alloc(8);
    expect(arena.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 1024 });
    expect(arena.owns(block)).toBe(false);
    expect(arena.verify()).toBe(true);
    scoped.dispose();
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('is charged to a parent of another kind as a block of the same size', () => {
    const pool = new BufferPool(new ArenaAllocator());
    const scoped = new Scoped(pool, { size: 1000 });
    expect(pool.stats()).toMatchObject({ liveBlocks: 1, liveBytes: pool.usableSize(bytes(1000)) });
    scoped.dispose();
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('is refused with the error of the parent', () => {
    const arena = new ArenaAllocator({ limit: 1024 });
    expect(() => new Scoped(arena, { size: 2048 })).toThrow(withCode('LIMIT'));
    expect(arena.stats().liveBlocks).toBe(0);
    const pool = new BufferPool(arena, { limit: 512 });
    expect(() => new Scoped(pool, { size: 1024 })).toThrow(withCode('LIMIT'));
  });

  it('ends with its native parent', async () => {
    await idle();
    const arena = new ArenaAllocator();
    const scoped = new Scoped(arena, { size: 1024 });
    const [block, inner] = [scoped.alloc(8), scoped.open()];
    const inside = inner.alloc(8);
    expect(() => arena.reset()).toThrow(withCode('BUSY'));
    arena.dispose();
    expect([block.length, inside.length]).toEqual([0, 0]);
    expect(() => scoped.alloc(1)).toThrow(withCode('CLOSED'));
    expect(() => inner.alloc(1)).toThrow(withCode('SCOPED'));
  });
});

describe('a Scoped that grows', () => {
  it('takes regions from its parent, and gives them back at the end of the scope', async () => {
    await idle();
    const system = new SystemAllocator();
    const scoped = new Scoped(system, { size: 4096, grow: true });
    scoped.scope((scope) => {
      const buffers = times(10, (at) => scope.alloc(4000, at));
      expect(system.stats().liveBlocks).toBe(10);
      expect(buffers.every((buffer, at) => buffer.every((byte) => byte === at))).toBe(true);
      expect(scope.alloc(100_000).length).toBe(100_000);
      expect(scope.verify()).toBe(true);
    });
    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 4096 });
    expect(scoped.stats()).toMatchObject({ mappedBytes: 4096, freeBytes: 4096 });
  });

  it('says why its parent gave no more', () => {
    const system = new SystemAllocator({ limit: 8192 });
    const scoped = new Scoped(system, { size: 4096, grow: true });
    times(2, () => scoped.alloc(4000));
    expect(reasonOf(() => scoped.alloc(4000))).toBe('limit');
    expect(scoped.alloc(96).length).toBe(96);
  });

  it('begins without a region where it is made for 0 bytes', () => {
    const scoped = new Scoped(new SystemAllocator(), { size: 0, grow: true });
    expect(scoped.alloc(10_000).length).toBe(10_000);
    expect(scoped.alloc(0).length).toBe(0);
  });
});

describe('a Buffer of a scope', () => {
  it('is known to explain and addressOf, and its ArrayBuffer as a scope', async () => {
    await idle();
    const scoped = make(4096);
    const block = scoped.allocate(bytes(100, 64));
    expect(explain(block)).toMatchObject({ kind: 'block', state: 'live', owner: scoped });
    expect(explain(block).layout).toEqual(bytes(100, 64));
    expect(explain(block.buffer).kind).toBe('scope');
    expect(scoped.owns(block.subarray(10))).toBe(true);
    scoped.dispose();
    expect(explain(block).state).toBe('freed');
    expect(() => addressOf(block)).toThrow(withCode('DETACHED'));
  });

  it('is a Buffer of the usual vocabulary', () => {
    const scoped = make(4096);
    const text = scoped.concat([scoped.from('hello '), Buffer.from('world')]);
    expect(text).toEqual(Buffer.from('hello world'));
    expect(Buffer.isBuffer(scoped.alloc(4, 'ab')) && scoped.alloc(4, 'ab').toString()).toBe('abab');
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool, Layout, SystemAllocator } from '../../lib/index.js';
import { trap } from '../support/call.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';
import { LARGE, makePool } from '../support/pools.js';

beforeEach(idle);

/** Every call that ends or changes a Buffer, or holds it. */
const CALLS: readonly [name: string, call: (pool: BufferPool, buffer: Buffer) => unknown][] = [
  ['free', (pool, buffer) => pool.free(buffer)],
  ['deallocate', (pool, buffer) => pool.deallocate(buffer, Layout.from(64))],
  ['realloc', (pool, buffer) => pool.realloc(buffer, 100)],
  ['reallocate', (pool, buffer) => pool.reallocate(buffer, Layout.from(64), Layout.from(9))],
  [
    'reallocateInPlace',
    (pool, buffer) => pool.reallocateInPlace(buffer, Layout.from(64), Layout.from(64)),
  ],
  ['grow', (pool, buffer) => pool.grow(buffer, Layout.from(64), Layout.from(64))],
  ['shrink', (pool, buffer) => pool.shrink(buffer, Layout.from(64), Layout.from(64))],
  ['lease', (pool, buffer) => pool.lease(buffer)],
];

describe.each([
  ['in a slab', 64],
  ['with memory of its own', LARGE],
])('a Buffer %s', (_title, size) => {
  it.each(CALLS)('that was freed is DETACHED to %s, and nothing changes', (_name, call) => {
    const pool = makePool();
    const neighbour = pool.alloc(size);
    const buffer = pool.alloc(size);
    expect(pool.free(buffer)).toBe(true);
    const before = snapshot(pool);
    for (let again = 0; again < 3; again++) {
      expect(() => call(pool, buffer)).toThrow(withCode('DETACHED'));
    }
    expectUnchanged(pool, before);
    expect(pool.owns(neighbour)).toBe(true);
  });

  it('that was freed stays so when its slot has a successor', () => {
    const pool = makePool();
    const buffer = pool.allocUnsafe(size);
    pool.free(buffer);
    const next = pool.allocUnsafe(size).fill(5);
    const before = snapshot(pool);
    expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
    expectUnchanged(pool, before);
    expect(pool.owns(buffer)).toBe(false);
    expect(next).toEqual(Buffer.alloc(size, 5));
    expect(pool.free(next)).toBe(true);
  });

  it('is NOT_OWNED to another pool, which names the owner', () => {
    const [pool, other] = [makePool(), makePool()];
    const buffer = pool.alloc(size).fill(3);
    const before = snapshot(pool);
    for (const [, call] of CALLS) {
      expect(() => call(other, buffer)).toThrow(withCode('NOT_OWNED'));
      expect(() => call(other, buffer)).toThrow(expect.objectContaining({ owner: pool }));
    }
    expectUnchanged(pool, before);
    expect(other.verify()).toBe(true);
    expect(buffer).toEqual(Buffer.alloc(size, 3));
  });

  it('is NOT_OWNED to another pool of the same arena, and to the arena', () => {
    const arena = new ArenaAllocator();
    const [pool, other] = [new BufferPool(arena), new BufferPool(arena)];
    const buffer = pool.alloc(size);
    const layout = Layout.from(size);
    expect(() => other.free(buffer)).toThrow(withCode('NOT_OWNED'));
    expect(() => arena.deallocate(buffer as never, layout)).toThrow(withCode('NOT_OWNED'));
    expect(() => arena.deallocate(buffer.buffer as never, layout)).toThrow();
    expect(() => arena.reallocate(buffer.buffer as never, layout, layout)).toThrow();
    expect(pool.owns(buffer)).toBe(true);
    expect([pool.verify(), arena.verify()]).toEqual([true, true]);
  });

  it('is INTERIOR by any view of it', () => {
    const pool = makePool();
    const buffer = pool.alloc(size).fill(3);
    const before = snapshot(pool);
    const species = Object.defineProperty(buffer.subarray(), 'constructor', { value: Object });
    const views = [
      buffer.subarray(),
      buffer.slice(0, 8),
      Uint8Array.prototype.subarray.call(buffer),
      new Uint8Array(buffer.buffer, buffer.byteOffset, size),
      new DataView(buffer.buffer, buffer.byteOffset, size),
      Buffer.from(buffer.buffer, buffer.byteOffset, size),
      species,
    ];
    for (const view of views) {
      for (const [, call] of CALLS) {
        expect(() => call(pool, view as Buffer)).toThrow(withCode('INTERIOR'));
      }
    }
    expectUnchanged(pool, before);
    expect(buffer).toEqual(Buffer.alloc(size, 3));
  });

  it('is NOT_OWNED by any copy of it', () => {
    const pool = makePool();
    const buffer = pool.alloc(size);
    const before = snapshot(pool);
    const copies = [
      structuredClone(buffer),
      Buffer.from(buffer),
      Uint8Array.prototype.slice.call(buffer),
      buffer.map((byte) => byte),
      pool.copyOut(buffer),
    ];
    for (const copy of copies) {
      for (const [, call] of CALLS) {
        expect(() => call(pool, copy as Buffer)).toThrow(withCode('NOT_OWNED'));
      }
    }
    expectUnchanged(pool, before);
  });

  it('behind a Proxy or as a prototype is INVALID_ARG_TYPE, and no trap runs', () => {
    const pool = makePool();
    const buffer = pool.alloc(size);
    const before = snapshot(pool);
    const { ran, run } = trap();
    const handler = new Proxy({}, { get: () => run });
    for (const value of [new Proxy(buffer, handler), Object.create(buffer)]) {
      for (const [, call] of CALLS) {
        expect(() => call(pool, value)).toThrow(withCode('INVALID_ARG_TYPE'));
      }
    }
    expect(ran()).toBe(0);
    expectUnchanged(pool, before);
  });

  it('that cannot be extended, has another prototype or lies is freed as any', () => {
    const pool = makePool();
    const { ran, run } = trap();
    const lies = ['length', 'byteLength', 'byteOffset', 'buffer', 'constructor', 'parent'];
    const loud = Object.fromEntries(lies.map((name) => [name, { get: run }]));
    const quiet = Object.fromEntries(lies.map((name) => [name, { value: 1 }]));
    const disguises: ((buffer: Buffer) => Buffer)[] = [
      (buffer) => Object.preventExtensions(buffer),
      (buffer) => (size === 0 ? Object.freeze(buffer) : buffer),
      (buffer) => Object.setPrototypeOf(buffer, null),
      (buffer) => Object.setPrototypeOf(buffer, ArrayBuffer.prototype),
      (buffer) => Object.defineProperties(buffer, loud),
      (buffer) => Object.defineProperties(buffer, quiet),
    ];
    for (const disguise of disguises) {
      const buffer = disguise(pool.alloc(size));
      expect(pool.owns(buffer)).toBe(true);
      expect(pool.free(buffer)).toBe(true);
      expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
    }
    expect(ran()).toBe(0);
    expect(pool.stats()).toMatchObject({ liveBlocks: 0 });
    expect(pool.verify()).toBe(true);
  });

  it('that lies is reallocated, copied and kept as what it is', () => {
    const pool = makePool();
    const { ran, run } = trap();
    const loud = Object.fromEntries(
      ['length', 'byteLength', 'byteOffset', 'buffer'].map((name) => [name, { get: run }]),
    );
    const make = () => Object.defineProperties(pool.alloc(size, 'x'), loud);
    expect(pool.realloc(make(), size + 1).toString('latin1')).toBe(`${'x'.repeat(size)}\0`);
    expect(pool.realloc(make(), 3).toString()).toBe('xxx');
    expect(pool.from(make()).toString()).toBe('x'.repeat(size));
    expect(pool.concat([make(), make()], size + 1).toString()).toBe('x'.repeat(size + 1));
    expect(pool.copyOut(make()).toString()).toBe('x'.repeat(size));
    expect(ran()).toBe(0);
    expect(pool.verify()).toBe(true);
  });
});

describe('what is no Buffer of a pool', () => {
  const arena = new ArenaAllocator();
  const system = new SystemAllocator();
  const layout = Layout.from(64);

  it.each([
    ['a Buffer', Buffer.alloc(64), 'NOT_OWNED'],
    ['bytes', new Uint8Array(64), 'NOT_OWNED'],
    ['shared bytes', new Uint8Array(new SharedArrayBuffer(64)), 'NOT_OWNED'],
    ['an ArrayBuffer', new ArrayBuffer(64), 'NOT_OWNED'],
    ['a block of an arena', arena.allocate(layout), 'NOT_OWNED'],
    ['a view of one', Buffer.from(arena.allocate(layout)), 'INTERIOR'],
    ['a block of another allocator', system.allocate(layout), 'NOT_OWNED'],
    ['undefined', undefined, 'INVALID_ARG_TYPE'],
    ['null', null, 'INVALID_ARG_TYPE'],
    ['a string', 'buffer', 'INVALID_ARG_TYPE'],
    ['a number', 64, 'INVALID_ARG_TYPE'],
    ['an array', [1, 2, 3], 'INVALID_ARG_TYPE'],
    ['an object with the prototype', Object.create(Buffer.prototype), 'INVALID_ARG_TYPE'],
    ['a function', () => 64, 'INVALID_ARG_TYPE'],
    ['a shared buffer', new SharedArrayBuffer(64), 'INVALID_ARG_TYPE'],
  ])('is refused: %s', (_title, value, code) => {
    const pool = makePool();
    const live = pool.alloc(64);
    const before = snapshot(pool);
    for (const [name, call] of CALLS) {
      if (value === null && name === 'reallocate') continue; // that is a request for a new one
      expect(() => call(pool, value as Buffer)).toThrow(withCode(code));
    }
    expectUnchanged(pool, before);
    expect(pool.owns(live)).toBe(true);
  });

  it('names its owner where that is an allocator of this package', () => {
    const pool = makePool();
    const block = arena.allocate(layout);
    expect(() => pool.free(block as never)).toThrow(expect.objectContaining({ owner: arena }));
  });
});

describe('a wrong layout', () => {
  it.each([
    ['smaller', Layout.from(63, 16)],
    ['larger', Layout.from(65, 16)],
    ['of the same class', Layout.from(60, 16)],
    ['less aligned', Layout.from(64, 8)],
    ['more aligned', Layout.from(64, 32)],
    ['empty', Layout.from(0)],
  ])('is LAYOUT_MISMATCH, and nothing changes: %s', (_title, wrong) => {
    const pool = makePool();
    const right = Layout.from(64, 16);
    const buffer = pool.allocate(right);
    const before = snapshot(pool);
    const mismatch = withCode('LAYOUT_MISMATCH');
    expect(() => pool.deallocate(buffer, wrong)).toThrow(mismatch);
    expect(() => pool.reallocate(buffer, wrong, right)).toThrow(mismatch);
    expect(() => pool.reallocateInPlace(buffer, wrong, right)).toThrow(mismatch);
    expectUnchanged(pool, before);
    expect(pool.deallocate(buffer, right)).toBe(true);
  });

  it('of a leased Buffer is LAYOUT_MISMATCH too', () => {
    const pool = makePool();
    const buffer = pool.alloc(64);
    using _lease = pool.lease(buffer);
    expect(() => pool.deallocate(buffer, Layout.from(65))).toThrow(withCode('LAYOUT_MISMATCH'));
    expect(pool.owns(buffer)).toBe(true);
  });

  it('is no matter to free, and alloc has an alignment of 1', () => {
    const pool = makePool();
    expect(pool.free(pool.allocate(Layout.from(64, 16)))).toBe(true);
    expect(pool.deallocate(pool.alloc(64), Layout.from(64))).toBe(true);
    expect(pool.deallocate(pool.from('abc'), Layout.from(3, 1))).toBe(true);
  });
});

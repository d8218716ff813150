import { beforeEach, describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool, Layout } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { thrownBy } from '../support/call.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';
import { LARGE, makePool } from '../support/pools.js';

beforeEach(idle);

const layout = Layout.from(64);

/** Every method of a pool with arguments that are right. */
const METHODS: readonly [name: PropertyKey, args: (buffer: Buffer) => unknown[]][] = [
  ['alloc', () => [64]],
  ['alloc', () => [64, 'fill']],
  ['alloc', () => [LARGE]],
  ['allocUnsafe', () => [64]],
  ['allocUnsafe', () => [LARGE]],
  ['from', () => ['text']],
  ['from', () => [[1, 2, 3]]],
  ['concat', () => [[Buffer.from('a')]]],
  ['allocate', () => [layout]],
  ['allocate', () => [Layout.from(LARGE, 4096)]],
  ['tryAllocate', () => [layout]],
  ['free', (buffer) => [buffer]],
  ['deallocate', (buffer) => [buffer, layout]],
  ['realloc', (buffer) => [buffer, 100]],
  ['reallocate', (buffer) => [buffer, layout, layout]],
  ['reallocateInPlace', (buffer) => [buffer, layout, layout]],
  ['grow', (buffer) => [buffer, layout, layout]],
  ['shrink', (buffer) => [buffer, layout, layout]],
  ['lease', (buffer) => [buffer]],
  ['usableSize', () => [layout]],
  ['stats', () => []],
  ['verify', () => []],
  ['trim', () => []],
  ['reset', () => []],
];

/** Those that are too fast to look at their receiver: the engine does, when they use it. */
const FAST: readonly PropertyKey[] = ['alloc', 'allocUnsafe', 'free'];

/** Those that a closed pool still answers. */
const QUIET: typeof METHODS = [
  ['owns', (buffer) => [buffer]],
  ['keep', (buffer) => [buffer]],
  ['copyOut', () => [Buffer.alloc(8)]],
  ['hasLeases', () => []],
  ['dispose', () => []],
  [Symbol.dispose, () => []],
];

const ASYNC: typeof METHODS = [
  ['withLease', (buffer) => [buffer, () => 1]],
  ['run', () => [(alloc: (size: number) => Buffer) => alloc(64)]],
];

function invoke(pool: unknown, home: BufferPool, method: PropertyKey, args: unknown[]): unknown {
  return Reflect.apply(Reflect.get(home, method), pool, args);
}

describe('a pool that was disposed', () => {
  it.each(METHODS)('throws CLOSED from %s', (method, args) => {
    const pool = makePool();
    const buffer = pool.alloc(64);
    pool.dispose();
    expect(() => invoke(pool, pool, method, args(buffer))).toThrow(withCode('CLOSED'));
  });

  it.each(METHODS)('with its arena throws CLOSED from %s', (method, args) => {
    const arena = new ArenaAllocator();
    const pool = new BufferPool(arena);
    const buffer = pool.alloc(64);
    arena.dispose();
    expect(() => invoke(pool, pool, method, args(buffer))).toThrow(withCode('CLOSED'));
  });

  it.each(QUIET)('does not throw from %s', (method, args) => {
    const pool = makePool();
    const buffer = pool.alloc(64);
    pool.dispose();
    expect(() => invoke(pool, pool, method, args(buffer))).not.toThrow();
    expect(pool.owns(buffer)).toBe(false);
  });

  it.each(ASYNC)('rejects with CLOSED from %s', async (method, args) => {
    const pool = makePool();
    const buffer = pool.alloc(64);
    pool.dispose();
    await expect(invoke(pool, pool, method, args(buffer))).rejects.toThrow(withCode('CLOSED'));
  });

  it('with an operation in flight leaves its Buffers valid', async () => {
    const pool = makePool();
    const buffers = [pool.alloc(64).fill(1), pool.alloc(LARGE).fill(2)];
    await whileBusy(() => pool.dispose());
    expect(buffers).toEqual([Buffer.alloc(64, 1), Buffer.alloc(LARGE, 2)]);
    for (const buffer of buffers) expect(() => pool.free(buffer)).toThrow(withCode('CLOSED'));
  });

  it('leaves no lease that could do harm', async () => {
    const pool = makePool();
    const lease = pool.lease(pool.alloc(64));
    expect(() => pool.dispose()).toThrow(withCode('LEASED'));
    lease.dispose();
    pool.dispose();
    expect(() => lease.dispose()).not.toThrow();
  });
});

describe('the arena of a pool', () => {
  it('is BUSY for reset while the pool lives, and nothing changes', () => {
    const arena = new ArenaAllocator();
    const pool = new BufferPool(arena);
    const buffer = pool.alloc(64).fill(3);
    const before = snapshot(arena);
    expect(() => arena.reset()).toThrow(withCode('BUSY'));
    expectUnchanged(arena, before);
    expect(buffer).toEqual(Buffer.alloc(64, 3));
    pool.dispose();
    expect(() => arena.reset()).not.toThrow();
  });

  it.each([
    ['none', undefined],
    ['null', null],
    ['a plain object', {}],
    ['a pool', makePool()],
    ['a Proxy of an arena', new Proxy(new ArenaAllocator(), {})],
    ['an heir of an arena', Object.create(new ArenaAllocator())],
  ])('must be an arena: %s', (_title, arena) => {
    expect(() => new BufferPool(arena as never)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('must be open', () => {
    const arena = new ArenaAllocator();
    arena.dispose();
    expect(() => new BufferPool(arena)).toThrow(withCode('CLOSED'));
  });

  it.each([
    ['null', null, 'INVALID_ARG_TYPE'],
    ['an unknown name', { size: 5 }, 'INVALID_ARG_TYPE'],
    ['a limit below 0', { limit: -1 }, 'OUT_OF_RANGE'],
    ['a broken limit', { limit: 1.5 }, 'OUT_OF_RANGE'],
    ['a limit that is a string', { limit: '5' }, 'INVALID_ARG_TYPE'],
  ])('and options are checked: %s', (_title, options, code) => {
    expect(() => new BufferPool(new ArenaAllocator(), options as never)).toThrow(withCode(code));
  });
});

describe('a method of a pool borrowed for something else', () => {
  const home = makePool();
  const buffer = home.alloc(64);
  const receivers: [title: string, value: unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a number', 64],
    ['a plain object', {}],
    ['a Buffer', buffer],
    ['a Proxy of a pool', new Proxy(home, {})],
    ['an heir of a pool', Object.create(home)],
    ['the prototype of pools', BufferPool.prototype],
  ];

  describe.each(receivers)('%s', (_title, receiver) => {
    it.each([...METHODS, ...QUIET])('is INVALID_ARG_TYPE: %s', (method, args) => {
      const before = snapshot(home);
      const error = thrownBy(() => invoke(receiver, home, method, args(buffer)));
      if (FAST.includes(method)) expect(error).toBeInstanceOf(TypeError);
      else expect(error).toMatchObject({ code: 'ERR_HEAPWRIGHT_INVALID_ARG_TYPE' });
      expectUnchanged(home, before);
    });

    it.each(ASYNC)('rejects with INVALID_ARG_TYPE: %s', async (method, args) => {
      const before = snapshot(home);
      await expect(invoke(receiver, home, method, args(buffer))).rejects.toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
      expectUnchanged(home, before);
    });
  });

  it('is INVALID_ARG_TYPE for an arena, where it is none of its own', () => {
    const arena = new ArenaAllocator();
    const own = ['tryAllocate', 'grow', 'shrink', Symbol.dispose];
    for (const [method, args] of [...METHODS, ...QUIET]) {
      if (FAST.includes(method) || own.includes(method as string)) continue;
      const attempt = () => invoke(arena, home, method, args(buffer));
      expect(attempt, `${String(method)}`).toThrow(withCode('INVALID_ARG_TYPE'));
    }
    expect(arena.verify()).toBe(true);
  });

  it('works for another pool', () => {
    const other = makePool();
    expect(other.owns(Reflect.apply(home.alloc, other, [64]))).toBe(true);
    expect(() => Reflect.apply(home.free, other, [buffer])).toThrow(withCode('NOT_OWNED'));
  });
});

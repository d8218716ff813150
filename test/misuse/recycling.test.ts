import { describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  BufferPool,
  Layout,
  RecyclingPool,
  SystemAllocator,
} from '../../lib/index.js';
import { call, thrownBy } from '../support/call.js';
import { expectUnchanged, snapshot, withCode } from '../support/idle.js';

function make() {
  const pool = new BufferPool(new ArenaAllocator());
  return { pool, recycling: new RecyclingPool(pool, 1000) };
}

const layout = Layout.from(1000);

/** What the methods of a pool take after the Buffer. */
const REST = {
  free: [],
  lease: [],
  realloc: [2000],
  deallocate: [layout],
  reallocate: [layout, layout],
} as const;

describe('a recycled Buffer', () => {
  it('is DETACHED to free twice, and handed out once', () => {
    const { pool, recycling } = make();
    const buffer = recycling.allocUnsafe();
    recycling.free(buffer);
    const before = snapshot(pool);
    expect(() => recycling.free(buffer)).toThrow(withCode('DETACHED'));
    expectUnchanged(pool, before);
    expect(recycling.waiting).toBe(1);
    const again = [recycling.allocUnsafe(), recycling.allocUnsafe()];
    expect(new Set(again).size).toBe(2);
  });

  it.each(['free', 'lease', 'realloc', 'deallocate', 'reallocate'] as const)(
    'is NOT_OWNED to %s of its BufferPool, which is told the owner',
    (method) => {
      const { pool, recycling } = make();
      for (const buffer of [recycling.allocUnsafe(), waiting(recycling)]) {
        const before = snapshot(pool);
        const rest = REST[method];
        const error = thrownBy(() => call(pool, method, buffer, ...rest));
        expect(error).toEqual(withCode('NOT_OWNED'));
        expect((error as { owner: unknown }).owner === recycling).toBe(true);
        expectUnchanged(pool, before);
      }
    },
  );

  it('is none of the Buffers that its BufferPool owns', () => {
    const { pool, recycling } = make();
    expect(pool.owns(recycling.allocUnsafe())).toBe(false);
    expect(pool.owns(waiting(recycling))).toBe(false);
  });

  it('is NOT_OWNED to another RecyclingPool over the same pool', () => {
    const { pool, recycling } = make();
    const other = new RecyclingPool(pool, 1000);
    const error = thrownBy(() => other.free(recycling.allocUnsafe()));
    expect(error).toEqual(withCode('NOT_OWNED'));
    expect((error as { owner: unknown }).owner === recycling).toBe(true);
  });
});

/** A Buffer that the recycling pool holds. */
function waiting(recycling: RecyclingPool): Buffer {
  const buffer = recycling.allocUnsafe();
  recycling.free(buffer);
  return buffer;
}

const { pool, recycling } = make();
const system = new SystemAllocator();

describe('free of a RecyclingPool', () => {
  it.each([
    ['a Buffer of its BufferPool', pool.alloc(1000), 'NOT_OWNED'],
    ['a Buffer of another pool', make().pool.alloc(1000), 'NOT_OWNED'],
    ['a view of its own Buffer', recycling.allocUnsafe().subarray(1), 'INTERIOR'],
    ['a dedicated block', system.allocate(Layout.from(1000)), 'NOT_OWNED'],
    ['the Buffer of a program', Buffer.alloc(1000), 'NOT_OWNED'],
    ['a slab', pool.alloc(1000).buffer, 'NOT_OWNED'],
    ['a Proxy', new Proxy(recycling.allocUnsafe(), {}), 'INVALID_ARG_TYPE'],
    ['an heir', Object.create(recycling.allocUnsafe()), 'INVALID_ARG_TYPE'],
    ['nothing', undefined, 'INVALID_ARG_TYPE'],
    ['null', null, 'INVALID_ARG_TYPE'],
    ['a number', 1000, 'INVALID_ARG_TYPE'],
  ])('refuses %s', (_title, value, code) => {
    const before = snapshot(pool);
    expect(() => call(recycling, 'free', value)).toThrow(withCode(code));
    expectUnchanged(pool, before);
    expect(recycling.waiting).toBe(0);
  });
});

describe('a RecyclingPool', () => {
  it.each([
    ['an arena', [new ArenaAllocator(), 10], 'INVALID_ARG_TYPE'],
    ['nothing', [], 'INVALID_ARG_TYPE'],
    ['an heir of a pool', [Object.create(BufferPool.prototype), 10], 'INVALID_ARG_TYPE'],
    ['no size', [pool], 'INVALID_ARG_TYPE'],
    ['a negative size', [pool, -1], 'OUT_OF_RANGE'],
    ['a fraction', [pool, 1.5], 'OUT_OF_RANGE'],
    ['a size beyond all Buffers', [pool, 2 ** 53], 'OUT_OF_RANGE'],
  ])('is not made of %s', (_title, args, code) => {
    expect(thrownBy(() => Reflect.construct(RecyclingPool, args))).toEqual(withCode(code));
  });

  it('is not made of a pool that was disposed', () => {
    const { pool: closed } = make();
    closed.dispose();
    expect(() => new RecyclingPool(closed, 10)).toThrow(withCode('CLOSED'));
  });

  it.each(['allocUnsafe', 'alloc', 'free', 'trim', 'dispose', Symbol.dispose])(
    'lends %s to nothing else',
    (method) => {
      for (const receiver of [{}, pool, Object.create(recycling), new Proxy(recycling, {})]) {
        const borrowed = Reflect.get(RecyclingPool.prototype, method);
        const error = thrownBy(() => Reflect.apply(borrowed, receiver, [Buffer.alloc(1)]));
        expect(error).toEqual(withCode('INVALID_ARG_TYPE'));
      }
    },
  );
});

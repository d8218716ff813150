import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  Box,
  BufferPool,
  box,
  defineAllocator,
  Layout,
  SystemAllocator,
  setAllocErrorHook,
  structView,
  Vec,
  vec,
} from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { call, thrownBy, trap } from '../support/call.js';
import { withForced } from '../support/force.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const point = Layout.struct({ x: 'u8', y: 'f64' });

const wrongValues: [type: string, value: unknown, code: string][] = [
  ...['u8', 'i8', 'u16', 'i16', 'u32', 'i32'].flatMap((type): [string, unknown, string][] => [
    [type, -(2 ** 31) - 1, 'OUT_OF_RANGE'],
    [type, 2 ** 32, 'OUT_OF_RANGE'],
    [type, 1.5, 'OUT_OF_RANGE'],
    [type, Number.NaN, 'OUT_OF_RANGE'],
    [type, Number.POSITIVE_INFINITY, 'OUT_OF_RANGE'],
    [type, 1n, 'INVALID_ARG_TYPE'],
    [type, '1', 'INVALID_ARG_TYPE'],
    [type, undefined, 'INVALID_ARG_TYPE'],
    [type, { valueOf: () => 1 }, 'INVALID_ARG_TYPE'],
  ]),
  ['u8', -1, 'OUT_OF_RANGE'],
  ['u8', 256, 'OUT_OF_RANGE'],
  ['i8', -129, 'OUT_OF_RANGE'],
  ['i8', 128, 'OUT_OF_RANGE'],
  ['u16', 65536, 'OUT_OF_RANGE'],
  ['i16', 32768, 'OUT_OF_RANGE'],
  ['i32', 2 ** 31, 'OUT_OF_RANGE'],
  ['u32', -1, 'OUT_OF_RANGE'],
  ['i64', 2n ** 63n, 'OUT_OF_RANGE'],
  ['i64', -(2n ** 63n) - 1n, 'OUT_OF_RANGE'],
  ['i64', 1, 'INVALID_ARG_TYPE'],
  ['u64', -1n, 'OUT_OF_RANGE'],
  ['u64', 2n ** 64n, 'OUT_OF_RANGE'],
  ['ptr', -1n, 'OUT_OF_RANGE'],
  ['ptr', 4096, 'INVALID_ARG_TYPE'],
  ['f32', 3.5e38, 'OUT_OF_RANGE'],
  ['f32', -3.5e38, 'OUT_OF_RANGE'],
  ['f32', 1n, 'INVALID_ARG_TYPE'],
  ['f64', 1n, 'INVALID_ARG_TYPE'],
  ['f64', null, 'INVALID_ARG_TYPE'],
];

describe.each(wrongValues)('for %s the value %o', (type, value, code) => {
  it(`is ${code}, and nothing changes`, () => {
    const system = new SystemAllocator();
    const before = snapshot(system);
    expect(() => Box.of(type as never, value as never, system)).toThrow(withCode(code));
    const list = Vec.of(type as 'u8', system);
    expect(() => list.push(value as never)).toThrow(withCode(code));
    expectUnchanged(system, before);

    const good = (type.endsWith('64') && type !== 'f64') || type === 'ptr' ? 7n : 7;
    list.push(good as never);
    const one = Box.of(type as 'u8', good as never, system);
    expect(() => {
      one.value = value as never;
    }).toThrow(withCode(code));
    expect(() => list.set(0, value as never)).toThrow(withCode(code));
    expect(() => list.push(good as never, value as never)).toThrow(withCode(code));
    expect([one.value, list.toArray()]).toEqual([good, [good]]);
  });
});

describe('a type that is none', () => {
  it.each([
    ['undefined', undefined],
    ['a number', 8],
    ['another name', 'u128'],
    ['a name of Object', '__proto__'],
    ['a bare layout', Layout.from(8)],
    ['fields', { x: 'u8' }],
    ['what looks like a struct', { ...point }],
    ['an heir of a struct', Object.create(point)],
    ['a Proxy of a struct', new Proxy(point, {})],
  ])('is INVALID_ARG_TYPE: %s', (_title, type) => {
    expect(() => Box.of(type as never, 1 as never)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => Vec.of(type as never)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => vec(type as never)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => structView(type as never, new ArrayBuffer(64))).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
  });
});

describe.each(['dispose', 'take'] as const)('after %s()', (end) => {
  it('every use of a Box is DETACHED, and dispose does nothing', () => {
    const system = new SystemAllocator();
    const one = Box.of(point, { x: 1, y: 2 }, system);
    const view = one.value;
    one[end]();
    const uses = [
      () => one.value,
      () => {
        one.value = { x: 1, y: 2 };
      },
      () => one.take(),
      () => view.x,
      () => {
        view.y = 1;
      },
      () => JSON.stringify(view),
    ];
    for (const use of uses) expect(use).toThrow(withCode('DETACHED'));
    one.dispose();
    one[Symbol.dispose]();
    expect(system.stats()).toMatchObject({ liveBlocks: 0, deallocations: 1 });
  });

  it('every use is DETACHED too while the memory is still there', () => {
    const one = Box.of('f64', 1);
    const list = vec('f64', 1);
    withForced(Force.BUSY, () => [one[end](), list[end]()]);
    expect(() => one.value).toThrow(withCode('DETACHED'));
    expect(() => list.get(0)).toThrow(withCode('DETACHED'));
  });

  it('every use of a Vec is DETACHED, and dispose does nothing', () => {
    const system = new SystemAllocator();
    for (const list of [Vec.of(point, system), Vec.of(point, system)]) {
      if (system.stats().allocations === 0) list.push({ x: 1, y: 2 });
      const view = list.at(0);
      const steps = list[Symbol.iterator]();
      list[end]();
      const uses = [
        () => list.length,
        () => list.capacity,
        () => list.push({ x: 1, y: 2 }),
        () => list.push(),
        () => list.pop(),
        () => list.get(0),
        () => list.at(0),
        () => list.set(0, { x: 1, y: 2 }),
        () => list.reserve(1),
        () => list.shrinkToFit(),
        () => list.truncate(0),
        () => list.clear(),
        () => list.toArray(),
        () => list.take(),
        () => list[Symbol.iterator](),
        () => steps.next(),
      ];
      for (const use of uses) expect(use).toThrow(withCode('DETACHED'));
      if (view !== undefined) expect(() => view.x).toThrow(withCode('DETACHED'));
      list.dispose();
      list[Symbol.dispose]();
    }
    expect(system.stats()).toMatchObject({ liveBlocks: 0, deallocations: 1 });
  });
});

describe('a Box or Vec whose allocator has ended', () => {
  it.each([
    ['a SystemAllocator', () => new SystemAllocator(), false],
    ['a pool', () => new BufferPool(new ArenaAllocator()), false],
    ['a SystemAllocator, with a request in flight', () => new SystemAllocator(), true],
    ['a pool, with a request in flight', () => new BufferPool(new ArenaAllocator()), true],
  ])('is DETACHED or still its own, and ends without an error: %s', (_title, make, isBusy) => {
    const allocator = make();
    const one = Box.of('f64', 1, allocator);
    const list = Vec.of('f64', allocator);
    list.push(1, 2);
    withForced(isBusy ? Force.BUSY : Force.NOTHING, () => allocator.dispose());
    if (!isBusy) {
      expect(() => one.value).toThrow(withCode('DETACHED'));
      expect(() => list.get(0)).toThrow(withCode('DETACHED'));
      expect(() => list.push(3, 4, 5)).toThrow(withCode('DETACHED'));
    } else {
      expect([one.value, list.toArray()]).toEqual([1, [1, 2]]);
      expect(() => list.push(3, 4, 5)).toThrow(withCode('CLOSED'));
      expect(list.toArray()).toEqual([1, 2]);
    }
    one.dispose();
    list.dispose();
  });

  it('is DETACHED after the reset of a pool, and its slot is not freed again', () => {
    const pool = new BufferPool(new ArenaAllocator());
    const one = Box.of('f64', 1, pool);
    pool.reset();
    const next = pool.alloc(8);
    expect(() => one.take()).toThrow(withCode('DETACHED'));
    one.dispose();
    expect(pool.stats().liveBlocks).toBe(1);
    expect(pool.owns(next)).toBe(true);
  });
});

describe('an index that is none', () => {
  it.each([
    [-1, 'OUT_OF_RANGE'],
    [2, 'OUT_OF_RANGE'],
    [0.5, 'OUT_OF_RANGE'],
    [Number.NaN, 'OUT_OF_RANGE'],
    ['0', 'INVALID_ARG_TYPE'],
    [undefined, 'INVALID_ARG_TYPE'],
    [0n, 'INVALID_ARG_TYPE'],
  ])('%o is %s', (index, code) => {
    const list = vec('i32', 1, 2);
    expect(() => list.get(index as number)).toThrow(withCode(code));
    expect(() => list.set(index as number, 7)).toThrow(withCode(code));
    expect(list.toArray()).toEqual([1, 2]);
  });

  it.each([
    ['reserve', -1, 'OUT_OF_RANGE'],
    ['reserve', 2 ** 53, 'OUT_OF_RANGE'],
    ['reserve', 2 ** 53 - 1, 'OUT_OF_RANGE'],
    ['reserve', 2 ** 52, 'SIZE_OVERFLOW'],
    ['reserve', 2 ** 53, 'OUT_OF_RANGE'],
    ['reserve', '1', 'INVALID_ARG_TYPE'],
    ['truncate', 3, 'OUT_OF_RANGE'],
    ['truncate', -1, 'OUT_OF_RANGE'],
    ['truncate', undefined, 'INVALID_ARG_TYPE'],
    ['at', 0.5, 'OUT_OF_RANGE'],
    ['at', '0', 'INVALID_ARG_TYPE'],
  ])('nor is %s(%o): %s', (method, argument, code) => {
    const list = vec('i32', 1, 2);
    expect(() => call(list, method, argument)).toThrow(withCode(code));
    expect([list.toArray(), list.capacity]).toEqual([[1, 2], 4]);
  });

  it('is one of a value that was removed: its view is DETACHED', () => {
    const list = vec(point, { x: 1, y: 2 });
    const view = list.get(0);
    list.pop();
    expect(() => view.x).toThrow(withCode('DETACHED'));
    list.push({ x: 3, y: 4 });
    expect(view.x).toBe(3); // the value at 0 again
  });
});

describe('a method borrowed for another receiver', () => {
  const methods = [
    'push',
    'pop',
    'get',
    'at',
    'set',
    'reserve',
    'shrinkToFit',
    'truncate',
    'clear',
  ];
  const shared = ['take', 'dispose', Symbol.dispose];

  it.each([
    ['undefined', undefined],
    ['an object', {}],
    ['an heir of a Vec', Object.create(vec('i32', 1))],
    ['a Proxy of a Vec', new Proxy(vec('i32', 1), {})],
    ['a Box', box(4)],
  ])('is INVALID_ARG_TYPE: %s', (_title, receiver) => {
    const list = vec('i32', 1);
    for (const method of [...methods, ...shared, 'toArray', Symbol.iterator]) {
      expect(() => Reflect.apply(Reflect.get(list, method), receiver, [0])).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    }
    for (const method of shared) {
      expect(() => Reflect.apply(Reflect.get(Box.prototype, method), vec('i32'), [])).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    }
    expect(() => Reflect.get(Box.prototype, 'value', {})).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => Reflect.set(Box.prototype, 'value', 1, {})).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => Reflect.get(Vec.prototype, 'length', {})).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('cannot be made by a constructor', () => {
    for (const Class of [Box, Vec]) {
      expect(() => Reflect.construct(Class, [Symbol('Box'), {}])).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    }
    const view = structView(point, new ArrayBuffer(64));
    expect(Reflect.construct(Reflect.get(view, 'constructor'), [])).toEqual({});
  });
});

describe('code of the caller', () => {
  it('that a value runs cannot come between check and write', () => {
    const system = new SystemAllocator();
    const one = Box.of(point, { x: 1, y: 1 }, system);
    const list = Vec.of(point, system);
    list.push({ x: 1, y: 1 });
    const ending = (end: () => void) => ({
      x: 2,
      get y() {
        end();
        return 2;
      },
    });
    expect(() => {
      one.value = ending(() => one.dispose());
    }).toThrow(withCode('DETACHED'));
    expect(() =>
      list.set(
        0,
        ending(() => list.clear()),
      ),
    ).toThrow(withCode('OUT_OF_RANGE'));
    expect(list.push(ending(() => list.push({ x: 9, y: 9 })))).toBe(2);
    expect(list.toArray().map(({ x }) => x)).toEqual([9, 2]);
    expect(() => list.push(ending(() => list.dispose()))).toThrow(withCode('DETACHED'));
    expectUnchanged(system, snapshot(system), { liveBlocks: 0 });
  });

  it('that throws in a value passes its own error on, and nothing is written', () => {
    const one = Box.of(point, { x: 1, y: 1 });
    const { run } = trap();
    const value = Object.defineProperty({ x: 2 }, 'y', { get: run });
    expect(() => {
      one.value = value as never;
    }).toThrow('code of the caller ran');
    expect(one.take()).toEqual({ x: 1, y: 1 });
  });

  it('in an allocator finds the Vec BUSY, and cannot change it', () => {
    const system = new SystemAllocator();
    const errors: unknown[] = [];
    let list: Vec<'i32'> | null = null;
    const meddling = defineAllocator({
      allocate(request) {
        for (const method of ['push', 'pop', 'clear', 'take', 'dispose', 'shrinkToFit']) {
          if (list?.length) errors.push(thrownBy(() => call(list as object, method, 7)));
        }
        return system.allocate(request);
      },
      deallocate: (block: ArrayBuffer, request) => system.deallocate(block, request),
    });
    list = Vec.of('i32', meddling);
    list.push(1, 2, 3, 4);
    list.push(5);
    expect(errors).toHaveLength(6);
    for (const error of errors) expect(error).toEqual(withCode('BUSY'));
    expect(list.toArray()).toEqual([1, 2, 3, 4, 5]);
  });

  it('in an allocator that throws leaves Box and Vec as they were', () => {
    const system = new SystemAllocator();
    let isBroken = false;
    const broken = defineAllocator({
      allocate(request) {
        if (isBroken) throw new Error('of the allocator');
        return system.allocate(request);
      },
      deallocate(block: ArrayBuffer, request) {
        if (isBroken) throw new Error('of the allocator');
        return system.deallocate(block, request);
      },
    });
    const list = Vec.of('i32', broken);
    list.push(1, 2, 3, 4);
    const one = Box.of('i32', 1, broken);
    isBroken = true;
    for (const action of [() => list.push(5), () => list.take(), () => one.take()]) {
      expect(action).toThrow('of the allocator');
    }
    isBroken = false;
    const taken: unknown[] = [];
    expect(thrownBy(() => taken.push(list.take(), one.take()))).toBeNull();
    expect(taken).toEqual([[1, 2, 3, 4], 1]);
    expect(system.stats().liveBlocks).toBe(0);
  });

  it('in the hook may end the Vec that could not grow', () => {
    const list = Vec.of('i32', new SystemAllocator({ limit: 16 }));
    list.push(1, 2, 3, 4);
    setAllocErrorHook(() => list.clear());
    expect(() => list.push(5)).toThrow(withCode('LIMIT'));
    setAllocErrorHook(null);
    expect([1, 2, 3, 4].slice(0, list.length)).toEqual(list.toArray());
  });
});

describe('a finished job', () => {
  it('leaves a Box in use alone', async () => {
    const one = box(4);
    await setImmediate();
    globalThis.gc?.();
    await setImmediate();
    expect(one.take()).toBe(4);
  });
});

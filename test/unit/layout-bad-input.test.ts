import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alignOf, isLayout, Layout, requireLayout, sizeOf } from '../../lib/layout.js';

const M = Number.MAX_SAFE_INTEGER;

const withCode = (name: string): object =>
  expect.objectContaining({ code: `ERR_HEAPWRIGHT_${name}` });

/** Calls a method as untyped code may: with any arguments at all. */
function call(method: (...args: never[]) => unknown, ...args: unknown[]): () => unknown {
  return () => Reflect.apply(method, Layout, args);
}

/** Code of the caller's, which must never run. */
let trapped = 0;
const trap = (): never => {
  trapped += 1;
  throw new Error('user code ran');
};
beforeEach(() => {
  trapped = 0;
});
afterEach(() => {
  expect(trapped).toBe(0);
});
const convertible = { valueOf: trap, toString: trap, [Symbol.toPrimitive]: trap };

/** A Proxy over `target` that fails on every operation. */
function forbidden(target: object): object {
  return new Proxy(target, new Proxy({}, { get: () => trap }));
}

const notNumbers: [title: string, value: unknown][] = [
  ['5.3/3 null', null],
  ['5.3/13 a string', '64'],
  ['5.3/14 a bigint', 64n],
  ['5.3/15 an array', [64]],
  ['5.3/16 an object with valueOf', convertible],
  ['5.3/17 a symbol', Symbol('64')],
  ['5.3/18 a function', () => 64],
  ['5.3/19 a Date', new Date(64)],
  ['5.3/20 a boxed number', new Number(64)],
  ['a boolean', true],
  ['a Proxy', forbidden({})],
];

const outOfRange: [title: string, value: number][] = [
  ['5.3/4 NaN', Number.NaN],
  ['5.3/5 -1', -1],
  ['5.3/7 1.5', 1.5],
  ['5.3/8 Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['5.3/12 2^53', 2 ** 53],
  ['the largest double', Number.MAX_VALUE],
  ['the smallest double', Number.MIN_VALUE],
];

describe('a size', () => {
  it.each([
    ['5.3/1 nothing', []],
    ['5.3/2 undefined', [undefined]],
  ])('%s is INVALID_ARG_TYPE', (_title, args) => {
    expect(call(Layout.from, ...args)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(Layout.try, ...args)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it.each(notNumbers)('%s is INVALID_ARG_TYPE and not converted', (_title, value) => {
    expect(call(Layout.from, value)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(Layout.try, value)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it.each(outOfRange)('%s is OUT_OF_RANGE', (_title, value) => {
    expect(() => Layout.from(value)).toThrow(withCode('OUT_OF_RANGE'));
    expect(Layout.try(value)).toBeNull();
  });

  it('5.3/6 -0 is 0', () => {
    expect(Layout.from(-0).size).toBe(0);
    expect(Layout.try(-0, 8)?.size).toBe(0);
  });

  it.each([
    ['5.3/9 2^32', 2 ** 32],
    ['5.3/10 2^32 + 1', 2 ** 32 + 1],
    ['5.3/11 2^53 - 1', M],
    ['5.3/21 0', 0],
  ])('%s makes a layout: what an allocator can serve is for it to say', (_title, size) => {
    expect(Layout.from(size).size).toBe(size);
  });
});

describe('an alignment', () => {
  const layout = Layout.from(8, 4);

  it.each(notNumbers)('%s is INVALID_ARG_TYPE and not converted', (_title, value) => {
    expect(call(Layout.from, 8, value)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(Layout.try, 8, value)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(layout.alignTo.bind(layout), value)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(layout.paddingNeededFor.bind(layout), value)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it.each([...outOfRange, ['5.3/24 -8', -8], ['5.3/26 2^53', 2 ** 53]] as const)(
    '%s is OUT_OF_RANGE',
    (_title, value) => {
      expect(() => Layout.from(8, value)).toThrow(withCode('OUT_OF_RANGE'));
      expect(Layout.try(8, value)).toBeNull();
      expect(() => layout.alignTo(value)).toThrow(withCode('OUT_OF_RANGE'));
      expect(() => layout.paddingNeededFor(value)).toThrow(withCode('OUT_OF_RANGE'));
    },
  );

  it.each([
    ['5.3/22 0', 0],
    ['-0', -0],
    ['5.3/23 3', 3],
    ['2^31 + 1', 2 ** 31 + 1],
    ['2^32 + 1', 2 ** 32 + 1],
    ['2^32 + 2^31', 2 ** 32 + 2 ** 31],
    ['2^52 + 2^32', 2 ** 52 + 2 ** 32],
    ['2^52 + 1', 2 ** 52 + 1],
    ['2^53 - 1', M],
  ])('%s is BAD_ALIGN', (_title, value) => {
    expect(() => Layout.from(8, value)).toThrow(withCode('BAD_ALIGN'));
    expect(Layout.try(8, value)).toBeNull();
    expect(() => layout.alignTo(value)).toThrow(withCode('BAD_ALIGN'));
    expect(() => layout.paddingNeededFor(value)).toThrow(withCode('BAD_ALIGN'));
  });

  it('5.3/25 2^31 is accepted, as is every power of two up to 2^52', () => {
    for (let power = 0; power <= 52; power += 1) {
      expect(Layout.from(0, 2 ** power).align).toBe(2 ** power);
    }
  });

  it('is asked for by alignTo and paddingNeededFor', () => {
    expect(call(layout.alignTo.bind(layout))).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(layout.paddingNeededFor.bind(layout))).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

describe('a wrong type', () => {
  it('is told before a number out of range', () => {
    expect(call(Layout.from, -1, '8')).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(Layout.try, -1, '8')).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

describe('a size too large for its alignment', () => {
  it.each([
    [M, 2],
    [M - 6, 8],
    [2 ** 52 + 1, 2 ** 52],
  ])('5.3/28 is SIZE_OVERFLOW: %d, align %d', (size, align) => {
    expect(() => Layout.from(size, align)).toThrow(withCode('SIZE_OVERFLOW'));
    expect(Layout.try(size, align)).toBeNull();
  });
});

describe('a count', () => {
  const layout = Layout.of('u32');

  it.each(notNumbers)('%s is INVALID_ARG_TYPE and not converted', (_title, value) => {
    expect(call(Layout.array, 'u32', value)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(layout.repeat.bind(layout), value)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(layout.repeatPacked.bind(layout), value)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it.each([...outOfRange, ['5.3/31 NaN', Number.NaN]] as const)(
    '%s is OUT_OF_RANGE',
    (_title, value) => {
      expect(() => Layout.array('u32', value)).toThrow(withCode('OUT_OF_RANGE'));
      expect(() => layout.repeat(value)).toThrow(withCode('OUT_OF_RANGE'));
      expect(() => layout.repeatPacked(value)).toThrow(withCode('OUT_OF_RANGE'));
    },
  );

  it('5.3/29 times a size beyond the largest is SIZE_OVERFLOW', () => {
    expect(() => Layout.array('f64', 2 ** 50)).toThrow(withCode('SIZE_OVERFLOW'));
    expect(() => layout.repeatPacked(M)).toThrow(withCode('SIZE_OVERFLOW'));
  });

  it.each([0, -0])('5.3/30 %s is a layout of no bytes', (count) => {
    expect(Layout.array('u32', count).size).toBe(0);
    expect(layout.repeatPacked(count).size).toBe(0);
  });
});

describe('a type', () => {
  it.each([
    ['an unknown name', 'u128'],
    ['another case', 'U8'],
    ['a name of Object.prototype', 'toString'],
    ['__proto__', '__proto__'],
    ['an empty string', ''],
    ['nothing', undefined],
    ['a boxed string', new String('u8')],
    ['an object that converts to a name', { toString: () => 'u8' }],
    ['an array of a name', ['u8']],
    ['a plain object like a layout', { size: 1, align: 1 }],
    ['a Proxy', forbidden({})],
  ])('%s is INVALID_ARG_TYPE', (_title, type) => {
    expect(call(Layout.of, type)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(Layout.array, type, 1)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(Layout.struct, { field: type })).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('is not read from a polluted Object.prototype', () => {
    Object.assign(Object.prototype, { u128: Layout.from(16, 16) });
    try {
      expect(call(Layout.of, 'u128')).toThrow(withCode('INVALID_ARG_TYPE'));
    } finally {
      Reflect.deleteProperty(Object.prototype, 'u128');
    }
  });
});

describe('the fields of a struct', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'u8'],
    ['an array', ['u8']],
    ['a Map', new Map([['a', 'u8']])],
    ['a layout', Layout.of('u8')],
    ['a function', () => ({ a: 'u8' })],
  ])('%s is INVALID_ARG_TYPE', (_title, fields) => {
    expect(call(Layout.struct, fields)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('5.3/35 that throw when read pass their error through', () => {
    const error = new Error('mine');
    const fields = {
      get a() {
        throw error;
      },
    };

    expect(call(Layout.struct, fields)).toThrow(error);
  });

  it('5.3/37 of another realm are taken', () => {
    const fields = runInNewContext('({ a: "u8", b: "u32" })');

    expect(Layout.struct(fields).layout.size).toBe(8);
  });
});

describe('Layout.forValue', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'abc'],
    ['a number', 3],
    ['an array', [1, 2, 3]],
    ['an object with a byteLength', { byteLength: 3, BYTES_PER_ELEMENT: 1 }],
    ['an object that inherits from an ArrayBuffer', Object.create(new ArrayBuffer(8))],
    ['an object that inherits from a view', Object.create(new Uint8Array(8))],
    ['a Proxy of a view', forbidden(new Uint8Array(8))],
    ['a Proxy of an ArrayBuffer', forbidden(new ArrayBuffer(8))],
    ['a layout', Layout.of('u8')],
  ])('refuses %s', (_title, value) => {
    expect(call(Layout.forValue, value)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it.each([
    ['typed array', new Uint32Array(2), 'Layout(8, align 4)'],
    ['DataView', new DataView(new ArrayBuffer(8)), 'Layout(8, align 1)'],
    ['ArrayBuffer', new ArrayBuffer(8), 'Layout(8, align 1)'],
    ['SharedArrayBuffer', new SharedArrayBuffer(8), 'Layout(8, align 1)'],
  ])('does not believe the own properties of a %s', (_title, value, measured) => {
    const lie = { get: trap };
    Object.defineProperties(value, {
      byteLength: lie,
      BYTES_PER_ELEMENT: lie,
      constructor: lie,
      [Symbol.toStringTag]: lie,
    });

    expect(Layout.forValue(value).toString()).toBe(measured);
  });

  it('needs no prototype', () => {
    const value = new Uint16Array(3);
    Object.setPrototypeOf(value, null);

    expect(Layout.forValue(value).toString()).toBe('Layout(6, align 2)');
  });

  it('5.3/37 measures a view of another realm', () => {
    const value = runInNewContext('new Uint16Array(3)');

    expect(Layout.forValue(value).toString()).toBe('Layout(6, align 2)');
  });
});

describe('a layout argument', () => {
  const layout = Layout.from(8, 4);
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  const notLayouts: [title: string, value: unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a number', 8],
    ['a string', 'u8'],
    ['a plain object', { size: 8, align: 4 }],
    ['5.3/33 a Proxy of a layout, none of whose traps runs', forbidden(layout)],
    ['a revoked Proxy', revoked.proxy],
    ['5.3/36 a forged object with our prototype', Object.create(Layout.prototype)],
    ['an object that inherits from a layout', Object.create(layout)],
    ['a clone', structuredClone(layout)],
    ['the class', Layout],
    ['its prototype', Layout.prototype],
    ['5.3/37 a layout of another realm', runInNewContext('({ size: 8, align: 4 })')],
  ];

  it.each(notLayouts)('%s is INVALID_ARG_TYPE', (_title, value) => {
    expect(isLayout(value)).toBe(false);
    expect(() => requireLayout(value, 'layout')).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(layout.extend.bind(layout), value)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(call(layout.extendPacked.bind(layout), value)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(layout.equals(value)).toBe(false);
  });

  it.each(notLayouts)('%s can borrow no method', (_title, value) => {
    for (const name of Object.getOwnPropertyNames(Layout.prototype)) {
      if (name === 'constructor') continue;
      const method: (...args: never[]) => unknown = Reflect.get(Layout.prototype, name);
      const borrowed = method.bind(value);

      expect(call(borrowed, 1)).toThrow(withCode('INVALID_ARG_TYPE'));
    }
  });

  it('is returned as it is when it is a layout', () => {
    expect(isLayout(layout)).toBe(true);
    expect(requireLayout(layout, 'layout')).toBe(layout);
    expect([sizeOf(layout), alignOf(layout)]).toEqual([8, 4]);
  });

  it('is named in the message', () => {
    expect(() => requireLayout(8, 'newLayout')).toThrow(
      'The "newLayout" argument must be a Layout made by this package; got the number 8.',
    );
  });
});

describe('the class Layout', () => {
  const construct = (...args: unknown[]) => Reflect.construct(Layout, args);

  it('cannot be constructed from outside', () => {
    expect(() => construct()).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => construct(Symbol('Layout'), 8, 3)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('cannot be constructed as a subclass', () => {
    class Forged {}

    expect(() => Reflect.construct(Layout, [undefined, 8, 3], Forged)).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
  });

  it('5.3/32 makes frozen instances', () => {
    const layout = Layout.from(8, 4);

    expect(Object.isFrozen(layout)).toBe(true);
    expect(Reflect.set(layout, 'size', 16)).toBe(false);
    expect(Reflect.defineProperty(layout, 'align', { value: 3 })).toBe(false);
    expect(layout.toString()).toBe('Layout(8, align 4)');
  });

  it('5.3/38 ignores a polluted Object.prototype.align', () => {
    const pollution = { align: 3, size: 3, get: () => 3 };
    Object.assign(Object.prototype, pollution);
    const texts: string[] = [];
    try {
      texts.push(`${Layout.from(8)}`, `${Layout.struct({ a: 'u32' }).layout}`);
    } finally {
      for (const name of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, name);
    }

    expect(texts).toEqual(['Layout(8, align 1)', 'Layout(4, align 4)']);
  });
});

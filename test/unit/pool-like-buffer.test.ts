import { constants } from 'node:buffer';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { makePool } from '../support/pools.js';

const pool = makePool();
/** Slots that were written before, so that what is left out shows. */
function dirty(): void {
  for (const size of [1, 20, 40, 60, 100, 200, 400]) {
    const buffers = Array.from({ length: 40 }, () => pool.allocUnsafe(size).fill(0xdd));
    for (const buffer of buffers) pool.free(buffer);
  }
}

/** What a call gives, or the kind of error that it throws. */
function outcome(make: () => Buffer): string {
  try {
    return `${make().toString('hex')}`;
  } catch (error) {
    return (error as Error).name;
  }
}

/** The pool does what Buffer does. */
function expectSame(method: 'alloc' | 'from' | 'concat', args: readonly unknown[]): void {
  const plain = outcome(() => Reflect.apply(Buffer[method] as () => Buffer, Buffer, args));
  const pooled = outcome(() => {
    const buffer = Reflect.apply(pool[method] as () => Buffer, pool, args);
    const copy = Buffer.from(buffer);
    pool.free(buffer);
    return copy;
  });
  expect(pooled).toBe(plain);
}

const ENCODINGS = ['utf8', 'utf-8', 'hex', 'base64', 'base64url', 'latin1', 'ascii', 'ucs2'];
const encodings = fc.constantFrom(...ENCODINGS, 'UTF16LE', undefined, 'nonsense');
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 100 }),
  fc.constantFrom('\ud800', 'a\udfffb', '😀', 'deadbeef', 'abc', 'aGVhcA==', ''),
);
const bytes = fc.uint8Array({ maxLength: 300 });

dirty();
afterAll(() => {
  expect(pool.verify()).toBe(true);
  expect(pool.stats().liveBlocks).toBe(0);
});

describe('as Buffer', () => {
  it('alloc fills with anything, in every encoding', () => {
    const fills = fc.oneof(
      texts,
      bytes,
      fc.integer({ min: -300, max: 600 }),
      fc.constantFrom(undefined, 0, '', 1.5, true, null, Number.NaN, new Uint8Array(0), {}),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fills, encodings, (size, fill, encoding) => {
        expectSame('alloc', [size, fill, encoding]);
      }),
      { numRuns: 500 },
    );
  });

  it('from copies strings in every encoding', () => {
    fc.assert(
      fc.property(texts, encodings, (text, encoding) => expectSame('from', [text, encoding])),
      { numRuns: 500 },
    );
  });

  it('from copies whatever has bytes', () => {
    const sources = fc.oneof(
      bytes,
      fc.array(fc.oneof(fc.integer(), fc.double(), fc.string()), { maxLength: 50 }),
      bytes.map((value) => value.buffer),
      bytes.map((value) => Buffer.from(value)),
      bytes.map((value) => Buffer.from(value).toJSON()),
      fc.array(fc.double(), { maxLength: 20 }).map((value) => Float64Array.from(value)),
      fc.constantFrom(
        undefined,
        null,
        5,
        5n,
        true,
        {},
        () => 1,
        Symbol('s'),
        { length: 3, 0: 1, 1: 2 },
        new String('text'),
        { valueOf: () => 'text' },
        { [Symbol.toPrimitive]: () => 'text' },
        new SharedArrayBuffer(4),
        new DataView(new ArrayBuffer(4)),
        new Proxy(new Uint8Array([1, 2, 3]), {}),
        Object.create(Uint8Array.prototype),
      ),
    );
    fc.assert(
      fc.property(sources, (source) => expectSame('from', [source])),
      { numRuns: 500 },
    );
  });

  it('from takes parts of an ArrayBuffer', () => {
    const part = fc.option(fc.integer({ min: -2, max: 40 }), { nil: undefined });
    fc.assert(
      fc.property(bytes, part, part, (value, offset, length) => {
        expectSame('from', [value.buffer, offset, length]);
      }),
    );
  });

  it('concat joins lists, cut off or padded with zeros', () => {
    const lists = fc.array(
      fc.oneof(
        bytes,
        bytes.map((value) => Buffer.from(value)),
      ),
      { maxLength: 6 },
    );
    const lengths = fc.oneof(
      fc.constant(undefined),
      fc.integer({ min: 0, max: 2000 }),
      fc.constantFrom(-1, 1.5, Number.NaN, '5', null),
    );
    fc.assert(
      fc.property(lists, lengths, (list, length) => expectSame('concat', [list, length])),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no list', undefined],
    ['bytes', new Uint8Array(2)],
    ['a list of strings', ['a']],
    ['a list with a hole', new Array(1)],
    ['a list of Proxies', [new Proxy(new Uint8Array(2), {})]],
    ['a list of other views', [new Uint16Array(2)]],
  ])('concat refuses %s', (_title, list) => {
    expectSame('concat', [list]);
    expect(() => pool.concat(list as never)).toThrow(
      expect.objectContaining({ code: 'ERR_HEAPWRIGHT_INVALID_ARG_TYPE' }),
    );
  });

  it('concat runs no code of a list twice, and none of its parts', () => {
    let reads = 0;
    const part = Object.defineProperty(new Uint8Array([1, 2, 3]), 'constructor', {
      get: () => {
        throw new Error('code of the caller ran');
      },
    });
    const list = Object.defineProperty([part], 0, {
      get: () => (reads++ === 0 ? part : 'not bytes any more'),
    });
    const buffer = pool.concat(list, 2);
    expect(buffer).toEqual(Buffer.from([1, 2]));
    expect(reads).toBe(1);
    pool.free(buffer);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, constants.MAX_LENGTH + 1])(
    'alloc and allocUnsafe refuse %d bytes',
    (size) => {
      for (const attempt of [() => pool.alloc(size), () => pool.allocUnsafe(size)]) {
        expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_HEAPWRIGHT_OUT_OF_RANGE' }));
      }
    },
  );

  it.each(['10', null, undefined, 10n, {}, [10]])('alloc and allocUnsafe refuse %s', (size) => {
    for (const attempt of [
      () => pool.alloc(size as never),
      () => pool.allocUnsafe(size as never),
    ]) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_HEAPWRIGHT_INVALID_ARG_TYPE' }));
    }
  });
});

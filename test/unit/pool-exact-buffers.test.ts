import { deepStrictEqual } from 'node:assert';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { LARGE, makePool } from '../support/pools.js';

const pool = makePool();

const made: [title: string, pooled: Buffer, plain: Buffer][] = [
  ['alloc', pool.alloc(20), Buffer.alloc(20)],
  ['alloc of none', pool.alloc(0), Buffer.alloc(0)],
  ['alloc with memory of its own', pool.alloc(LARGE), Buffer.alloc(LARGE)],
  ['alloc with a fill', pool.alloc(7, 'abc'), Buffer.alloc(7, 'abc')],
  ['from a string', pool.from('heapwright'), Buffer.from('heapwright')],
  ['from an array', pool.from([1, 2, 300]), Buffer.from([1, 2, 300])],
  ['concat', pool.concat([Buffer.from('a'), Buffer.from('b')]), Buffer.from('ab')],
  ['realloc', pool.realloc(pool.from('heapwright'), 4), Buffer.from('heap')],
];

describe.each(made)('the Buffer of %s', (_title, pooled, plain) => {
  it('is deeply and strictly equal to one of Buffer', () => {
    deepStrictEqual(pooled, plain);
    deepStrictEqual(plain, pooled);
  });

  it('has exactly the prototype of Buffer', () => {
    expect(Object.getPrototypeOf(pooled)).toBe(Buffer.prototype);
    expect(pooled.constructor).toBe(Buffer);
    expect(Buffer.isBuffer(pooled)).toBe(true);
  });

  it('prints the same', () => {
    expect(inspect(pooled)).toBe(inspect(plain));
    expect(JSON.stringify(pooled)).toBe(JSON.stringify(plain));
  });

  it('has the same own keys: none but its bytes', () => {
    expect(Reflect.ownKeys(pooled).length).toBe(plain.length);
    expect(Object.isExtensible(pooled)).toBe(true);
  });

  it('gives plain Buffers for its parts', () => {
    for (const part of [pooled.subarray(0, 2), pooled.slice(0, 2), pooled.map((byte) => byte)]) {
      expect(Object.getPrototypeOf(part)).toBe(Buffer.prototype);
    }
    deepStrictEqual(pooled.subarray(1), plain.subarray(1));
  });
});

it('a method of Buffer works on a pooled one', () => {
  const buffer = pool.alloc(16);
  buffer.writeDoubleBE(Math.PI, 8);
  expect(buffer.readDoubleBE(8)).toBe(Math.PI);
  expect(buffer.write('hello', 1)).toBe(5);
  expect(buffer.toString('latin1', 1, 6)).toBe('hello');
  expect(Buffer.compare(buffer, pool.from(buffer))).toBe(0);
});

it('a copy that is made to be posted has memory of its own', () => {
  const buffer = pool.from('posted');
  const copy = pool.copyOut(buffer);
  deepStrictEqual(copy, Buffer.from('posted'));
  expect(copy.buffer.byteLength).toBe(6);
  const moved = structuredClone(copy, { transfer: [copy.buffer as ArrayBuffer] });
  expect(Buffer.from(moved).toString()).toBe('posted');
  expect(buffer.toString()).toBe('posted');
});

it('copyOut takes any bytes, and nothing else', () => {
  expect(pool.copyOut(new Uint8Array([1, 2]))).toEqual(Buffer.from([1, 2]));
  expect(pool.copyOut(pool.from('slice').subarray(1, 3))).toEqual(Buffer.from('li'));
  for (const value of ['text', [1], null, undefined, new ArrayBuffer(8)]) {
    expect(() => pool.copyOut(value as never)).toThrow(
      expect.objectContaining({ code: 'ERR_HEAPWRIGHT_INVALID_ARG_TYPE' }),
    );
  }
});

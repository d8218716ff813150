import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { capi } from '../../lib/index.js';
import { compile } from '../support/compile.js';

type Checksum = (capi: unknown, bytes: unknown) => number;

describe('capi', () => {
  let checksum: Checksum;
  beforeAll(() => {
    checksum = createRequire(import.meta.url)(compile('examples/addon/checksum.c'));
  });

  it('lets another addon allocate', () => {
    expect(checksum(capi, Buffer.from([1, 2, 3]))).toBe(6);
    expect(checksum(capi, Buffer.alloc(0))).toBe(0);
    expect(checksum(capi, Buffer.alloc(2 ** 19, 1))).toBe(2 ** 19);
  });

  it('takes an addon of no more than sixty lines', () => {
    const source = readFileSync(
      new URL('../../examples/addon/checksum.c', import.meta.url),
      'utf8',
    );
    expect(source.split('\n').length - 1).toBeLessThanOrEqual(60);
  });

  it('gives it the limits and statuses of the C API', () => {
    expect(() => checksum(capi, Buffer.alloc(2 ** 21))).toThrow('LIMIT');
  });

  it('is told from every other value', () => {
    // No Object.create(capi): Node 24 and later crash on it, whatever addon the external is of.
    for (const value of [undefined, null, 1, {}, new Proxy(capi as object, {})]) {
      expect(() => checksum(value, Buffer.alloc(1))).toThrow('checksum(capi, buffer)');
    }
  });

  it('is one value, with nothing to read or change', () => {
    expect(Object.isFrozen(capi) || Reflect.ownKeys(capi as object).length === 0).toBe(true);
    expect(Object.getPrototypeOf(capi)).toBe(null);
  });
});

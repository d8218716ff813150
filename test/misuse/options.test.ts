import { beforeEach, describe, expect, it } from 'vitest';
import { Layout, SystemAllocator } from '../../lib/index.js';
import { bytesOf, call } from '../support/call.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64, 16);

/** The operations with options, given what to put there. */
const operations: [method: string, args: (block: ArrayBuffer, options: unknown) => unknown[]][] = [
  ['allocate', (_block, options) => [layout, options]],
  ['tryAllocate', (_block, options) => [layout, options]],
  ['deallocate', (block, options) => [block, layout, options]],
  ['reallocate', (block, options) => [block, layout, Layout.from(128), options]],
  ['grow', (block, options) => [block, layout, Layout.from(128), options]],
];

const allocating = operations.filter(([method]) => method !== 'deallocate');

describe.each(operations)('the options of %s', (method, args) => {
  it.each([
    ['5.3/39 with an unknown name', { uninitialised: true }],
    ['5.3/39 with a limit', { limit: 1 }],
    ['null', null],
    ['a string', 'uninitialized'],
    ['a boolean', true],
    ['a symbol', Symbol('options')],
    ['a bigint', 1n],
    ['a function', () => ({})],
    ['an array with an element', [true]],
    ['a layout', layout],
  ])('%s are INVALID_ARG_TYPE without effect', (_title, options) => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);

    expect(() => call(system, method, ...args(block, options))).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );

    expectUnchanged(system, before);
    expect(system.owns(block)).toBe(true);
  });

  it('that are a number are flags of a request, and nothing of a free', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);
    const [value, code] = method === 'deallocate' ? [1, 'INVALID_ARG_TYPE'] : [8, 'OUT_OF_RANGE'];

    expect(() => call(system, method, ...args(block, value))).toThrow(withCode(code));

    expectUnchanged(system, before);
  });

  it('of the other operation are INVALID_ARG_TYPE', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);
    const others = method === 'deallocate' ? { uninitialized: true } : { whenBusy: 'throw' };

    expect(() => call(system, method, ...args(block, others))).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );

    expectUnchanged(system, before);
  });

  it('5.3/35 with a getter that throws pass its error through, without effect', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);
    const name = method === 'deallocate' ? 'whenBusy' : 'uninitialized';
    const mine = new Error('mine');
    const options = Object.defineProperty({}, name, {
      enumerable: true,
      get() {
        throw mine;
      },
    });

    expect(() => call(system, method, ...args(block, options))).toThrow(mine);

    expectUnchanged(system, before);
    expect(system.owns(block)).toBe(true);
  });

  it('5.3/34 with a getter that disposes the allocator are CLOSED', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const name = method === 'deallocate' ? 'whenBusy' : 'uninitialized';
    const options = Object.defineProperty({}, name, {
      enumerable: true,
      get: () => system.dispose(),
    });

    expect(() => call(system, method, ...args(block, options))).toThrow(withCode('CLOSED'));

    expect(block.byteLength).toBe(0);
  });
});

describe('an option', () => {
  it.each([
    ['uninitialized', 'allocate', [1, 'yes', null, {}, 0n]],
    ['whenBusy', 'deallocate', [true, 'defer', null, {}, 1]],
  ])('%s of another type is INVALID_ARG_TYPE', (name, method, values) => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);

    for (const value of values) {
      const args = method === 'deallocate' ? [block, layout] : [layout];
      expect(() => call(system, method, ...args, { [name]: value })).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    }

    expectUnchanged(system, before);
  });

  it.each(allocating)('5.3/38 of %s is not taken from a prototype', (method, args) => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    bytesOf(block).fill(7);
    const options = Object.create({ uninitialized: true, unknown: 1 });

    let made: unknown;
    expect(() => {
      made = call(system, method, ...args(block, options));
    }).not.toThrow();

    const fresh = bytesOf(made as ArrayBuffer).subarray(
      method.startsWith('try') || method === 'allocate' ? 0 : 64,
    );
    expect(fresh.every((byte) => byte === 0)).toBe(true);
  });

  it('is read once', () => {
    const system = new SystemAllocator();
    let reads = 0;
    const options = {
      get uninitialized() {
        reads += 1;
        return false;
      },
    };
    system.allocate(layout, options);
    expect(reads).toBe(1);
  });

  it('5.3/34 whose getter frees the block makes the free of it DETACHED', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const options = {
      get whenBusy(): 'abandon' {
        system.deallocate(block, layout);
        return 'abandon';
      },
    };

    expect(() => system.deallocate(block, layout, options)).toThrow(withCode('DETACHED'));

    expect(system.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, deallocations: 1 });
    expect(system.verify()).toBe(true);
  });

  it('5.3/34 whose getter frees the block makes its reallocation DETACHED', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const options = {
      get uninitialized() {
        system.deallocate(block, layout);
        return false;
      },
    };

    expect(() => system.reallocate(block, layout, Layout.from(128), options)).toThrow(
      withCode('DETACHED'),
    );

    expect(system.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    expect(system.verify()).toBe(true);
  });

  it('5.3/34 whose getter allocates gives two blocks, each its own memory', () => {
    const system = new SystemAllocator();
    let inner: ArrayBuffer | undefined;
    const options = {
      get uninitialized() {
        inner = system.allocate(layout);
        return false;
      },
    };

    const outer = system.allocate(layout, options);
    bytesOf(outer).fill(1);

    expect(inner).not.toBe(outer);
    expect(bytesOf(inner as ArrayBuffer).every((byte) => byte === 0)).toBe(true);
    expect(system.stats().liveBlocks).toBe(2);
    expect(system.verify()).toBe(true);
  });
});

describe('the options of an allocator', () => {
  it.each([
    ['null', null, 'INVALID_ARG_TYPE'],
    ['a number', 64, 'INVALID_ARG_TYPE'],
    ['5.3/39 with an unknown name', { limits: 1 }, 'INVALID_ARG_TYPE'],
    ['with a limit that is a string', { limit: '64' }, 'INVALID_ARG_TYPE'],
    ['with a limit that is a bigint', { limit: 64n }, 'INVALID_ARG_TYPE'],
    ['with a limit that is null', { limit: null }, 'INVALID_ARG_TYPE'],
    ['with a boxed limit', { limit: new Number(1) }, 'INVALID_ARG_TYPE'],
    ['with a limit of NaN', { limit: Number.NaN }, 'OUT_OF_RANGE'],
    ['with a negative limit', { limit: -1 }, 'OUT_OF_RANGE'],
    ['with a fraction as limit', { limit: 1.5 }, 'OUT_OF_RANGE'],
    ['with a limit of 2^53', { limit: 2 ** 53 }, 'OUT_OF_RANGE'],
    ['with a limit of -Infinity', { limit: Number.NEGATIVE_INFINITY }, 'OUT_OF_RANGE'],
  ])('%s are refused', (_title, options, code) => {
    expect(() => Reflect.construct(SystemAllocator, [options])).toThrow(withCode(code));
  });

  it.each([
    ['none', undefined, Number.POSITIVE_INFINITY],
    ['an empty object', {}, Number.POSITIVE_INFINITY],
    ['an undefined limit', { limit: undefined }, Number.POSITIVE_INFINITY],
    ['a limit of Infinity', { limit: Number.POSITIVE_INFINITY }, Number.POSITIVE_INFINITY],
    ['a limit of 2^53 - 1', { limit: Number.MAX_SAFE_INTEGER }, Number.MAX_SAFE_INTEGER],
    ['a limit of 0', { limit: 0 }, 0],
    ['a limit of -0', { limit: -0 }, 0],
    ['an inherited limit', Object.create({ limit: 1 }), Number.POSITIVE_INFINITY],
  ])('with %s are taken', (_title, options, limit) => {
    const system = Reflect.construct(SystemAllocator, [options]);
    expect(system.stats().limit).toBe(limit);
  });
});

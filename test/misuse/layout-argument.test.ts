import { constants } from 'node:buffer';
import { beforeEach, describe, expect, it } from 'vitest';
import { Layout, SystemAllocator } from '../../lib/index.js';
import { call, forbidden, thrownBy, trap } from '../support/call.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64, 16);
const user = trap();
const lying = {
  get size() {
    return user.run();
  },
  get align() {
    return user.run();
  },
};

const notLayouts: [title: string, value: unknown][] = [
  ['5.3/2 undefined', undefined],
  ['5.3/3 null', null],
  ['5.3/4 NaN', Number.NaN],
  ['5.3/5 -1', -1],
  ['a number', 64],
  ['5.3/13 a string', '64'],
  ['5.3/14 a bigint', 64n],
  ['5.3/15 an array', [64]],
  ['5.3/16 an object with valueOf', { valueOf: user.run, [Symbol.toPrimitive]: user.run }],
  ['5.3/17 a symbol', Symbol('64')],
  ['5.3/18 a function', () => 64],
  ['5.3/19 a Date', new Date(64)],
  ['5.3/20 a boxed number', new Number(64)],
  ['a boolean', true],
  ['a plain object of the same shape', { size: 64, align: 16 }],
  ['5.3/33 a Proxy of a layout', forbidden(layout, user.run)],
  ['5.3/34 an object with getters', lying],
  ['5.3/36 an object with the prototype of Layout', Object.create(Layout.prototype)],
  ['an heir of a layout', Object.create(layout)],
  ['a copy of a layout', structuredClone(layout)],
  ['its JSON', layout.toJSON()],
  ['a revoked Proxy', revoked()],
];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Every operation with a layout in every place, given what to put there. */
const operations: [title: string, arity: (block: ArrayBuffer, value: unknown) => unknown[]][] = [
  ['allocate', (_block, value) => [value]],
  ['tryAllocate', (_block, value) => [value]],
  ['usableSize', (_block, value) => [value]],
  ['deallocate', (block, value) => [block, value]],
  ['reallocate', (block, value) => [block, value, layout]],
  ['reallocate', (block, value) => [block, layout, value]],
  ['reallocateInPlace', (block, value) => [block, value, layout]],
  ['reallocateInPlace', (block, value) => [block, layout, value]],
  ['grow', (block, value) => [block, value, layout]],
  ['grow', (block, value) => [block, layout, value]],
  ['shrink', (block, value) => [block, value, layout]],
  ['shrink', (block, value) => [block, layout, value]],
];

describe.each(notLayouts)('%s as a layout', (_title, value) => {
  it('is INVALID_ARG_TYPE everywhere, unread and without effect', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);

    for (const [method, args] of operations) {
      expect(() => call(system, method, ...args(block, value)), method).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    }

    expect(user.ran()).toBe(0);
    expectUnchanged(system, before);
    expect(system.owns(block)).toBe(true);
  });
});

describe('a call without arguments', () => {
  it.each(operations.map(([method]) => method))('5.3/1 %s() is INVALID_ARG_TYPE', (method) => {
    const system = new SystemAllocator();
    const before = snapshot(system);

    expect(() => call(system, method)).toThrow(withCode('INVALID_ARG_TYPE'));

    expectUnchanged(system, before);
  });
});

describe('a layout with a polluted prototype', () => {
  it('5.3/38 is read from itself', () => {
    const system = new SystemAllocator();
    const polluted: Record<string, unknown> = Object.prototype as never;
    polluted.align = 4096;
    polluted.size = 1;
    polluted.uninitialized = true;
    try {
      const block = system.allocate(layout);
      expect(block.byteLength).toBe(64);
      expect(() => call(system, 'allocate', {})).toThrow(withCode('INVALID_ARG_TYPE'));
      expect(system.deallocate(block, layout)).toBe(true);
    } finally {
      delete polluted.align;
      delete polluted.size;
      delete polluted.uninitialized;
    }
    expect(system.verify()).toBe(true);
  });
});

describe('a size', () => {
  const longest = constants.MAX_LENGTH;
  /** None from Node 22 on: there the longest ArrayBuffer has 2^53 - 1 bytes, as the largest layout. */
  const tooLong: [title: string, size: number][] =
    longest === Number.MAX_SAFE_INTEGER
      ? []
      : [
          ['5.3/10 one more than the longest ArrayBuffer', longest + 1],
          ['5.3/11 2^53 - 1', Number.MAX_SAFE_INTEGER],
        ];

  it.each(tooLong)('%s is OUT_OF_RANGE and changes nothing', (_title, size) => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);
    const huge = Layout.from(size);

    for (const [method, ...args] of [
      ['allocate', huge],
      ['tryAllocate', huge],
      ['reallocate', block, layout, huge],
      ['reallocateInPlace', block, layout, huge],
      ['grow', block, layout, huge],
    ] as const) {
      expect(() => call(system, method, ...args), method).toThrow(withCode('OUT_OF_RANGE'));
    }

    expectUnchanged(system, before);
    expect(system.owns(block)).toBe(true);
  });

  it('5.3/9 of 2^32 gives a block or a typed refusal', () => {
    const system = new SystemAllocator();
    const huge = Layout.from(2 ** 32);

    const block = system.tryAllocate(huge, { uninitialized: true });
    if (block !== null) {
      expect(block.byteLength).toBe(2 ** 32);
      expect(system.deallocate(block, huge)).toBe(true);
    }

    expectUnchanged(system, system.stats(), { liveBlocks: 0, liveBytes: 0, mappedBytes: 0 });
  });

  it('5.3/6 of -0 gives an empty block', () => {
    const system = new SystemAllocator();
    const empty = Layout.from(-0);
    const block = system.allocate(empty);
    expect(block.byteLength).toBe(0);
    expect(system.deallocate(block, Layout.from(0))).toBe(true);
  });

  it('5.3/32 of a layout frozen again is served', () => {
    const system = new SystemAllocator();
    const frozen = Layout.from(32);
    Object.freeze(frozen);
    expect(system.deallocate(system.allocate(frozen), frozen)).toBe(true);
  });
});

describe('an alignment', () => {
  it('5.3/27 beyond all memory is OUT_OF_MEMORY, and counted as one failure', () => {
    const system = new SystemAllocator();
    system.deallocate(system.allocate(layout), layout);
    const before = snapshot(system);
    const impossible = Layout.from(64, 2 ** 45);

    const error = thrownBy(() => system.allocate(impossible));

    expect(error).toEqual(withCode('OUT_OF_MEMORY'));
    expect(error).toMatchObject({ layout: impossible, allocator: system.name, reason: 'os' });
    expectUnchanged(system, before, { failures: before.failures + 1 });
    expect(system.tryAllocate(impossible)).toBeNull();
  });

  it('of a gibibyte is served or refused, as the request says', () => {
    const system = new SystemAllocator();
    const aligned = Layout.from(64, 2 ** 30);
    const block = system.tryAllocate(aligned);
    expect(block === null || system.deallocate(block, aligned)).toBe(true);
    expect(system.verify()).toBe(true);
  });
});

describe('a limit', () => {
  it('5.3/40 is LIMIT from one byte beyond it, and exact below', () => {
    const system = new SystemAllocator({ limit: 112 });
    const all = Layout.from(112);
    const before = snapshot(system);

    expect(() => system.allocate(Layout.from(113))).toThrow(withCode('LIMIT'));
    expectUnchanged(system, before, { failures: before.failures + 1 });

    const block = system.allocate(all);
    expect(system.stats()).toMatchObject({ liveBytes: 112, peakBytes: 112, limit: 112 });
    expect(system.tryAllocate(Layout.from(1))).toBeNull();
    expect(system.deallocate(block, all)).toBe(true);
    expect(system.allocate(all).byteLength).toBe(112);
    expect(system.stats().peakBytes).toBe(112);
    expect(system.verify()).toBe(true);
  });
});

import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import { addressOf, explain, Layout, SystemAllocator } from '../../lib/index.js';
import { bytesOf, call, forbidden, thrownBy, trap } from '../support/call.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64, 16);
const user = trap();
const system = new SystemAllocator();
const live = system.allocate(layout);
const other = new SystemAllocator();
const theirs = other.allocate(layout);

/** Every operation on a block, given what to put in its place. */
const operations: [method: string, args: (value: unknown) => unknown[]][] = [
  ['deallocate', (value) => [value, layout]],
  ['reallocate', (value) => [value, layout, Layout.from(128)]],
  ['reallocateInPlace', (value) => [value, layout, Layout.from(32)]],
  ['grow', (value) => [value, layout, Layout.from(128)]],
  ['shrink', (value) => [value, layout, Layout.from(32)]],
];

function refuses(value: unknown, code: string, methods = operations): void {
  const before = snapshot(system);
  for (const [method, args] of methods) {
    expect(() => call(system, method, ...args(value)), method).toThrow(withCode(code));
  }
  expectUnchanged(system, before);
  expect(other.verify()).toBe(true);
}

const notBlocks: [title: string, value: unknown][] = [
  ['5.3/41 undefined', undefined],
  ['5.3/42 a plain object', {}],
  ['5.3/43 a number', 0],
  ['5.3/43 the address of a block', addressOf(live)],
  ['5.3/46 a SharedArrayBuffer', new SharedArrayBuffer(64)],
  ['5.3/48 a Proxy of a block', new Proxy(live, {})],
  ['5.3/48 a Proxy that traps everything', forbidden(live, user.run)],
  ['5.3/49 an heir of a block', Object.create(live)],
  ['a string', 'block'],
  ['a symbol', Symbol('block')],
  ['a function', () => live],
  ['an array', [live]],
  ['a layout', layout],
  ['an allocator', system],
  ['an object that says it is a block', { byteLength: 64, [Symbol.toStringTag]: 'ArrayBuffer' }],
  ['an object with the prototype of ArrayBuffer', Object.create(ArrayBuffer.prototype)],
];

describe.each(notBlocks)('%s as a block', (_title, value) => {
  it('is INVALID_ARG_TYPE', () => {
    refuses(value, 'INVALID_ARG_TYPE');
    expect(() => call(system, 'lease', value)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => Reflect.apply(addressOf, null, [value])).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(system.owns(value)).toBe(false);
    expect(explain(value)).toMatchObject({ kind: 'foreign', state: null, owner: null });
    expect(user.ran()).toBe(0);
  });
});

describe('5.3/41 null as a block', () => {
  it('is INVALID_ARG_TYPE, but to reallocate, which then allocates', () => {
    const others = operations.filter(([method]) => method !== 'reallocate');
    refuses(null, 'INVALID_ARG_TYPE', others);
    expect(() => call(system, 'lease', null)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => Reflect.apply(addressOf, null, [null])).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(system.owns(null)).toBe(false);
    expect(explain(null)).toMatchObject({ kind: 'foreign', state: null, owner: null });
  });
});

const foreign: [title: string, value: object][] = [
  ['5.3/44 a fresh ArrayBuffer', new ArrayBuffer(64)],
  ['5.3/45 a slice of the pool of Buffer', Buffer.from('sixty-four')],
  ['the pool of Buffer', Buffer.from('sixty-four').buffer],
  ['5.3/47 the memory of WebAssembly', wasmMemory()],
  ['5.3/72 a structured clone of a block', structuredClone(live)],
  ['a slice of a block', live.slice(0)],
  ['an ArrayBuffer of another realm', runInNewContext('new ArrayBuffer(64)')],
  ['a view of a SharedArrayBuffer', new Uint8Array(new SharedArrayBuffer(64))],
  ['a DataView of nothing of ours', new DataView(new ArrayBuffer(64))],
  ['an empty ArrayBuffer', new ArrayBuffer(0)],
  ['a foreign buffer that was moved away', detached()],
];

function wasmMemory(): ArrayBuffer {
  const { Memory } = Reflect.get(globalThis, 'WebAssembly');
  return new Memory({ initial: 1 }).buffer;
}

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(64);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

describe.each(foreign)('%s as a block', (_title, value) => {
  it('is NOT_OWNED', () => {
    refuses(value, 'NOT_OWNED');
    expect(() => call(system, 'lease', value)).toThrow(withCode('NOT_OWNED'));
    expect(() => Reflect.apply(addressOf, null, [value])).toThrow(withCode('NOT_OWNED'));
    expect(system.owns(value)).toBe(false);
    expect(explain(value)).toMatchObject({ kind: 'foreign', state: null, owner: null });
  });
});

const views: [title: string, view: (block: ArrayBuffer) => ArrayBufferView][] = [
  ['5.3/53 a view of the middle', (block) => new Uint8Array(block, 16, 16)],
  ['5.3/54 a short view of the start', (block) => new Uint8Array(block, 0, 16)],
  ['5.3/55 a view of the whole', (block) => new Uint8Array(block)],
  ['5.3/55 a Buffer over the whole', (block) => Buffer.from(block)],
  ['a DataView of the whole', (block) => new DataView(block)],
  ['an empty view', (block) => new Uint8Array(block, 64)],
  ['a view of wide elements', (block) => new Float64Array(block)],
  ['5.3/76 a view of another realm', otherRealm],
];

function otherRealm(block: ArrayBuffer): Uint8Array {
  return runInNewContext('new Uint8Array(block)', { block });
}

describe.each(views)('%s of a block', (_title, viewOf) => {
  it('is INTERIOR, and owned', () => {
    const view = viewOf(live);
    refuses(view, 'INTERIOR');
    expect(() => call(system, 'lease', view)).toThrow(withCode('INTERIOR'));
    expect(() => Reflect.apply(addressOf, null, [view])).toThrow(withCode('INTERIOR'));
    expect(system.owns(view)).toBe(true);
    expect(explain(view)).toMatchObject({ kind: 'view', state: 'live', owner: system });
  });
});

describe('a block of another allocator of the same kind', () => {
  it('5.3/56 5.3/82 is NOT_OWNED, with its owner in the error, and stays alive', () => {
    bytesOf(theirs).fill(9);
    const before = snapshot(other);
    refuses(theirs, 'NOT_OWNED');
    for (const [method, args] of operations) {
      expect(thrownBy(() => call(system, method, ...args(theirs)))).toHaveProperty('owner', other);
    }
    expectUnchanged(other, before);
    expect(system.owns(theirs)).toBe(false);
    expect(other.owns(theirs)).toBe(true);
    expect(bytesOf(theirs).every((byte) => byte === 9)).toBe(true);
  });

  it('is NOT_OWNED before its layout is looked at', () => {
    expect(() => system.deallocate(theirs, Layout.from(1))).toThrow(withCode('NOT_OWNED'));
  });
});

describe('a wrong layout', () => {
  it.each([
    ['5.3/61 with a larger size', Layout.from(65, 16)],
    ['5.3/61 with a smaller size', Layout.from(63, 16)],
    ['5.3/61 of no bytes', Layout.from(0, 16)],
    ['5.3/62 with a larger alignment', Layout.from(64, 32)],
    ['5.3/62 with a smaller alignment', Layout.from(64, 8)],
    ['5.3/62 with an impossible alignment', Layout.from(64, 2 ** 52)],
    ['5.3/61 of 2^53 - 1 bytes', Layout.from(Number.MAX_SAFE_INTEGER)],
    ['5.3/61 of 2^32 bytes more', Layout.from(64 + 2 ** 32, 16)],
  ])('%s is LAYOUT_MISMATCH, and the block lives on', (_title, wrong) => {
    const block = system.allocate(layout);
    bytesOf(block).fill(5);
    const before = snapshot(system);

    for (const [method, ...args] of [
      ['deallocate', block, wrong],
      ['reallocate', block, wrong, layout],
      ['reallocateInPlace', block, wrong, layout],
    ] as const) {
      expect(() => call(system, method, ...args)).toThrow(withCode('LAYOUT_MISMATCH'));
    }

    expectUnchanged(system, before);
    expect(bytesOf(block).every((byte) => byte === 5)).toBe(true);
    expect(system.deallocate(block, layout)).toBe(true);
  });

  it('is told both layouts', () => {
    expect(() => system.deallocate(live, Layout.from(32))).toThrow(
      /expected Layout\(64, align 16\), got Layout\(32, align 1\)/,
    );
  });
});

describe('a block that lies about itself', () => {
  it.each<[title: string, lie: (block: ArrayBuffer) => unknown]>([
    [
      '5.3/75 with own byteLength and friends',
      (block) =>
        Object.defineProperties(block, {
          byteLength: { get: user.run },
          constructor: { get: user.run },
          [Symbol.toStringTag]: { get: user.run },
        }),
    ],
    ['5.3/75 with a null prototype', (block) => Object.setPrototypeOf(block, null)],
    [
      '5.3/75 with the prototype of a view',
      (block) => Object.setPrototypeOf(block, Uint8Array.prototype),
    ],
    [
      '5.3/75 with a trapping prototype',
      (block) => Object.setPrototypeOf(block, forbidden({}, user.run)),
    ],
    ['5.3/75 frozen', (block) => Object.freeze(block)],
  ])('%s is still known and freed', (_title, lie) => {
    const block = system.allocate(layout);
    const view = new Uint8Array(block);
    const before = snapshot(system);
    lie(block);

    expect(system.owns(block)).toBe(true);
    const next = system.reallocate(block, layout, layout);
    expect(view.length).toBe(0);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    lie(next);
    expect(system.deallocate(next, layout)).toBe(true);

    expect(user.ran()).toBe(0);
    expect(system.stats().liveBlocks).toBe(before.liveBlocks - 1);
    expect(system.verify()).toBe(true);
  });
});

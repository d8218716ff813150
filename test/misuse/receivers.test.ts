import { describe, expect, it } from 'vitest';
import { BaseAllocator, defineAllocator, Layout, SystemAllocator } from '../../lib/index.js';
import { expectUnchanged, snapshot, withCode } from '../support/idle.js';

const layout = Layout.from(64);
const system = new SystemAllocator();
const block = system.allocate(layout);
const defined = defineAllocator({
  allocate: ({ size }) => new ArrayBuffer(size),
  deallocate: () => true,
});

const operations: [method: PropertyKey, args: unknown[]][] = [
  ['allocate', [layout]],
  ['tryAllocate', [layout]],
  ['deallocate', [block, layout]],
  ['reallocate', [block, layout, layout]],
  ['reallocateInPlace', [block, layout, layout]],
  ['grow', [block, layout, layout]],
  ['shrink', [block, layout, layout]],
  ['usableSize', [layout]],
  ['owns', [block]],
  ['lease', [block]],
  ['stats', []],
  ['verify', []],
  ['dispose', []],
  [Symbol.dispose, []],
];

const receivers: [title: string, value: unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 64],
  ['a plain object', {}],
  ['a block', block],
  ['a Proxy of an allocator', new Proxy(system, {})],
  ['an heir of an allocator', Object.create(system)],
  ['the prototype of allocators', SystemAllocator.prototype],
];

describe.each(receivers)('a method of an allocator borrowed for %s', (_title, receiver) => {
  it.each(operations)('is INVALID_ARG_TYPE: %s', (method, args) => {
    const before = snapshot(system);
    for (const home of [system, defined]) {
      expect(() => Reflect.apply(Reflect.get(home, method), receiver, args)).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    }
    expectUnchanged(system, before);
    expect(defined.verify()).toBe(true);
  });

  it.each(['tryAllocate', 'reallocate', 'grow', 'shrink', Symbol.dispose])(
    'is INVALID_ARG_TYPE from the base class too: %s',
    (method) => {
      const args = [block, layout, layout];
      expect(() =>
        Reflect.apply(Reflect.get(BaseAllocator.prototype, method), receiver, args),
      ).toThrow(withCode('INVALID_ARG_TYPE'));
    },
  );
});

describe('a method of one kind of allocator', () => {
  it('borrowed for another kind is INVALID_ARG_TYPE', () => {
    const before = snapshot(system);
    expect(() => Reflect.apply(system.allocate, defined, [layout])).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
    expect(() => Reflect.apply(defined.allocate, system, [layout])).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
    expectUnchanged(system, before);
  });

  it('borrowed for its own kind works on that allocator', () => {
    const other = new SystemAllocator();
    expect(() => Reflect.apply(other.deallocate, other, [block, layout])).toThrow(
      withCode('NOT_OWNED'),
    );
    expect(Reflect.apply(other.owns, system, [block])).toBe(true);
  });
});

/** What the functions of a program's own allocator may do wrong besides answering. */
import { beforeEach, describe, expect, it } from 'vitest';
import { adoptAllocator } from '../../lib/compose/adopt.js';
import { Layout } from '../../lib/index.js';
import { call, thrownBy } from '../support/call.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64);
const mine = new Error('mine');
const viewOf = (buffer: ArrayBuffer, ...at: number[]) => Buffer.from(buffer, ...at);

describe('a function of an allocator that calls the allocator', () => {
  /** Calls `method` of itself from inside `outer`, and says what came of it. */
  function nested(outer: string, method: string, ...args: unknown[]) {
    const errors: unknown[] = [];
    const block = new ArrayBuffer(64);
    let isCalling = false;
    const inside = (answer: unknown) => () => {
      if (isCalling) errors.push(thrownBy(() => call(allocator, method, ...args, other, layout)));
      return answer;
    };
    const other = new ArrayBuffer(64);
    const blocks = [other, block];
    const allocator = adoptAllocator<ArrayBuffer>(
      {
        allocate: () => inside(blocks.shift())(),
        deallocate: inside(true),
        reallocateInPlace: inside(null),
        usableSize: inside(64),
        dispose: inside(true),
      },
      'parent',
    );
    allocator.allocate(layout);
    const live = outer === 'allocate' ? null : allocator.allocate(layout);
    isCalling = true;
    if (outer === 'allocate') allocator.allocate(layout);
    else if (outer === 'usableSize') allocator.usableSize(layout);
    else if (outer === 'dispose') allocator.dispose();
    else call(allocator, outer, live, layout, layout);
    return errors;
  }

  const outers = ['allocate', 'reallocateInPlace', 'usableSize'];
  const inners: readonly (readonly [string, ...unknown[]])[] = [
    ['allocate', layout],
    ['tryAllocate', layout],
    ['deallocate'],
    ['usableSize', layout],
    ['dispose'],
  ];
  it.each(outers.flatMap((outer) => inners.map(([inner, ...args]) => ({ outer, inner, args }))))(
    'is CYCLE, and only that: $outer calls $inner',
    ({ outer, inner, args }) => {
      expect(nested(outer, inner, ...args)).toEqual([withCode('CYCLE')]);
    },
  );

  it('is CYCLE in deallocate, for another block', () => {
    const allocator = adoptAllocator<ArrayBuffer>(
      {
        allocate: ({ size }: Layout) => new ArrayBuffer(size),
        deallocate: () => allocator.deallocate(other, layout),
      },
      'parent',
    );
    const [block, other] = [allocator.allocate(layout), allocator.allocate(layout)];
    const before = snapshot(allocator);
    expect(() => allocator.deallocate(block, layout)).toThrow(withCode('CYCLE'));
    expectUnchanged(allocator, before);
    expect([allocator.owns(block), allocator.owns(other)]).toEqual([true, true]);
  });

  it('may look', () => {
    const seen: unknown[] = [];
    const allocator = adoptAllocator<ArrayBuffer>(
      {
        allocate: ({ size }: Layout) => {
          seen.push(allocator.stats().liveBlocks, allocator.verify(), allocator.owns(null));
          return new ArrayBuffer(size);
        },
        deallocate: () => true,
      },
      'parent',
    );
    allocator.allocate(layout);
    expect(seen).toEqual([0, true, false]);
  });
});

describe('a function of an allocator that throws', () => {
  it.each([
    ['an Error', mine],
    ['a string', 'no'],
    ['undefined', undefined],
    ['null', null],
  ])('has that passed on and leaves all as it was: %s', (_title, thrown) => {
    const live = new ArrayBuffer(64);
    const blocks = [live];
    const fail = () => {
      throw thrown;
    };
    const allocator = adoptAllocator<ArrayBuffer>(
      {
        allocate: () => blocks.pop() ?? fail(),
        deallocate: fail,
        reallocateInPlace: fail,
        usableSize: fail,
      },
      'parent',
    );
    allocator.allocate(layout);
    const before = snapshot(allocator);
    for (const [method, ...args] of [
      ['allocate', layout],
      ['deallocate', live, layout],
      ['reallocateInPlace', live, layout, layout],
      ['reallocate', live, layout, layout],
      ['usableSize', layout],
      ['dispose'],
    ] as const) {
      let caught: unknown = mine;
      try {
        call(allocator, method, ...args);
        expect.unreachable();
      } catch (error) {
        caught = error;
      }
      expect(caught, method).toBe(thrown);
      expectUnchanged(allocator, before, { failures: 1 });
    }
  });
});

describe('an in-place reallocation', () => {
  it.each([
    ['INVALID_ARG_TYPE', 'a SharedArrayBuffer', () => new SharedArrayBuffer(128)],
    ['OUT_OF_RANGE', 'too few bytes', () => new ArrayBuffer(127)],
    ['CORRUPTED', 'another live block', (other: ArrayBuffer) => other],
  ])('that answers %s to %s leaves the block as it was', (code, _title, answer) => {
    const allocator = adoptAllocator<ArrayBuffer>(
      {
        allocate: ({ size }: Layout) => new ArrayBuffer(size),
        deallocate: () => true,
        reallocateInPlace: () => answer(other),
      },
      'parent',
    );
    const block = allocator.allocate(layout);
    const wider = Layout.from(128);
    const other = allocator.allocate(wider);
    const before = snapshot(allocator);
    expect(() => allocator.reallocateInPlace(block, layout, wider)).toThrow(withCode(code));
    expectUnchanged(allocator, before);
    expect(allocator.deallocate(block, layout)).toBe(true);
  });

  it('may widen the range of the block itself', () => {
    const slab = new ArrayBuffer(256);
    const allocator = adoptAllocator<Buffer>(
      {
        allocate: ({ size }: Layout) => viewOf(slab, 0, size),
        deallocate: () => true,
        reallocateInPlace: (_block: Buffer, _layout: Layout, next: Layout) =>
          viewOf(slab, 0, next.size),
      },
      'parent',
    );
    const block = allocator.allocate(layout);
    const wider = allocator.grow(block, layout, Layout.from(128));
    expect(wider.length).toBe(128);
    expect(allocator.owns(block.subarray(0, 1))).toBe(true);
    expect(() => allocator.deallocate(block, layout)).toThrow(withCode('DETACHED'));
  });
});

describe('usableSize', () => {
  it.each([
    ['INVALID_ARG_TYPE', 'a string', '64'],
    ['INVALID_ARG_TYPE', 'a bigint', 64n],
    ['OUT_OF_RANGE', 'less than the size', 63],
    ['OUT_OF_RANGE', 'a fraction', 64.5],
    ['OUT_OF_RANGE', 'NaN', Number.NaN],
    ['OUT_OF_RANGE', 'Infinity', Number.POSITIVE_INFINITY],
  ])('is %s where it answers %s', (code, _title, answer) => {
    const allocator = adoptAllocator(
      { allocate: () => null, deallocate: () => true, usableSize: () => answer },
      'parent',
    );
    expect(() => allocator.usableSize(layout)).toThrow(withCode(code));
  });
});

/** What a program's own allocator may answer wrongly: refused with a code, and nothing is changed. */
import { beforeEach, describe, expect, it } from 'vitest';
import { adoptAllocator } from '../../lib/compose/adopt.js';
import {
  type Allocator,
  ArenaAllocator,
  type Block,
  BufferPool,
  ChunkPool,
  Layout,
  SystemAllocator,
} from '../../lib/index.js';
import { call, thrownBy } from '../support/call.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64);
const mine = new Error('mine');

/** An allocator that answers with one thing after the other. */
function answering<B extends Block>(...answers: unknown[]): Allocator<B> {
  return adoptAllocator<B>({ allocate: () => answers.shift(), deallocate: () => true }, 'parent');
}

function refuses(answer: unknown, code: string, request = layout): void {
  const allocator = answering<Buffer>(Buffer.alloc(64), answer);
  const block = allocator.allocate(layout);
  const before = snapshot(allocator);
  expect(() => allocator.allocate(request)).toThrow(withCode(code));
  expectUnchanged(allocator, before);
  expect(allocator.owns(answer)).toBe(false);
  expect(allocator.deallocate(block, layout)).toBe(true);
}

const moved = (buffer: ArrayBuffer) => {
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
};
const growing = (): ArrayBuffer => Reflect.construct(ArrayBuffer, [64, { maxByteLength: 128 }]);
const viewOf = (buffer: ArrayBufferLike, ...at: number[]) =>
  Buffer.from(buffer as ArrayBuffer, ...at);

describe('an answer that is no block', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 64],
    ['a string', 'x'.repeat(64)],
    ['a plain object', { byteLength: 64 }],
    ['an array', new Array(64).fill(0)],
    ['a Uint8Array that is no Buffer', new Uint8Array(64)],
    ['a Float64Array', new Float64Array(8)],
    ['a DataView', new DataView(new ArrayBuffer(64))],
    ['a Proxy of an ArrayBuffer', new Proxy(new ArrayBuffer(64), {})],
    ['a Proxy of a Buffer', new Proxy(Buffer.alloc(64), {})],
    ['an heir of a Buffer', Object.create(Buffer.alloc(64))],
    ['a typed array in the clothes of a Buffer', Object.setPrototypeOf({}, Buffer.prototype)],
    ['a SharedArrayBuffer', new SharedArrayBuffer(64)],
    ['a Buffer over shared memory', viewOf(new SharedArrayBuffer(64))],
    ['an ArrayBuffer that may shrink', growing()],
    ['a Buffer over one', viewOf(growing(), 0, 64)],
  ])('is INVALID_ARG_TYPE: %s', (_title, answer) => {
    refuses(answer, 'INVALID_ARG_TYPE');
  });

  it.each([
    ['an ArrayBuffer', 0, moved(new ArrayBuffer(64))],
    ['an empty ArrayBuffer', 0, moved(new ArrayBuffer(0))],
    [
      'a Buffer',
      64,
      (() => {
        const buffer = new ArrayBuffer(64);
        const view = viewOf(buffer);
        moved(buffer);
        return view;
      })(),
    ],
  ])('is DETACHED where it was moved away: %s', (_title, size, answer) => {
    refuses(answer, 'DETACHED', Layout.from(size));
  });
});

describe('an answer of another size', () => {
  it.each([
    ['an ArrayBuffer with a byte less', new ArrayBuffer(63)],
    ['an ArrayBuffer with a byte more', new ArrayBuffer(65)],
    ['a Buffer with a byte less', Buffer.alloc(63)],
    ['a Buffer with a byte more', Buffer.alloc(65)],
    ['an empty one', new ArrayBuffer(0)],
    [
      'an ArrayBuffer that lies',
      Object.defineProperty(new ArrayBuffer(1), 'byteLength', { value: 64 }),
    ],
    ['a Buffer that lies', Object.defineProperty(Buffer.alloc(1), 'byteLength', { value: 64 })],
  ])('is OUT_OF_RANGE: %s', (_title, answer) => {
    refuses(answer, 'OUT_OF_RANGE');
  });
});

describe('an answer over bytes that are in use', () => {
  const memory = () => new ArrayBuffer(1024);

  it.each([
    ['the same Buffer', (slab: ArrayBuffer, block: Buffer) => [block, slab][0]],
    ['another Buffer over the same bytes', (slab: ArrayBuffer) => viewOf(slab, 128, 64)],
    ['one that begins in a block', (slab: ArrayBuffer) => viewOf(slab, 191, 64)],
    ['one that ends in a block', (slab: ArrayBuffer) => viewOf(slab, 65, 64)],
  ])('is CORRUPTED: %s', (_title, second) => {
    const slab = memory();
    const block = viewOf(slab, 128, 64);
    const allocator = answering<Buffer>(block, second(slab, block));
    allocator.allocate(layout);
    const before = snapshot(allocator);
    expect(() => allocator.allocate(layout)).toThrow(withCode('CORRUPTED'));
    expectUnchanged(allocator, before);
    expect(allocator.deallocate(block, layout)).toBe(true);
  });

  it.each([
    ['inside a block', 128, 16],
    ['around a block', 0, 1024],
  ])('is CORRUPTED: one that lies %s', (_title, start, size) => {
    const slab = memory();
    const allocator = answering<Buffer>(viewOf(slab, 128, 64), viewOf(slab, start, size));
    allocator.allocate(layout);
    expect(() => allocator.allocate(Layout.from(size))).toThrow(withCode('CORRUPTED'));
  });

  it('is CORRUPTED: a Buffer over a block, and the block under a Buffer', () => {
    const [one, other] = [new ArrayBuffer(64), new ArrayBuffer(64)];
    const allocator = answering<ArrayBuffer>(one, viewOf(one), viewOf(other), other);
    allocator.allocate(layout);
    expect(() => allocator.allocate(layout)).toThrow(withCode('CORRUPTED'));
    allocator.allocate(layout);
    expect(() => allocator.allocate(layout)).toThrow(withCode('CORRUPTED'));
    expect(allocator.stats()).toMatchObject({ liveBlocks: 2, liveBytes: 128 });
    expect(allocator.verify()).toBe(true);
  });

  it('is taken next to a block, empty inside it, and again once that was freed', () => {
    const slab = memory();
    const block = viewOf(slab, 128, 64);
    const beside = [viewOf(slab, 64, 64), viewOf(slab, 192, 64), viewOf(slab, 128, 64)];
    const allocator = answering<Buffer>(block, ...beside);
    allocator.allocate(layout);
    allocator.allocate(layout);
    allocator.allocate(layout);
    expect(() => allocator.allocate(layout)).toThrow(withCode('CORRUPTED'));
    allocator.deallocate(block, layout);
    const empty = answering<Buffer>(viewOf(slab, 0, 64), viewOf(slab, 10, 0));
    empty.allocate(layout);
    expect(empty.allocate(Layout.from(0)).length).toBe(0);
    const again = answering<Buffer>(block, viewOf(slab, 128, 64));
    again.allocate(layout);
    again.deallocate(block, layout);
    expect(again.allocate(layout).byteOffset).toBe(128);
  });

  it('frees the range it came with, also when its memory was moved away meanwhile', () => {
    const slab = memory();
    const block = viewOf(slab, 128, 64);
    const allocator = answering<Buffer>(block);
    allocator.allocate(layout);
    moved(slab);
    expect(block.byteOffset).toBe(0);
    expect(allocator.deallocate(block, layout)).toBe(true);
    expect(allocator.verify()).toBe(true);
  });
});

describe('an answer at the wrong place', () => {
  it('is CORRUPTED where the address is known', () => {
    const system = new SystemAllocator();
    const page = Layout.from(64, 4096);
    const misaligned = Array.from({ length: 8 }, () => system.allocate(layout));
    const allocator = answering<ArrayBuffer>(...misaligned);
    const errors = misaligned.map(() => thrownBy(() => allocator.allocate(page)));
    expect(errors.filter((error) => error !== null)).toContainEqual(withCode('CORRUPTED'));
    expect(allocator.verify()).toBe(true);
  });

  it('is CORRUPTED where a typed array could not begin there', () => {
    const slab = new ArrayBuffer(1024);
    const allocator = answering<Buffer>(viewOf(slab, 4, 64), viewOf(slab, 8, 64));
    expect(() => allocator.allocate(Layout.from(64, 64))).toThrow(withCode('CORRUPTED'));
    expect(allocator.allocate(Layout.from(64, 64)).byteOffset).toBe(8);
  });
});

describe('an answer that is a block of the package', () => {
  it('is a block here too while it is live there', () => {
    using pool = new BufferPool(new ArenaAllocator());
    const allocator = adoptAllocator<Buffer>(
      {
        allocate: (its: Layout) => pool.allocate(its),
        deallocate: (block: Buffer, its: Layout) => pool.deallocate(block, its),
      },
      'parent',
    );
    const block = allocator.allocate(layout);
    expect([allocator.owns(block), pool.owns(block)]).toEqual([true, true]);
    expect(allocator.deallocate(block, layout)).toBe(true);
    expect(() => pool.deallocate(block, layout)).toThrow(withCode('DETACHED'));
  });

  it('may lie in shared memory', () => {
    const pool = ChunkPool.over(new SharedArrayBuffer(4096));
    const allocator = answering<Buffer>(pool.allocate(layout));
    expect(allocator.allocate(layout).length).toBe(64);
  });

  it('is CORRUPTED where it was freed there: a Buffer of a pool', () => {
    using pool = new BufferPool(new ArenaAllocator());
    const freed = pool.allocUnsafe(64);
    pool.free(freed);
    refuses(freed, 'CORRUPTED');
  });

  it('is CORRUPTED where it was freed there: a Buffer of chunks', () => {
    const pool = ChunkPool.over(new SharedArrayBuffer(4096));
    const freed = pool.allocate(layout);
    pool.deallocate(freed, layout);
    refuses(freed, 'CORRUPTED');
  });

  it('is DETACHED or CORRUPTED where it was freed there: a dedicated block', async () => {
    const system = new SystemAllocator();
    const [freed, abandoned] = [system.allocate(layout), system.allocate(layout)];
    using _lease = system.lease(abandoned);
    system.deallocate(freed, layout);
    system.deallocate(abandoned, layout);
    refuses(freed, 'DETACHED');
    refuses(abandoned, 'CORRUPTED');
  });
});

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

describe('views', () => {
  it('of a Buffer that is a block are its own, and no block', () => {
    const slab = new ArrayBuffer(1024);
    const block = viewOf(slab, 128, 64);
    const allocator = answering<Buffer>(block);
    allocator.allocate(layout);
    const inside = block.subarray(10, 20);
    expect(
      [inside, new DataView(slab, 191), viewOf(slab, 128, 64)].map(allocator.owns, allocator),
    ).toEqual([true, true, true]);
    expect(
      [viewOf(slab, 0, 256), viewOf(slab, 192, 1), slab].map(allocator.owns, allocator),
    ).toEqual([false, false, false]);
    expect(() => allocator.deallocate(inside, layout)).toThrow(withCode('INTERIOR'));
  });
});

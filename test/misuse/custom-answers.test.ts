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
import { thrownBy } from '../support/call.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64);

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
    expect(() => again.allocate(layout)).not.toThrow();
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

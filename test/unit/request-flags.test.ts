import { describe, expect, it } from 'vitest';
import {
  type Allocator,
  AllocError,
  ArenaAllocator,
  BaseAllocator,
  type Block,
  BufferPool,
  ChunkAllocator,
  ChunkPool,
  defineAllocator,
  heap,
  Layout,
  NOWAIT,
  NOWARN,
  SystemAllocator,
  ZEROED,
} from '../../lib/index.js';
import { call, thrownBy } from '../support/call.js';
import { listen } from '../support/channels.js';
import { withCode } from '../support/idle.js';
import { fillUp, makePool } from '../support/pools.js';

const MIB = 2 ** 20;
const layout = Layout.from(64, 16);
/** More than any address space has. */
const tooMuch = Layout.from(1, 2 ** 52);

type Any = Allocator<ArrayBuffer> | Allocator<Buffer>;

const makers: [name: string, make: () => Any][] = [
  ['SystemAllocator', () => new SystemAllocator()],
  ['ArenaAllocator', () => new ArenaAllocator()],
  ['ChunkAllocator', () => new ChunkAllocator({ fit: 'best-fit' })],
  ['BufferPool', () => makePool()],
  ['ChunkPool', () => ChunkPool.over(heap(), { fit: 'best-fit' })],
  [
    'defineAllocator',
    () => {
      const system = new SystemAllocator();
      return defineAllocator({
        allocate: (request, options) => system.allocate(request, options),
        deallocate: (block: ArrayBuffer, request) => system.deallocate(block, request),
      });
    },
  ],
];

const bytesOf = (block: Block): Uint8Array =>
  ArrayBuffer.isView(block) ? block : new Uint8Array(block);

/** Whether a block comes zeroed although the memory it gets was written to before. */
function comesZeroed(allocator: Any, options?: unknown): boolean {
  const dirty = allocator.allocate(layout);
  bytesOf(dirty).fill(0xff);
  call(allocator, 'deallocate', dirty, layout);
  const block = call(allocator, 'allocate', layout, options) as Block;
  const zeroed = bytesOf(block).every((byte) => byte === 0);
  call(allocator, 'deallocate', block, layout);
  return zeroed;
}

/** The reason of the refusal that `action` ends with. */
function reasonOf(action: () => unknown): string | null {
  const error = thrownBy(action);
  expect(error).toBeInstanceOf(AllocError);
  return (error as AllocError).reason;
}

describe('the flags', () => {
  it('are bits of their own', () => {
    expect([ZEROED, NOWAIT, NOWARN]).toEqual([1, 2, 4]);
  });
});

describe.each(makers)('flags of a request to %s', (_name, make) => {
  it.each([
    ['nothing', undefined, true],
    ['no flag', 0, true],
    ['{ flags: 0 }', { flags: 0 }, true],
    ['{ flags: undefined }', { flags: undefined }, true],
    ['NOWARN alone', NOWARN, true],
    ['ZEROED', ZEROED, true],
    ['ZEROED | NOWARN', ZEROED | NOWARN, true],
    ['ZEROED and uninitialized', { flags: ZEROED, uninitialized: true }, true],
    ['ZEROED and not uninitialized', { flags: ZEROED, uninitialized: false }, true],
    ['NOWARN and not uninitialized', { flags: NOWARN, uninitialized: false }, true],
  ])('%s: the memory reads zero', (_title, options, zeroed) => {
    expect(comesZeroed(make(), options)).toBe(zeroed);
  });

  it('uninitialized, the memory is left as it is, whatever other flags say', () => {
    expect(comesZeroed(make(), { uninitialized: true, flags: NOWARN })).toBe(false);
  });

  it('hold in a frozen constant that comes again and again, in turn with others', () => {
    const allocator = make();
    const quick = Object.freeze({ uninitialized: true, flags: NOWARN });
    const zeroed = Object.freeze({ uninitialized: true, flags: ZEROED });
    const empty = Object.freeze({});
    for (let round = 0; round < 4; round++) {
      expect(
        [quick, quick, zeroed, zeroed, empty, empty].map((o) => comesZeroed(allocator, o)),
      ).toEqual([false, false, true, true, true, true]);
    }
  });

  it.each([
    ['an unknown bit', 8, 'OUT_OF_RANGE'],
    ['an unknown bit beside known ones', 15, 'OUT_OF_RANGE'],
    ['a negative number', -1, 'OUT_OF_RANGE'],
    ['a fraction', 1.5, 'OUT_OF_RANGE'],
    ['NaN', Number.NaN, 'OUT_OF_RANGE'],
    ['Infinity', Number.POSITIVE_INFINITY, 'OUT_OF_RANGE'],
    ['2^32 + 1', 2 ** 32 + 1, 'OUT_OF_RANGE'],
    ['a string', '1', 'INVALID_ARG_TYPE'],
    ['null', null, 'INVALID_ARG_TYPE'],
    ['a bigint', 1n, 'INVALID_ARG_TYPE'],
    ['an object', { valueOf: (): number => 1 }, 'INVALID_ARG_TYPE'],
  ])('that are %s are refused without effect', (_title, flags, code) => {
    const allocator = make();
    const before = allocator.stats();
    for (const method of ['allocate', 'tryAllocate']) {
      expect(() => call(allocator, method, layout, { flags })).toThrow(withCode(code));
      if (typeof flags !== 'number') continue;
      expect(() => call(allocator, method, layout, flags)).toThrow(withCode(code));
    }
    expect(allocator.stats()).toEqual(before);
    expect(allocator.verify()).toBe(true);
  });

  it('that are taken for a free are refused', () => {
    const allocator = make();
    const block = allocator.allocate(layout);
    for (const options of [NOWAIT, { flags: NOWAIT }]) {
      expect(() => call(allocator, 'deallocate', block, layout, options)).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    }
    expect(allocator.owns(block)).toBe(true);
  });

  it('NOWARN: a refusal is announced to nobody', () => {
    const heard = listen<object>('limit');
    const allocator = make();
    for (const options of [NOWARN, { flags: NOWARN }, NOWARN | NOWAIT]) {
      expect(call(allocator, 'tryAllocate', tooMuch, options)).toBe(null);
      expect(() => call(allocator, 'allocate', tooMuch, options)).toThrow(AllocError);
    }
    const block = allocator.allocate(layout);
    for (const method of ['reallocate', 'grow']) {
      const next = Layout.from(64, 2 ** 52);
      expect(() => call(allocator, method, block, layout, next, NOWARN)).toThrow(AllocError);
    }
    expect(heard).toEqual([]);
    expect(call(allocator, 'tryAllocate', tooMuch)).toBe(null);
    expect(heard).toHaveLength(1);
  });

  it('reallocate(null, ...) allocates, and size 0 frees and answers an empty block', () => {
    const allocator = make();
    const larger = Layout.from(128, 16);
    const block = call(allocator, 'reallocate', null, null, layout) as Block;
    expect(block.byteLength).toBe(64);
    expect(bytesOf(block).every((byte) => byte === 0)).toBe(true);
    const other = call(allocator, 'reallocate', null, larger, layout, NOWARN) as Block;
    expect(allocator.stats().liveBlocks).toBe(2);

    const empty = call(allocator, 'reallocate', block, layout, Layout.from(0)) as Block;
    expect(empty.byteLength).toBe(0);
    expect(allocator.owns(block)).toBe(false);
    expect(allocator.owns(empty)).toBe(true);
    expect(call(allocator, 'deallocate', empty, Layout.from(0))).toBe(true);
    expect(call(allocator, 'deallocate', other, layout)).toBe(true);
    expect(allocator.stats().liveBlocks).toBe(0);
    expect(allocator.verify()).toBe(true);
  });

  it.each([
    ['without a new layout', [null, null, undefined], 'INVALID_ARG_TYPE'],
    ['with an old layout that is none', [null, {}, layout], 'INVALID_ARG_TYPE'],
    ['with options that are none', [null, null, layout, { zeroed: true }], 'INVALID_ARG_TYPE'],
    ['with unknown flags', [null, null, layout, 64], 'OUT_OF_RANGE'],
    ['with more than there is', [null, null, tooMuch], 'OUT_OF_MEMORY'],
    ['of a block without a layout', ['block', null, layout], 'INVALID_ARG_TYPE'],
    ['of undefined', [undefined, layout, layout], 'INVALID_ARG_TYPE'],
  ])('reallocate %s is refused', (_title, args, code) => {
    const allocator = make();
    const block = allocator.allocate(layout);
    const all = args.map((arg) => (arg === 'block' ? block : arg));
    expect(() => call(allocator, 'reallocate', ...all)).toThrow(withCode(code));
    expect(allocator.stats()).toMatchObject({ liveBlocks: 1 });
    expect(allocator.verify()).toBe(true);
  });
});

describe('NOWAIT', () => {
  it('is refused by a SystemAllocator, for malloc may ask the operating system', () => {
    const system = new SystemAllocator();
    expect(reasonOf(() => system.allocate(layout, NOWAIT))).toBe('nowait');
    expect(system.tryAllocate(layout, { flags: NOWAIT })).toBe(null);
    const block = system.allocate(layout);
    const next = Layout.from(4096, 16);
    expect(reasonOf(() => system.reallocate(block, layout, next, NOWAIT))).toBe('nowait');
    expect(system.stats()).toMatchObject({ liveBlocks: 1, failures: 3 });
    expect(block.byteLength).toBe(64);
  });

  it('is served by an arena from the pages that it has, and refused beyond', () => {
    const arena = new ArenaAllocator({ decayMs: Number.POSITIVE_INFINITY });
    expect(reasonOf(() => arena.allocate(layout, NOWAIT))).toBe('nowait');
    const large = Layout.from(3 * MIB);
    arena.deallocate(arena.allocate(large), large);
    const mapped = arena.stats().segmentBytes;
    expect(arena.allocate(layout, NOWAIT).byteLength).toBe(64);
    expect(arena.allocate(Layout.from(MIB), NOWAIT | ZEROED).byteLength).toBe(MIB);
    expect(reasonOf(() => arena.allocate(Layout.from(8 * MIB), NOWAIT))).toBe('nowait');
    expect(arena.tryAllocate(Layout.from(8 * MIB), NOWAIT)).toBe(null);
    expect(arena.stats().segmentBytes).toBe(mapped);
    expect(arena.verify()).toBe(true);
  });

  it('moves a block of an arena by copying it', () => {
    const arena = new ArenaAllocator({ decayMs: Number.POSITIVE_INFINITY });
    const room = Layout.from(16 * MIB);
    arena.deallocate(arena.allocate(room), room);
    const is = Layout.from(MIB);
    const block = arena.allocate(is);
    new Uint8Array(block).fill(7);
    arena.allocate(Layout.from(40_000)); // so that it cannot grow where it stands
    const next = arena.reallocate(block, is, Layout.from(2 * MIB), NOWAIT);
    const bytes = new Uint8Array(next);
    expect([bytes[0], bytes[MIB - 1], bytes[MIB], bytes[2 * MIB - 1]]).toEqual([7, 7, 0, 0]);
    expect(arena.stats().movedRanges).toBe(0);
  });

  it('is served by a pool from the slots that it has, and passed on for a slab', () => {
    const arena = new ArenaAllocator({ decayMs: Number.POSITIVE_INFINITY });
    const pool = new BufferPool(arena, { decayMs: Number.POSITIVE_INFINITY });
    const small = Layout.from(64);
    expect(reasonOf(() => pool.allocate(small, NOWAIT))).toBe('nowait');
    expect(pool.tryAllocate(small, NOWAIT)).toBe(null);
    pool.free(pool.allocUnsafe(64));
    expect(pool.allocate(small, NOWAIT).length).toBe(64);
    expect(pool.allocate(small, NOWAIT | ZEROED).length).toBe(64);
    expect(pool.allocate(Layout.from(4096), NOWAIT).length).toBe(4096); // a slab of the pages left
    expect(reasonOf(() => pool.allocate(Layout.from(16 * MIB), NOWAIT))).toBe('nowait');
    expect(pool.verify()).toBe(true);
  });

  it('gives no slab of a pool back to make room', () => {
    const pool = makePool({ limit: 64 * 1024 });
    const [first, ...others] = fillUp(pool, 64);
    for (const buffer of others) pool.free(buffer);
    pool.free(first as Buffer);
    const { mappedBytes } = pool.stats();
    expect(pool.tryAllocate(Layout.from(50_000), NOWAIT)).toBe(null);
    expect(pool.stats().mappedBytes).toBe(mappedBytes);
    expect(pool.tryAllocate(Layout.from(50_000))).not.toBe(null);
  });

  it('is always served where the memory is there from the beginning', () => {
    const chunks = new ChunkAllocator({ chunks: 16, chunkSize: 64 });
    expect(chunks.allocate(Layout.from(1024), NOWAIT).byteLength).toBe(1024);
    expect(reasonOf(() => chunks.allocate(layout, NOWAIT))).toBe('full');
    const pool = ChunkPool.over(heap({ chunks: 16, chunkSize: 64 }), { chunkSize: 64 });
    expect(pool.allocate(Layout.from(1024), NOWAIT).length).toBe(1024);
    expect(reasonOf(() => pool.allocate(layout, NOWAIT))).toBe('full');
  });
});

describe('an allocator that a program wrote', () => {
  it('from two functions is told all flags, with the two ways to ask for zeros in agreement', () => {
    const told: unknown[] = [];
    const defined = defineAllocator({
      allocate: ({ size }, options) => {
        told.push(options);
        return new ArrayBuffer(size);
      },
      deallocate: () => true,
    });
    defined.allocate(layout);
    defined.allocate(layout, NOWAIT);
    defined.allocate(layout, { uninitialized: true, flags: NOWAIT | NOWARN });
    defined.allocate(layout, { uninitialized: true, flags: ZEROED });
    expect(told).toEqual([
      { uninitialized: false, flags: ZEROED },
      { uninitialized: false, flags: ZEROED | NOWAIT },
      { uninitialized: true, flags: NOWAIT | NOWARN },
      { uninitialized: false, flags: ZEROED },
    ]);
  });

  it('as a class is given an object by what it inherits, never flags alone', () => {
    const told: unknown[] = [];
    class Telling extends BaseAllocator<ArrayBuffer> {
      override allocate({ size }: Layout, options?: { uninitialized?: boolean; flags?: number }) {
        told.push(options);
        return new ArrayBuffer(size);
      }
      override deallocate() {
        return true;
      }
    }
    const telling = new Telling();
    telling.tryAllocate(layout, NOWAIT);
    const block = telling.reallocate(null, null, layout, NOWARN);
    telling.reallocate(block, layout, layout, ZEROED);
    telling.reallocate(null, null, layout);
    expect(told).toEqual([
      { uninitialized: false, flags: ZEROED | NOWAIT },
      { uninitialized: false, flags: ZEROED | NOWARN },
      { uninitialized: false, flags: ZEROED },
      undefined,
    ]);
  });
});

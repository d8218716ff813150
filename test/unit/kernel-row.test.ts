/** What the seed about kernels promises: slabs, pages, both in turn, and the size to ask for. */
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Allocator,
  type AllocError,
  ArenaAllocator,
  addressOf,
  alignedSlabSize,
  Fallback,
  Layout,
  NOWAIT,
  PageAllocator,
  SlabAllocator,
  SystemAllocator,
} from '../../lib/index.js';
import { call, thrownBy } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';

beforeEach(idle);

const reasonOf = (action: () => unknown) => (thrownBy(action) as AllocError).reason;

describe('alignedSlabSize', () => {
  it.each([
    [24, 8, 24],
    [24, 16, 32],
    [5, 1, 5],
    [100, 8, 104],
    [48, 32, 64],
    [40, 64, 64],
    [65, 64, 128],
    [96, 64, 128],
    [0, 1, 0],
    [0, 4096, 0],
    [1, 16, 16],
    [2 ** 40 + 1, 2 ** 20, 2 ** 41],
  ])('of %i bytes aligned to %i, with slabs aligned to 8, is %i', (size, align, expected) => {
    expect(alignedSlabSize(Layout.from(size, align), 8)).toBe(expected);
  });

  it('leaves what slabs align by themselves at a multiple of its alignment', () => {
    expect(alignedSlabSize(Layout.from(100, 64), 64)).toBe(128);
    expect(alignedSlabSize(Layout.from(130, 64), 64)).toBe(192);
    expect(alignedSlabSize(Layout.from(130, 128), 64)).toBe(256);
  });

  it('is a power of two that holds the layout wherever the alignment is above', () => {
    for (let size = 1; size < 3000; size += 7) {
      for (const align of [16, 64, 512]) {
        const slab = alignedSlabSize(Layout.from(size, align), 8);
        expect(slab % align).toBe(0);
        expect(slab).toBeGreaterThanOrEqual(size);
        expect(Number.isInteger(Math.log2(slab))).toBe(true);
      }
    }
  });

  it.each([
    ['no layout', [{ size: 8, align: 8 }, 8], 'INVALID_ARG_TYPE'],
    ['no alignment', [Layout.from(8)], 'INVALID_ARG_TYPE'],
    ['a bigint', [Layout.from(8), 8n], 'INVALID_ARG_TYPE'],
    ['3', [Layout.from(8), 3], 'BAD_ALIGN'],
    ['0', [Layout.from(8), 0], 'BAD_ALIGN'],
    ['-8', [Layout.from(8), -8], 'OUT_OF_RANGE'],
    ['a size with no power of two above', [Layout.from(2 ** 52 + 1, 16), 8], 'SIZE_OVERFLOW'],
  ])('refuses %s', (_title, args, code) => {
    expect(() => call({ alignedSlabSize }, 'alignedSlabSize', ...args)).toThrow(withCode(code));
  });
});

const rows: [name: string, make: () => Allocator][] = [
  ['slab', () => new SlabAllocator()],
  ['page', () => new PageAllocator()],
  ['slabThenPage', () => new Fallback(new SlabAllocator(), new PageAllocator())],
];

describe.each(rows)('%s', (_name, make) => {
  it.each([
    [1024, 128],
    [16_384, 8192],
  ])('gives %i bytes aligned to %i', (size, align) => {
    const allocator = make();
    const layout = Layout.from(size, align);
    for (let at = 0; at < 8; at++) {
      const block = allocator.allocate(layout);
      expect(block.byteLength).toBe(size);
      expect(addressOf(block) % BigInt(align)).toBe(0n);
    }
    expect(allocator.verify()).toBe(true);
  });

  it('reallocates null to a block, and a block to nothing', () => {
    const allocator = make();
    const layout = Layout.from(100, 16);
    const block = allocator.reallocate(null, null, layout);
    expect(block.byteLength).toBe(100);
    const empty = allocator.reallocate(block, layout, Layout.from(0));
    expect([block.byteLength, empty.byteLength]).toEqual([0, 0]);
    expect(allocator.stats()).toMatchObject({ liveBlocks: 1 });
  });

  it('refuses with NOWAIT what needs the operating system', () => {
    expect(reasonOf(() => make().allocate(Layout.from(64), { flags: NOWAIT }))).toBe('nowait');
  });
});

describe('a SlabAllocator', () => {
  it('has classes of powers of two, and aligns each block to its class', () => {
    const slab = new SlabAllocator();
    for (const [size, align, expected] of [
      [0, 8, 0],
      [1, 1, 8],
      [8, 8, 8],
      [9, 1, 16],
      [24, 8, 32],
      [24, 64, 64],
      [100, 8, 128],
      [4097, 1, 8192],
      [32_768, 1, 32_768],
    ] as const) {
      const layout = Layout.from(size, align);
      expect(slab.usableSize(layout), `${layout}`).toBe(expected);
      if (size === 0) continue;
      const before = slab.stats().liveBytes;
      for (let at = 0; at < 3; at++) {
        expect(addressOf(slab.allocate(layout)) % BigInt(expected)).toBe(0n);
      }
      expect(slab.stats().liveBytes - before).toBe(3 * expected);
    }
  });

  it('takes up of its arena what its classes say', () => {
    const arena = new ArenaAllocator();
    const slab = new SlabAllocator({ parent: arena });
    for (const size of [16, 33, 100, 1000, 5000]) {
      const layout = Layout.from(size);
      const before = arena.stats().liveBytes;
      slab.allocate(layout);
      expect(arena.stats().liveBytes - before).toBe(slab.usableSize(layout));
    }
  });

  it('leaves what is above its largest class to pages: too-large', () => {
    const slab = new SlabAllocator();
    for (const layout of [Layout.from(32_769), Layout.from(1, 65_536)]) {
      expect(reasonOf(() => slab.allocate(layout))).toBe('too-large');
      expect(slab.tryAllocate(layout)).toBe(null);
    }
    const small = Layout.from(100);
    const block = slab.allocate(small);
    expect(reasonOf(() => slab.reallocate(block, small, Layout.from(40_000)))).toBe('too-large');
    expect(slab.reallocateInPlace(block, small, Layout.from(40_000))).toBe(null);
    expect(slab.owns(block)).toBe(true);
    expect(slab.stats().failures).toBe(5);
  });

  it('keeps a block in its class where it stands', () => {
    const slab = new SlabAllocator();
    const [is, less, more] = [Layout.from(100), Layout.from(70), Layout.from(129)];
    const block = slab.allocate(is);
    const address = addressOf(block);
    const next = slab.reallocateInPlace(block, is, less) as ArrayBuffer;
    expect(addressOf(next)).toBe(address);
    expect(slab.reallocateInPlace(next, less, more)).toBe(null);
  });

  it('lies over another allocator, which lives on', () => {
    const system = new SystemAllocator();
    const slab = new SlabAllocator({ parent: system, smallest: 64, largest: 128 });
    expect(slab.usableSize(Layout.from(1))).toBe(64);
    expect(slab.tryAllocate(Layout.from(129))).toBe(null);
    slab.allocate(Layout.from(1));
    slab.dispose();
    expect(system.stats().liveBlocks).toBe(0);
    expect(system.allocate(Layout.from(8)).byteLength).toBe(8);
    expect(inspect(slab)).toBe('[slab: closed]');
  });
});

describe('a PageAllocator', () => {
  it('gives whole pages', () => {
    const pages = new PageAllocator();
    expect([0, 1, 4096, 4097, 100_000].map((size) => pages.usableSize(Layout.from(size)))).toEqual([
      0, 4096, 4096, 8192, 102_400,
    ]);
    const block = pages.allocate(Layout.from(5000));
    expect([block.byteLength, addressOf(block) % 4096n]).toEqual([5000, 0n]);
    expect(pages.stats().liveBytes).toBe(8192);
  });

  it('has pages of another size where it is told so', () => {
    const pages = new PageAllocator({ parent: new SystemAllocator(), pageSize: 65_536 });
    expect(pages.pageSize).toBe(65_536);
    expect(addressOf(pages.allocate(Layout.from(1))) % 65_536n).toBe(0n);
  });
});

describe('slabs, then pages', () => {
  it('takes small requests from slabs and large ones from pages, and moves between them', () => {
    const [slab, page] = [new SlabAllocator(), new PageAllocator()];
    const allocator = new Fallback(slab, page);
    const [small, large] = [Layout.from(100), Layout.from(100_000)];
    const first = allocator.allocate(small);
    const second = allocator.allocate(large);
    const live = () => [slab.stats().liveBytes, page.stats().liveBytes];
    expect(live()).toEqual([128, 102_400]);
    expect(allocator.owns(second)).toBe(true);
    new Uint8Array(first).fill(7);
    const grown = allocator.reallocate(first, small, large);
    expect(live()).toEqual([0, 204_800]);
    expect(new Uint8Array(grown).lastIndexOf(7)).toBe(99);
  });
});

describe('the options of slabs and pages', () => {
  it.each([
    [SlabAllocator, null, 'INVALID_ARG_TYPE'],
    [SlabAllocator, { classes: 8 }, 'INVALID_ARG_TYPE'],
    [SlabAllocator, { parent: null }, 'INVALID_ARG_TYPE'],
    [SlabAllocator, { smallest: '8' }, 'INVALID_ARG_TYPE'],
    [SlabAllocator, { smallest: 0 }, 'OUT_OF_RANGE'],
    [SlabAllocator, { smallest: 24 }, 'BAD_ALIGN'],
    [SlabAllocator, { largest: 2 ** 53 }, 'OUT_OF_RANGE'],
    [SlabAllocator, { smallest: 64, largest: 32 }, 'OUT_OF_RANGE'],
    [PageAllocator, null, 'INVALID_ARG_TYPE'],
    [PageAllocator, { pageSize: 5000 }, 'BAD_ALIGN'],
    [PageAllocator, { pageSize: Number.NaN }, 'OUT_OF_RANGE'],
    [PageAllocator, { smallest: 8 }, 'INVALID_ARG_TYPE'],
  ])('%o refuses %o', (Class, options, code) => {
    expect(() => Reflect.construct(Class, [options])).toThrow(withCode(code));
  });

  it('end the arena that they made, and no other', () => {
    const slab = new SlabAllocator();
    const block = slab.allocate(Layout.from(8));
    slab.dispose();
    expect(block.byteLength).toBe(0);
    expect(() => slab.allocate(Layout.from(8))).toThrow(withCode('CLOSED'));
  });
});

// The kernel's rules of the blog post "Allocators": a slab that aligns less than a layout asks for.
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Allocator,
  addressOf,
  alignedSlabSize,
  Fallback,
  Layout,
  PageAllocator,
  SlabAllocator,
} from '../../lib/index.js';
import { bytesOf } from '../support/call.js';
import { idle } from '../support/idle.js';

beforeEach(idle);

describe('alignedSlabSize({ size, align }, 8)', () => {
  it.each([
    [24, 8, 24],
    [24, 16, 32],
    [5, 1, 5],
    [100, 8, 104],
    [48, 32, 64],
    [40, 64, 64],
    [65, 64, 128],
    [96, 64, 128],
  ])('(%i, %i) -> %i', (size, align, slab) => {
    expect(alignedSlabSize(Layout.from(size, align), 8)).toBe(slab);
  });

  it('is a size whose power-of-two slab has the alignment', () => {
    for (let size = 1; size < 300; size++) {
      for (const align of [1, 2, 4, 8, 16, 32, 64, 128, 256]) {
        const slab = alignedSlabSize(Layout.from(size, align), 8);
        expect(slab).toBeGreaterThanOrEqual(size);
        expect(slab % align).toBe(0);
        if (align > 8) expect(Math.log2(slab) % 1).toBe(0);
      }
    }
  });
});

const makers: [name: string, make: () => Allocator<ArrayBuffer>][] = [
  ['slab', () => new SlabAllocator()],
  ['page', () => new PageAllocator()],
  ['slabThenPage', () => new Fallback(new SlabAllocator(), new PageAllocator())],
];

describe.each(makers)('%s', (_name, make) => {
  it.each([
    [1024, 128],
    [16384, 8192],
    [4, 4096],
  ])('has %i bytes at an alignment of %i', (size, align) => {
    const allocator = make();
    const layout = Layout.from(size, align);
    const blocks = Array.from({ length: 8 }, () => allocator.allocate(layout));
    for (const block of blocks) {
      expect(addressOf(block) % BigInt(align)).toBe(0n);
      expect(bytesOf(block).every((byte) => byte === 0)).toBe(true);
      expect(allocator.deallocate(block, layout)).toBe(true);
    }
    expect(allocator.stats().liveBlocks).toBe(0);
    expect(allocator.verify()).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { type Block, Layout } from '../../../lib/index.js';
import { idle, withCode } from '../../support/idle.js';
import type { Contract } from '../contract.js';
import { bytesOf, isZero, patternLength, writePattern } from './bytes.js';
import { NO_BLOCKS, NO_LAYOUTS } from './values.js';

/** From, to: every way that a layout can change. */
const CHANGES: readonly [title: string, from: Layout, to: Layout][] = [
  ['grows', Layout.from(100, 16), Layout.from(10_000, 16)],
  ['grows by one byte', Layout.from(4096, 16), Layout.from(4097, 16)],
  ['shrinks', Layout.from(10_000, 16), Layout.from(100, 16)],
  ['shrinks by one byte', Layout.from(4096, 16), Layout.from(4095, 16)],
  ['stays the same', Layout.from(100, 16), Layout.from(100, 16)],
  ['grows over-aligned', Layout.from(100, 4096), Layout.from(10_000, 4096)],
  ['shrinks over-aligned', Layout.from(10_000, 4096), Layout.from(100, 4096)],
  ['becomes more aligned', Layout.from(100, 8), Layout.from(100, 4096)],
  ['becomes less aligned', Layout.from(100, 4096), Layout.from(100, 8)],
  ['grows and becomes more aligned', Layout.from(10, 1), Layout.from(100_000, 65_536)],
  ['becomes empty', Layout.from(100, 16), Layout.from(0, 16)],
  ['gets its first byte', Layout.from(0, 16), Layout.from(100, 16)],
  ['stays empty', Layout.from(0, 16), Layout.from(0, 64)],
];

const layout = Layout.from(100, 16);
const larger = Layout.from(200, 16);

export function describeReallocation<B extends Block>({ make, traits }: Contract<B>): void {
  describe.each(CHANGES)('reallocate of a block that %s', (_title, from, to) => {
    const kept = Math.min(from.size, to.size);

    it('gives exactly the new bytes', () => {
      const { allocator } = make();
      expect(allocator.reallocate(allocator.allocate(from), from, to).byteLength).toBe(to.size);
    });

    it('keeps the contents and zeroes what is new', () => {
      const { allocator } = make();
      const block = allocator.allocate(from);
      writePattern(block, 11);
      const next = allocator.reallocate(block, from, to);
      expect(patternLength(next, 11)).toBeGreaterThanOrEqual(kept);
      expect(isZero(next, kept)).toBe(true);
    });

    it('keeps the contents when new bytes need not be zero', () => {
      const { allocator } = make();
      const block = allocator.allocate(from);
      writePattern(block, 13);
      const next = allocator.reallocate(block, from, to, { uninitialized: true });
      expect(patternLength(next, 13)).toBeGreaterThanOrEqual(kept);
    });

    it('ends the old block', async () => {
      const { allocator } = make();
      await idle();
      const block = allocator.allocate(from);
      const next = allocator.reallocate(block, from, to);
      expect(next === block).toBe(false); // toBe would look into views that are detached
      expect(() => allocator.deallocate(block, from)).toThrow(withCode('DETACHED'));
    });

    it('gives a block that is freed with the new layout', async () => {
      const { allocator } = make();
      await idle();
      const next = allocator.reallocate(allocator.allocate(from), from, to);
      expect(allocator.deallocate(next, to)).toBe(true);
    });
  });

  describe('reallocate', () => {
    it('zeroes what is new in memory that was written before', () => {
      const { allocator } = make();
      for (let round = 0; round < 20; round++) {
        const block = allocator.allocate(layout);
        const next = allocator.reallocate(block, layout, Layout.from(4000, 16));
        expect(isZero(next), `round ${round}`).toBe(true);
        bytesOf(next).fill(0xff);
        allocator.deallocate(next, Layout.from(4000, 16));
      }
    });

    it('leaves the old block alive when there is no memory', () => {
      const { allocator, refused } = make();
      const block = allocator.allocate(layout);
      writePattern(block, 17);
      expect(() => allocator.reallocate(block, layout, refused.layout)).toThrow(
        withCode(refused.code),
      );
      expect(patternLength(block, 17)).toBe(layout.size);
    });

    it('leaves the old block alive when the layout is not its own', () => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      writePattern(block, 19);
      expect(() => allocator.reallocate(block, Layout.from(99, 16), larger)).toThrow(
        withCode('LAYOUT_MISMATCH'),
      );
      expect(patternLength(block, 19)).toBe(layout.size);
    });

    it('refuses a block that was freed', async () => {
      const { allocator } = make();
      await idle();
      const block = allocator.allocate(layout);
      allocator.deallocate(block, layout);
      expect(() => allocator.reallocate(block, layout, larger)).toThrow(withCode('DETACHED'));
    });

    it('refuses the block of another allocator and leaves it alive', () => {
      const block = make().allocator.allocate(layout);
      expect(() => make().allocator.reallocate(block, layout, larger)).toThrow(
        withCode('NOT_OWNED'),
      );
      expect(block.byteLength).toBe(layout.size);
    });

    it('allocates where there is no block yet', () => {
      const { allocator, refused } = make();
      const block = allocator.reallocate(null, null, larger);
      expect(block.byteLength).toBe(larger.size);
      expect(bytesOf(block).every((byte) => byte === 0)).toBe(true);
      expect(allocator.deallocate(block, larger)).toBe(true);
      expect(() => allocator.reallocate(null, layout, refused.layout)).toThrow(
        withCode(refused.code),
      );
      const invalid = withCode('INVALID_ARG_TYPE');
      expect(() => allocator.reallocate(null, {} as never, larger)).toThrow(invalid);
      expect(() => allocator.reallocate(null, null, null as never)).toThrow(invalid);
      expect(() => allocator.grow(null as never, layout, larger)).toThrow(invalid);
      expect(() => allocator.shrink(null as never, larger, layout)).toThrow(invalid);
    });

    const refusedBlocks = NO_BLOCKS.filter(([, value]) => value !== null);
    it.each(refusedBlocks)('refuses %s in place of a block', (_title, value) => {
      const { allocator } = make();
      expect(() => allocator.reallocate(value as never, layout, larger)).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    });

    it.each(NO_LAYOUTS)('refuses %s in place of either layout', (_title, value) => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      const invalid = withCode('INVALID_ARG_TYPE');
      expect(() => allocator.reallocate(block, value as never, larger)).toThrow(invalid);
      expect(() => allocator.reallocate(block, layout, value as never)).toThrow(invalid);
    });

    it('refuses options that it does not know', () => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      const options = { zeroed: true } as never;
      expect(() => allocator.reallocate(block, layout, larger, options)).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    });

    if (traits.detaches) {
      it('takes every byte from the views of the old block', async () => {
        const { allocator } = make();
        await idle();
        const block = allocator.allocate(layout);
        const view = bytesOf(block);
        allocator.reallocate(block, layout, larger);
        expect(view.byteLength).toBe(0);
      });
    } else {
      it('leaves the views of the old block as they are', () => {
        const { allocator } = make();
        const block = allocator.allocate(layout);
        allocator.reallocate(block, layout, larger);
        expect(block.byteLength).toBe(layout.size);
      });
    }

    if (traits.leases ?? traits.isNative) {
      it('refuses a leased block and leaves it alive', () => {
        const { allocator } = make();
        const block = allocator.allocate(layout);
        using _lease = allocator.lease(block);
        expect(() => allocator.reallocate(block, layout, larger)).toThrow(withCode('LEASED'));
        expect(block.byteLength).toBe(layout.size);
      });
    }
  });

  describe('reallocateInPlace', () => {
    it.each(CHANGES)(
      'of a block that %s answers with its bytes, or leaves it',
      (_title, from, to) => {
        const { allocator } = make();
        const block = allocator.allocate(from);
        writePattern(block, 23);
        const same = allocator.reallocateInPlace(block, from, to);
        expect((same ?? block).byteLength).toBe(same === null ? from.size : to.size);
        const kept = same === null ? from.size : Math.min(from.size, to.size);
        expect(patternLength(same ?? block, 23)).toBeGreaterThanOrEqual(kept);
      },
    );

    it.each(NO_LAYOUTS)('refuses %s in place of either layout', (_title, value) => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      const invalid = withCode('INVALID_ARG_TYPE');
      expect(() => allocator.reallocateInPlace(block, value as never, larger)).toThrow(invalid);
      expect(() => allocator.reallocateInPlace(block, layout, value as never)).toThrow(invalid);
    });
  });

  describe('grow and shrink', () => {
    it('grow to as many bytes or more', () => {
      const { allocator } = make();
      const same = allocator.grow(allocator.allocate(layout), layout, layout);
      expect(allocator.grow(same, layout, larger).byteLength).toBe(larger.size);
    });

    it('shrink to as many bytes or fewer', () => {
      const { allocator } = make();
      const same = allocator.shrink(allocator.allocate(larger), larger, larger);
      expect(allocator.shrink(same, larger, layout).byteLength).toBe(layout.size);
    });

    it('refuse the other direction and leave the block alive', () => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      writePattern(block, 29);
      const [less, more] = [Layout.from(99, 16), Layout.from(101, 16)];
      expect(() => allocator.grow(block, layout, less)).toThrow(withCode('OUT_OF_RANGE'));
      expect(() => allocator.shrink(block, layout, more)).toThrow(withCode('OUT_OF_RANGE'));
      expect(patternLength(block, 29)).toBe(layout.size);
    });

    it.each(NO_LAYOUTS)('refuse %s in place of either layout', (_title, value) => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      const invalid = withCode('INVALID_ARG_TYPE');
      for (const change of [allocator.grow, allocator.shrink]) {
        expect(() => change.call(allocator, block, value as never, layout)).toThrow(invalid);
        expect(() => change.call(allocator, block, layout, value as never)).toThrow(invalid);
      }
    });
  });
}

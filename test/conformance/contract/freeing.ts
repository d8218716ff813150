import { describe, expect, it } from 'vitest';
import { type Block, Layout } from '../../../lib/index.js';
import { idle, withCode } from '../../support/idle.js';
import type { Contract } from '../contract.js';
import { bytesOf, patternLength, writePattern } from './bytes.js';
import { GRID, NO_BLOCKS, NO_LAYOUTS } from './values.js';

const layout = Layout.from(100, 16);

export function describeFreeing<B extends Block>({ make, traits }: Contract<B>): void {
  describe('deallocate', () => {
    it('answers true while nothing is in flight', async () => {
      const { allocator } = make();
      await idle();
      for (const each of GRID) {
        expect(allocator.deallocate(allocator.allocate(each), each), `${each}`).toBe(true);
      }
    });

    if (traits.detaches) {
      it('takes every byte from every view', async () => {
        const { allocator } = make();
        await idle();
        const block = allocator.allocate(layout);
        const views = [bytesOf(block), Buffer.from(bytesOf(block).buffer), bytesOf(block)];
        allocator.deallocate(block, layout);
        expect([block, ...views].map((each) => each.byteLength)).toEqual([0, 0, 0, 0]);
      });
    } else {
      it('leaves views as they are', async () => {
        const { allocator } = make();
        await idle();
        const block = allocator.allocate(layout);
        allocator.deallocate(block, layout);
        expect(block.byteLength).toBe(layout.size);
      });
    }

    it('frees a block once', () => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      allocator.deallocate(block, layout);
      expect(() => allocator.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    });

    it('frees an empty block once', async () => {
      const { allocator } = make();
      const empty = Layout.from(0, 4096);
      await idle();
      const block = allocator.allocate(empty);
      expect(allocator.deallocate(block, empty)).toBe(true);
      expect(() => allocator.deallocate(block, empty)).toThrow(withCode('DETACHED'));
    });

    it.each([
      ['smaller', Layout.from(99, 16)],
      ['larger', Layout.from(101, 16)],
      ['less aligned', Layout.from(100, 8)],
      ['more aligned', Layout.from(100, 32)],
    ])('refuses a layout that is %s and leaves the block alive', (_title, wrong) => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      writePattern(block, 5);
      expect(() => allocator.deallocate(block, wrong)).toThrow(withCode('LAYOUT_MISMATCH'));
      expect(patternLength(block, 5)).toBe(layout.size);
    });

    it('takes an equal layout for the same', async () => {
      const { allocator } = make();
      await idle();
      const block = allocator.allocate(layout);
      expect(allocator.deallocate(block, Layout.from(100, 16))).toBe(true);
    });

    it('refuses the block of another allocator and leaves it alive', () => {
      const other = make().allocator;
      const block = other.allocate(layout);
      writePattern(block, 7);
      expect(() => make().allocator.deallocate(block, layout)).toThrow(withCode('NOT_OWNED'));
      expect(patternLength(block, 7)).toBe(layout.size);
    });

    it('refuses memory that no allocator gave', () => {
      const { allocator } = make();
      expect(() => allocator.deallocate(new ArrayBuffer(100) as never, layout)).toThrow(
        withCode('NOT_OWNED'),
      );
    });

    it('refuses a view of a block and leaves the block alive', () => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      writePattern(block, 9);
      expect(() => allocator.deallocate(bytesOf(block) as never, layout)).toThrow(
        withCode('INTERIOR'),
      );
      expect(patternLength(block, 9)).toBe(layout.size);
    });

    it.each(NO_BLOCKS)('refuses %s in place of a block', (_title, value) => {
      const { allocator } = make();
      expect(() => allocator.deallocate(value as never, layout)).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    });

    it.each(NO_LAYOUTS)('refuses %s in place of a layout', (_title, value) => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      expect(() => allocator.deallocate(block, value as never)).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
      expect(block.byteLength).toBe(layout.size);
    });

    it.each([
      ['null', null],
      ['an unknown name', { force: true }],
      ['an unknown value', { whenBusy: 'wait' }],
    ])('refuses %s as options and leaves the block alive', (_title, options) => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      expect(() => allocator.deallocate(block, layout, options as never)).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
      expect(block.byteLength).toBe(layout.size);
    });
  });

  describe('lease', () => {
    if (traits.leases ?? traits.isNative) {
      it('keeps the memory of a freed block until it is disposed', async () => {
        const { allocator } = make();
        const block = allocator.allocate(layout);
        writePattern(block, 3);
        const lease = allocator.lease(block);
        await idle();
        expect(allocator.deallocate(block, layout)).toBe(false);
        expect(patternLength(block, 3)).toBe(layout.size);
        lease.dispose();
        expect(block.byteLength).toBe(traits.detaches ? 0 : layout.size);
        expect(() => allocator.deallocate(block, layout)).toThrow(withCode('DETACHED'));
      });

      it('makes a free that may not wait throw LEASED', () => {
        const { allocator } = make();
        const block = allocator.allocate(layout);
        using _lease = allocator.lease(block);
        expect(() => allocator.deallocate(block, layout, { whenBusy: 'throw' })).toThrow(
          withCode('LEASED'),
        );
      });
    } else {
      it('refuses memory that the package does not manage', () => {
        const { allocator } = make();
        const block = allocator.allocate(layout);
        expect(() => allocator.lease(block)).toThrow(withCode('NOT_OWNED'));
      });
    }

    it.each(NO_BLOCKS)('refuses %s in place of a block', (_title, value) => {
      const { allocator } = make();
      expect(() => allocator.lease(value as never)).toThrow(withCode('INVALID_ARG_TYPE'));
    });
  });
}

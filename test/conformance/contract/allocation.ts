import { describe, expect, it } from 'vitest';
import {
  AllocError,
  addressOf,
  type Block,
  Layout,
  NOWAIT,
  NOWARN,
  ZEROED,
} from '../../../lib/index.js';
import { withCode } from '../../support/idle.js';
import type { Contract } from '../contract.js';
import { bytesOf, isZero } from './bytes.js';
import { GRID, NO_LAYOUTS } from './values.js';

export function describeAllocation<B extends Block>({ make, traits }: Contract<B>): void {
  describe('allocate', () => {
    it('gives exactly the bytes that were asked for', () => {
      const { allocator } = make();
      for (const layout of GRID) {
        const block = allocator.allocate(layout);
        expect(block.byteLength, `${layout}`).toBe(layout.size);
        allocator.deallocate(block, layout);
      }
    });

    if (traits.isNative) {
      it('starts every block at a multiple of its alignment', () => {
        const { allocator } = make();
        for (const layout of GRID) {
          const block = allocator.allocate(layout);
          expect(addressOf(block) % BigInt(layout.align), `${layout}`).toBe(0n);
          allocator.deallocate(block, layout);
        }
      });
    } else {
      it('gives blocks whose address the package does not know', () => {
        const block = make().allocator.allocate(Layout.from(64, 16));
        expect(() => addressOf(block)).toThrow(withCode('NOT_OWNED'));
      });
    }

    it('zeroes memory that was never used', () => {
      const { allocator } = make();
      for (const layout of GRID) {
        const block = allocator.allocate(layout);
        expect(isZero(block), `${layout}`).toBe(true);
        allocator.deallocate(block, layout);
      }
    });

    it('zeroes memory that was written before', () => {
      const { allocator } = make();
      for (const layout of GRID) {
        for (let round = 0; round < 3; round++) {
          const block = allocator.allocate(layout);
          expect(isZero(block), `${layout} in round ${round}`).toBe(true);
          bytesOf(block).fill(0xff);
          allocator.deallocate(block, layout);
        }
      }
    });

    it('gives as many bytes that can be written when they need not be zero', () => {
      const { allocator } = make();
      for (const layout of GRID) {
        const block = allocator.allocate(layout, { uninitialized: true });
        bytesOf(block).fill(0x5a);
        expect(bytesOf(block).lastIndexOf(0x5a), `${layout}`).toBe(layout.size - 1);
        allocator.deallocate(block, layout);
      }
    });

    it('gives every empty block an identity of its own', () => {
      const { allocator } = make();
      const empty = Layout.from(0, 64);
      expect(allocator.allocate(empty)).not.toBe(allocator.allocate(empty));
    });

    it('refuses what it cannot serve with an AllocError that names the layout', () => {
      const { allocator, refused } = make();
      const attempt = () => allocator.allocate(refused.layout);
      expect(attempt).toThrow(AllocError);
      expect(attempt).toThrow(withCode(refused.code));
      expect(attempt).toThrow(expect.objectContaining({ layout: refused.layout }));
    });

    it('serves what it can after a refusal', () => {
      const { allocator, refused } = make();
      expect(() => allocator.allocate(refused.layout)).toThrow(withCode(refused.code));
      expect(allocator.allocate(Layout.from(64, 8)).byteLength).toBe(64);
    });

    it.each(NO_LAYOUTS)('refuses %s in place of a layout', (_title, value) => {
      const { allocator } = make();
      expect(() => allocator.allocate(value as never)).toThrow(withCode('INVALID_ARG_TYPE'));
    });

    it('refuses options that it does not know, and values of another type', () => {
      const { allocator } = make();
      const layout = Layout.from(8, 8);
      for (const options of [null, '1', { zeroed: true }, { uninitialized: 1 }, { flags: '1' }]) {
        expect(() => allocator.allocate(layout, options as never)).toThrow(
          withCode('INVALID_ARG_TYPE'),
        );
      }
      expect(() => allocator.allocate(layout, { flags: 8 })).toThrow(withCode('OUT_OF_RANGE'));
    });

    it('zeroes what ZEROED asks for, whatever else is said', () => {
      const { allocator } = make();
      const layout = Layout.from(100, 8);
      const dirty = allocator.allocate(layout);
      bytesOf(dirty).fill(0xff);
      allocator.deallocate(dirty, layout);
      expect(isZero(allocator.allocate(layout, { uninitialized: true, flags: ZEROED }))).toBe(true);
    });

    it('refuses with NOWAIT what needs the operating system, or serves it', () => {
      const { allocator } = make();
      const layout = Layout.from(64, 8);
      const block = allocator.tryAllocate(layout, { flags: NOWAIT | NOWARN });
      if (block === null) {
        const attempt = () => allocator.allocate(layout, { flags: NOWAIT });
        expect(attempt).toThrow(expect.objectContaining({ reason: 'nowait' }));
      } else {
        expect(isZero(block)).toBe(true);
      }
    });
  });

  describe('tryAllocate', () => {
    it('gives a zeroed block where there is memory', () => {
      const block = make().allocator.tryAllocate(Layout.from(100, 32));
      expect(block?.byteLength).toBe(100);
      expect(block !== null && isZero(block)).toBe(true);
    });

    it('gives null where there is none', () => {
      const { allocator, refused } = make();
      expect(allocator.tryAllocate(refused.layout)).toBeNull();
    });

    it.each(NO_LAYOUTS)('throws for %s in place of a layout', (_title, value) => {
      const { allocator } = make();
      expect(() => allocator.tryAllocate(value as never)).toThrow(withCode('INVALID_ARG_TYPE'));
    });

    it('throws for options that it does not know', () => {
      const { allocator } = make();
      expect(() => allocator.tryAllocate(Layout.from(8), { zeroed: true } as never)).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    });
  });
}

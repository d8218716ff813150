import { describe, expect, it } from 'vitest';
import { type Allocator, type Block, Layout } from '../../../lib/index.js';
import { idle, withCode } from '../../support/idle.js';
import type { Contract } from '../contract.js';
import { patternLength, writePattern } from './bytes.js';

const layout = Layout.from(100, 16);

/** Every call that a closed allocator refuses. */
const CALLS: readonly [name: string, call: (allocator: Allocator<never>, block: never) => void][] =
  [
    ['allocate', (allocator) => allocator.allocate(layout)],
    ['tryAllocate', (allocator) => allocator.tryAllocate(layout)],
    ['deallocate', (allocator, block) => allocator.deallocate(block, layout)],
    ['reallocate', (allocator, block) => allocator.reallocate(block, layout, layout)],
    ['reallocateInPlace', (allocator, block) => allocator.reallocateInPlace(block, layout, layout)],
    ['grow', (allocator, block) => allocator.grow(block, layout, layout)],
    ['shrink', (allocator, block) => allocator.shrink(block, layout, layout)],
    ['lease', (allocator, block) => allocator.lease(block)],
    ['usableSize', (allocator) => allocator.usableSize(layout)],
    ['stats', (allocator) => allocator.stats()],
    ['verify', (allocator) => allocator.verify()],
  ];

export function describeClosing<B extends Block>({ make, traits }: Contract<B>): void {
  describe('dispose', () => {
    it('can be called twice', () => {
      const { allocator } = make();
      allocator.dispose();
      expect(() => allocator.dispose()).not.toThrow();
    });

    it('is what Symbol.dispose calls', () => {
      const { allocator } = make();
      allocator[Symbol.dispose]();
      const attempt = () => allocator.allocate(layout);
      if (traits.closes) expect(attempt).toThrow(withCode('CLOSED'));
      else expect(attempt).not.toThrow();
    });

    it('happens at the end of a block with `using`', () => {
      let kept: Allocator<B>;
      {
        using allocator = make().allocator;
        kept = allocator;
        allocator.allocate(layout);
      }
      const attempt = () => kept.allocate(layout);
      if (traits.closes) expect(attempt).toThrow(withCode('CLOSED'));
      else expect(attempt).not.toThrow();
    });
  });

  if (traits.closes) describeClosed({ make, traits });
  else {
    it('dispose leaves blocks and allocator as they are', async () => {
      const { allocator } = make();
      await idle();
      const block = allocator.allocate(layout);
      allocator.dispose();
      expect(allocator.deallocate(block, layout)).toBe(true);
    });
  }
}

function describeClosed<B extends Block>({ make, traits }: Contract<B>): void {
  it.each(CALLS)('after dispose %s throws CLOSED', async (_name, call) => {
    const { allocator } = make();
    await idle();
    const block = allocator.allocate(layout);
    allocator.dispose();
    expect(() => call(allocator as never, block as never)).toThrow(withCode('CLOSED'));
  });

  it('after dispose owns answers false', () => {
    const { allocator } = make();
    const block = allocator.allocate(layout);
    allocator.dispose();
    expect(allocator.owns(block)).toBe(false);
  });

  const left = traits.leavesMemory === true || !traits.isNative ? layout.size : 0;

  if (traits.isNative) {
    it(`dispose leaves ${left} bytes of every live block`, async () => {
      const { allocator } = make();
      await idle();
      const blocks = Array.from({ length: 100 }, () => allocator.allocate(layout));
      allocator.dispose();
      expect(blocks.filter((block) => block.byteLength !== left)).toEqual([]);
    });
  } else {
    it('dispose leaves the bytes of blocks as they are', () => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      writePattern(block, 37);
      allocator.dispose();
      expect(patternLength(block, 37)).toBe(layout.size);
    });
  }

  if (traits.leases ?? traits.isNative) {
    it('dispose throws LEASED while a lease is open and changes nothing', () => {
      const { allocator } = make();
      const [leased, free] = [allocator.allocate(layout), allocator.allocate(layout)];
      writePattern(free, 31);
      using _lease = allocator.lease(leased);
      const before = allocator.stats();
      expect(() => allocator.dispose()).toThrow(withCode('LEASED'));
      expect(allocator.stats()).toEqual(before);
      expect(patternLength(free, 31)).toBe(layout.size);
    });

    it('dispose works once the lease has ended', async () => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      const lease = allocator.lease(block);
      expect(() => allocator.dispose()).toThrow(withCode('LEASED'));
      lease.dispose();
      await idle();
      allocator.dispose();
      expect(block.byteLength).toBe(left);
    });
  }
}

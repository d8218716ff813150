import { describe, expect, it } from 'vitest';
import { type AllocatorStats, type Block, Layout } from '../../../lib/index.js';
import { idle, withCode } from '../../support/idle.js';
import type { Contract } from '../contract.js';
import { bytesOf } from './bytes.js';
import { GRID, NO_BLOCKS, NO_LAYOUTS } from './values.js';

/** Every figure. Leaving one out does not compile. */
const NAMES = Object.keys({
  liveBlocks: 0,
  liveBytes: 0,
  peakBytes: 0,
  mappedBytes: 0,
  abandonedBlocks: 0,
  abandonedBytes: 0,
  orphanedBlocks: 0,
  orphanedBytes: 0,
  allocations: 0,
  deallocations: 0,
  failures: 0,
  limit: 0,
} satisfies Record<keyof AllocatorStats, 0>) as (keyof AllocatorStats)[];

const layout = Layout.from(100, 16);
const larger = Layout.from(200, 16);
const empty = Layout.from(0, 8);

/** The figures that every allocator has, of one that may have more. */
function common(stats: Partial<AllocatorStats>) {
  return NAMES.map((name) => [name, stats[name]]);
}

export function describeFigures<B extends Block>({ make, traits }: Contract<B>): void {
  describe('stats', () => {
    it('has every figure as a number', () => {
      const stats = make().allocator.stats();
      expect(NAMES.filter((name) => typeof stats[name] !== 'number')).toEqual([]);
    });

    it('is frozen', () => {
      expect(Object.isFrozen(make().allocator.stats())).toBe(true);
    });

    if (traits.counts) describeCounting({ make, traits });
    else {
      it('stays at its defaults', () => {
        const { allocator } = make();
        const before = allocator.stats();
        allocator.allocate(layout);
        expect(allocator.stats()).toEqual(before);
        expect(before).toMatchObject({ liveBlocks: 0, limit: Number.POSITIVE_INFINITY });
      });
    }
  });

  describe('usableSize', () => {
    it('is at least the size', () => {
      const { allocator } = make();
      expect(GRID.filter((each) => allocator.usableSize(each) < each.size)).toEqual([]);
    });

    it.each(NO_LAYOUTS)('refuses %s in place of a layout', (_title, value) => {
      const { allocator } = make();
      expect(() => allocator.usableSize(value as never)).toThrow(withCode('INVALID_ARG_TYPE'));
    });
  });

  describe('owns', () => {
    it(`answers ${traits.counts} for a live block`, () => {
      const { allocator } = make();
      expect(allocator.owns(allocator.allocate(layout))).toBe(traits.counts);
    });

    it(`answers ${traits.counts} for a live empty block`, () => {
      const { allocator } = make();
      expect(allocator.owns(allocator.allocate(Layout.from(0)))).toBe(traits.counts);
    });

    it(`answers ${traits.counts} for a view of a live block`, () => {
      const { allocator } = make();
      const view = bytesOf(allocator.allocate(layout)).subarray(10, 20);
      expect(allocator.owns(view)).toBe(traits.counts);
      expect(allocator.owns(new DataView(view.buffer, view.byteOffset))).toBe(traits.counts);
    });

    it('answers false for a block that was freed', () => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      allocator.deallocate(block, layout);
      expect(allocator.owns(block)).toBe(false);
    });

    it('answers false for a block that was reallocated', () => {
      const { allocator } = make();
      const block = allocator.allocate(layout);
      allocator.reallocate(block, layout, larger);
      expect(allocator.owns(block)).toBe(false);
    });

    it('answers false for the block of another allocator and for a view of it', () => {
      const { allocator } = make();
      const block = make().allocator.allocate(layout);
      expect(allocator.owns(block)).toBe(false);
      expect(allocator.owns(bytesOf(block))).toBe(false);
    });

    it('answers false for memory that no allocator gave', () => {
      const { allocator } = make();
      const shared = new SharedArrayBuffer(8);
      for (const value of [new ArrayBuffer(8), Buffer.alloc(8), shared, new Uint8Array(shared)]) {
        expect(allocator.owns(value)).toBe(false);
      }
    });

    it.each(NO_BLOCKS)('answers false for %s', (_title, value) => {
      expect(make().allocator.owns(value)).toBe(false);
    });

    it('answers false for a Proxy that was revoked', () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      expect(make().allocator.owns(proxy)).toBe(false);
    });
  });

  describe('verify', () => {
    it('is true before, between and after calls', () => {
      const { allocator, refused } = make();
      expect(allocator.verify()).toBe(true);
      const block = allocator.allocate(layout);
      allocator.tryAllocate(refused.layout);
      expect(allocator.verify()).toBe(true);
      allocator.deallocate(allocator.reallocate(block, layout, larger), larger);
      expect(allocator.verify()).toBe(true);
    });
  });
}

function describeCounting<B extends Block>({ make, traits }: Contract<B>): void {
  it('starts at zero', () => {
    const stats = make().allocator.stats();
    const others = ['limit', ...(traits.mapsAhead === true ? ['mappedBytes'] : [])];
    const counters = NAMES.filter((name) => !others.includes(name) && !/^orphaned/.test(name));
    expect(counters.filter((name) => stats[name] !== 0)).toEqual([]);
  });

  it('counts live blocks and their usable bytes', async () => {
    const { allocator } = make();
    await idle();
    const [small, large, none] = [layout, larger, empty].map((each) => allocator.usableSize(each));
    const counted = (...bytes: (number | undefined)[]) => ({
      liveBlocks: bytes.length,
      liveBytes: bytes.reduce((sum: number, each) => sum + (each ?? 0), 0),
    });
    const block = allocator.allocate(layout);
    allocator.allocate(empty);
    expect(allocator.stats()).toMatchObject(counted(small, none));
    const next = allocator.reallocate(block, layout, larger);
    expect(allocator.stats()).toMatchObject(counted(large, none));
    allocator.deallocate(next, larger);
    expect(allocator.stats()).toMatchObject(counted(none));
  });

  it('has an allocation for every block that is live or abandoned or came back', async () => {
    const { allocator } = make();
    await idle();
    const balance = () => {
      const { allocations, deallocations, liveBlocks, abandonedBlocks } = allocator.stats();
      return allocations - deallocations - liveBlocks - abandonedBlocks;
    };
    const blocks = GRID.map((each) => [allocator.allocate(each), each] as const);
    expect(balance()).toBe(0);
    for (const [block, each] of blocks) allocator.deallocate(block, each);
    expect(balance()).toBe(0);
    expect(allocator.stats().deallocations).toBe(GRID.length);
  });

  if (traits.peak === 'blocks') {
    it('keeps the peak', async () => {
      const { allocator } = make();
      await idle();
      allocator.deallocate(allocator.allocate(larger), larger);
      allocator.deallocate(allocator.allocate(layout), layout);
      expect(allocator.stats().peakBytes).toBe(allocator.usableSize(larger));
    });
  } else {
    it('keeps the peak of what was held', async () => {
      const { allocator } = make();
      await idle();
      allocator.deallocate(allocator.allocate(larger), larger);
      const { peakBytes, mappedBytes } = allocator.stats();
      expect(peakBytes).toBe(mappedBytes);
      const most = Layout.from(2 ** 20);
      allocator.deallocate(allocator.allocate(most), most);
      expect(allocator.stats().peakBytes).toBe(mappedBytes + allocator.usableSize(most));
    });
  }

  it('never has more bytes live and abandoned than the peak', () => {
    const { allocator } = make();
    let last = 0;
    for (const each of GRID) {
      const block = allocator.allocate(each);
      const { peakBytes, liveBytes, abandonedBytes } = allocator.stats();
      expect(peakBytes).toBeGreaterThanOrEqual(Math.max(last, liveBytes + abandonedBytes));
      last = peakBytes;
      if (each.align > 64) allocator.deallocate(block, each);
    }
  });

  it('counts a refusal and nothing else', () => {
    const { allocator, refused } = make();
    allocator.allocate(layout);
    const { failures, ...before } = allocator.stats();
    allocator.tryAllocate(refused.layout);
    const { failures: after, ...rest } = allocator.stats();
    expect(after).toBe(failures + 1);
    expect(common(rest)).toEqual(common(before));
  });

  it('does not change when a free is refused', () => {
    const { allocator } = make();
    const block = allocator.allocate(layout);
    const before = allocator.stats();
    for (const [value, wrong] of [
      [block, larger],
      [new ArrayBuffer(8), layout],
      ['block', layout],
    ]) {
      expect(() => allocator.deallocate(value as never, wrong as Layout)).toThrow();
    }
    expect(allocator.stats()).toEqual(before);
  });
}

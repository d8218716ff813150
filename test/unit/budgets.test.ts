import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AllocError,
  ArenaAllocator,
  allocate,
  Box,
  type BudgetFigures,
  BufferPool,
  box,
  deallocate,
  defineAllocator,
  Layout,
  reallocate,
  SystemAllocator,
  tryAllocate,
  Vec,
  withAllocator,
  withBudget,
} from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { call, thrownBy } from '../support/call.js';
import { withForced } from '../support/force.js';
import { collect, idle, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(60);
const work = (): number => 1;

describe('withBudget', () => {
  it('lets allocations inside count, and is LIMIT beyond, across await', async () => {
    const error = await withBudget({ bytes: 100 }, async () => {
      allocate(layout);
      await setImmediate();
      return thrownBy(() => allocate(layout));
    });
    expect(error).toBeInstanceOf(AllocError);
    expect(error).toMatchObject({ allocator: 'budget', reason: 'limit' });
    expect(error).toEqual(withCode('LIMIT'));
    expect((error as AllocError).layout).toBe(layout);
    expect(String(error)).toContain('of its limit of 100 bytes, 60 are live');
  });

  it('can be spent to the last byte', () => {
    withBudget({ bytes: 60 }, () => {
      expect(tryAllocate(layout)).not.toBeNull();
      expect(tryAllocate(Layout.from(1))).toBeNull();
      expect(tryAllocate(Layout.from(0))).not.toBeNull();
    });
  });

  it('is nothing outside of it', () => {
    withBudget({ bytes: 1 }, () => {});
    expect(tryAllocate(layout)).not.toBeNull();
  });

  it('gives back what is freed', () => {
    withBudget({ bytes: 100 }, (budget) => {
      for (let round = 0; round < 10; round++) deallocate(allocate(layout), layout);
      expect(budget).toMatchObject({ limit: 100, usedBytes: 0, peakBytes: 60, failures: 0 });
    });
  });

  it('counts Box and Vec, over whichever allocator', () => {
    const system = new SystemAllocator();
    withBudget({ bytes: 40 }, (budget) => {
      const one = box(4);
      const two = Box.of('f64', 4, system);
      const list = Vec.of('i32', system);
      list.push(1, 2, 3, 4);
      expect(budget.usedBytes).toBe(32);
      expect(() => list.push(5)).toThrow(withCode('LIMIT'));
      two.dispose();
      list.push(5);
      expect([list.toArray(), budget.usedBytes]).toEqual([[1, 2, 3, 4, 5], 40]);
      one.take();
      list.dispose();
      expect(budget.usedBytes).toBe(0);
    });
  });

  it('within another counts in both', () => {
    withBudget({ bytes: 100 }, (outer) => {
      const kept = withBudget({ bytes: 80 }, (inner) => {
        const block = allocate(layout);
        expect(() => allocate(Layout.from(30))).toThrow(withCode('LIMIT'));
        expect([inner.usedBytes, inner.failures]).toEqual([60, 1]);
        return block;
      });
      expect([outer.usedBytes, outer.failures]).toEqual([60, 0]);
      withBudget({ bytes: 1000 }, (inner) => {
        expect(tryAllocate(layout)).toBeNull(); // for the outer one
        expect([inner.failures, outer.failures, inner.usedBytes]).toEqual([0, 1, 0]);
        deallocate(kept, layout);
        expect(tryAllocate(layout)).not.toBeNull();
      });
    });
  });

  it('holds around and inside of a withAllocator', () => {
    const system = new SystemAllocator();
    withBudget({ bytes: 100 }, (outer) =>
      withAllocator(system, () => {
        allocate(layout);
        withBudget({ bytes: 40 }, () => allocate(Layout.from(40)));
        expect([outer.usedBytes, system.stats().liveBytes]).toEqual([100, 100]);
      }),
    );
  });

  it('is for its own piece of work alone', async () => {
    const spend = (bytes: number) =>
      withBudget({ bytes }, async (budget) => {
        await setImmediate();
        allocate(Layout.from(bytes));
        await setImmediate();
        return budget.usedBytes;
      });
    expect(await Promise.all([spend(10), spend(20), spend(30)])).toEqual([10, 20, 30]);
  });

  it('that ended does not mind later frees', () => {
    let figures: BudgetFigures | undefined;
    const block = withBudget({ bytes: 100 }, (budget) => {
      figures = budget;
      return allocate(layout);
    });
    expect(figures?.usedBytes).toBe(60);
    expect(deallocate(block, layout)).toBe(true);
    expect(figures?.usedBytes).toBe(0);
  });

  it('counts a reallocation by its difference', () => {
    withBudget({ bytes: 100 }, (budget) => {
      const block = allocate(layout);
      const more = reallocate(block, layout, Layout.from(100));
      expect(budget.usedBytes).toBe(100);
      expect(() => reallocate(more, Layout.from(100), Layout.from(101))).toThrow(withCode('LIMIT'));
      expect(budget.usedBytes).toBe(100);
      reallocate(more, Layout.from(100), Layout.from(1));
      expect([budget.usedBytes, budget.peakBytes]).toEqual([1, 100]);
    });
  });

  it('keeps the charge of a block that could not be reallocated', () => {
    withAllocator(new SystemAllocator({ limit: 100 }), () =>
      withBudget({ bytes: 1000 }, (budget) => {
        const block = allocate(layout);
        expect(() => reallocate(block, layout, Layout.from(500))).toThrow(withCode('LIMIT'));
        expect(budget.usedBytes).toBe(60);
        deallocate(block, layout);
        expect(budget.usedBytes).toBe(0);
      }),
    );
  });

  it('does not count what its allocator refused', () => {
    withAllocator(new SystemAllocator({ limit: 10 }), () =>
      withBudget({ bytes: 1000 }, (budget) => {
        expect(tryAllocate(layout)).toBeNull();
        expect([budget.usedBytes, budget.failures]).toEqual([0, 0]);
      }),
    );
  });

  it('learns of a block that its own allocator freed', () => {
    const pool = new BufferPool(new ArenaAllocator());
    withAllocator(pool, () =>
      withBudget({ bytes: 60 }, () => {
        for (let round = 0; round < 3; round++) {
          const buffer = tryAllocate(layout) as Buffer;
          expect(buffer).not.toBeNull();
          expect(tryAllocate(layout)).toBeNull();
          pool.free(buffer);
        }
        expect(tryAllocate(layout)).not.toBeNull();
      }),
    );
  });

  it('counts a recycled object once', () => {
    const buffer = new ArrayBuffer(60);
    const again = defineAllocator({ allocate: () => buffer, deallocate: () => true });
    withAllocator(again, () =>
      withBudget({ bytes: 100 }, (budget) => {
        again.deallocate(allocate(layout) as ArrayBuffer, layout);
        again.deallocate(allocate(layout) as ArrayBuffer, layout);
        expect([budget.usedBytes, budget.peakBytes]).toEqual([0, 60]);
      }),
    );
  });

  it('counts what was freed with its memory in use until nothing can reach it', async () => {
    await withBudget({ bytes: 100 }, async (budget): Promise<void> => {
      (() => {
        const block = allocate(layout);
        withForced(Force.BUSY, () => expect(deallocate(block, layout)).toBe(false));
        expect(budget.usedBytes).toBe(60);
        expect(tryAllocate(layout)).toBeNull();
      })();
      expect(await collect(() => budget.usedBytes === 0)).toBe(true);
    });
  });

  it('gets back what was dropped', async () => {
    await withBudget({ bytes: 100 }, async (budget): Promise<void> => {
      (() => allocate(layout))();
      expect(await collect(() => budget.usedBytes === 0)).toBe(true);
      expect(tryAllocate(layout)).not.toBeNull();
    });
  });

  it('may be without an end', () => {
    withBudget({ bytes: Number.POSITIVE_INFINITY }, (budget) => {
      allocate(layout);
      expect([budget.usedBytes, budget.limit]).toEqual([60, Number.POSITIVE_INFINITY]);
    });
  });

  it.each([
    ['nothing', [undefined, work], 'INVALID_ARG_TYPE'],
    ['no bytes', [{}, work], 'INVALID_ARG_TYPE'],
    ['bytes as a string', [{ bytes: '64' }, work], 'INVALID_ARG_TYPE'],
    ['another option', [{ bytes: 1, blocks: 1 }, work], 'INVALID_ARG_TYPE'],
    ['negative bytes', [{ bytes: -1 }, work], 'OUT_OF_RANGE'],
    ['NaN', [{ bytes: Number.NaN }, work], 'OUT_OF_RANGE'],
    ['work that is no function', [{ bytes: 1 }, 1], 'INVALID_ARG_TYPE'],
  ])('refuses %s', (_title, args, code) => {
    expect(() => call({ withBudget }, 'withBudget', ...args)).toThrow(withCode(code));
  });
});

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  type AnyAllocator,
  ArenaAllocator,
  allocate,
  BaseAllocator,
  Box,
  BufferPool,
  box,
  deallocate,
  defineAllocator,
  globalAllocator,
  Layout,
  reallocate,
  SystemAllocator,
  setAllocErrorHook,
  setGlobalAllocator,
  tryAllocate,
  vec,
  withAllocator,
  withBudget,
} from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { call, thrownBy } from '../support/call.js';
import { withForced } from '../support/force.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

const layout = Layout.from(64, 8);
let first: AnyAllocator;

beforeEach(async () => {
  await idle();
  first = globalAllocator();
});
afterEach(() => {
  setGlobalAllocator(first);
  setAllocErrorHook(null);
});

/** An allocator of the program's that asks the default for its memory. */
class Circular extends BaseAllocator<ArrayBuffer> {
  override allocate(request: Layout): ArrayBuffer {
    return allocate(request) as ArrayBuffer;
  }
  override deallocate(block: ArrayBuffer, request: Layout): boolean {
    return deallocate(block, request);
  }
}

describe('an allocator that itself needs the default allocator', () => {
  it.each([
    ['allocate', () => allocate(layout)],
    ['tryAllocate', () => tryAllocate(layout)],
    ['reallocate', () => reallocate(null, null, layout)],
    ['box', () => box(4)],
    ['vec', () => vec('i32', 1)],
  ])('is a CYCLE when it is the default, and no endless recursion: %s', (_title, action) => {
    setGlobalAllocator(new Circular());
    for (let round = 0; round < 3; round++) expect(action).toThrow(withCode('CYCLE'));
    expect(globalAllocator().stats().liveBlocks).toBe(0);
  });

  it('is a CYCLE for a piece of work too, and by way of another', () => {
    const circular = new Circular();
    const proxy = defineAllocator<ArrayBuffer>({
      allocate: (request) => circular.allocate(request),
      deallocate: () => true,
    });
    expect(() => withAllocator(proxy, () => allocate(layout))).toThrow(withCode('CYCLE'));
    expect(() => withAllocator(circular, () => Box.of('f64', 1, proxy))).toThrow(withCode('CYCLE'));
  });

  it('is a CYCLE in its free, and the block stays', () => {
    const system = new SystemAllocator();
    let isBad = true;
    const circular = defineAllocator({
      allocate: (request) => system.allocate(request),
      deallocate: (block: ArrayBuffer, request) => {
        if (isBad) deallocate(allocate(request), request);
        return system.deallocate(block, request);
      },
    });
    setGlobalAllocator(circular);
    const block = allocate(layout);
    expect(() => deallocate(block, layout)).toThrow(withCode('CYCLE'));
    isBad = false;
    expect(deallocate(block, layout)).toBe(true);
  });

  it('is none when it asks another one', () => {
    const inner = globalAllocator() as SystemAllocator;
    const fine = defineAllocator<ArrayBuffer>({
      allocate: (request) => withAllocator(inner, () => allocate(request)) as ArrayBuffer,
      deallocate: (block, request) => inner.deallocate(block, request),
    });
    setGlobalAllocator(fine);
    const block = allocate(layout);
    expect(fine.owns(block)).toBe(true);
    expect(deallocate(block, layout)).toBe(true);
  });

  it('leaves the default usable after its error', () => {
    setGlobalAllocator(new Circular());
    thrownBy(() => allocate(layout));
    setGlobalAllocator(first);
    for (let round = 0; round < 3; round++) {
      expect(thrownBy(() => deallocate(allocate(layout), layout))).toBeNull();
    }
  });
});

describe('a subscriber that is told of blocks', () => {
  const told = (subscriber: () => void) => {
    subscribe('heapwright:alloc', subscriber);
    onTestFinished(() => {
      unsubscribe('heapwright:alloc', subscriber);
    });
  };

  it('and allocates is a CYCLE, and no endless recursion', () => {
    const errors: unknown[] = [];
    told(() => errors.push(thrownBy(() => allocate(layout))));
    expect(deallocate(allocate(layout), layout)).toBe(true);
    expect(errors).toEqual([withCode('CYCLE')]);
  });

  it('and frees one is none', () => {
    const spare = box(1);
    const errors: unknown[] = [];
    told(() => errors.push(thrownBy(() => spare.dispose())));
    allocate(layout);
    expect(errors).toEqual([null]);
  });
});

describe('deallocate refuses', () => {
  const stranger = new SystemAllocator();

  it('a block of an allocator that never was the default: NOT_OWNED, with its owner', () => {
    const block = stranger.allocate(layout);
    const before = snapshot(stranger);
    const error = thrownBy(() => deallocate(block, layout));
    expect(error).toEqual(withCode('NOT_OWNED'));
    expect((error as { owner: unknown }).owner).toBe(stranger);
    expect(() => reallocate(block, layout, layout)).toThrow(withCode('NOT_OWNED'));
    expectUnchanged(stranger, before);
  });

  it.each([
    ['memory of the engine', () => new ArrayBuffer(64), 'NOT_OWNED'],
    ['a view of a block', () => new Uint8Array(allocate(layout) as ArrayBuffer), 'INTERIOR'],
    ['undefined', () => undefined, 'INVALID_ARG_TYPE'],
    ['null', () => null, 'INVALID_ARG_TYPE'],
    ['a Proxy of a block', () => new Proxy(allocate(layout), {}), 'INVALID_ARG_TYPE'],
  ])('%s', (_title, make, code) => {
    const before = snapshot(globalAllocator());
    const value = make();
    expect(() => call({ deallocate }, 'deallocate', value, layout)).toThrow(withCode(code));
    expect(globalAllocator().stats().deallocations).toBe(before.deallocations);
    expect(globalAllocator().verify()).toBe(true);
  });

  it('a second free: DETACHED, also after the default has changed', () => {
    const block = allocate(layout);
    expect(deallocate(block, layout)).toBe(true);
    setGlobalAllocator(new ArenaAllocator());
    expect(() => deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(() => reallocate(block, layout, layout)).toThrow(withCode('DETACHED'));
  });

  it('another layout: LAYOUT_MISMATCH', () => {
    const block = allocate(layout);
    expect(() => deallocate(block, Layout.from(64, 16))).toThrow(withCode('LAYOUT_MISMATCH'));
    expect(deallocate(block, layout)).toBe(true);
  });

  it('a block whose allocator has ended: CLOSED', () => {
    const arena = new ArenaAllocator();
    const block = withAllocator(arena, () => allocate(layout));
    arena.dispose();
    expect(() => deallocate(block, layout)).toThrow(withCode('CLOSED'));
  });

  it('what is busy, where it is told to: BUSY', () => {
    const block = allocate(layout);
    withForced(Force.BUSY, () => {
      expect(() => deallocate(block, layout, { whenBusy: 'throw' })).toThrow(withCode('BUSY'));
    });
    expect(deallocate(block, layout)).toBe(true);
  });
});

describe('a default that is none', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 64],
    ['an object without functions', {}],
    ['an object with one of the two functions', { allocate: () => new ArrayBuffer(8) }],
  ])('is INVALID_ARG_TYPE and changes nothing: %s', (_title, value) => {
    expect(() => call({ setGlobalAllocator }, 'setGlobalAllocator', value)).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
    expect(globalAllocator()).toBe(first);
  });

  it('is CLOSED at its use when it has been disposed', () => {
    const arena = new ArenaAllocator();
    setGlobalAllocator(arena);
    arena.dispose();
    expect(() => allocate(layout)).toThrow(withCode('CLOSED'));
    expect(() => tryAllocate(layout)).toThrow(withCode('CLOSED'));
    expect(() => box(4)).toThrow(withCode('CLOSED'));
  });
});

describe('the hook of failed requests', () => {
  const full = () => new SystemAllocator({ limit: 0 });

  it.each([
    ['throws', raise],
    ['answers a promise that is rejected', async () => raise()],
    ['asks for memory that there is none of', () => allocate(layout)],
    ['sets itself again', () => setAllocErrorHook(() => raise())],
    ['sets another default', () => setGlobalAllocator(new SystemAllocator())],
  ])('that %s changes nothing of the error', async (_title, hook) => {
    const allocator = full();
    setAllocErrorHook(hook);
    const error = withAllocator(allocator, () => thrownBy(() => allocate(layout)));
    expect(error).toEqual(withCode('LIMIT'));
    await idle();
    expect(allocator.verify()).toBe(true);
  });

  it('is not told of what it asks for itself', () => {
    let told = 0;
    setAllocErrorHook(() => {
      told++;
      thrownBy(() => allocate(layout));
      thrownBy(() => box(4));
    });
    withAllocator(full(), () => {
      thrownBy(() => allocate(layout));
      thrownBy(() => allocate(layout));
    });
    expect(told).toBe(2);
  });

  it('may free memory, which the next request then gets', () => {
    const allocator = new SystemAllocator({ limit: 64 });
    withAllocator(allocator, () => {
      const spare = allocate(layout);
      setAllocErrorHook(() => deallocate(spare, layout));
      expect(() => allocate(layout)).toThrow(withCode('LIMIT'));
      expect(tryAllocate(layout)).not.toBeNull();
    });
  });

  it.each([undefined, 1, {}, 'hook'])('is refused where it is %o', (value) => {
    expect(() => call({ setAllocErrorHook }, 'setAllocErrorHook', value)).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
  });
});

describe('a budget', () => {
  it('is as it was after a request that was wrong', () => {
    withBudget({ bytes: 100 }, (budget) => {
      for (const wrong of [undefined, 64, { size: 64, align: 8 }]) {
        expect(() => allocate(wrong as never)).toThrow(withCode('INVALID_ARG_TYPE'));
      }
      expect(() => allocate(layout, { colour: 1 } as never)).toThrow(withCode('INVALID_ARG_TYPE'));
      expect(budget).toMatchObject({ usedBytes: 0, failures: 0 });
    });
  });

  it('counts a block once that is freed wrongly', () => {
    withBudget({ bytes: 100 }, (budget) => {
      const block = allocate(layout);
      expect(() => deallocate(block, Layout.from(8))).toThrow(withCode('LAYOUT_MISMATCH'));
      expect(budget.usedBytes).toBe(64);
      deallocate(block, layout);
      expect(() => deallocate(block, layout)).toThrow(withCode('DETACHED'));
      expect(budget.usedBytes).toBe(0);
    });
  });

  it('holds while an allocator of Buffers comes back in', () => {
    const pool = new BufferPool(new ArenaAllocator());
    const nested = defineAllocator<Buffer>({
      allocate: (request) => {
        thrownBy(() => withAllocator(pool, () => allocate(Layout.from(50))));
        return pool.allocate(request);
      },
      deallocate: (block, request) => pool.deallocate(block, request),
    });
    withBudget({ bytes: 100 }, (budget) => {
      withAllocator(nested, () => allocate(layout));
      expect(budget.usedBytes).toBeLessThanOrEqual(100);
      expect(budget.peakBytes).toBeLessThanOrEqual(100);
    });
  });
});

function raise(): never {
  throw new Error('of the hook');
}

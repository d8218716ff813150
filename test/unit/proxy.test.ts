import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type AllocatorEvents,
  ArenaAllocator,
  BufferPool,
  defineAllocator,
  isHeapwrightError,
  Layout,
  NullAllocator,
  ProxyAllocator,
  SystemAllocator,
} from '../../lib/index.js';
import { idle, withCode } from '../support/idle.js';

type Event = readonly [name: string, ...values: unknown[]];

const sizeOf = (value: unknown): unknown => {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  return value instanceof Layout
    ? value.size
    : isHeapwrightError(value)
      ? value.code.slice(15)
      : value;
};

/** All five functions; what they are told, blocks and layouts as sizes, errors as codes. */
function listener() {
  const heard: Event[] = [];
  const hear =
    (name: string) =>
    (...values: unknown[]) => {
      heard.push([name, ...values.map(sizeOf)]);
    };
  const events: Required<AllocatorEvents> = {
    allocateSuccess: hear('allocateSuccess'),
    allocateFail: hear('allocateFail'),
    deallocate: hear('deallocate'),
    reallocateSuccess: hear('reallocateSuccess'),
    reallocateFail: hear('reallocateFail'),
  };
  return { heard, events };
}

const layout = Layout.from(8, 8);
const larger = Layout.from(16, 8);
const hundred = Layout.from(100, 8);
const limited = () => new SystemAllocator({ limit: 64 });

function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

describe('ProxyAllocator', () => {
  it('alloc 8, realloc 16, alloc 100 (fail), realloc 100 (fail), free: exactly those 5 events in this order with sizes', async () => {
    await idle();
    const { heard, events } = listener();
    const proxy = new ProxyAllocator(limited(), events);
    const first = proxy.allocate(layout);
    const block = proxy.reallocate(first, layout, larger);
    attempt(() => proxy.allocate(hundred));
    attempt(() => proxy.reallocate(block, larger, hundred));
    proxy.deallocate(block, larger);
    expect(heard).toEqual([
      ['allocateSuccess', 8, 8],
      ['reallocateSuccess', 0, 16, 8, 16],
      ['allocateFail', 'LIMIT', 100],
      ['reallocateFail', 'LIMIT', 16, 16, 100],
      ['deallocate', 16, 16],
    ]);
  });

  it('tells of blocks of no bytes as of any other', () => {
    const { heard, events } = listener();
    const proxy = new ProxyAllocator(limited(), events);
    const empty = Layout.from(0);
    proxy.deallocate(proxy.reallocate(proxy.allocate(empty), empty, empty), empty);
    expect(heard.map(([name]) => name)).toEqual([
      'allocateSuccess',
      'reallocateSuccess',
      'deallocate',
    ]);
  });

  it('tells of a null of tryAllocate with an AllocError', () => {
    const { heard, events } = listener();
    const proxy = new ProxyAllocator(new NullAllocator(), events);
    expect(proxy.tryAllocate(layout)).toBeNull();
    expect(heard).toEqual([['allocateFail', 'OUT_OF_MEMORY', 8]]);
  });

  it('tells once of a block that tryAllocate gives', () => {
    const { heard, events } = listener();
    new ProxyAllocator(limited(), events).tryAllocate(layout);
    expect(heard).toEqual([['allocateSuccess', 8, 8]]);
  });

  it.each(['grow', 'shrink'] as const)('tells once of a %s', (way) => {
    const { heard, events } = listener();
    const proxy = new ProxyAllocator(limited(), events);
    proxy[way](proxy.allocate(layout), layout, layout);
    expect(heard.map(([name]) => name)).toEqual(['allocateSuccess', 'reallocateSuccess']);
  });

  it('tells of a change in place, and not of one that there cannot be', () => {
    const pool = new BufferPool(new ArenaAllocator());
    const heard: string[] = [];
    const proxy = new ProxyAllocator(pool, { reallocateSuccess: () => heard.push('changed') });
    const same = proxy.reallocateInPlace(proxy.allocate(layout), layout, larger);
    expect(heard).toEqual(['changed']);
    expect(proxy.reallocateInPlace(same as Buffer, larger, hundred)).toBeNull();
    expect(heard).toEqual(['changed']);
  });

  it('tells of an error that has nothing to do with memory', () => {
    const { heard, events } = listener();
    const broken = defineAllocator({
      allocate: () => {
        throw new TypeError('broken');
      },
      deallocate: () => true,
    });
    expect(() => new ProxyAllocator(broken, events).allocate(layout)).toThrow();
    expect(heard.map(([name]) => name)).toEqual(['allocateFail']);
  });

  it('tells of a free before it: the contents are there', () => {
    const seen: number[] = [];
    const proxy = new ProxyAllocator(limited(), {
      deallocate: (block) => seen.push(new Uint8Array(block)[0] ?? -1),
    });
    const block = proxy.allocate(layout);
    new Uint8Array(block)[0] = 7;
    proxy.deallocate(block, layout);
    expect(seen).toEqual([7]);
  });

  it('tells of every block that dispose frees', () => {
    const { heard, events } = listener();
    const proxy = new ProxyAllocator(limited(), events);
    proxy.allocate(layout);
    proxy.allocate(larger);
    proxy.dispose();
    expect(heard.slice(2).sort()).toEqual([
      ['deallocate', 16, 16],
      ['deallocate', 8, 8],
    ]);
  });

  it('says nothing of a call with wrong arguments', () => {
    const { heard, events } = listener();
    const proxy = new ProxyAllocator(limited(), events);
    const foreign = limited().allocate(layout);
    const block = proxy.allocate(layout);
    attempt(() => proxy.allocate(null as never));
    attempt(() => proxy.allocate(layout, { zeroed: true } as never));
    attempt(() => proxy.deallocate(foreign, layout));
    attempt(() => proxy.deallocate(block, larger));
    attempt(() => proxy.reallocate(foreign, layout, larger));
    expect(heard).toEqual([['allocateSuccess', 8, 8]]);
  });

  it('tells of a free that is refused because the block is leased, before it is', () => {
    const { heard, events } = listener();
    const proxy = new ProxyAllocator(limited(), events);
    const block = proxy.allocate(layout);
    using _lease = proxy.lease(block);
    expect(() => proxy.deallocate(block, layout, { whenBusy: 'throw' })).toThrow(
      withCode('LEASED'),
    );
    expect(heard.at(-1)).toEqual(['deallocate', 8, 8]);
  });

  it('reads its functions once, and calls them on their object', () => {
    class Logger {
      readonly sizes: number[] = [];
      allocateSuccess(_block: ArrayBuffer, { size }: Layout) {
        this.sizes.push(size);
      }
    }
    const logger = new Logger();
    const proxy = new ProxyAllocator(limited(), logger);
    logger.allocateSuccess = () => expect.unreachable();
    proxy.allocate(layout);
    expect(logger.sizes).toEqual([8]);
  });

  it.each([undefined, null, 1, { allocateFail: 1 }, { deallocate: null }])(
    'refuses %j in place of its functions',
    (events) => {
      expect(() => new ProxyAllocator(limited(), events as never)).toThrow(
        withCode('INVALID_ARG_TYPE'),
      );
    },
  );
});

/** The warnings of the process from here to the end of the test. */
function warnings(): Error[] {
  const heard: Error[] = [];
  const hear = (warning: Error) => heard.push(warning);
  process.on('warning', hear);
  onTestFinished(() => {
    process.off('warning', hear);
  });
  return heard;
}

const NAMES = [
  'allocateSuccess',
  'allocateFail',
  'deallocate',
  'reallocateSuccess',
  'reallocateFail',
] as const;

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Every kind of call once; the figures at the end. */
function useAll(proxy: ProxyAllocator) {
  const block = proxy.reallocate(proxy.allocate(layout), layout, larger);
  expect(attempt(() => proxy.allocate(hundred))).toMatchObject(withCode('LIMIT'));
  expect(attempt(() => proxy.reallocate(block, larger, hundred))).toMatchObject(withCode('LIMIT'));
  expect(block.byteLength).toBe(16);
  expect(proxy.deallocate(block, larger)).toBe(true);
  return proxy.stats();
}

describe('a function of a ProxyAllocator that', () => {
  it.each(NAMES)('throws (%s) changes no call, and is reported once', async (name) => {
    await idle();
    const heard = warnings();
    const inner = limited();
    const proxy = new ProxyAllocator(inner, {
      [name]: () => {
        throw new Error('a full disk');
      },
    });
    expect(useAll(proxy)).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    useAll(proxy);
    await turn();
    expect(heard).toHaveLength(1);
    expect(heard[0]?.message).toContain(name);
    expect((heard[0] as Error & { detail?: string }).detail).toContain('a full disk');
    expect([proxy.verify(), inner.verify(), inner.stats().liveBlocks]).toEqual([true, true, 0]);
  });

  it('is rejected changes no call, and is reported', async () => {
    await idle();
    const heard = warnings();
    const proxy = new ProxyAllocator(limited(), {
      allocateSuccess: () => Promise.reject(new Error('a full disk')),
    });
    useAll(proxy);
    await turn();
    expect(heard.map(({ name }) => name)).toEqual(['HeapwrightWarning']);
  });

  it('throws something that throws when it is shown changes no call', async () => {
    await idle();
    const hostile = {
      [Symbol.for('nodejs.util.inspect.custom')]: () => {
        throw hostile;
      },
    };
    const proxy = new ProxyAllocator(limited(), {
      allocateSuccess: () => {
        throw hostile;
      },
    });
    expect(useAll(proxy)).toMatchObject({ liveBlocks: 0 });
  });

  /** What a function does with the proxy that it belongs to. */
  const ACTIONS: Record<string, (proxy: ProxyAllocator, block: ArrayBuffer | null) => unknown> = {
    'allocates and frees': (proxy) => proxy.deallocate(proxy.allocate(layout), layout),
    'frees the very block': (proxy, block) => block && proxy.deallocate(block, layout),
    'reallocates the very block': (proxy, block) =>
      block && proxy.deallocate(proxy.reallocate(block, layout, larger), larger),
    'leases the very block': (proxy, block) => block && proxy.lease(block).dispose(),
    'asks for figures': (proxy) => [proxy.stats(), proxy.verify()],
    'disposes the proxy': (proxy) => proxy.dispose(),
  };

  for (const [title, action] of Object.entries(ACTIONS)) {
    it.each(NAMES)(`${title} (%s) damages nothing and is not told of that`, async (name) => {
      await idle();
      const quiet = vi.spyOn(process, 'emitWarning').mockReturnValue();
      onTestFinished(() => quiet.mockRestore());
      const inner = limited();
      let calls = 0;
      const proxy: ProxyAllocator = new ProxyAllocator(inner, {
        [name]: (...values: unknown[]) => {
          calls++;
          const block = values.find((value) => value instanceof ArrayBuffer);
          action(proxy, (block as ArrayBuffer | undefined) ?? null);
        },
      });
      const calling = [
        () => proxy.allocate(layout),
        () => proxy.allocate(hundred),
        () => proxy.reallocate(proxy.allocate(layout), layout, larger),
        () => proxy.reallocate(proxy.allocate(layout), layout, hundred),
        () => proxy.deallocate(proxy.allocate(layout), layout),
      ];
      for (const call of calling) {
        const error = attempt(call);
        if (error instanceof Error) expect(isHeapwrightError(error), error.message).toBe(true);
      }
      expect(calls).toBeGreaterThan(0);
      expect(calls).toBeLessThanOrEqual(calling.length + 3);
      expect(inner.verify()).toBe(true);
      if (title !== 'disposes the proxy') expect(proxy.verify()).toBe(true);
      proxy.dispose();
      expect(inner.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, abandonedBlocks: 0 });
    });
  }
});

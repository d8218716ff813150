import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AnyAllocator,
  ArenaAllocator,
  addressOf,
  allocate,
  BufferPool,
  box,
  ChunkAllocator,
  deallocate,
  explain,
  globalAllocator,
  Layout,
  ProxyAllocator,
  reallocate,
  SystemAllocator,
  setGlobalAllocator,
  tryAllocate,
  vec,
} from '../../lib/index.js';
import { thrownBy } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';

const layout = Layout.from(64, 8);
let first: AnyAllocator;

beforeEach(async () => {
  await idle();
  first = globalAllocator();
});
afterEach(() => {
  setGlobalAllocator(first);
});

/** Five functions, of which two are required, over a SystemAllocator. */
function counted() {
  const system = new SystemAllocator();
  const used = { allocate: 0, deallocate: 0 };
  return {
    used,
    allocate(request: Layout) {
      used.allocate++;
      return system.allocate(request);
    },
    deallocate(block: ArrayBuffer, request: Layout) {
      used.deallocate++;
      return system.deallocate(block, request);
    },
  };
}

describe('globalAllocator() with nothing set', () => {
  it('is System', () => {
    expect(globalAllocator()).toBeInstanceOf(SystemAllocator);
    expect(globalAllocator().name).toBe('system');
  });

  it('is the same allocator each time', () => {
    expect(globalAllocator()).toBe(globalAllocator());
  });
});

describe('setGlobalAllocator(x)', () => {
  it('returns the previous one', () => {
    const arena = new ArenaAllocator();
    expect(setGlobalAllocator(arena)).toBe(first);
    expect(setGlobalAllocator(first)).toBe(arena);
  });

  it('lets new blocks come from x', () => {
    const arena = new ArenaAllocator();
    setGlobalAllocator(arena);
    expect(explain(allocate(layout)).owner).toBe(arena);
    expect(globalAllocator()).toBe(arena);
  });

  it('leaves blocks made before to be freed by their own allocator', () => {
    const [before, after] = [new SystemAllocator(), new ArenaAllocator()];
    setGlobalAllocator(before);
    const block = allocate(layout);
    setGlobalAllocator(after);
    expect(deallocate(block, layout)).toBe(true);
    expect([before.stats().liveBlocks, after.stats().deallocations]).toEqual([0, 0]);
  });

  it('does so for a block of a custom allocator', () => {
    const custom = counted();
    setGlobalAllocator(custom);
    const block = allocate(layout);
    setGlobalAllocator(first);
    expect(thrownBy(() => deallocate(block, layout))).toBeNull();
    expect(custom.used).toEqual({ allocate: 1, deallocate: 1 });
  });

  it('does so for a block that was asked of a former default directly', () => {
    const [former, latter] = [new SystemAllocator(), new SystemAllocator()];
    setGlobalAllocator(former);
    const block = former.allocate(layout);
    setGlobalAllocator(latter);
    expect(thrownBy(() => deallocate(block, layout))).toBeNull();
    expect(former.stats().liveBlocks).toBe(0);
  });

  it('takes an allocator of Buffers as well', () => {
    const pool = new BufferPool(new ArenaAllocator());
    setGlobalAllocator(pool);
    const block = allocate(layout);
    expect(Buffer.isBuffer(block)).toBe(true);
    expect(addressOf(block) % 8n).toBe(0n);
    const more = reallocate(block, layout, Layout.from(100, 8));
    expect(deallocate(more, Layout.from(100, 8))).toBe(true);
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('of a proxy over the global one is no endless recursion', () => {
    const sizes: number[] = [];
    const inner = globalAllocator() as SystemAllocator;
    const allocateSuccess = (_block: unknown, request: Layout) => sizes.push(request.size);
    setGlobalAllocator(new ProxyAllocator(inner, { allocateSuccess }));
    expect(globalAllocator().name).toBe('proxy');
    expect(deallocate(allocate(layout), layout)).toBe(true);
    expect(sizes).toEqual([64]);
  });
});

describe('a custom allocator with two functions', () => {
  it('works as the default for blocks, box and vec.push', () => {
    const custom = counted();
    setGlobalAllocator(custom);
    const block = allocate(layout);
    box(4).dispose();
    vec('i32', 1, 2, 3, 4, 5).dispose();
    deallocate(block, layout);
    expect(custom.used).toEqual({ allocate: 3, deallocate: 3 });
  });

  it('gets the defaults for what it lacks', () => {
    setGlobalAllocator(counted());
    const block = allocate(layout) as ArrayBuffer;
    new Uint8Array(block).fill(7);
    const more = reallocate(block, layout, Layout.from(100, 8)) as ArrayBuffer;
    expect([...new Uint8Array(more, 62, 4)]).toEqual([7, 7, 0, 0]);
    expect(globalAllocator().usableSize(layout)).toBe(64);
  });
});

describe('allocate', () => {
  it('gives zeroed memory of the alignment', () => {
    const page = Layout.from(100, 4096);
    const block = allocate(page) as ArrayBuffer;
    expect(addressOf(block) % 4096n).toBe(0n);
    expect(new Uint8Array(block).every((byte) => byte === 0)).toBe(true);
    deallocate(block, page);
  });

  it('reads its options once', () => {
    let reads = 0;
    const options = {
      get uninitialized() {
        reads++;
        return true;
      },
    };
    allocate(layout, options);
    expect(tryAllocate(Layout.from(1, 2 ** 52), options)).toBeNull();
    expect(reads).toBe(2);
  });

  it('throws what its allocator throws, and tryAllocate is null', () => {
    setGlobalAllocator(new ChunkAllocator({ chunks: 16, chunkSize: 16 }));
    const large = Layout.from(1000);
    expect(() => allocate(large)).toThrow(withCode('OUT_OF_MEMORY'));
    expect(tryAllocate(large)).toBeNull();
    expect((tryAllocate(layout) as ArrayBuffer).byteLength).toBe(64);
  });
});

describe('reallocate', () => {
  it('of null is allocate, and to size 0 frees the old memory', () => {
    const system = new SystemAllocator();
    setGlobalAllocator(system);
    const block = reallocate(null, null, layout);
    const empty = reallocate(block, layout, Layout.from(0, 8));
    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 0 });
    expect(deallocate(empty, Layout.from(0, 8))).toBe(true);
  });

  it('stays with the allocator that made the block', () => {
    const before = new SystemAllocator();
    setGlobalAllocator(before);
    const block = allocate(layout);
    setGlobalAllocator(new ArenaAllocator());
    const more = reallocate(block, layout, Layout.from(4096));
    expect(explain(more).owner).toBe(before);
  });
});

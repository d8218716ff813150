// What the chunk allocator that came before promised, by the names of its own tests, and the
// defects that it had.
import { describe, expect, it } from 'vitest';
import { addressOf, ChunkAllocator, ChunkPool, heap, heapBitmap, Layout } from '../../lib/index.js';
import { thrownBy } from '../support/call.js';
import { idle } from '../support/idle.js';

const CHUNK = 256;
const SMALL = Layout.from(CHUNK);

/** A pool at a multiple of 4096, so that alignments fall where they fall in the examples. */
function pageAligned(chunks: number): ChunkPool {
  const memory = new ChunkAllocator({ chunks: 1, chunkSize: 2 ** 20 }).allocate(
    Layout.from(chunks * CHUNK, 4096),
  );
  return ChunkPool.over(memory);
}

const chunkOf = (buffer: Buffer): number => buffer.byteOffset / CHUNK;
const reasonOf = (action: () => unknown) => Reflect.get(thrownBy(action) as object, 'reason');

describe('the defaults', () => {
  it('are a heap of 1 MiB, in 4096 chunks of 256 bytes', () => {
    expect(heap().byteLength).toBe(1_048_576);
    expect(heapBitmap().length).toBe(512);
    const allocator = new ChunkAllocator();
    for (const each of [allocator, ChunkPool.over(heap())]) {
      expect(each).toMatchObject({ capacity: 1_048_576, chunkCount: 4096, chunkSize: 256 });
      expect([each.usage(), each.largestFreeRun()]).toEqual([0, 4096]);
    }
  });

  it.each([8, 12, 16, 100, 128])('do not hold where %i chunks are asked for', (chunks) => {
    expect(new ChunkAllocator({ chunks }).chunkCount).toBe(chunks);
    expect(ChunkPool.over(heap({ chunks })).chunkCount).toBe(chunks);
  });
});

describe('a search', () => {
  it('finds pages at 0, 16 and so on, and 0 again when it is free', () => {
    const pool = pageAligned(32);
    const page = Layout.from(CHUNK, 4096);
    const first = pool.allocate(page);
    const second = pool.allocate(SMALL);
    expect([first, second, pool.allocate(page)].map(chunkOf)).toEqual([0, 1, 16]);
    expect(reasonOf(() => pool.allocate(page))).toBe('fragmented');
    pool.free(first);
    expect(chunkOf(pool.allocate(page))).toBe(0);
  });

  it('refuses 33 of 32 chunks and finds 32', () => {
    const pool = pageAligned(32);
    expect(reasonOf(() => pool.allocUnsafe(33 * CHUNK))).toBe('too-large');
    const all = pool.allocUnsafe(32 * CHUNK);
    expect(reasonOf(() => pool.allocUnsafe(1))).toBe('full');
    pool.realloc(all, 16 * CHUNK);
    expect(chunkOf(pool.allocate(Layout.from(16 * CHUNK, 4096)))).toBe(16);
  });

  it('refuses an alignment that lies outside', () => {
    const pool = pageAligned(32);
    expect(reasonOf(() => pool.allocate(Layout.from(1, 2 ** 40)))).toBe('too-large');
  });

  it('says fragmented where there is enough, but not in one piece', () => {
    const pool = ChunkPool.over(heap({ chunks: 8 }));
    const all = Array.from({ length: 8 }, () => pool.alloc(CHUNK));
    for (const at of [1, 3, 5]) pool.free(all[at] as Buffer);
    expect(reasonOf(() => pool.alloc(2 * CHUNK))).toBe('fragmented');
    expect(pool.largestFreeRun()).toBe(1);
  });
});

describe('usage', () => {
  it('goes 0, 25, 100, 75, 87.5, 0 over a pool', () => {
    const pool = ChunkPool.over(heap({ chunks: 8 }));
    const seen = [pool.usage()];
    const two = pool.alloc(2 * CHUNK);
    seen.push(pool.usage());
    const six = pool.alloc(6 * CHUNK);
    seen.push(pool.usage());
    pool.free(two);
    seen.push(pool.usage());
    const one = pool.alloc(CHUNK);
    seen.push(pool.usage());
    for (const each of [six, one]) pool.free(each);
    expect([...seen, pool.usage()]).toEqual([0, 25, 100, 75, 87.5, 0]);
  });

  it('goes 0, 25, 100, 75, 87.5, 0 over dedicated blocks', async () => {
    const chunks = new ChunkAllocator({ chunks: 8 });
    const [one, two, six] = [1, 2, 6].map((count) => Layout.from(count * CHUNK)) as [
      Layout,
      Layout,
      Layout,
    ];
    await idle();
    const seen = [chunks.usage()];
    const first = chunks.allocate(two);
    seen.push(chunks.usage());
    chunks.allocate(six);
    seen.push(chunks.usage());
    chunks.deallocate(first, two);
    seen.push(chunks.usage());
    chunks.allocate(one);
    seen.push(chunks.usage());
    chunks.reset();
    expect([...seen, chunks.usage()]).toEqual([0, 25, 100, 75, 87.5, 0]);
  });

  it('is rounded to two decimals', () => {
    const pool = ChunkPool.over(heap({ chunks: 3 }));
    pool.alloc(1);
    expect(pool.usage()).toBe(33.33);
  });
});

describe('a reallocation', () => {
  it('that shrinks gives the tail back: 1024, 100, free leaves nothing', () => {
    const pool = ChunkPool.over(heap({ chunks: 32 }));
    const small = pool.realloc(pool.alloc(1024), 100);
    expect(pool.usage()).toBe(3.13);
    pool.free(small);
    expect(pool.usage()).toBe(0);
  });

  it('within a chunk and into a free one stays where it is', () => {
    const pool = ChunkPool.over(heap({ chunks: 32 }));
    const buffer = pool.alloc(100, 7);
    const address = addressOf(buffer);
    const larger = pool.realloc(buffer, 256);
    expect(addressOf(larger)).toBe(address);
    const two = pool.realloc(larger, 257);
    expect(addressOf(two)).toBe(address);
    expect([two[99], two[100], two[256]]).toEqual([7, 0, 0]);
  });

  it('shrinks in a full heap', () => {
    const pool = ChunkPool.over(heap({ chunks: 4 }));
    const all = pool.alloc(4 * CHUNK, 9);
    expect(pool.realloc(all, 10)).toHaveLength(10);
  });

  it('moves where it has to, with its bytes', () => {
    const pool = ChunkPool.over(heap({ chunks: 8 }));
    const buffer = pool.alloc(CHUNK, 5);
    pool.alloc(1);
    const moved = pool.realloc(buffer, 2 * CHUNK);
    expect(moved.byteOffset).not.toBe(buffer.byteOffset);
    expect(moved.subarray(0, CHUNK).every((byte) => byte === 5)).toBe(true);
    expect(pool.usage()).toBe(37.5);
  });
});

it('an empty block takes no chunk and is freed once', () => {
  const pool = ChunkPool.over(heap({ chunks: 1 }));
  const all = pool.alloc(CHUNK);
  const empties = Array.from({ length: 100 }, () => pool.alloc(0));
  expect(pool.usage()).toBe(100);
  for (const empty of empties) expect(pool.free(empty)).toBe(true);
  expect(() => pool.free(empties[0] as Buffer)).toThrow();
  pool.free(all);
});

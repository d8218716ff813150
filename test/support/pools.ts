/** Pools and what their tests look at. */
import { ArenaAllocator, BufferPool, type BufferPoolOptions } from '../../lib/index.js';

/** The largest size that shares a slab, in bytes. */
export const LARGEST_SHARED = 64 * 1024;

/** A size with memory of its own. */
export const LARGE = 100_000;

/** A pool that gives slabs back only when it is told to, on an arena of its own. */
export function makePool(options: BufferPoolOptions = {}): BufferPool {
  return new BufferPool(new ArenaAllocator(), { decayMs: Number.POSITIVE_INFINITY, ...options });
}

/** What `make` gives, called `count` times. */
export function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}

/** Allocates until the pool refuses: what it gave. */
export function fillUp(pool: BufferPool, size: number): Buffer[] {
  const buffers: Buffer[] = [];
  for (;;) {
    try {
      buffers.push(pool.alloc(size));
    } catch {
      return buffers;
    }
  }
}

/** How many slots of `size` a slab has: as many as lie in the first Buffer's memory. */
export function slotsPerSlab(pool: BufferPool, size: number): number {
  const before = pool.stats();
  const first = pool.allocUnsafe(size);
  const { liveBlocks, freeBlocks } = pool.stats();
  pool.free(first);
  return liveBlocks - before.liveBlocks + freeBlocks - before.freeBlocks;
}

/** Whether nothing that was counted is missing: what came in is out, free again or given up. */
export function isBalanced(pool: BufferPool): boolean {
  const { allocations, deallocations, liveBlocks, abandonedBlocks } = pool.stats();
  const { liveBytes, abandonedBytes, freeBytes, mappedBytes } = pool.stats();
  return (
    allocations === deallocations + liveBlocks + abandonedBlocks &&
    liveBlocks >= 0 &&
    liveBytes >= 0 &&
    liveBytes + abandonedBytes + freeBytes <= mappedBytes
  );
}

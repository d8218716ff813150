/**
 * Where a read's memory comes from. `take()` gives a view to read into, `give(view)` takes it back,
 * `end()` frees what is left and answers how many frees were asked for and how many were granted.
 */
import { Layout, SystemAllocator } from '../../dist/index.js';

const PAGE = 4096;

/** An aligned block, fresh for each read and freed after it. */
export function freshBlocks(bytes) {
  const allocator = new SystemAllocator();
  const layout = Layout.from(bytes, PAGE);
  const counts = { frees: 0, granted: 0 };
  return {
    take: () => new Uint8Array(allocator.allocate(layout, { uninitialized: true })),
    give(view) {
      counts.frees++;
      if (allocator.deallocate(view.buffer, layout)) counts.granted++;
    },
    end() {
      allocator.dispose();
      return counts;
    },
  };
}

/** A few aligned blocks, used again and again, freed at the end when no read is in flight. */
export function reusedBlocks(bytes) {
  const fresh = freshBlocks(bytes);
  const idle = [];
  return {
    take: () => idle.pop() ?? fresh.take(),
    give: (view) => idle.push(view),
    end() {
      for (const view of idle) fresh.give(view);
      return fresh.end();
    },
  };
}

/** `Buffer.allocUnsafeSlow`, fresh for each read: it frees itself, and cannot be aligned. */
export function slowBuffers(bytes) {
  return {
    take: () => Buffer.allocUnsafeSlow(bytes),
    give() {},
    end: () => ({ frees: 0, granted: 0 }),
  };
}

import { type InspectOptions, inspect } from 'node:util';
import type { AllocatorStats } from '../allocator.js';
import { native } from '../native.js';
import { refuseCall } from '../refusal.js';
import type { SlabStore } from './slab-store.js';

/** The figures of a pool. Bytes are those of slots, at least the sizes that were asked for. */
export interface PoolStats extends AllocatorStats {
  /** Buffers that nobody freed, and whose memory came back all the same. */
  readonly recoveredBlocks: number;
  readonly recoveredBytes: number;
  /** Free slots and their bytes: memory at hand. */
  readonly freeBlocks: number;
  readonly freeBytes: number;
  /** Leased Buffers. */
  readonly leases: number;
}

/** What is in use and what is free, in blocks and bytes. */
function count(store: SlabStore) {
  const { tally } = store;
  let freed = tally.freed;
  let outBlocks = tally.strayBlocks;
  let outBytes = tally.strayBytes;
  let freeBlocks = 0;
  let freeBytes = 0;
  for (const magazine of store.magazines) {
    const { free, out, parked, slotSize } = magazine;
    outBlocks += out;
    outBytes += out * slotSize;
    freeBlocks += free + parked;
    freeBytes += (free + parked) * slotSize;
    freed += magazine.freed;
  }
  return { freed, outBlocks, outBytes, freeBlocks, freeBytes };
}

export function poolStats(store: SlabStore, limit: number): PoolStats {
  store.sweep();
  const { tally } = store;
  const { freed, outBlocks, outBytes, freeBlocks, freeBytes } = count(store);
  const state = native.runtimeState();
  if (typeof state === 'number') throw refuseCall(state);
  return Object.freeze({
    liveBlocks: outBlocks - tally.abandonedBlocks,
    liveBytes: outBytes - tally.abandonedBytes,
    peakBytes: tally.peakBytes,
    mappedBytes: tally.heldBytes,
    abandonedBlocks: tally.abandonedBlocks,
    abandonedBytes: tally.abandonedBytes,
    orphanedBlocks: state.orphanedBlocks,
    orphanedBytes: state.orphanedBytes,
    allocations: freed + outBlocks,
    deallocations: freed,
    failures: tally.failures,
    limit,
    recoveredBlocks: tally.recoveredBlocks,
    recoveredBytes: tally.recoveredBytes,
    freeBlocks,
    freeBytes,
    leases: tally.leases,
  });
}

/** What `util.inspect` shows of a pool. */
export function describePool(stats: PoolStats, options: InspectOptions): string {
  const { liveBlocks, liveBytes, freeBytes, mappedBytes, limit, leases, recoveredBytes } = stats;
  const shown = { liveBlocks, liveBytes, freeBytes, mappedBytes, limit, leases, recoveredBytes };
  return `BufferPool ${inspect(shown, options)}`;
}

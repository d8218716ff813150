/** The figures of scopes. */
import type { AllocatorStats } from '../../allocator.js';
import { native } from '../../native.js';
import { refuseCall } from '../../refusal.js';
import type { ScopeCore } from './core.js';

/** The figures of a scope, those inside it included. */
export interface ScopeStats extends AllocatorStats {
  /** Bytes that it had when it was empty; what it grew by is not in it. */
  readonly capacity: number;
  /** Bytes between the last Buffer and the end, without growth. */
  readonly freeBytes: number;
  /** Hooks that wait for its end. */
  readonly hooks: number;
  /** Parts of memory that a scope's end left to the collector, ever. */
  readonly escapes: number;
}

export function scopeStats(core: ScopeCore): ScopeStats {
  const state = native.runtimeState();
  if (typeof state === 'number') throw refuseCall(state);
  const { source, escapes } = core.family;
  const isRoot = core.outer === null;
  escapes.sweep();
  const sums = sumsOf(core);
  const abandonedBlocks = sums.abandonedBlocks + (isRoot ? escapes.blocks : 0);
  const abandonedBytes = sums.abandonedBytes + (isRoot ? escapes.bytes : 0);
  const deallocations = sums.freed + (isRoot ? escapes.freed : 0);
  return Object.freeze({
    liveBlocks: sums.blocks,
    liveBytes: sums.bytes,
    peakBytes: Math.max(sums.peak, sums.bytes + abandonedBytes),
    mappedBytes: isRoot ? source.heldBytes : sums.ownBytes,
    abandonedBlocks,
    abandonedBytes,
    orphanedBlocks: state.orphanedBlocks,
    orphanedBytes: state.orphanedBytes,
    allocations: sums.blocks + abandonedBlocks + deallocations,
    deallocations,
    failures: sums.failures,
    limit: Number.POSITIVE_INFINITY,
    capacity: core.capacity,
    freeBytes: core.room,
    hooks: core.hooks.length,
    escapes: escapes.count,
  });
}

/** Of a scope and those that are open inside it. */
function sumsOf(core: ScopeCore): typeof NONE {
  const inner = core.inner === null ? NONE : sumsOf(core.inner);
  const sums = { ...inner };
  for (const part of core.parts) {
    sums.blocks += part.blocks;
    sums.bytes += part.bytes;
    sums.abandonedBlocks += part.abandonedBlocks;
    sums.abandonedBytes += part.abandonedBytes;
  }
  sums.freed += core.freed;
  sums.failures += core.failures;
  sums.ownBytes += core.ownBytes;
  sums.peak = Math.max(core.peak, core.liveBytes + inner.peak);
  return sums;
}

const NONE = {
  blocks: 0,
  bytes: 0,
  abandonedBlocks: 0,
  abandonedBytes: 0,
  freed: 0,
  failures: 0,
  ownBytes: 0,
  peak: 0,
};

/** Waiting for what is observable, and comparing what must not have changed. Never by the clock. */
import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Allocator, AllocatorStats, ErrorCode } from '../../lib/index.js';
import { native } from '../../lib/native.js';

/** One turn of the event loop: finalizers that are due have run. */
export async function tick(): Promise<void> {
  await setImmediate();
}

/** Requests of this thread that the event loop has in flight. */
export function activeRequests(): number {
  const state = native.runtimeState();
  if (typeof state === 'number') throw new Error(`runtimeState() answers ${state}`);
  return state.activeRequests;
}

/** Until no request is in flight: from then on a free is answered with true. */
export async function idle(): Promise<void> {
  while (activeRequests() > 0) await tick();
}

/** Collects garbage, with ticks for the finalizers, until `done` or for `rounds`. */
export async function collect(done: () => boolean = () => false, rounds = 50): Promise<boolean> {
  if (globalThis.gc === undefined) throw new Error('run the tests with --expose-gc');
  for (let round = 0; round < rounds && !done(); round++) {
    await tick(); // what `done` looked at through a WeakRef lives to the end of its job
    globalThis.gc();
    await tick();
    await tick();
  }
  return done();
}

/** Matches an error by its stable code, with or without the prefix. */
export function withCode(code: string): object {
  const full = code.startsWith('ERR_HEAPWRIGHT_') ? code : `ERR_HEAPWRIGHT_${code}`;
  return expect.objectContaining({ code: full as ErrorCode });
}

/** What {@link expectUnchanged} compares with. */
export function snapshot(allocator: Pick<Allocator, 'stats'>): AllocatorStats {
  return allocator.stats();
}

/** Fails unless every figure is as it was, but for those in `changes`, and the heap is sound. */
export function expectUnchanged(
  allocator: Pick<Allocator, 'stats' | 'verify'>,
  before: AllocatorStats,
  changes: Partial<AllocatorStats> = {},
): void {
  expect(allocator.stats()).toEqual({ ...before, ...changes });
  expect(allocator.verify()).toBe(true);
}

/** The error for a request that a native allocator refused. */
import type { AllocatorStats } from '../allocator.js';
import { type AllocReason, type LimitDetail, limitReached, outOfMemory } from '../errors.js';
import type { Layout } from '../layout.js';
import { Code } from '../native.js';
import { refuseCall } from '../refusal.js';

/** What there is to say about the allocator; the figures are read only for a limit. */
export interface Refusing {
  readonly allocator: string;
  readonly mappedLimit: number;
  /** See {@link LimitDetail}. */
  readonly recovers?: boolean;
  stats(): AllocatorStats;
  usableSize(layout: Layout): number;
  /** Why there is no memory; by itself, the system has none. */
  reason?(): AllocReason;
}

function refuseLimit(refusing: Refusing, layout: Layout): Error {
  const { allocator, mappedLimit, recovers = false } = refusing;
  const { limit, liveBytes, abandonedBytes, mappedBytes } = refusing.stats();
  const isLive = liveBytes + abandonedBytes + refusing.usableSize(layout) > limit;
  const mapped = isLive ? undefined : { limit: mappedLimit, bytes: mappedBytes };
  return limitReached({
    layout,
    allocator,
    limit,
    liveBytes,
    abandonedBytes,
    mapped,
    recovers,
  });
}

/** Whether a code says that there is no memory to be had. */
export function isRefusal(code: number): boolean {
  return code === Code.OUT_OF_MEMORY || code === Code.LIMIT || code === Code.NOWAIT;
}

export function refuseRequest(code: number, refusing: Refusing, layout: Layout): Error {
  const { allocator } = refusing;
  switch (code) {
    case Code.OUT_OF_MEMORY:
      return outOfMemory({ layout, allocator, reason: refusing.reason?.() ?? 'os' });
    case Code.NOWAIT:
      return outOfMemory({ layout, allocator, reason: 'nowait' });
    case Code.LIMIT:
      return refuseLimit(refusing, layout);
    default:
      return refuseCall(code);
  }
}

/**
 * What happens inside, for who listens: `diagnostics_channel` with the names below. Without
 * subscribers a channel costs nothing that can be measured.
 */
import { type Channel, channel } from 'node:diagnostics_channel';
import type { Layout } from './layout.js';

/**
 * A message on `heapwright:alloc` and `heapwright:free`, of dedicated blocks and pooled Buffers. A
 * reallocation is both, in place or not. What `reset`, `dispose` or the collector ends is not
 * announced one by one.
 */
export interface BlockMessage {
  readonly allocator: object;
  readonly block: object;
  /** Bytes that were asked for. */
  readonly size: number;
}

/** A message on `heapwright:limit`: a request was refused. */
export interface LimitMessage {
  readonly allocator: object;
  readonly layout: Layout;
}

/** A message on `heapwright:recovered`: the collector brought back what nobody freed. */
export interface RecoveredMessage {
  readonly allocator: object;
  readonly blocks: number;
  readonly bytes: number;
}

export const allocChannel = channel('heapwright:alloc');
export const freeChannel = channel('heapwright:free');
export const limitChannel = channel('heapwright:limit');
export const recoveredChannel = channel('heapwright:recovered');

/** Says it to the subscribers of one of the first two. The caller asked whether there are any. */
export function announce(to: Channel, allocator: object, block: object, size: number): void {
  const message: BlockMessage = { allocator, block, size };
  to.publish(message);
}

export function announceLimit(allocator: object, layout: Layout): void {
  const message: LimitMessage = { allocator, layout };
  limitChannel.publish(message);
}

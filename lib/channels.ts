/**
 * What happens inside, for who listens: `diagnostics_channel` with the names below. Without
 * subscribers a channel costs nothing that can be measured.
 */
import { channel } from 'node:diagnostics_channel';
import type { Layout } from './layout.js';

/** A message on `heapwright:alloc` and `heapwright:free`. */
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

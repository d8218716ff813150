/**
 * Leases: for memory that is handed to a stream, a socket or anything else that keeps using it
 * after a call returns, where the event loop shows no request that the free could see.
 */
import { type Block, generationOf, indexOf, UNSTAMPED } from './block.js';
import { forget } from './live-blocks.js';
import { Code, native } from './native.js';
import { refuseBlock } from './refusal.js';

let makeLease: (block: ArrayBuffer) => Lease;

/**
 * Holds a block's memory. While a lease is open `deallocate` answers false, and the memory comes
 * back when the last lease is disposed. Disposing twice does nothing.
 *
 * @example
 * using lease = allocator.lease(block);
 * await pipeline(source, new Sink(block));
 */
export class Lease {
  static {
    makeLease = (block) => new Lease(block);
  }

  /** Reachable from here, so that the collector waits for the lease. Null once disposed. */
  #block: ArrayBuffer | null;

  private constructor(block: ArrayBuffer) {
    this.#block = block;
  }

  /** Whether the lease no longer holds anything. */
  get disposed(): boolean {
    return this.#block === null;
  }

  dispose(): void {
    const block = this.#block;
    if (block === null) return;
    this.#block = null;
    const index = indexOf(block);
    const before = native.endLease(index, generationOf(block), block);
    if (before === Code.OK && native.blockState(index, generationOf(block), block) !== Code.OK) {
      forget(index);
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * A lease on `block`, whichever allocator of this package it came from.
 *
 * @throws NOT_OWNED, INTERIOR, DETACHED, ABANDONED: there is nothing to hold.
 */
export function leaseBlock(block: Block): Lease {
  const index = indexOf(block);
  if (index === UNSTAMPED) throw refuseBlock(block, 'block');
  const code = native.lease(index, generationOf(block), block as ArrayBuffer);
  if (code !== Code.OK) throw refuseBlock(block, 'block', code);
  return makeLease(block as ArrayBuffer);
}

/**
 * Leases: for memory that is handed to a stream, a socket or anything else that keeps using it
 * after a call returns, where the event loop shows no request that the free could see.
 */
import { type Block, generationOf, indexOf, UNSTAMPED } from './block.js';
import { heapwrightError, invalidArgType } from './errors.js';
import { forget } from './live-blocks.js';
import { Code, native } from './native.js';
import { recordOf, refuseBlock } from './refusal.js';

let makeLease: (block: ArrayBuffer) => Lease;
let checkReceiver: (value: unknown) => void;

/** Proves to the constructor that a call comes from this file. */
const KEY = Symbol('Lease');

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
    makeLease = (block) => new Lease(KEY, block);
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #block in value) return;
      throw invalidArgType('this', 'a lease made by lease()', value);
    };
  }

  /** Reachable from here, so that the collector waits for the lease. Null once disposed. */
  #block: ArrayBuffer | null;

  private constructor(key: symbol, block: ArrayBuffer) {
    if (key !== KEY) throw invalidArgType('key', 'private: make leases with lease()', key);
    this.#block = block;
  }

  /** Whether the lease no longer holds anything. */
  get disposed(): boolean {
    checkReceiver(this);
    return this.#block === null;
  }

  dispose(): void {
    checkReceiver(this);
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
    checkReceiver(this);
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

/** LEASED if a lease on `block` is open. Memory that is none of this package has no leases. */
export function requireUnleased(block: Block): void {
  if (indexOf(block) === UNSTAMPED) return;
  if ((recordOf(block)?.leases ?? 0) > 0) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
}

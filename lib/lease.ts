/**
 * Leases: for memory that is handed to a stream, a socket or anything else that keeps using it
 * after a call returns, where the event loop shows no request that the free could see.
 */
import { type Block, generationOf, indexOf, UNSTAMPED } from './block.js';
import { heapwrightError, invalidArgType } from './errors.js';
import { forget } from './live-blocks.js';
import { Code, native } from './native.js';
import { placeOf } from './pool/stamp.js';
import { recordOf, refuseBlock } from './refusal.js';

/** Who holds the memory of leased blocks. */
export interface LeaseKeeper {
  /** One lease less on `block`. */
  endLease(block: Block): void;
}

let makeLease: (block: Block, keeper: LeaseKeeper) => Lease;
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
    makeLease = (block, keeper) => new Lease(KEY, block, keeper);
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #block in value) return;
      throw invalidArgType('this', 'a lease made by lease()', value);
    };
  }

  /** Reachable from here, so that the collector waits for the lease. Null once disposed. */
  #block: Block | null;
  readonly #keeper: LeaseKeeper;

  private constructor(key: symbol, block: Block, keeper: LeaseKeeper) {
    if (key !== KEY) throw invalidArgType('key', 'private: make leases with lease()', key);
    this.#block = block;
    this.#keeper = keeper;
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
    this.#keeper.endLease(block);
  }

  [Symbol.dispose](): void {
    checkReceiver(this);
    this.dispose();
  }
}

/** Leases on dedicated blocks are counted in the addon. */
const dedicated: LeaseKeeper = {
  endLease(block: ArrayBuffer): void {
    const index = indexOf(block);
    const before = native.endLease(index, generationOf(block), block);
    if (before === Code.OK && native.blockState(index, generationOf(block), block) !== Code.OK) {
      forget(index);
    }
  },
};

/** For those that count leases themselves: a lease that `keeper` has counted. */
export function openLease(block: Block, keeper: LeaseKeeper): Lease {
  return makeLease(block, keeper);
}

/**
 * A lease on `block`, whichever allocator of this package it came from.
 *
 * @throws NOT_OWNED, INTERIOR, DETACHED, ABANDONED: there is nothing to hold.
 */
export function leaseBlock(block: Block): Lease {
  const place = placeOf(block);
  if (place?.keeper != null) return place.keeper.lease(block as Buffer);
  const index = indexOf(block);
  if (index === UNSTAMPED) throw refuseBlock(block, 'block');
  const code = native.lease(index, generationOf(block), block as ArrayBuffer);
  if (code !== Code.OK) throw refuseBlock(block, 'block', code);
  return makeLease(block, dedicated);
}

/** LEASED if a lease on `block` is open. Memory that is none of this package has no leases. */
export function requireUnleased(block: Block): void {
  const pooled = placeOf(block)?.keeper?.describe(block as Buffer);
  if (pooled?.state === 'leased') throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
  if (indexOf(block) === UNSTAMPED) return;
  if ((recordOf(block)?.leases ?? 0) > 0) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
}

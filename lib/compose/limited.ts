import type { AllocatorStats } from '../allocator.js';
import type { Block } from '../block.js';
import { limitReached, outOfRange } from '../errors.js';
import type { Layout } from '../layout.js';
import { Pressure } from '../native.js';
import { type AllocateOptions, limitOption, readOptions } from '../options.js';
import { pushLater } from '../pool/pressure.js';
import { trustAllocator } from '../trust.js';
import type { AllocatorLike } from './adopt.js';
import { ledgerOf } from './composite.js';
import { PassThrough } from './pass-through.js';

/** What a {@link Limited} allows at once. Default of each: no limit (Infinity). */
export interface Limits {
  /** Usable bytes of live and abandoned blocks. */
  readonly bytes?: number;
  /** Blocks, live and abandoned. */
  readonly blocks?: number;
}

/**
 * No more than so many bytes or blocks of an allocator at once: LIMIT beyond. The limit is exact.
 * What was freed while in use, and what the program dropped, counts until it was collected.
 *
 * The allocator inside lives on when the node is disposed, and may serve others beside it.
 *
 * @example
 * const allocator = new Limited(pool, { bytes: 64 * 2 ** 20 });
 */
export class Limited<B extends Block = ArrayBuffer> extends PassThrough<B> {
  static {
    trustAllocator(Limited);
  }

  readonly #bytes: number;
  readonly #blocks: number;

  constructor(inner: AllocatorLike<B>, limits: Limits) {
    super('limited', inner);
    const { bytes, blocks } = readOptions(limits, ['bytes', 'blocks']);
    this.#bytes = limitOption(bytes, 'bytes');
    this.#blocks = limitOption(blocks, 'blocks');
    if (bytes === undefined && blocks === undefined) {
      throw outOfRange('limits', 'an object with bytes, blocks or both', limits);
    }
  }

  protected override take(layout: Layout, options: AllocateOptions): B {
    if (!this.#hasRoom(layout, 1)) throw this.#refuse(layout);
    return super.take(layout, options);
  }

  protected override tryTake(layout: Layout, options: AllocateOptions): B | null {
    return this.#hasRoom(layout, 1) ? super.tryTake(layout, options) : null;
  }

  /** A move has both blocks at once, and both count. */
  protected override change(
    block: B,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): B {
    const same = this.changeInPlace(block, layout, newLayout);
    if (same !== null) return same;
    if (!this.#hasRoom(newLayout, 1)) throw this.#refuse(newLayout);
    return super.change(block, layout, newLayout, options);
  }

  protected override changeInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    const more = this.bytesOf(newLayout) - this.bytesOf(layout);
    if (more > 0 && !this.#has(more, 0)) return null;
    return super.changeInPlace(block, layout, newLayout);
  }

  override stats(): AllocatorStats {
    return Object.freeze({ ...super.stats(), limit: this.#bytes });
  }

  protected override describe(): string {
    return ` of ${this.#bytes}`;
  }

  #has(bytes: number, blocks: number): boolean {
    const ledger = ledgerOf(this);
    return ledger.heldBytes + bytes <= this.#bytes && ledger.heldBlocks + blocks <= this.#blocks;
  }

  #hasRoom(layout: Layout, blocks: number): boolean {
    const bytes = this.bytesOf(layout);
    if (this.#has(bytes, blocks)) return true;
    ledgerOf(this).sweep();
    if (this.#has(bytes, blocks)) return true;
    pushLater(Pressure.HIGH);
    return false;
  }

  #refuse(layout: Layout): Error {
    const { liveBytes, abandonedBytes } = ledgerOf(this);
    const isFull = ledgerOf(this).heldBlocks >= this.#blocks;
    const limit = isFull ? this.#blocks : this.#bytes;
    return limitReached({ layout, allocator: this.name, limit, liveBytes, abandonedBytes });
  }
}

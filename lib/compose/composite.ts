/**
 * What every node of a composition is: it hands out blocks of the allocators that it is made of,
 * and knows which it handed out. A node says how it gets and gives back; the rest is here.
 */
import { type AllocatorStats, BaseAllocator, isOutOfMemory } from '../allocator.js';
import { type Block, sizeOf } from '../block.js';
import { describeLayout, heapwrightError, invalidArgType, isHeapwrightError } from '../errors.js';
import { type Layout, requireLayout } from '../layout.js';
import { type Lease, requireUnleased } from '../lease.js';
import {
  ABANDON,
  type AllocateOptions,
  type AllocateRequest,
  type DeallocateOptions,
  flagsOf,
  optionsOf,
  REFUSE,
  throwsWhenBusy,
} from '../options.js';
import { Ledger, type LiveEntry } from './ledger.js';
import { refuseStray } from './refuse-stray.js';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

let checkReceiver: (value: unknown) => void;
let openLedger: <B extends Block>(value: Composite<B>) => Ledger;

/**
 * The ledger of a node that is open.
 *
 * @throws CLOSED, INVALID_ARG_TYPE.
 */
export function ledgerOf<B extends Block>(node: Composite<B>): Ledger {
  return openLedger(node);
}

export abstract class Composite<B extends Block> extends BaseAllocator<B> {
  static {
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #ledger in value) return;
      throw invalidArgType('this', 'an allocator made by this package', value);
    };
    openLedger = (value) => {
      if (typeof value === 'object' && value !== null && #ledger in value) {
        if (!value.#isClosed) return value.#ledger;
      }
      checkReceiver(value);
      throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
    };
  }

  readonly #ledger = new Ledger(this);
  #isClosed = false;
  #measured: Layout | null = null;
  #bytes = 0;

  /** A block of one of the node's allocators, or an error. The options were read before. */
  protected abstract take(layout: Layout, options: AllocateOptions): B;
  /** As `take`, but null where there is no memory to be had. */
  protected abstract tryTake(layout: Layout, options: AllocateOptions): B | null;
  /** Gives a block back to where `take` got it. As `deallocate`. */
  protected abstract give(block: B, layout: Layout, options: DeallocateOptions): boolean;
  /** The block in another layout; the old one is freed. As `reallocate`. */
  protected abstract change(
    block: B,
    layout: Layout,
    newLayout: Layout,
    options: AllocateOptions,
  ): B;
  /** As `reallocateInPlace`. */
  protected abstract changeInPlace(block: B, layout: Layout, newLayout: Layout): B | null;
  /** What a block of a valid layout counts for. */
  protected abstract usable(layout: Layout): number;
  /** What the node adds to the one line of `util.inspect`. */
  protected describe(): string {
    return '';
  }
  /** LEASED where the end of the node could not free a block that is still in its ledger. */
  protected requireFree(block: B): void {
    requireUnleased(block);
  }
  /** What else ends with the node, after its blocks. */
  protected end(): void {}

  override allocate(layout: Layout, options?: AllocateRequest): B {
    requireLayout(layout, 'layout');
    const asked = optionsOf(flagsOf(options));
    const ledger = openLedger(this);
    let block: B;
    try {
      block = this.take(layout, asked);
    } catch (error) {
      if (isOutOfMemory(error)) ledger.failures++;
      throw error;
    }
    return this.#handOut(block, layout);
  }

  override tryAllocate(layout: Layout, options?: AllocateRequest): B | null {
    requireLayout(layout, 'layout');
    const asked = optionsOf(flagsOf(options));
    const ledger = openLedger(this);
    const block = this.tryTake(layout, asked);
    if (block === null) {
      ledger.failures++;
      return null;
    }
    return this.#handOut(block, layout);
  }

  override deallocate(block: B, layout: Layout, options?: DeallocateOptions): boolean {
    requireLayout(layout, 'layout');
    const plain = options !== undefined && throwsWhenBusy(options) ? REFUSE : ABANDON;
    const ledger = openLedger(this);
    const entry = this.#entryOf(ledger, block, layout);
    ledger.lend(entry, block);
    try {
      const isBack = this.give(block, entry.layout, plain);
      if (isBack) ledger.leave(entry);
      else ledger.abandon(entry, block);
      return isBack;
    } catch (error) {
      ledger.takeBack(entry, block);
      throw error;
    }
  }

  override reallocate(
    block: B | null,
    layout: Layout | null,
    newLayout: Layout,
    options?: AllocateRequest,
  ): B {
    if (block === null) return super.reallocate(block, layout, newLayout, options);
    const old = requireLayout(layout, 'layout');
    requireLayout(newLayout, 'newLayout');
    const asked = optionsOf(flagsOf(options));
    const ledger = openLedger(this);
    const entry = this.#entryOf(ledger, block, old);
    ledger.lend(entry, block);
    let next: B;
    try {
      next = this.change(block, entry.layout, newLayout, asked);
    } catch (error) {
      ledger.takeBack(entry, block);
      if (isOutOfMemory(error)) ledger.failures++;
      throw error;
    }
    ledger.settle(entry, block);
    return this.#handOut(next, newLayout);
  }

  override reallocateInPlace(block: B, layout: Layout, newLayout: Layout): B | null {
    requireLayout(layout, 'layout');
    requireLayout(newLayout, 'newLayout');
    const ledger = openLedger(this);
    const entry = this.#entryOf(ledger, block, layout);
    ledger.lend(entry, block);
    let same: B | null = null;
    try {
      same = this.changeInPlace(block, entry.layout, newLayout);
    } finally {
      if (same === null) ledger.takeBack(entry, block);
    }
    if (same === null) return null;
    ledger.settle(entry, block);
    return this.#handOut(same, newLayout);
  }

  override usableSize(layout: Layout): number {
    requireLayout(layout, 'layout');
    openLedger(this);
    return this.bytesOf(layout);
  }

  override owns(value: unknown): boolean {
    checkReceiver(this);
    if (this.#isClosed) return false;
    const entry = this.#ledger.find(value);
    if (entry === null) return this.#ledger.holdsView(value);
    return entry.layout.size === 0 || sizeOf(value as B) > 0;
  }

  override lease(block: B): Lease {
    const ledger = openLedger(this);
    if (ledger.find(block) === null) throw refuseStray(block, ledger);
    return super.lease(block);
  }

  override stats(): AllocatorStats {
    const ledger = openLedger(this);
    ledger.sweep();
    const { liveBlocks, liveBytes, abandonedBlocks, abandonedBytes } = ledger;
    const { peakBytes, allocations, failures } = ledger;
    return Object.freeze({
      ...super.stats(),
      liveBlocks,
      liveBytes,
      peakBytes,
      mappedBytes: ledger.heldBytes,
      abandonedBlocks,
      abandonedBytes,
      allocations,
      deallocations: allocations - ledger.heldBlocks,
      failures,
    });
  }

  override verify(): true {
    const ledger = openLedger(this);
    if (ledger.isConsistent()) return true;
    throw heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', {
      actual: `other sums than ${ledger.heldBlocks} blocks, ${ledger.heldBytes} bytes`,
    });
  }

  override dispose(): void {
    checkReceiver(this);
    if (this.#isClosed) return;
    const ledger = this.#ledger;
    for (const { target: block } of ledger.entries()) {
      if (block !== undefined) this.requireFree(block as B);
    }
    this.#isClosed = true;
    for (const entry of ledger.entries()) {
      const block = entry.target as B | undefined;
      if (block === undefined || entry.isAbandoned) continue;
      ledger.lend(entry, block);
      giveAtLast(() => this.give(block, entry.layout, ABANDON));
      ledger.leave(entry);
    }
    this.end();
  }

  [INSPECT](): string {
    const isNode = #ledger in this;
    if (!isNode) return 'Composite {}'; // the prototype
    const { liveBlocks, liveBytes } = this.#ledger;
    const what = this.#isClosed ? 'closed' : `${liveBlocks} live, ${liveBytes} bytes`;
    return `[${this.name}: ${what}${this.describe()}]`;
  }

  /** The same as `usable`, which asks other allocators, for the layout of the last request. */
  protected bytesOf(layout: Layout): number {
    if (layout !== this.#measured) {
      this.#bytes = this.usable(layout);
      this.#measured = layout;
    }
    return this.#bytes;
  }

  /** The entry of a live block that was allocated with `layout`. */
  #entryOf(ledger: Ledger, block: B, layout: Layout): LiveEntry {
    const entry = ledger.find(block);
    if (entry === null) throw refuseStray(block, ledger);
    const { size, align } = entry.layout;
    if (size === layout.size && align === layout.align) return entry;
    throw heapwrightError('ERR_HEAPWRIGHT_LAYOUT_MISMATCH', {
      expected: describeLayout(size, align),
      actual: describeLayout(layout.size, layout.align),
    });
  }

  #handOut(block: B, layout: Layout): B {
    if (this.#isClosed) {
      // One of the user's functions that ran meanwhile disposed the node.
      giveAtLast(() => this.give(block, layout, ABANDON));
      throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
    }
    this.#ledger.enter(block, layout, this.bytesOf(layout));
    return block;
  }
}

/** Gives a block back that has nowhere else to go: what was moved away is gone anyway. */
function giveAtLast(give: () => unknown): void {
  try {
    give();
  } catch (error) {
    if (!isHeapwrightError(error)) throw error;
  }
}

/**
 * The blocks that a composite handed out and did not get back: whose they are, and how many bytes.
 *
 * Entries are numbers, with a column for each thing that is known of a block: a block comes and goes
 * without an object of its own. What the program drops is collected in spite of its entry, which
 * goes at the next sweep.
 */
import { type Block, beginsWithin, classify } from '../block.js';
import { explain } from '../introspection.js';
import { LateRefs, Numbers } from '../late-refs.js';
import type { Layout } from '../layout.js';
import { placeOf } from '../pool/stamp.js';
import * as custody from './custody.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { entrust, entryOf, holderOf, NO_ENTRY } = custody;

/** Entries after which a ledger looks for collected ones, if it has doubled since it last did. */
const FIRST_SWEEP = 4096;

/** What a free, or the end of the last lease, has not given back yet. */
function isHeld(block: Block): boolean {
  const { state } = explain(block);
  return state === 'abandoned' || state === 'leased';
}

/** The blocks of one node. */
export class Ledger {
  readonly node: object;
  #numbers = new Numbers();
  #blocks = new LateRefs<Block>();
  /** Undefined where there is no entry. */
  #layouts: (Layout | undefined)[] = [];
  /** What each counts for. */
  #bytes: number[] = [];
  /** The entry of the node that this ledger's own node got the block from. */
  #innerHolders: (Ledger | null)[] = [];
  #innerEntries: number[] = [];
  /** Freed, with their memory still in use. */
  readonly #abandoned = new Set<number>();
  #sweepAt = FIRST_SWEEP;
  /** The allocation at which abandoned blocks may be looked at again: that pays for all of them. */
  #nextLook = 0;
  liveBlocks = 0;
  liveBytes = 0;
  abandonedBytes = 0;
  peakBytes = 0;
  peakBlocks = 0;
  allocations = 0;
  failures = 0;

  constructor(node: object) {
    this.node = node;
  }

  get abandonedBlocks(): number {
    return this.#abandoned.size;
  }

  /** Bytes that are in use, as a limit counts them. */
  get heldBytes(): number {
    return this.liveBytes + this.abandonedBytes;
  }

  get heldBlocks(): number {
    return this.liveBlocks + this.#abandoned.size;
  }

  /** High tides count from what is in use now. */
  restartPeaks(): void {
    this.peakBytes = this.heldBytes;
    this.peakBlocks = this.heldBlocks;
  }

  /** A block that the node is about to hand out. */
  enter(block: Block, layout: Layout, bytes: number): void {
    const entry = this.#numbers.take();
    const inner = holderOf(block) ?? null;
    this.#innerHolders[entry] = inner;
    this.#innerEntries[entry] = inner === null ? NO_ENTRY : entryOf(block);
    this.#blocks.set(entry, block);
    this.#layouts[entry] = layout;
    this.#bytes[entry] = bytes;
    entrust(block, this, entry);
    this.allocations++;
    this.liveBlocks++;
    this.liveBytes += bytes;
    const blocks = this.heldBlocks;
    if (this.heldBytes > this.peakBytes || blocks > this.peakBlocks) this.#rise();
    if (blocks >= this.#sweepAt) this.sweep();
  }

  /** The entry of a block that the node handed out and that is live, or NO_ENTRY. */
  find(block: unknown): number {
    if (holderOf(block) !== this) return NO_ENTRY;
    const entry = entryOf(block as Block);
    // A number has another block by now if the entry went at a sweep.
    return this.#blocks.get(entry) === block && !this.isAbandoned(entry) ? entry : NO_ENTRY;
  }

  /** That of a block that is in the ledger. */
  layoutOf(entry: number): Layout {
    return this.#layouts[entry] as Layout;
  }

  /** Undefined for what was collected. */
  blockOf(entry: number): Block | undefined {
    return this.#blocks.get(entry);
  }

  isAbandoned(entry: number): boolean {
    return this.#abandoned.size > 0 && this.#abandoned.has(entry);
  }

  /** Whether a block came back to the node with its memory still in use. */
  hasAbandoned(block: Block): boolean {
    const entry = holderOf(block) === this ? entryOf(block) : NO_ENTRY;
    return this.isAbandoned(entry) && this.#blocks.get(entry) === block;
  }

  /** Shows the block as the node got it, to the one that it came from. */
  lend(entry: number, block: Block): void {
    entrust(block, this.#innerHolders[entry] as Ledger | null, this.#innerEntries[entry] as number);
  }

  /** The free failed: it is the node's again. */
  takeBack(entry: number, block: Block): void {
    if (this.#isListed(entry)) entrust(block, this, entry);
  }

  /** Its memory is back. */
  leave(entry: number): void {
    if (!this.#isListed(entry)) return;
    const bytes = this.#bytes[entry] as number;
    if (this.isAbandoned(entry)) {
      this.#abandoned.delete(entry);
      this.abandonedBytes -= bytes;
    } else {
      this.liveBlocks--;
      this.liveBytes -= bytes;
    }
    this.#blocks.clear(entry);
    this.#layouts[entry] = undefined;
    this.#numbers.give(entry);
    if (this.heldBlocks === 0 && this.#numbers.end > FIRST_SWEEP) this.#startOver();
  }

  /** It was freed, and its memory comes back later. */
  abandon(entry: number, block: Block): void {
    if (!this.#isListed(entry) || this.isAbandoned(entry)) return;
    const bytes = this.#bytes[entry] as number;
    entrust(block, this, entry);
    this.#abandoned.add(entry);
    this.liveBlocks--;
    this.liveBytes -= bytes;
    this.abandonedBytes += bytes;
  }

  /** As `leave` or `abandon`: whichever became of a block that was reallocated. */
  settle(entry: number, block: Block): void {
    if (isHeld(block)) this.abandon(entry, block);
    else this.leave(entry);
  }

  /** Strikes out what was collected, and abandoned blocks whose memory is back. */
  sweep(): void {
    this.#sweepAbandoned();
    for (const entry of this.entries()) {
      if (this.#blocks.get(entry) === undefined) this.leave(entry);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.heldBlocks);
  }

  /** Whether a view looks into a live block without being one. Looks at every block. */
  holdsView(value: unknown): boolean {
    const what = classify(value);
    if (what.kind !== 'view') return false;
    // A block itself, of whomever: where it lies says nothing once it was freed.
    if (holderOf(value) !== undefined || placeOf(value) !== null) return false;
    if (this.find(what.buffer) !== NO_ENTRY) return true;
    for (const [block] of this.live()) {
      if (!ArrayBuffer.isView(block)) continue;
      if (beginsWithin(value as ArrayBufferView, what.buffer, block)) return true;
    }
    return false;
  }

  /** Every entry; those that are struck out meanwhile may come. */
  *entries(): Generator<number> {
    for (let entry = 0; entry < this.#numbers.end; entry++) {
      if (this.#isListed(entry)) yield entry;
    }
  }

  /** The blocks that neither came back nor were collected. */
  *live(): Generator<readonly [block: Block, layout: Layout]> {
    for (const entry of this.entries()) {
      const block = this.#blocks.get(entry);
      if (block !== undefined && !this.isAbandoned(entry)) yield [block, this.layoutOf(entry)];
    }
  }

  /** The sums over all entries, for `verify`. */
  isConsistent(): boolean {
    let blocks = 0;
    let bytes = 0;
    for (const entry of this.entries()) {
      blocks++;
      bytes += this.#bytes[entry] as number;
    }
    return blocks === this.heldBlocks && bytes === this.heldBytes;
  }

  /** A high tide, unless what was freed in use is back by now: a look for each allocation is paid. */
  #rise(): void {
    if (this.allocations >= this.#nextLook) this.#sweepAbandoned();
    this.peakBytes = Math.max(this.peakBytes, this.heldBytes);
    this.peakBlocks = Math.max(this.peakBlocks, this.heldBlocks);
  }

  #sweepAbandoned(): void {
    this.#nextLook = this.allocations + this.#abandoned.size;
    for (const entry of this.#abandoned) {
      const block = this.#blocks.get(entry);
      if (block === undefined || explain(block).state === 'freed') this.leave(entry);
    }
  }

  #isListed(entry: number): boolean {
    return this.#layouts[entry] !== undefined;
  }

  /** Gives the columns of a high tide back: no entry is left. */
  #startOver(): void {
    this.#numbers = new Numbers();
    this.#blocks = new LateRefs();
    this.#layouts = [];
    this.#bytes = [];
    this.#innerHolders = [];
    this.#innerEntries = [];
    this.#sweepAt = FIRST_SWEEP;
  }
}

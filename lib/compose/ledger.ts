/**
 * The blocks that a composite handed out and did not get back: whose they are, and how many bytes.
 *
 * Entries are used again and again: a block comes and goes without an object of its own. What the
 * program drops is collected in spite of its entry, which goes at the next sweep.
 */
import { type Block, beginsWithin, classify } from '../block.js';
import { explain } from '../introspection.js';
import { LateRef } from '../late-ref.js';
import type { Layout } from '../layout.js';
import { placeOf } from '../pool/stamp.js';
import * as custody from './custody.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { entrust, entryOf } = custody;

/** Entries after which a ledger looks for collected ones, if it has doubled since it last did. */
const FIRST_SWEEP = 4096;

/** One block in one ledger; a reference to the block. */
export class Entry extends LateRef<Block> {
  readonly ledger: Ledger;
  /** Null while it is nobody's. */
  layout: Layout | null = null;
  /** What it counts for. */
  bytes = 0;
  /** The entry of the node that the ledger's own node got the block from. */
  before: Entry | null = null;
  /** Freed, with its memory still in use. */
  isAbandoned = false;
  /** The next one that is nobody's. */
  nextFree: Entry | null = null;

  constructor(ledger: Ledger) {
    super();
    this.ledger = ledger;
  }
}

/** The entry of a block that is in a ledger. */
export interface LiveEntry extends Entry {
  readonly layout: Layout;
}

/** What a free, or the end of the last lease, has not given back yet. */
function isHeld(block: Block): boolean {
  const { state } = explain(block);
  return state === 'abandoned' || state === 'leased';
}

/** The blocks of one node. */
export class Ledger {
  readonly node: object;
  /** All there are. */
  #all: Entry[] = [];
  #firstFree: Entry | null = null;
  readonly #abandoned = new Set<Entry>();
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
    const entry = this.#firstFree ?? this.#another();
    this.#firstFree = entry.nextFree;
    entry.point(block);
    entry.layout = layout;
    entry.bytes = bytes;
    entry.before = entrust(block, entry);
    this.allocations++;
    this.liveBlocks++;
    this.liveBytes += bytes;
    const blocks = this.heldBlocks;
    if (this.heldBytes > this.peakBytes || blocks > this.peakBlocks) this.#rise();
    if (blocks >= this.#sweepAt) this.sweep();
  }

  /** The entry of a block that the node handed out and that is live. */
  find(block: unknown): LiveEntry | null {
    const entry = entryOf(block);
    if (entry === undefined || entry === null || entry.ledger !== this) return null;
    // It is another block's by now if it went at a sweep.
    return entry.target === block && !entry.isAbandoned ? (entry as LiveEntry) : null;
  }

  /** Whether a block came back to the node with its memory still in use. */
  hasAbandoned(block: Block): boolean {
    const entry = entryOf(block);
    return entry?.ledger === this && entry.isAbandoned && entry.target === block;
  }

  /** Shows the block as the node got it, to the one that it came from. */
  lend(entry: Entry, block: Block): void {
    entrust(block, entry.before);
  }

  /** The free failed: it is the node's again. */
  takeBack(entry: Entry, block: Block): void {
    if (entry.layout !== null) entrust(block, entry);
  }

  /** Its memory is back. */
  leave(entry: Entry): void {
    if (entry.layout === null) return;
    if (entry.isAbandoned) {
      this.#abandoned.delete(entry);
      this.abandonedBytes -= entry.bytes;
      entry.isAbandoned = false;
    } else {
      this.liveBlocks--;
      this.liveBytes -= entry.bytes;
    }
    entry.clear();
    entry.layout = null;
    entry.before = null;
    entry.nextFree = this.#firstFree;
    this.#firstFree = entry;
  }

  /** It was freed, and its memory comes back later. */
  abandon(entry: Entry, block: Block): void {
    if (entry.layout === null || entry.isAbandoned) return;
    entry.isAbandoned = true;
    entrust(block, entry);
    this.#abandoned.add(entry);
    this.liveBlocks--;
    this.liveBytes -= entry.bytes;
    this.abandonedBytes += entry.bytes;
  }

  /** As `leave` or `abandon`: whichever became of a block that was reallocated. */
  settle(entry: Entry, block: Block): void {
    if (isHeld(block)) this.abandon(entry, block);
    else this.leave(entry);
  }

  /** Strikes out what was collected, and abandoned blocks whose memory is back. */
  sweep(): void {
    this.#sweepAbandoned();
    for (const entry of this.entries()) {
      if (entry.target === undefined) this.leave(entry);
    }
    if (this.heldBlocks === 0) this.#startOver();
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.heldBlocks);
  }

  /** Whether a view looks into a live block without being one. Looks at every block. */
  holdsView(value: unknown): boolean {
    const what = classify(value);
    if (what.kind !== 'view') return false;
    // A block itself, of whomever: where it lies says nothing once it was freed.
    if (entryOf(value) !== undefined || placeOf(value) !== null) return false;
    if (this.find(what.buffer) !== null) return true;
    for (const { block } of this.live()) {
      if (!ArrayBuffer.isView(block)) continue;
      if (beginsWithin(value as ArrayBufferView, what.buffer, block)) return true;
    }
    return false;
  }

  /** Every entry that is a block's, collected or not; those that leave meanwhile may come. */
  *entries(): Generator<LiveEntry> {
    for (const entry of this.#all) {
      if (entry.layout !== null) yield entry as LiveEntry;
    }
  }

  /** The blocks that neither came back nor were collected. */
  *live(): Generator<{ readonly block: Block; readonly layout: Layout }> {
    for (const { target: block, layout, isAbandoned } of this.entries()) {
      if (block !== undefined && !isAbandoned) yield { block, layout };
    }
  }

  /** The sums over all entries, for `verify`. */
  isConsistent(): boolean {
    let blocks = 0;
    let bytes = 0;
    for (const entry of this.entries()) {
      blocks++;
      bytes += entry.bytes;
    }
    return blocks === this.heldBlocks && bytes === this.heldBytes;
  }

  #another(): Entry {
    const entry = new Entry(this);
    this.#all.push(entry);
    return entry;
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
      const block = entry.target;
      if (block === undefined || explain(block).state === 'freed') this.leave(entry);
    }
  }

  /** Gives the entries of a high tide back. */
  #startOver(): void {
    if (this.#all.length <= FIRST_SWEEP) return;
    this.#all = [];
    this.#firstFree = null;
  }
}

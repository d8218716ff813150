/**
 * The blocks that a composite handed out and did not get back: whose they are, and how many bytes.
 *
 * Entries form a list, so that `dispose` finds every block. What the program drops is collected in
 * spite of its entry, which goes at the next sweep.
 */
import { type Block, beginsWithin, classify } from '../block.js';
import { explain } from '../introspection.js';
import { LateRef } from '../late-ref.js';
import type { Layout } from '../layout.js';
import { placeOf } from '../pool/stamp.js';
import { entrust, entryOf } from './custody.js';

/** Entries after which a ledger looks for collected ones, if it has doubled since it last did. */
const FIRST_SWEEP = 4096;

/** One block in one ledger; a reference to the block. */
export class Entry extends LateRef<Block> {
  readonly ledger: Ledger;
  readonly layout: Layout;
  /** What it counts for. */
  readonly bytes: number;
  /** The entry of the node that the ledger's own node got the block from. */
  readonly before: Entry | null;
  /** Freed, with its memory still in use. */
  isAbandoned = false;
  isListed = true;
  previous: Entry | null = null;
  next: Entry | null = null;

  constructor(ledger: Ledger, block: Block, layout: Layout, bytes: number, before: Entry | null) {
    super(block);
    this.ledger = ledger;
    this.layout = layout;
    this.bytes = bytes;
    this.before = before;
  }
}

/** What a free, or the end of the last lease, has not given back yet. */
function isHeld(block: Block): boolean {
  const { state } = explain(block);
  return state === 'abandoned' || state === 'leased';
}

/** The blocks of one node. */
export class Ledger {
  readonly node: object;
  #first: Entry | null = null;
  #sweepAt = FIRST_SWEEP;
  liveBlocks = 0;
  liveBytes = 0;
  abandonedBlocks = 0;
  abandonedBytes = 0;
  peakBytes = 0;
  peakBlocks = 0;
  allocations = 0;
  failures = 0;

  constructor(node: object) {
    this.node = node;
  }

  /** Bytes that are in use, as a limit counts them. */
  get heldBytes(): number {
    return this.liveBytes + this.abandonedBytes;
  }

  get heldBlocks(): number {
    return this.liveBlocks + this.abandonedBlocks;
  }

  /** High tides count from what is in use now. */
  restartPeaks(): void {
    this.peakBytes = this.heldBytes;
    this.peakBlocks = this.heldBlocks;
  }

  /** A block that the node is about to hand out. */
  enter(block: Block, layout: Layout, bytes: number): void {
    const entry = new Entry(this, block, layout, bytes, entryOf(block) ?? null);
    const first = this.#first;
    if (first !== null) {
      entry.next = first;
      first.previous = entry;
    }
    this.#first = entry;
    entrust(block, entry);
    this.allocations++;
    this.liveBlocks++;
    this.liveBytes += bytes;
    const held = this.liveBytes + this.abandonedBytes;
    if (held > this.peakBytes) this.peakBytes = held;
    const blocks = this.liveBlocks + this.abandonedBlocks;
    if (blocks > this.peakBlocks) this.peakBlocks = blocks;
    if (blocks >= this.#sweepAt) this.sweep();
  }

  /** The entry of a block that the node handed out and that is live. */
  find(block: unknown): Entry | null {
    const entry = entryOf(block);
    if (entry === undefined || entry === null) return null;
    return entry.ledger === this && !entry.isAbandoned ? entry : null;
  }

  /** Shows the block as the node got it, to the one that it came from. */
  lend(entry: Entry, block: Block): void {
    entrust(block, entry.before);
  }

  /** The free failed: it is the node's again. */
  takeBack(entry: Entry, block: Block): void {
    if (entry.isListed) entrust(block, entry);
  }

  /** Its memory is back. */
  leave(entry: Entry): void {
    if (!entry.isListed) return;
    this.#unlist(entry);
    if (entry.isAbandoned) {
      this.abandonedBlocks--;
      this.abandonedBytes -= entry.bytes;
    } else {
      this.liveBlocks--;
      this.liveBytes -= entry.bytes;
    }
  }

  /** It was freed, and its memory comes back later. */
  abandon(entry: Entry, block: Block): void {
    if (!entry.isListed || entry.isAbandoned) return;
    entry.isAbandoned = true;
    entrust(block, entry);
    this.liveBlocks--;
    this.liveBytes -= entry.bytes;
    this.abandonedBlocks++;
    this.abandonedBytes += entry.bytes;
  }

  /** As `leave` or `abandon`: whichever became of a block that was reallocated. */
  settle(entry: Entry, block: Block): void {
    if (isHeld(block)) this.abandon(entry, block);
    else this.leave(entry);
  }

  /** Strikes out what was collected, and abandoned blocks whose memory is back. */
  sweep(): void {
    for (const entry of this.entries()) {
      const { target: block } = entry;
      if (block === undefined) this.leave(entry);
      else if (entry.isAbandoned && explain(block).state === 'freed') this.leave(entry);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.heldBlocks);
  }

  /** Whether a view looks into a live block without being one. Looks at every block. */
  holdsView(value: unknown): boolean {
    const what = classify(value);
    if (what.kind !== 'view') return false;
    // A block itself, of whomever: where it lies says nothing once it was freed.
    if (entryOf(value) !== undefined || placeOf(value) !== null) return false;
    if (this.find(what.buffer) !== null) return true;
    for (const entry of this.entries()) {
      const { target: block, isAbandoned } = entry;
      if (isAbandoned || block === undefined || !ArrayBuffer.isView(block)) continue;
      if (beginsWithin(value as ArrayBufferView, what.buffer, block)) return true;
    }
    return false;
  }

  /** Every entry; those that are struck out meanwhile may come. */
  *entries(): Generator<Entry> {
    for (let entry = this.#first; entry !== null; ) {
      const { next } = entry;
      if (entry.isListed) yield entry;
      entry = next;
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

  #unlist(entry: Entry): void {
    const { previous, next } = entry;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next !== null) next.previous = previous;
    entry.isListed = false;
    entry.clear();
  }
}

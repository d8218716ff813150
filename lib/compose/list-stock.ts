/**
 * What a free list does with arguments that were checked: blocks come from those that wait or from
 * the parent, and go back to one of the two.
 */
import { Buffer } from 'node:buffer';
import { type Allocator, isOutOfMemory } from '../allocator.js';
import { arrayBufferOf, type Block, bytesOf, lengthOf, offsetOf, sizeOf } from '../block.js';
import { heapwrightError } from '../errors.js';
import { explain } from '../introspection.js';
import { Layout } from '../layout.js';
import { Code, native } from '../native.js';
import { optionsOf, ZEROED } from '../options.js';
import { putPlace } from '../pool/stamp.js';
import { zero, zeroFrom } from '../pool/zero.js';
import { isDedicated, isHeld, ListBlocks } from './list-blocks.js';
import { type Leased, type ListOwner, Out, Waiting } from './list-places.js';

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => Buffer;
/** What `Buffer` itself makes its Buffers with. */
const FastBuffer = (Buffer as unknown as { [Symbol.species]: ViewConstructor })[Symbol.species];

/** A layout that no request comes with. */
const NONE = Layout.from(0);

/** Why a list has no block for a request. */
export type Refusal = 'too-large' | 'full';

function isBusy(): boolean {
  return native.isBusy() !== Code.OK;
}

export class ListStock<B extends Block> {
  readonly parent: Allocator<B>;
  /** That of a block, as the parent knows it. */
  readonly layout: Layout;
  readonly max: number;
  readonly blocks: ListBlocks<B>;
  readonly owner: ListOwner;
  readonly idle: Waiting;
  /** Bytes that a block takes up. */
  readonly usable: number;
  /** As the parent gave them; the one that was freed last at the end. */
  waiting: B[] = [];
  /** Where a block is that was asked for in full, with the alignment that was last asked for. */
  whole: Out;
  /**
   * The layout of a full block that was last asked for, while blocks are Buffers that share memory
   * with others, so that no free has to look at the loop; else none that anybody else has. Who
   * comes with this very object needs no check.
   */
  quick = NONE;
  /** Bytes of a block. */
  readonly size: number;
  isClosed = false;
  /** The most bytes that were in use at once, up to the last {@link note}. */
  peakBytes = 0;
  /** The fewest blocks that have waited since then: when most were in use. */
  least = 0;
  allocations = 0;
  failures = 0;
  /** Where a block is whose layout was the last one asked for that is smaller. */
  #part: Out;
  #hasDedicated = false;
  /** Null: not known yet. */
  #isOfBuffers: boolean | null = null;

  constructor(parent: Allocator<B>, layout: Layout, max: number, owner: ListOwner) {
    this.parent = parent;
    this.layout = layout;
    this.size = layout.size;
    this.max = max;
    this.owner = owner;
    this.usable = parent.usableSize(layout);
    this.blocks = new ListBlocks(parent);
    this.idle = new Waiting(owner);
    this.whole = new Out(owner, layout);
    this.#part = this.whole;
  }

  get liveBlocks(): number {
    return this.blocks.members - this.waiting.length;
  }

  get liveBytes(): number {
    return this.blocks.bytes - this.waiting.length * this.usable;
  }

  /**
   * Raises the peak to what was in use when the fewest waited. Before blocks come into existence,
   * and after one was handed out; the short way in between only counts how many wait.
   */
  note(): void {
    const { bytes, abandonedBytes } = this.blocks;
    const held = bytes + abandonedBytes - this.least * this.usable;
    if (held > this.peakBytes) this.peakBytes = held;
  }

  /** A block was handed out. */
  #enter(): void {
    this.allocations++;
    this.least = this.waiting.length;
    this.note();
  }

  requireOpen(): void {
    if (this.isClosed) throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
  }

  fits({ size, align }: Layout): boolean {
    return size <= this.layout.size && align <= this.layout.align;
  }

  usableOf(layout: Layout): number {
    const { size } = layout;
    if (size === this.layout.size) return this.usable;
    if (size > 0 && this.fits(layout) && this.#mayBeBuffers()) return this.usable;
    return this.parent.usableSize(layout);
  }

  /** Makes blocks until so many wait. */
  fill(count: number): void {
    while (this.waiting.length < count) {
      const made = this.#make(0);
      if (made === null) break;
      this.waiting.push(made);
    }
    this.least = this.waiting.length;
  }

  /** A block, or why the list has none; the parent's own refusal is thrown. */
  serve(layout: Layout, asked: number): B | Refusal {
    this.requireOpen();
    if (!this.fits(layout)) return this.#fail('too-large');
    this.note();
    const { size } = layout;
    if (size === this.layout.size) return this.#serveWhole(layout, asked);
    if (size > 0 && this.#areBuffers()) return this.#servePart(layout, asked);
    return this.#serveApart(layout, asked);
  }

  #fail(reason: Refusal): Refusal {
    this.failures++;
    return reason;
  }

  #serveWhole(layout: Layout, asked: number): B | Refusal {
    if (this.whole.align !== layout.align) this.whole = new Out(this.owner, layout);
    this.quick = this.#hasDedicated ? NONE : layout;
    const used = this.#pop();
    const block = used ?? this.#make(asked);
    if (block === null) return this.#fail('full');
    if (used !== null && (asked & ZEROED) !== 0) zero(bytesOf(block));
    putPlace(block, this.whole);
    this.#enter();
    return block;
  }

  /** A view of the first bytes of a block. */
  #servePart(layout: Layout, asked: number): B | Refusal {
    const carrier = this.#pop() ?? this.#make(asked & ~ZEROED);
    if (carrier === null) return this.#fail('full');
    const { size, align } = layout;
    const part = this.#part;
    if (part.size !== size || part.align !== align) this.#part = new Out(this.owner, layout);
    const last = this.blocks.viewOf(carrier);
    const isSame = last !== null && lengthOf(last as Buffer) === size;
    const view = isSame ? last : this.#makeView(carrier, size);
    putPlace(view, this.#part);
    if ((asked & ZEROED) !== 0) zero(bytesOf(view));
    this.#enter();
    return view;
  }

  /** A block of the parent's for this request alone. */
  #serveApart(layout: Layout, asked: number): B | Refusal {
    const { blocks } = this;
    if (layout.size > 0 && blocks.count >= this.max) {
      const spare = this.#pop();
      if (spare === null) return this.#fail('full');
      blocks.tryGiveBack(spare);
    }
    const block = this.#fetch(layout, asked);
    blocks.add(block, layout, this.parent.usableSize(layout), false);
    putPlace(block, new Out(this.owner, layout));
    this.#enter();
    return block;
  }

  /** The one that was freed last. Those that were moved away meanwhile are dropped. */
  #pop(): B | null {
    for (;;) {
      const block = this.waiting.pop();
      if (block === undefined) return null;
      if (this.isWhole(block)) return block;
      this.blocks.tryGiveBack(block);
    }
  }

  /** Whether a block of the parent's still has its memory. */
  isWhole(carrier: B): boolean {
    return sizeOf(carrier) === this.layout.size;
  }

  /** One block more, or null: there are as many as there may be. */
  #make(asked: number): B | null {
    const { blocks } = this;
    if (blocks.count >= this.max) return null;
    const block = this.#fetch(this.layout, asked);
    blocks.add(block, this.layout, this.usable, true);
    putPlace(block, this.idle);
    this.#isOfBuffers = ArrayBuffer.isView(block);
    this.#hasDedicated ||= isDedicated(block);
    if (this.#hasDedicated) this.quick = NONE;
    return block;
  }

  /** Asks the parent. The parent's functions may be the program's, and use or end the list. */
  #fetch(layout: Layout, asked: number): B {
    const { blocks } = this;
    const counts = layout.size > 0 ? 1 : 0;
    blocks.count += counts;
    let block: B;
    try {
      block = this.parent.allocate(layout, optionsOf(asked));
    } catch (error) {
      if (isOutOfMemory(error)) this.failures++;
      throw error;
    } finally {
      blocks.count -= counts;
    }
    if (!this.isClosed) return block;
    this.parent.deallocate(block, layout);
    throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
  }

  /** Asks with an empty block where none has come yet; its refusal is thrown. */
  #areBuffers(): boolean {
    if (this.#isOfBuffers === null) {
      const nothing = Layout.from(0);
      const block = this.parent.allocate(nothing);
      this.#isOfBuffers = ArrayBuffer.isView(block);
      this.parent.deallocate(block, nothing);
    }
    return this.#isOfBuffers;
  }

  /** False where not even an empty block is to be had. */
  #mayBeBuffers(): boolean {
    try {
      return this.#areBuffers();
    } catch (error) {
      if (isOutOfMemory(error)) return false;
      throw error;
    }
  }

  #makeView(carrier: B, size: number): B {
    const bytes = carrier as Buffer;
    const view = new FastBuffer(arrayBufferOf(bytes), offsetOf(bytes), size) as Block as B;
    this.blocks.addView(carrier, view);
    return view;
  }

  /** Frees a block that is `out`: true, it waits or is back; false, it comes back later. */
  free(block: B, out: Out, refuses: boolean): boolean {
    const { blocks } = this;
    const own = blocks.blockOf(block);
    const carrier = blocks.carrierOf(block);
    const isWhole = own.isKept && this.isWhole(carrier);
    const isInUse = isWhole && isDedicated(carrier) && isBusy();
    putPlace(block, this.idle);
    if (isWhole && !isInUse) {
      this.waiting.push(carrier);
      return true;
    }
    try {
      return blocks.giveBack(carrier, { whenBusy: refuses ? 'throw' : 'abandon' });
    } catch (error) {
      if (out.size > 0 && sizeOf(carrier) === 0) {
        blocks.leave(own); // moved away: there is nothing to have back
      } else {
        putPlace(block, out);
      }
      throw error;
    }
  }

  /** A leased block was freed: it comes back with its last lease. */
  doom(block: B, leased: Leased): void {
    leased.isFreed = true;
    this.blocks.doom(this.blocks.blockOf(block));
  }

  endLease(block: B, leased: Leased): void {
    if (--leased.leases > 0) return;
    if (!leased.isFreed) {
      putPlace(block, leased.out);
      return;
    }
    const { blocks } = this;
    const own = blocks.blockOf(block);
    const carrier = blocks.carrierOf(block);
    this.note();
    blocks.undoom(own);
    putPlace(block, this.idle);
    if (isBusy()) blocks.giveBackLeased(carrier);
    else if (own.isKept && this.isWhole(carrier)) this.waiting.push(carrier);
    else blocks.tryGiveBack(carrier);
    this.least = this.waiting.length;
  }

  /** Whether another layout of a block is the parent's affair: of what cannot be a view. */
  changesInParent(block: B, newLayout: Layout): boolean {
    if (newLayout.size === 0 || !this.fits(newLayout)) return false;
    return !ArrayBuffer.isView(block) && this.blocks.blockOf(block).layout.size > 0;
  }

  /** The same block, as the parent changes it; null: it stays as it is. */
  change(
    block: B,
    out: Out,
    newLayout: Layout,
    change: (from: Layout, to: Layout) => B | null,
  ): B | null {
    const { blocks } = this;
    const own = blocks.blockOf(block);
    const isKept = newLayout.size === this.layout.size;
    const to = isKept ? this.layout : newLayout;
    this.note();
    putPlace(block, own.home);
    let next: B | null = null;
    try {
      next = change(own.layout, to);
    } finally {
      if (next === null) putPlace(block, out);
    }
    if (next === null) return null;
    blocks.leave(own);
    if (isHeld(explain(block).state)) blocks.abandon(own);
    blocks.add(next, to, this.parent.usableSize(to), isKept);
    putPlace(next, new Out(this.owner, newLayout));
    this.#enter();
    return next;
  }

  /** Another view of the same block, or null. New bytes are zero. */
  resize(block: B, layout: Layout, newLayout: Layout): B | null {
    const { blocks } = this;
    const { isKept } = blocks.blockOf(block);
    const carrier = blocks.carrierOf(block);
    if (!isKept || newLayout.size === 0 || !this.fits(newLayout)) return null;
    if (!ArrayBuffer.isView(carrier) || !this.isWhole(carrier)) return null;
    if (isDedicated(carrier) && isBusy()) return null;
    const next = this.#makeView(carrier, newLayout.size);
    putPlace(block, this.idle);
    putPlace(next, new Out(this.owner, newLayout));
    zeroFrom(next as Buffer, layout.size);
    this.allocations++;
    return next;
  }

  /** Gives back what waits. */
  trim(): number {
    const waiting = new Set(this.waiting);
    this.waiting = [];
    for (const carrier of this.blocks.carriers()) {
      if (waiting.has(carrier)) this.blocks.tryGiveBack(carrier);
    }
    return waiting.size;
  }

  /** Gives everything back. */
  end(): void {
    this.isClosed = true;
    this.quick = NONE;
    this.waiting = [];
    for (const carrier of this.blocks.carriers()) {
      const view = this.blocks.viewOf(carrier);
      if (view !== null) putPlace(view, this.idle);
      this.blocks.tryGiveBack(carrier);
    }
  }

  /** The invariant that is broken, or null. */
  check(): string | null {
    if (!this.blocks.isConsistent()) return 'every block is counted once';
    if (this.liveBlocks < 0 || this.liveBytes < 0) return 'what waits is there';
    return new Set(this.waiting).size === this.waiting.length ? null : 'a block waits once';
  }
}

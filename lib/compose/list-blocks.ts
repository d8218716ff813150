/**
 * The blocks that a free list has in existence: what each was got with, and how it goes back. They
 * are held weakly here, so that the collector may have what the program forgets; those that wait
 * are held by the list.
 */
import type { Allocator } from '../allocator.js';
import { arrayBufferOf, type Block, byteLengthOf, lengthOf, offsetOf } from '../block.js';
import { isHeapwrightError } from '../errors.js';
import { type Explanation, explain } from '../introspection.js';
import type { Layout } from '../layout.js';
import type { Lease } from '../lease.js';
import type { DeallocateOptions } from '../options.js';
import { type Place, placeOf, putPlace } from '../pool/stamp.js';

/** Whether a state is that of what was freed and is not back. */
export function isHeld(state: Explanation['state']): boolean {
  return state === 'abandoned' || state === 'leased';
}

/** One block of the parent. */
export class ListBlock<B extends Block> {
  /** As the parent knows it. */
  readonly layout: Layout;
  readonly ref: WeakRef<B>;
  /** Where the parent has it. */
  readonly home: Place | null;
  /** Whether it is used again and again; otherwise it was made for one request. */
  readonly isKept: boolean;
  /** What it takes up. */
  readonly bytes: number;
  /** Given back, with its memory still in use. */
  isAbandoned = false;
  /** Freed under a lease, with which it comes back. */
  isDoomed = false;

  constructor(block: B, layout: Layout, bytes: number, isKept: boolean) {
    this.layout = layout;
    this.bytes = bytes;
    this.ref = new WeakRef(block);
    this.home = placeOf(block);
    this.isKept = isKept;
  }
}

/** What the list knows of an object that it handed out. */
interface Known<B extends Block> {
  readonly block: ListBlock<B>;
  /** The parent's object, where this one is a view of it. */
  readonly carrier: B | null;
  /** The view that was last made of it. */
  view: B | null;
}

/** Whether a free has to ask for operations in flight: the memory is nobody else's. */
export function isDedicated(block: Block): boolean {
  if (!ArrayBuffer.isView(block)) return true;
  return offsetOf(block) === 0 && byteLengthOf(arrayBufferOf(block)) === lengthOf(block);
}

export class ListBlocks<B extends Block> {
  readonly #parent: Allocator<B>;
  readonly #all = new Set<ListBlock<B>>();
  readonly #known = new WeakMap<B, Known<B>>();
  readonly #forgotten: FinalizationRegistry<ListBlock<B>>;
  /** Blocks that count towards the most that there may be. */
  count = 0;
  /** Blocks that wait or are live, the empty ones too, and what they take up. */
  members = 0;
  bytes = 0;
  abandonedBlocks = 0;
  abandonedBytes = 0;

  constructor(parent: Allocator<B>) {
    this.#parent = parent;
    this.#forgotten = new FinalizationRegistry((block) => this.#collected(block));
  }

  /** A block that the parent gave. */
  add(object: B, layout: Layout, bytes: number, isKept: boolean): ListBlock<B> {
    const block = new ListBlock(object, layout, bytes, isKept);
    this.#all.add(block);
    this.#known.set(object, { block, carrier: null, view: null });
    this.#forgotten.register(object, block, block);
    if (layout.size > 0) this.count++;
    this.#join(block);
    return block;
  }

  /** A view that stands for a block from now on. */
  addView(carrier: B, view: B): void {
    const known = this.#known.get(carrier) as Known<B>;
    known.view = view;
    this.#known.set(view, { block: known.block, carrier, view: null });
  }

  /** The block behind an object that was handed out. */
  blockOf(object: B): ListBlock<B> {
    return (this.#known.get(object) as Known<B>).block;
  }

  isKnown(object: unknown): boolean {
    return this.#known.has(object as B);
  }

  /** The parent's own object behind one that was handed out. */
  carrierOf(object: B): B {
    return this.#known.get(object)?.carrier ?? object;
  }

  viewOf(carrier: B): B | null {
    return this.#known.get(carrier)?.view ?? null;
  }

  /** Gives a block back to the parent. Whether its memory is back. On any error it stays. */
  giveBack(carrier: B, options: DeallocateOptions): boolean {
    const place = placeOf(carrier);
    putPlace(carrier, this.blockOf(carrier).home);
    try {
      return this.#deallocate(carrier, options);
    } catch (error) {
      putPlace(carrier, place);
      throw error;
    }
  }

  /** The same where there is nobody to tell of an error: what was moved away is gone anyway. */
  tryGiveBack(carrier: B): void {
    const block = this.blockOf(carrier);
    putPlace(carrier, block.home);
    try {
      this.#deallocate(carrier, {});
    } catch (error) {
      this.leave(block);
      if (!isHeapwrightError(error)) throw error;
    }
  }

  /** The same for memory that was under a lease: an operation in flight keeps it. */
  giveBackLeased(carrier: B): void {
    putPlace(carrier, this.blockOf(carrier).home);
    const lease = this.#leaseOfParent(carrier);
    try {
      this.#deallocate(carrier, {});
    } catch (error) {
      this.leave(this.blockOf(carrier));
      if (!isHeapwrightError(error)) throw error;
    } finally {
      lease?.dispose();
    }
  }

  /** Null: the parent has none, and a free is all that there is. */
  #leaseOfParent(carrier: B): Lease | null {
    try {
      return this.#parent.lease(carrier);
    } catch (error) {
      if (isHeapwrightError(error)) return null;
      throw error;
    }
  }

  #deallocate(carrier: B, options: DeallocateOptions): boolean {
    const block = this.blockOf(carrier);
    const isBack = this.#parent.deallocate(carrier, block.layout, options);
    this.leave(block);
    if (!isBack) this.abandon(block);
    return isBack;
  }

  /** The block is the list's no more. */
  leave(block: ListBlock<B>): void {
    if (!this.#all.delete(block)) return;
    if (block.isAbandoned) return;
    if (block.layout.size > 0) this.count--;
    if (block.isDoomed) this.#unlist(block);
    else this.#part(block);
    this.#forgotten.unregister(block);
  }

  /** It was given back, and its memory is still in use. */
  abandon(block: ListBlock<B>): void {
    block.isAbandoned = true;
    this.#all.add(block);
    this.#list(block);
  }

  /** A leased block was freed. */
  doom(block: ListBlock<B>): void {
    block.isDoomed = true;
    this.#part(block);
    this.#list(block);
  }

  /** Its last lease has ended. */
  undoom(block: ListBlock<B>): void {
    block.isDoomed = false;
    this.#unlist(block);
    this.#join(block);
  }

  /** Strikes out abandoned blocks whose memory is back. */
  sweep(): void {
    if (this.abandonedBlocks === 0) return;
    for (const block of this.#all) {
      if (!block.isAbandoned) continue;
      const object = block.ref.deref();
      if (object !== undefined && isHeld(explain(object).state)) continue;
      this.#all.delete(block);
      this.#unlist(block);
    }
  }

  /**
   * Every block that is neither abandoned nor collected, as the parent gave it; the newest first,
   * which is how a parent that frees only its last block has them all back.
   */
  *carriers(): Generator<B> {
    for (const block of [...this.#all].reverse()) {
      const object = block.isAbandoned ? undefined : block.ref.deref();
      if (object !== undefined && this.#all.has(block)) yield object;
    }
  }

  /** Whether the sums are those of the blocks, one by one. */
  isConsistent(): boolean {
    let [count, members, bytes, abandoned] = [0, 0, 0, 0];
    for (const block of this.#all) {
      if (!block.isAbandoned && block.layout.size > 0) count++;
      if (block.isAbandoned || block.isDoomed) {
        abandoned += block.bytes;
      } else {
        members++;
        bytes += block.bytes;
      }
    }
    const areBlocks = count === this.count && members === this.members;
    return areBlocks && bytes === this.bytes && abandoned === this.abandonedBytes;
  }

  #collected(block: ListBlock<B>): void {
    if (!block.isAbandoned) this.leave(block);
  }

  #join({ bytes }: ListBlock<B>): void {
    this.members++;
    this.bytes += bytes;
  }

  #part({ bytes }: ListBlock<B>): void {
    this.members--;
    this.bytes -= bytes;
  }

  #list({ bytes }: ListBlock<B>): void {
    this.abandonedBlocks++;
    this.abandonedBytes += bytes;
  }

  #unlist({ bytes }: ListBlock<B>): void {
    this.abandonedBlocks--;
    this.abandonedBytes -= bytes;
  }
}

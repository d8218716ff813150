/**
 * The slabs of one pool: where they come from, what each is at, and how their memory goes back.
 * Everything here is off the fast path: it runs once for hundreds of Buffers.
 */
import { isRefusal } from '../allocators/refuse-request.js';
import { arrayBufferOf, byteLengthOf } from '../block.js';
import { Code, native, Pressure } from '../native.js';
import { NOWAIT } from '../options.js';
import { isInUse } from './find-slab.js';
import { noteRecovered } from './leak-report.js';
import { Magazine } from './magazine.js';
import { pushLater } from './pressure.js';
import { Recovery } from './recovery.js';
import { SLOT_SIZES, slabBytesOf } from './size-class.js';
import { type Slab, SlabState } from './slab.js';
import { SlabEnds } from './slab-ends.js';
import { SlabSource } from './slab-source.js';
import type { Keeper } from './stamp.js';
import { Tally } from './tally.js';

/** The share of the slabs that are renewed at a time. */
const RENEWED = 1 / 8;

/** Whose slabs they are. */
export interface StoreKeeper extends Keeper {
  /** Told of what the collector brought back. */
  onRecovered(blocks: number, bytes: number): void;
}

export class SlabStore {
  readonly magazines: readonly Magazine[];
  readonly tally = new Tally();
  readonly #recovery = new Recovery();
  readonly #ends = new SlabEnds(this.tally, this.#recovery);
  readonly #keeper: StoreKeeper;
  readonly #source: SlabSource;
  /** How often everything was ended. */
  epoch = 0;
  /** Slabs that were found moved, and not reported yet. */
  #moved = 0;
  /** Bytes held at which the collector is asked to hurry again. */
  #pushAgainAt = 0;

  constructor(keeper: StoreKeeper, heap: number, limit: number) {
    this.#keeper = keeper;
    this.#source = new SlabSource(keeper, heap, limit, this.tally);
    this.magazines = Array.from(SLOT_SIZES, (size) => new Magazine(size, slabBytesOf(size)));
  }

  /**
   * A slot for a magazine that has none: the code of a refusal, below 0, or a handle. All its slabs
   * are full now, so the collector may have them.
   */
  refill(magazine: Magazine, flags: number): number {
    this.#weakenOpen(magazine);
    if (this.#recovery.isDue) this.sweep();
    if (magazine.unpark()) return magazine.stack[--magazine.top] as number;
    const mayWait = (flags & NOWAIT) === 0;
    if (mayWait) this.#pushEarly();
    let code = this.#source.openFor(magazine, magazine.slabBytes, flags);
    if (isRefusal(code)) {
      if (mayWait) {
        this.#flush();
        code = this.#source.openFor(magazine, magazine.slabBytes, flags);
      }
      // What is left may be too little for a whole slab and enough for the request.
      for (let bytes = magazine.slabBytes; isRefusal(code) && bytes >= 2 * magazine.slotSize; ) {
        bytes >>>= 1;
        code = this.#source.openFor(magazine, bytes, flags);
      }
    }
    if (code === Code.OK) return magazine.bump++;
    this.#refuse(code, mayWait);
    return code;
  }

  /** A slab for one block of any size, held by that block alone; or the code of a refusal. */
  openDedicated(size: number, align: number, flags: number): Slab | number {
    if (this.#recovery.isDue) this.sweep();
    const mayWait = (flags & NOWAIT) === 0;
    if (mayWait) this.#pushEarly();
    let slab = this.#source.openDedicated(size, align, flags);
    if (typeof slab === 'number' && isRefusal(slab) && mayWait) {
      this.#flush();
      slab = this.#source.openDedicated(size, align, flags);
    }
    if (typeof slab === 'number') this.#refuse(slab, mayWait);
    return slab;
  }

  /**
   * Takes back a slot of a slab that no magazine holds. The answer for the slab of one block: OK,
   * KEPT while an operation is in flight, or a refusal.
   */
  giveBack(slab: Slab, buffer: Buffer, handle: number): number {
    if (slab.magazine === null) return this.#ends.endDedicated(slab, buffer);
    if (slab.state === SlabState.FULL) {
      const memory = arrayBufferOf(buffer);
      if (byteLengthOf(memory) > 0) {
        slab.magazine.reopen(slab, memory);
        slab.magazine.put(handle);
        return Code.OK;
      }
      this.retireMoved(slab);
    }
    slab.returned++;
    this.tally.stray(-1, slab.slotSize);
    this.tally.freed++;
    if (slab.state === SlabState.SPENT) this.#endIfEmpty(slab);
    return Code.OK;
  }

  /** A slot stays out until the collector finds that nobody can reach its slab. */
  abandon(slab: Slab): void {
    slab.abandoned++;
    this.tally.abandon(1, slab.slotSize);
    if (slab.state === SlabState.FULL) this.#spend(slab);
  }

  /** Somebody transferred the slab away: no slot of it is used again. */
  retireMoved(slab: Slab): void {
    if (slab.magazine === null) slab.state = SlabState.MOVED;
    else this.#retire(slab.magazine, new Set([slab]), SlabState.MOVED);
    this.#moved++;
    process.emitWarning(
      'Somebody transferred the ArrayBuffer of a pooled Buffer; every Buffer in its slab is empty.',
      { code: 'ERR_HEAPWRIGHT_CORRUPTED' },
    );
  }

  /** How many slabs were found moved since this was last asked. */
  takeMoved(): number {
    const moved = this.#moved;
    this.#moved = 0;
    return moved;
  }

  /** The slab of one block that could not be detached when its last lease ended. */
  giveUp(slab: Slab): void {
    this.#ends.giveUp(slab);
  }

  /** Whether a view of some buffer lies in a slot that is out. */
  holdsView(view: ArrayBufferView, buffer: unknown): boolean {
    return isInUse(this.magazines, this.#recovery.list(), view, buffer);
  }

  /** Gives back every slab of which all slots are free. Answers how many bytes. */
  trim(): number {
    let bytes = 0;
    for (const magazine of this.magazines) {
      magazine.unparkFree();
      bytes += this.trimMagazine(magazine, magazine.free);
    }
    this.sweep();
    return bytes;
  }

  /** The same for one magazine, leaving all but `most` of its free slots. */
  trimMagazine(magazine: Magazine, most: number): number {
    if (magazine.free === 0) return 0;
    let slots = most;
    let bytes = 0;
    let isKept = false;
    const counts = magazine.countFree();
    const chosen = new Set<Slab>();
    for (const slab of magazine.open) {
      if (counts[slab.index] !== slab.slots || slab.slots > slots) continue;
      slots -= slab.slots;
      chosen.add(slab);
    }
    if (chosen.size === 0) return 0;
    magazine.withdraw((slab) => chosen.has(slab));
    for (const slab of chosen) {
      magazine.remove(slab);
      slab.returned = slab.slots;
      if (this.#ends.end(slab, SlabState.CLOSED) === Code.OK) bytes += slab.bytes;
      else isKept = true;
    }
    magazine.shrink();
    if (isKept) pushLater(Pressure.HALF); // operations in flight: the collector's from now on
    return bytes;
  }

  /** Holds a magazine's slabs weakly, for a free slot must not keep what was forgotten beside it. */
  park(magazine: Magazine): void {
    if (magazine.free === 0) return;
    for (const slab of magazine.park()) {
      this.#recovery.watch(slab);
      if (slab.abandoned > 0) this.#spend(slab);
    }
  }

  /**
   * Uses no slot of the oldest slabs again. Where frees are forgotten
   * a slot that is always in use would keep all that was forgotten beside it for ever.
   */
  renew(magazine: Magazine): void {
    const slabs = magazine.slabs.filter((slab) => slab !== undefined);
    slabs.sort((one, other) => one.born - other.born);
    const chosen = new Set(slabs.slice(0, Math.ceil(slabs.length * RENEWED)));
    this.#retire(magazine, chosen, SlabState.SPENT);
    for (const slab of chosen) this.#endIfEmpty(slab);
  }

  /** Learns which slabs the collector took. */
  sweep(): void {
    this.#recovery.sweep((slab) => this.#recovered(slab));
  }

  /** Ends everything through the gate. What an operation may still use goes with the collector. */
  endAll(): void {
    this.epoch++;
    this.sweep();
    for (const magazine of this.magazines) {
      const counts = magazine.countFree();
      magazine.top = 0;
      magazine.bump = magazine.end;
      magazine.open = [];
      for (const slab of magazine.slabs) {
        if (slab === undefined) continue;
        slab.returned = (counts[slab.index] as number) + (slab.parked?.length ?? 0);
        magazine.remove(slab);
        this.tally.stray(slab.slots - slab.returned, slab.slotSize);
        this.#ends.endWithBlocks(slab);
      }
      magazine.shrink();
    }
    for (const slab of this.#recovery.list()) {
      if (slab.state !== SlabState.ENDED && slab.state !== SlabState.CLOSED) {
        this.#ends.endWithBlocks(slab);
      }
    }
    this.sweep();
  }

  /** Buffers under lease, but for leases that the collector ended. */
  countLeases(): number {
    if (this.tally.leases > 0) this.sweep();
    return this.tally.leases;
  }

  /** Whether anything is held that time can bring back. */
  get isIdle(): boolean {
    return this.tally.heldBytes === 0 && this.#recovery.isEmpty;
  }

  /** The invariant that is broken, or null. */
  check(): string | null {
    let held = 0;
    for (const magazine of this.magazines) {
      for (const slab of [...magazine.slabs]) if (slab?.isMoved) this.retireMoved(slab);
      const broken = magazine.check();
      if (broken !== null) return broken;
      for (const slab of magazine.slabs) held += slab?.bytes ?? 0;
    }
    for (const slab of this.#recovery.list()) {
      const isCounted = slab.state === SlabState.OPEN || slab.state === SlabState.ENDED;
      if (!isCounted && slab.magazine?.slabs[slab.index] !== slab) held += slab.bytes;
    }
    return held === this.tally.heldBytes ? null : 'every byte that is held is counted';
  }

  #weakenOpen(magazine: Magazine): void {
    const { open } = magazine;
    magazine.open = [];
    for (const slab of open) {
      slab.weaken(SlabState.FULL);
      this.#recovery.watch(slab);
      if (slab.abandoned > 0) this.#spend(slab);
    }
  }

  /** Takes slabs out of their magazine, with the free slots that they have. */
  #retire(magazine: Magazine, chosen: ReadonlySet<Slab>, state: SlabState): void {
    const counts = magazine.countFree();
    magazine.withdraw((slab) => chosen.has(slab));
    for (const slab of chosen) {
      slab.returned = (counts[slab.index] as number) + (slab.parked?.length ?? 0);
      this.#takeOut(slab, state);
    }
  }

  /** Ends a slab that no magazine uses when its last block came back. */
  #endIfEmpty(slab: Slab): void {
    if (slab.returned === slab.slots) this.#ends.end(slab, SlabState.CLOSED);
  }

  /** All its slots are out, and one at least will not come back before the slab does. */
  #spend(slab: Slab): void {
    if (slab.parked !== null) slab.returned = slab.parked.length;
    this.#takeOut(slab, SlabState.SPENT);
  }

  /** Takes a slab out of its magazine: its blocks are on their own. */
  #takeOut(slab: Slab, state: SlabState): void {
    const magazine = slab.magazine as Magazine;
    magazine.remove(slab);
    magazine.left += slab.slots - slab.returned;
    this.tally.stray(slab.slots - slab.returned, slab.slotSize);
    if (slab.buffer !== null) slab.weaken(state);
    slab.state = state;
    this.#recovery.watch(slab);
  }

  /**
   * Makes room where the last request found none. With an operation in flight no slab would go back
   * at once: then all are parked, and can still be used until the collector takes them.
   */
  #flush(): void {
    if (native.isBusy() === Code.OK) this.trim();
    else this.sweep();
    for (const magazine of this.magazines) this.park(magazine);
  }

  #refuse(code: number, mayWait: boolean): void {
    this.tally.failures++;
    if (code === Code.LIMIT && mayWait) pushLater(Pressure.HIGH);
  }

  /** Finalizers run in a later tick only, so the collector has to begin before the limit. */
  #pushEarly(): void {
    const { tally } = this;
    // What the program still reaches no collection brings back: not again before there is more.
    if (tally.heldBytes < Math.max(this.#source.limit / 2, this.#pushAgainAt)) return;
    this.sweep();
    this.#pushAgainAt = Math.min(this.#pushAgainAt, tally.heldBytes + this.#source.limit / 16);
    if (tally.heldBytes < this.#source.limit / 2 || this.#recovery.isEmpty) return;
    this.#pushAgainAt = tally.heldBytes + this.#source.limit / 16;
    pushLater(tally.heldBytes > this.#source.limit * 0.75 ? Pressure.HIGH : Pressure.HALF);
  }

  /** The block over the slab exists: from now on that alone holds it. */
  letGo(slab: Slab): void {
    slab.weaken(SlabState.FULL);
    this.#recovery.watch(slab);
  }

  /** The collector took the slab: its finalizer gives the memory back. */
  #recovered(slab: Slab): boolean {
    const { slotSize } = slab;
    if (slab.state === SlabState.FULL && slab.weak?.deref() !== undefined) {
      // Its memory ended as somebody else's: it was moved, and Buffers are left.
      this.retireMoved(slab);
      return false;
    }
    if (slab.state === SlabState.FULL && slab.magazine !== null) {
      slab.returned = slab.parked?.length ?? 0;
      slab.magazine.remove(slab);
      slab.magazine.left += slab.slots - slab.returned;
    } else {
      this.tally.stray(slab.returned - slab.slots, slotSize);
    }
    // A lease that was dropped with its Buffer has ended with it.
    this.tally.leases -= slab.leased;
    const freed = slab.abandoned + slab.doomed;
    const forgotten = slab.slots - slab.returned - freed;
    this.tally.abandon(-freed, slotSize);
    this.tally.freed += freed;
    this.#ends.ended(slab);
    if (forgotten === 0) return true;
    this.tally.recover(forgotten, slotSize);
    noteRecovered(slab);
    this.#keeper.onRecovered(forgotten, forgotten * slotSize);
    return true;
  }
}

/**
 * A magazine: the free slots of one size class, as a stack of handles. A handle is the number of a
 * slab and the number of a slot in it, so that memory is found with a shift and a mask.
 *
 * Slots that were never used are not on the stack: they are the range from `bump` to `end`, which
 * costs nothing to set up and is known to read zero where the slab was.
 */
import { MOST_SLABS, SLOT_BITS, SLOT_MASK, type Slab, SlabState } from './slab.js';

const SMALLEST_STACK = 64;

export class Magazine {
  readonly slotSize: number;
  readonly slabBytes: number;
  /** Free slots, most recent last. Never shorter than all slots of the magazine's slabs. */
  stack = new Int32Array(SMALLEST_STACK);
  top = 0;
  /** Slots of the newest slab that were never used. */
  bump = 0;
  end = 0;
  /** Whether those slots read zero. */
  isZeroed = false;
  /** By number. */
  readonly slabs: (Slab | undefined)[] = [];
  /** Those of them that are held strongly. */
  open: Slab[] = [];
  /** Slots of all its slabs. */
  slots = 0;
  /** Free slots of slabs that are held weakly: see {@link Magazine.park}. */
  parked = 0;
  /** Slots that came back, ever. */
  freed = 0;
  /** Slots that were out when their slab left the magazine, ever. */
  left = 0;
  /** Numbers in `slabs` that may be used again. */
  readonly #numbers: number[] = [];

  constructor(slotSize: number, slabBytes: number) {
    this.slotSize = slotSize;
    this.slabBytes = slabBytes;
  }

  /** Free slots. */
  get free(): number {
    return this.top + this.end - this.bump;
  }

  /** Whether another slab can be numbered. */
  get hasRoom(): boolean {
    return this.#numbers.length > 0 || this.slabs.length < MOST_SLABS;
  }

  /** Slots that are not free. */
  get out(): number {
    return this.slots - this.free - this.parked;
  }

  /** Takes a slot back, of a slab that is held strongly. */
  put(handle: number): void {
    this.stack[this.top++] = handle;
    this.freed++;
  }

  /** Slots that were ever handed out. */
  get taken(): number {
    return this.freed + this.left + this.out;
  }

  /** Takes a new slab in; the caller used up the last one. */
  add(slab: Slab, isZeroed: boolean): void {
    slab.index = this.#numbers.pop() ?? this.slabs.length;
    this.slabs[slab.index] = slab;
    this.slots += slab.slots;
    this.#fitStack();
    this.bump = slab.index << SLOT_BITS;
    this.end = this.bump + slab.slots;
    this.isZeroed = isZeroed;
    slab.owner = slab.keeper;
    this.open.push(slab);
  }

  /** A slab that was held weakly is in use again, with the free slots that it may have. */
  reopen(slab: Slab, buffer: ArrayBuffer): void {
    slab.hold(buffer);
    slab.state = SlabState.OPEN;
    slab.owner = slab.keeper;
    this.open.push(slab);
    const { parked } = slab;
    if (parked === null) return;
    slab.parked = null;
    this.parked -= parked.length;
    this.stack.set(parked, this.top);
    this.top += parked.length;
  }

  /**
   * Lets go of the slabs that are partly in use: their free slots keep only who forgot the rest
   * from being collected. They come back with the first free into them, or by {@link unpark}.
   */
  park(): Slab[] {
    const counts = this.countFree();
    const parked = this.open;
    for (const slab of parked) {
      const free = counts[slab.index] as number;
      if (free > 0) slab.parked = new Int32Array(free);
    }
    for (let handle = this.bump; handle < this.end; handle++) this.#parkSlot(counts, handle);
    for (let at = 0; at < this.top; at++) this.#parkSlot(counts, this.stack[at] as number);
    this.parked += this.free;
    this.top = 0;
    this.bump = this.end;
    this.open = [];
    for (const slab of parked) slab.weaken(SlabState.FULL);
    return parked;
  }

  /** Takes a parked slab into use again. Whether there was one. */
  unpark(): boolean {
    if (this.parked === 0) return false;
    for (const slab of this.slabs) {
      if (slab?.parked == null) continue;
      const buffer = slab.reach();
      if (buffer === undefined || slab.isMoved) continue;
      this.reopen(slab, buffer);
      this.isZeroed = false; // the next slot is one of those, and no fresh one
      return true;
    }
    return false;
  }

  /** Takes those parked slabs into use again that no Buffer lies in: they can be given back. */
  unparkFree(): void {
    if (this.parked === 0) return;
    for (const slab of this.slabs) {
      if (slab?.parked?.length !== slab?.slots) continue;
      const buffer = slab?.reach();
      if (slab !== undefined && buffer !== undefined) this.reopen(slab, buffer);
    }
  }

  #parkSlot(counts: Int32Array, handle: number): void {
    const number = handle >>> SLOT_BITS;
    const slab = this.slabs[number] as Slab;
    const at = (counts[number] as number) - 1;
    counts[number] = at;
    (slab.parked as Int32Array)[at] = handle;
  }

  /** Forgets a slab that has no slot on the stack. */
  remove(slab: Slab): void {
    this.parked -= slab.parked?.length ?? 0;
    slab.parked = null;
    this.slots -= slab.slots;
    this.slabs[slab.index] = undefined;
    this.#numbers.push(slab.index);
  }

  /** The free slots of each slab, by its number. */
  countFree(): Int32Array {
    const counts = new Int32Array(this.slabs.length);
    const { stack } = this;
    for (let at = 0; at < this.top; at++) {
      (counts[(stack[at] as number) >>> SLOT_BITS] as number)++;
    }
    if (this.bump < this.end) {
      (counts[this.bump >>> SLOT_BITS] as number) += this.end - this.bump;
    }
    return counts;
  }

  /** Takes the free slots of some slabs, and those slabs, out. */
  withdraw(isChosen: (slab: Slab) => boolean): void {
    const { stack } = this;
    let kept = 0;
    for (let at = 0; at < this.top; at++) {
      const handle = stack[at] as number;
      if (!isChosen(this.slabs[handle >>> SLOT_BITS] as Slab)) stack[kept++] = handle;
    }
    this.top = kept;
    if (this.bump < this.end && isChosen(this.slabs[this.bump >>> SLOT_BITS] as Slab)) {
      this.bump = this.end;
    }
    this.open = this.open.filter((slab) => !isChosen(slab));
  }

  /** Whether a slot is free. Looks through the whole stack. */
  isFree(handle: number): boolean {
    if (handle >= this.bump && handle < this.end) return true;
    return this.top > 0 && this.stack.lastIndexOf(handle, this.top - 1) >= 0;
  }

  /** Gives the stack's memory back where most of it is not needed any more. */
  shrink(): void {
    if (this.stack.length > 4 * Math.max(this.slots, SMALLEST_STACK)) this.#resize(this.slots);
  }

  /** The invariant that is broken, or null. */
  check(): string | null {
    const seen = new Uint8Array(this.slabs.length << SLOT_BITS);
    let slots = 0;
    for (const slab of this.slabs) slots += slab?.slots ?? 0;
    if (slots !== this.slots) return 'every slot of a magazine is counted';
    if (this.stack.length < this.slots) return 'a magazine has room for every slot';
    const last = this.top + this.end - this.bump;
    for (let at = 0; at < last; at++) {
      const handle = at < this.top ? (this.stack[at] as number) : this.bump + at - this.top;
      const slab = this.slabs[handle >>> SLOT_BITS];
      if (slab?.buffer == null) return 'the slab of a free slot is held';
      if ((handle & SLOT_MASK) >= slab.slots) return 'a free slot lies in its slab';
      if (seen[handle] === 1) return 'a free slot is free once';
      seen[handle] = 1;
    }
    return null;
  }

  #fitStack(): void {
    if (this.stack.length < this.slots) this.#resize(2 * this.slots);
  }

  #resize(length: number): void {
    const stack = new Int32Array(Math.max(length, SMALLEST_STACK));
    stack.set(this.stack.subarray(0, this.top));
    this.stack = stack;
  }
}

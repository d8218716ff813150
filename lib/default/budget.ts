/**
 * Budgets: how many bytes a piece of work may have at once, whichever allocators they come from.
 */
import type { Block } from '../block.js';
import { limitReached } from '../errors.js';
import { explain } from '../introspection.js';
import { LateRef } from '../late-ref.js';
import type { Layout } from '../layout.js';
import { chargeOf, originOf } from './origin.js';

/** The figures of a budget, in bytes of layouts. */
export interface BudgetFigures {
  /** The most bytes at once. */
  readonly limit: number;
  /** Bytes of blocks that were allocated inside and are not back. Looks at all of them. */
  readonly usedBytes: number;
  /** The most that `usedBytes` ever was. */
  readonly peakBytes: number;
  /** Requests that this budget refused. */
  readonly failures: number;
}

/** The part of one block in the budgets around its allocation. */
export class Charge {
  readonly budget: Budget;
  readonly bytes: number;
  isOpen = false;
  #ref: LateRef<Block> | null = null;

  constructor(budget: Budget, bytes: number) {
    this.budget = budget;
    this.bytes = bytes;
  }

  /** The block that it is for is there. */
  bind(block: Block): void {
    this.#ref = new LateRef();
    this.#ref.point(block);
  }

  /** Counts from now on, or again. */
  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    for (let at: Budget | null = this.budget; at !== null; at = at.outer) at.add(this);
  }

  /** Counts no more, while it is seen whether another block can take the place of this one. */
  suspend(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (let at: Budget | null = this.budget; at !== null; at = at.outer) at.remove(this);
  }

  /** Its bytes are back. Later calls do nothing. */
  release(): void {
    this.suspend();
    this.#ref?.clear();
  }

  /** Whether the block went without the default allocator: collected, or freed by its owner. */
  isStale(): boolean {
    if (this.#ref === null) return false; // it is being allocated
    const block = this.#ref.target;
    if (block === undefined || chargeOf(block) !== this) return true;
    const { state } = explain(block);
    const isUsed = state === 'abandoned' || state === 'moved'; // though nobody owns it any more
    return !isUsed && originOf(block)?.owns(block) !== true;
  }
}

export class Budget implements BudgetFigures {
  readonly limit: number;
  /** Null for one that is in no other. */
  readonly outer: Budget | null;
  /** All that count, also those of budgets inside this one. */
  readonly #charges = new Set<Charge>();
  #used = 0;
  #peak = 0;
  #failures = 0;

  constructor(limit: number, outer: Budget | null) {
    this.limit = limit;
    this.outer = outer;
  }

  get usedBytes(): number {
    this.#sweep();
    return this.#used;
  }

  get peakBytes(): number {
    return this.#peak;
  }

  get failures(): number {
    return this.#failures;
  }

  /**
   * Counts a block that is about to be allocated.
   *
   * @throws LIMIT: it does not fit in this budget or in one around it. Nothing was counted.
   */
  charge(layout: Layout): Charge {
    for (let at: Budget | null = this; at !== null; at = at.outer) at.#requireRoom(layout);
    const charge = new Charge(this, layout.size);
    charge.open();
    return charge;
  }

  add(charge: Charge): void {
    this.#charges.add(charge);
    this.#used += charge.bytes;
    if (this.#used > this.#peak) this.#peak = this.#used;
  }

  remove(charge: Charge): void {
    if (this.#charges.delete(charge)) this.#used -= charge.bytes;
  }

  #requireRoom(layout: Layout): void {
    if (this.#used + layout.size <= this.limit) return;
    this.#sweep();
    if (this.#used + layout.size <= this.limit) return;
    this.#failures++;
    const { limit } = this;
    const liveBytes = this.#used;
    throw limitReached({ layout, allocator: 'budget', limit, liveBytes, abandonedBytes: 0 });
  }

  /** Only a refusal depends on what went unseen, and only a refusal pays for looking. */
  #sweep(): void {
    for (const charge of this.#charges) {
      if (charge.isStale()) charge.release();
    }
  }
}

/**
 * Budgets: how many bytes a piece of work may have at once, whichever allocators they come from.
 */
import type { Block } from '../block.js';
import { limitReached } from '../errors.js';
import { explain } from '../introspection.js';
import type { Layout } from '../layout.js';
import { LateRef } from './late-ref.js';
import { chargeOf } from './origin.js';

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
    this.#ref = new LateRef(block);
  }

  /** Counts again: what was to replace the block could not be had. */
  reopen(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    for (const budget of this.budget.chain()) budget.add(this);
  }

  /** Its bytes are back. Later calls do nothing. */
  release(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const budget of this.budget.chain()) budget.remove(this);
  }

  /** Whether the block went without the default allocator: collected, or freed by its owner. */
  isStale(): boolean {
    if (this.#ref === null) return false; // it is being allocated
    const block = this.#ref.target;
    if (block === undefined || chargeOf(block) !== this) return true;
    return explain(block).state === 'freed';
  }
}

export class Budget implements BudgetFigures {
  readonly limit: number;
  readonly #outer: Budget | null;
  /** All that count, also those of budgets inside this one. */
  readonly #charges = new Set<Charge>();
  #used = 0;
  #peak = 0;
  #failures = 0;

  constructor(limit: number, outer: Budget | null) {
    this.limit = limit;
    this.#outer = outer;
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

  /** This budget and those around it. */
  chain(): readonly Budget[] {
    const budgets: Budget[] = [];
    for (let each: Budget | null = this; each !== null; each = each.#outer) budgets.push(each);
    return budgets;
  }

  /**
   * Counts a block that is about to be allocated.
   *
   * @throws LIMIT: it does not fit in this budget or in one around it. Nothing was counted.
   */
  charge(layout: Layout): Charge {
    const { size } = layout;
    for (const budget of this.chain()) budget.#requireRoom(layout);
    const charge = new Charge(this, size);
    charge.reopen();
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

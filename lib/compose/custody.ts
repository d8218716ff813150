/**
 * Who handed a block out: two private fields on the block itself, put there by the first composite
 * that passes it on. A node inside another one finds its own entry behind the outer one's.
 */
import { Adopted, type Block } from '../block.js';
import type { Ledger } from './ledger.js';

/** The number of an entry where there is none. */
export const NO_ENTRY = -1;

class Custody extends Adopted {
  #holder: Ledger | null;
  #entry: number;

  constructor(block: object, holder: Ledger, entry: number) {
    super(block);
    this.#holder = holder;
    this.#entry = entry;
  }

  static holderOf(value: unknown): Ledger | null | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    return #holder in value ? value.#holder : undefined;
  }

  static entryOf(block: Block): number {
    return #holder in block ? block.#entry : NO_ENTRY;
  }

  static entrust(block: Block, holder: Ledger | null, entry: number): void {
    if (#holder in block) {
      block.#holder = holder;
      block.#entry = entry;
    } else if (holder !== null) {
      new Custody(block, holder, entry);
    }
  }
}

/**
 * The ledger of the outermost node that a block was handed out by; null when it came back to all
 * of them; undefined for what no composite ever handed out. Runs no code of `value`.
 */
export const holderOf = Custody.holderOf;
/** The number of the block's entry there. */
export const entryOf = Custody.entryOf;
/** Makes an entry of `holder` the outermost one of a block. */
export const entrust = Custody.entrust;

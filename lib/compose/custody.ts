/**
 * Who handed a block out: a private field on the block itself, put there by the first composite
 * that passes it on. A node inside another one finds its own entry behind the outer one's.
 */
import { Adopted, type Block } from '../block.js';
import type { Entry } from './ledger.js';

class Custody extends Adopted {
  #entry: Entry | null;

  constructor(block: object, entry: Entry) {
    super(block);
    this.#entry = entry;
  }

  static entryOf(value: unknown): Entry | null | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    return #entry in value ? value.#entry : undefined;
  }

  static entrust(block: Block, entry: Entry | null): void {
    if (#entry in block) block.#entry = entry;
    else if (entry !== null) new Custody(block, entry);
  }
}

/**
 * The entry of the outermost node that a block was handed out by; null when it came back to all of
 * them; undefined for what no composite ever handed out. Runs no code of `value`.
 */
export const entryOf = Custody.entryOf;
/** Makes `entry` the outermost one of a block. */
export const entrust = Custody.entrust;

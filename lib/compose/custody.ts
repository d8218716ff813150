/**
 * Who handed a block out: a private field on the block itself, put there by the first composite
 * that passes it on. A node inside another one finds its own entry behind the outer one's.
 */
import { Adopted, type Block } from '../block.js';
import type { Entry } from './ledger.js';

class Custody extends Adopted {
  #entry: Entry | null;

  constructor(block: object, entry: Entry | null) {
    super(block);
    this.#entry = entry;
  }

  static entryOf(value: unknown): Entry | null | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    return #entry in value ? value.#entry : undefined;
  }

  static entrust(block: Block, entry: Entry | null): Entry | null {
    if (#entry in block) {
      const before = block.#entry;
      block.#entry = entry;
      return before;
    }
    new Custody(block, entry);
    return null;
  }
}

/**
 * The entry of the outermost node that a block was handed out by, which may be another block's by
 * now; null when it came back to all of them; undefined for what no composite ever handed out. Runs
 * no code of `value`.
 */
export const entryOf = Custody.entryOf;
/** Makes `entry` the outermost one of a block; answers the one before. */
export const entrust = Custody.entrust;

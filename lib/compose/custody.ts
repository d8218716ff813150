/**
 * Who handed a block out: a private field on the block itself, put there by the first composite
 * that passes it on; pooled Buffers have one in their stamp. A node inside another one finds its own entry behind the outer one's.
 */
import { Adopted, type Block } from '../block.js';
import * as stamps from '../pool/stamp.js';
import type { Entry } from './ledger.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { entryIn, putEntry } = stamps;

class Custody extends Adopted {
  #entry: Entry | null;

  constructor(block: object, entry: Entry) {
    super(block);
    this.#entry = entry;
  }

  static entryOf(value: unknown): Entry | null | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const known = entryIn(value);
    if (known !== undefined) return known as Entry | null;
    return #entry in value ? value.#entry : undefined;
  }

  static entrust(block: Block, entry: Entry | null): void {
    if (putEntry(block, entry)) return;
    if (#entry in block) block.#entry = entry;
    else if (entry !== null) new Custody(block, entry);
  }
}

/**
 * The entry of the outermost node that a block was handed out by, which may be another block's by
 * now; null when it came back to all of them; undefined for what no composite ever handed out. Runs
 * no code of `value`.
 */
export const entryOf = Custody.entryOf;
/** Makes `entry` the outermost one of a block. */
export const entrust = Custody.entrust;

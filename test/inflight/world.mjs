/** What every kind of request works in: the blocks, the ledger, and one way to end an operation. */
import { Blocks } from './blocks.mjs';
import { Ledger } from './ledger.mjs';
import { Random } from './random.mjs';

export class World {
  random;
  ledger;
  blocks;

  /** Each block comes from one of the allocators. */
  constructor(allocators, seed, onFault) {
    this.random = new Random(seed);
    this.ledger = new Ledger(onFault);
    this.blocks = new Blocks(allocators, this.random, this.ledger);
  }

  /** A lease on a block: while it is open every free of the block must answer false. */
  lease(block) {
    block.leased = true;
    return block.allocator.lease(block.buffer);
  }

  /**
   * An operation called back. `judge` looks at what came of it and answers null or what is wrong.
   * From here on the block, if it is still live, is its owner's again.
   */
  settle(block, kind, error, judge) {
    block.inUse = false;
    if (error) {
      this.ledger.fault('failedOperations', `${kind}: ${error.message}`);
      return;
    }
    const wrong = judge();
    if (wrong !== null) this.ledger.fault('wrongData', `${kind}: ${wrong}`);
    if (wrong !== null && !block.freed && block.bytes.length > 0) block.fill(block.start);
  }
}

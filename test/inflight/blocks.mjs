/** The live blocks: each filled with a content of its own, which is checked until it is freed. */
import { Layout, runtimeInfo } from '../../dist/index.js';
import { contentAt, holds, pickStart } from './content.mjs';

const LIVE = 200;
/** Small ones come back first from the C library's caches; the large ones take zlib many rounds. */
const SIZES = [256, 1024, 4096, 10_000, 16_384, 40_000, 65_536, 65_536];
const ALIGNS = [1, 8, 64, 4096];

/** A block that may be freed at any time: then it holds no reference to the memory any more. */
class Block {
  allocator;
  buffer;
  bytes;
  layout;
  /** What it is filled with; see content.mjs. */
  start;
  /** Whether an operation is using it. Meanwhile its content is the operation's to check. */
  inUse = false;
  leased = false;

  constructor(allocator, layout, start) {
    this.allocator = allocator;
    this.layout = layout;
    this.buffer = allocator.allocate(layout, { uninitialized: true });
    this.bytes = Buffer.from(this.buffer);
    this.fill(start);
  }

  get freed() {
    return this.buffer === null;
  }

  fill(start) {
    this.start = start;
    contentAt(start, this.layout.size).copy(this.bytes);
  }

  isIntact() {
    return this.bytes.length === this.layout.size && holds(this.bytes, this.start);
  }
}

export class Blocks {
  #allocators;
  #random;
  #ledger;
  #live = [];

  constructor(allocators, random, ledger) {
    this.#allocators = allocators;
    this.#random = random;
    this.#ledger = ledger;
    for (let i = 0; i < LIVE; i++)
      this.#live.push(this.#make(this.#anyLayout(), this.#random.pick(allocators)));
  }

  /** Up to `count` random live blocks, of a size from `smallest`, that no operation uses. */
  take(count, smallest = 0) {
    const free = this.#live.filter((block) => !block.inUse && block.layout.size >= smallest);
    const taken = [];
    while (taken.length < count && free.length > 0) {
      taken.push(...free.splice(this.#random.below(free.length), 1));
    }
    if (taken.length === 0) throw new Error(`no live block of ${smallest} bytes is left to use`);
    return taken;
  }

  any() {
    return this.#random.pick(this.#live);
  }

  /** Frees a block; its place goes to a new one at once, which the freed memory may be given to. */
  free(block) {
    if (block.freed) return;
    const { allocator, buffer, bytes, layout, inUse } = block;
    if (!inUse) this.#checkOwner(block);
    const { activeRequests } = runtimeInfo();
    const answer = allocator.deallocate(buffer, layout);
    const expected = activeRequests === 0 && !block.leased;
    if (answer !== expected) {
      this.#ledger.fault('wrongAnswers', `${answer} with ${activeRequests} requests active`);
    }
    if (bytes.length !== (answer ? 0 : layout.size)) {
      this.#ledger.fault('wrongAnswers', `${answer}, and a view has length ${bytes.length}`);
    }
    this.#ledger.freed(answer, inUse);
    block.buffer = null;
    block.bytes = null;
    // In flight, of the size just freed: the allocator then hands out the same memory, if it has it.
    const next = activeRequests > 0 || this.#random.below(4) > 0 ? layout : this.#anyLayout();
    this.#live[this.#live.indexOf(block)] = this.#make(next, allocator);
  }

  /** Checks all blocks that are nobody's but their owner's. */
  check() {
    for (const block of this.#live) {
      if (!block.inUse) this.#checkOwner(block);
    }
    this.#ledger.abandoned(this.#allocators.map((allocator) => allocator.stats()));
  }

  /** Frees for good: nothing takes the places. */
  end() {
    for (const { allocator, buffer, layout } of this.#live.splice(0)) {
      if (!allocator.deallocate(buffer, layout)) {
        this.#ledger.fault('wrongAnswers', 'false after all had drained');
      }
    }
  }

  #checkOwner(block) {
    if (block.isIntact()) return;
    this.#ledger.fault('corruptedOwners', `${block.layout.size} bytes are not what was put there`);
    if (block.bytes.length > 0) block.fill(block.start);
  }

  #anyLayout() {
    return Layout.from(this.#random.pick(SIZES), this.#random.pick(ALIGNS));
  }

  #make(layout, allocator) {
    return new Block(allocator, layout, pickStart(this.#random, layout.size));
  }
}

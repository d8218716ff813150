/** The live blocks: each filled with a content of its own, which is checked until it is freed. */
import { BufferPool, FreeList, Layout, runtimeInfo } from '../../dist/index.js';
import { contentAt, holds, pickStart } from './content.mjs';
import { Scopes } from './scopes.mjs';

const LIVE = 200;
/** Small ones come back first from the C library's caches; the large ones take zlib many rounds. */
const SIZES = [256, 1024, 4096, 10_000, 16_384, 40_000, 65_536, 65_536];
const ALIGNS = [1, 8, 64, 4096];
/** Of a pool what is larger has memory of its own, and so passes the gate without a lease. */
const LARGEST_SHARED = 65_536;
const POOL_SIZES = [...SIZES, 100_000, 100_000, 100_000];

/** That of all blocks of a list, which are dedicated ones that it uses again. */
export const LISTED = { size: 65_536, align: 4096, max: 400 };

/** What a block is, by where it comes from. */
function sortOf(allocator) {
  if (allocator instanceof BufferPool) return 'pooled';
  if (allocator instanceof FreeList) return 'listed';
  return allocator instanceof Scopes ? 'scoped' : 'dedicated';
}

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
    this.bytes = ArrayBuffer.isView(this.buffer) ? this.buffer : Buffer.from(this.buffer);
    this.fill(start);
  }

  get sort() {
    return sortOf(this.allocator);
  }

  /** Whether it is a slot beside others: the next owner's at once, unless a lease holds it. */
  get isShared() {
    return this.sort === 'pooled' && this.layout.size <= LARGEST_SHARED;
  }

  /** Whether a free that answers true leaves its views without bytes. */
  get isDetached() {
    return !this.isShared && this.sort !== 'listed';
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
    for (let i = 0; i < LIVE; i++) {
      const allocator = this.#random.pick(allocators);
      this.#live.push(this.#make(this.#anyLayout(allocator), allocator));
    }
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
    // Its last release comes with the requests in flight.
    const lease = this.#needsLease(block, activeRequests) ? allocator.lease(buffer) : null;
    const isGated = activeRequests > 0 && !block.isShared;
    const expected = !isGated && !block.leased && lease === null;
    const answer = allocator.deallocate(buffer, layout);
    lease?.dispose();
    if (answer !== expected) {
      this.#ledger.fault('wrongAnswers', `${answer} with ${activeRequests} requests active`);
    }
    if (bytes.length !== (answer && block.isDetached ? 0 : layout.size)) {
      this.#ledger.fault('wrongAnswers', `${answer}, and a view has length ${bytes.length}`);
    }
    this.#ledger.freed(answer, inUse, block.sort);
    block.buffer = null;
    block.bytes = null;
    // In flight, of the size just freed: the allocator then hands out the same memory, if it has it.
    const next =
      activeRequests > 0 || this.#random.below(4) > 0 ? layout : this.#anyLayout(allocator);
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

  /** A slot that an operation uses, and now and then another: then nobody gets it in this burst. */
  #needsLease({ isShared, inUse, leased }, activeRequests) {
    if (!isShared || leased || activeRequests === 0) return false;
    return inUse || this.#random.below(4) === 0;
  }

  #checkOwner(block) {
    if (block.isIntact()) return;
    this.#ledger.fault('corruptedOwners', `${block.layout.size} bytes are not what was put there`);
    if (block.bytes.length > 0) block.fill(block.start);
  }

  #anyLayout(allocator) {
    const sort = sortOf(allocator);
    if (sort === 'listed') return Layout.from(LISTED.size, this.#random.pick(ALIGNS));
    const sizes = sort === 'pooled' ? POOL_SIZES : SIZES;
    return Layout.from(this.#random.pick(sizes), this.#random.pick(ALIGNS));
  }

  #make(layout, allocator) {
    return new Block(allocator, layout, pickStart(this.#random, layout.size));
  }
}

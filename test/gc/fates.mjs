/** What can become of a block, each asserted, and picked at random. */
import { strictEqual, throws } from 'node:assert';
import { randomFill } from 'node:crypto';
import { promisify } from 'node:util';
import { runtimeInfo } from '../../dist/index.js';
import { hasTransfer, moveByStream, moveByTransfer } from '../lifecycle/moves.mjs';

const GONE = { code: 'ERR_HEAPWRIGHT_DETACHED' };
const KEPT = { code: 'ERR_HEAPWRIGHT_ABANDONED' };

/** How often each is picked, of a hundred or so. */
const WEIGHTS = {
  free: 40,
  drop: 20,
  freeTwice: 8,
  lease: 10,
  freeUnderLease: 8,
  abandon: 6,
  moveByStream: 4,
  moveByTransfer: hasTransfer ? 4 : 0,
};

/**
 * `next()` picks a fate, a function of `{ allocator, block, layout }`; `settle()` ends what is in
 * flight.
 */
export function makeFates(random) {
  const request = promisify(randomFill);
  const target = new Uint8Array(64);
  const isIdle = () => runtimeInfo().activeRequests === 0;
  let pending = null;

  /** True if nothing was in flight, and then the block is gone at once. */
  function free({ allocator, block, layout }) {
    const idle = isIdle();
    strictEqual(allocator.deallocate(block, layout), idle);
    return idle;
  }

  const fates = {
    free(entry) {
      free(entry);
    },
    drop() {},
    freeTwice(entry) {
      const { allocator, block, layout } = entry;
      const freed = free(entry);
      for (let again = 0; again < 2; again++) {
        throws(() => allocator.deallocate(block, layout), freed ? GONE : KEPT);
      }
    },
    async lease(entry) {
      const { allocator, block, layout } = entry;
      const lease = allocator.lease(block);
      throws(() => allocator.reallocate(block, layout, layout), {
        code: 'ERR_HEAPWRIGHT_LEASED',
      });
      if (random(8) === 0) await Promise.resolve();
      lease.dispose();
      if (random(2) === 0) free(entry);
    },
    freeUnderLease({ allocator, block, layout }) {
      const leases = [allocator.lease(block), allocator.lease(block)];
      strictEqual(allocator.deallocate(block, layout), false);
      leases[0].dispose();
      throws(() => allocator.deallocate(block, layout), KEPT);
      // One lease in four is forgotten: the collector ends it with its block.
      if (random(4) > 0) leases[1].dispose();
    },
    abandon({ allocator, block, layout }) {
      pending ??= request(target).then(() => {
        pending = null;
      });
      strictEqual(allocator.deallocate(block, layout), false);
      throws(() => allocator.deallocate(block, layout), KEPT);
    },
    async moveByStream({ allocator, block, layout }) {
      if (layout.size === 0) return; // a stream refuses it
      const moved = await moveByStream(block);
      strictEqual(moved.byteLength, layout.size);
      throws(() => allocator.deallocate(block, layout), GONE);
    },
    moveByTransfer({ allocator, block, layout }) {
      moveByTransfer(block);
      throws(() => allocator.deallocate(block, layout), GONE);
    },
  };

  const names = Object.entries(WEIGHTS).flatMap(([name, weight]) => Array(weight).fill(name));
  const counts = Object.fromEntries(Object.keys(WEIGHTS).map((name) => [name, 0]));
  return {
    next() {
      const name = names[random(names.length)];
      counts[name] += 1;
      return fates[name];
    },
    settle: async () => pending,
    counts: () => counts,
  };
}

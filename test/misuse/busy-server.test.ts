import { describe, expect, it } from 'vitest';
import { Layout, SystemAllocator } from '../../lib/index.js';
import { startRead } from '../support/busy.js';
import { activeRequests, collect, idle, tick } from '../support/idle.js';

const MIB = 1 << 20;
const LIVE_BLOCKS = 16;
const LIMIT = 4 * LIVE_BLOCKS * MIB;

/** A minute of it: HEAPWRIGHT_BUSY_SECONDS=60. */
const SECONDS = Number(process.env.HEAPWRIGHT_BUSY_SECONDS ?? 5);

const block = Layout.from(MIB);

describe('a server with a read always in flight', () => {
  it(
    `frees for ${SECONDS} s without LIMIT at four times its live set, in bounded memory`,
    async () => {
      const system = new SystemAllocator({ limit: LIMIT });
      const pending = startRead(new Uint8Array(1));
      const live: ArrayBuffer[] = [];
      const baseline = process.memoryUsage.rss();
      let mostResident = 0;
      let freed = 0;
      const end = performance.now() + SECONDS * 1000;

      // A function of its own: the frame of one that waits keeps what it last mentioned.
      const serve = () => {
        const next = system.allocate(block, { uninitialized: true });
        new Uint8Array(next).fill(live.length);
        live.push(next);
        if (live.length > LIVE_BLOCKS) {
          const oldest = live.shift() as ArrayBuffer;
          expect(system.deallocate(oldest, block)).toBe(false);
          freed += 1;
        }
      };

      while (performance.now() < end) {
        serve();
        expect(activeRequests()).toBe(1);
        mostResident = Math.max(mostResident, process.memoryUsage.rss() - baseline);
        await tick();
      }

      expect(freed).toBeGreaterThan(100 * SECONDS);
      expect(system.stats()).toMatchObject({ failures: 0 });
      expect(system.stats().peakBytes).toBeLessThanOrEqual(LIMIT);
      // The heap of the engine and of the test is in it too.
      expect(mostResident).toBeLessThan(LIMIT + 128 * MIB);
      expect(system.verify()).toBe(true);

      await pending.finish(new Uint8Array(1));
      await idle();
      live.length = 0;
      expect(await collect(() => system.stats().mappedBytes === 0)).toBe(true);
    },
    SECONDS * 1000 + 60_000,
  );
});

import { beforeEach, describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool } from '../../lib/index.js';
import { activeRequests, collect, idle } from '../support/idle.js';
import { REQUESTS } from '../support/requests.js';

beforeEach(idle);

/** In a shared slab, and alone. A socket takes what is small at once: nothing is in flight then. */
const CASES = REQUESTS.flatMap(([name, start]) =>
  [1000, 32_768, 32 * 2 ** 20]
    .filter((size) => size > 32_768 || name !== 'a write to a socket')
    .map((size) => [name, size, start] as const),
);

describe('a pooled Buffer that is freed under a lease while an operation uses it', () => {
  it.each(CASES)(
    'G4 is nobody else’s before that has ended: %s of %i bytes',
    async (_n, size, start) => {
      const pool = new BufferPool(new ArenaAllocator());
      const buffer = pool.alloc(size, 'the content ');
      const lease = pool.lease(buffer);
      const work = await start(buffer);
      expect(activeRequests()).toBeGreaterThan(0);
      expect(pool.free(buffer)).toBe(false);
      lease.dispose();
      expect(pool.stats().abandonedBlocks).toBe(1);

      const count = size > 32_768 ? 2 : 300;
      const others = Array.from({ length: count }, (_, at) => pool.alloc(size, at + 1));
      const isOther = (each: Buffer) =>
        each.buffer !== buffer.buffer || Math.abs(each.byteOffset - buffer.byteOffset) >= size;
      expect(others.every(isOther)).toBe(true);
      expect(await work.finish()).toBe(true);
      const isIntact = (each: Buffer, at: number) => each.equals(Buffer.alloc(size, at + 1));
      expect(others.every(isIntact)).toBe(true);
      expect(pool.verify()).toBe(true);
    },
  );

  it('is memory again when nothing can reach it', async () => {
    const pool = new BufferPool(new ArenaAllocator());
    for (const [, start] of REQUESTS.slice(0, 3)) {
      await (async () => {
        const buffer = pool.alloc(100_000);
        const lease = pool.lease(buffer);
        const work = await start(buffer);
        pool.free(buffer);
        lease.dispose();
        await work.finish();
      })();
    }
    await collect(undefined, 10);
    expect(pool.stats()).toMatchObject({ abandonedBlocks: 0, mappedBytes: 0 });
  });
});

import { describe, expect, it } from 'vitest';
import { Layout } from '../../lib/index.js';
import { idle, tick, withCode } from '../support/idle.js';
import { LARGE, makePool } from '../support/pools.js';

describe('run', () => {
  it('frees at its end all that it allocated', async () => {
    const pool = makePool();
    const buffers: Buffer[] = [];
    await pool.run(async (alloc) => {
      buffers.push(alloc(64), alloc(10, 'a'), alloc.allocUnsafe(100), alloc.from('text'));
      await tick();
      buffers.push(alloc.concat([Buffer.from('a')]), alloc(LARGE));
      expect(pool.stats().liveBlocks).toBe(6);
      await idle();
    });
    expect(pool.stats().liveBlocks).toBe(0);
    for (const buffer of buffers) expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
  });

  it('answers with what its work answers', async () => {
    expect(await makePool().run(() => 5)).toBe(5);
    expect(await makePool().run(async (alloc) => alloc.from('kept').toString())).toBe('kept');
  });

  it('leaves alone what was allocated otherwise, or outside', async () => {
    const pool = makePool();
    const outer = pool.alloc(64);
    const inner = await pool.run(() => pool.alloc(64));
    expect([pool.owns(outer), pool.owns(inner)]).toEqual([true, true]);
  });

  it('leaves alone what was kept, by any of the three ways', async () => {
    const pool = makePool();
    const kept = await pool.run((alloc, keep) => [
      keep(alloc(64)),
      alloc.keep(alloc(64)),
      pool.keep(alloc(64)),
      alloc(64),
    ]);
    expect(kept.map((buffer) => pool.owns(buffer))).toEqual([true, true, true, false]);
  });

  it('leaves alone what was freed inside, and its successor', async () => {
    const pool = makePool();
    const next = await pool.run((alloc) => {
      pool.free(alloc(64));
      return pool.alloc(64);
    });
    expect(pool.owns(next)).toBe(true);
    expect(pool.stats().liveBlocks).toBe(1);
  });

  it('frees what realloc gave, in place or moved', async () => {
    const pool = makePool();
    await pool.run((alloc) => {
      alloc.realloc(alloc(100), 110);
      pool.realloc(alloc(100), 110);
      alloc.realloc(alloc(100), 1000);
      pool.realloc(alloc(100), LARGE);
    });
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('frees what reallocate, grow and shrink gave', async () => {
    const pool = makePool();
    const [layout, same, larger] = [100, 110, 1000].map((size) => Layout.from(size)) as [
      Layout,
      Layout,
      Layout,
    ];
    await pool.run((alloc) => {
      pool.reallocate(alloc(100), layout, larger);
      pool.reallocateInPlace(alloc(100), layout, same);
      pool.grow(alloc(100), layout, same);
      pool.shrink(alloc(1000), larger, layout);
    });
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('keeps what was kept and then reallocated', async () => {
    const pool = makePool();
    const kept = await pool.run((alloc) => pool.realloc(alloc.keep(alloc(100)), 1000));
    expect(pool.owns(kept)).toBe(true);
  });

  it('frees all of it when its work throws, and throws the same', async () => {
    const pool = makePool();
    const error = new Error('thrown by the work');
    const works = [
      (alloc: (size: number) => Buffer) => {
        alloc(64);
        throw error;
      },
      async (alloc: (size: number) => Buffer) => {
        alloc(64);
        await tick();
        alloc(LARGE);
        throw error;
      },
    ];
    for (const work of works) await expect(pool.run(work)).rejects.toBe(error);
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('can be nested: the inner one frees its own only', async () => {
    const pool = makePool();
    await pool.run(async (outer) => {
      const first = outer(64);
      const kept = await pool.run((inner) => {
        inner(64);
        outer(64);
        return inner.keep(inner(64));
      });
      expect(pool.stats().liveBlocks).toBe(3);
      expect([first, kept].map((buffer) => pool.owns(buffer))).toEqual([true, true]);
    });
    expect(pool.stats().liveBlocks).toBe(1);
  });

  it('can go on beside others', async () => {
    const pool = makePool();
    const lengths = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        pool.run(async (alloc) => {
          const buffer = alloc(100 + at).fill(at);
          for (let turn = 0; turn < at; turn++) await tick();
          return buffer.every((byte) => byte === at) ? buffer.length : -1;
        }),
      ),
    );
    expect(lengths).toEqual(Array.from({ length: 20 }, (_, at) => 100 + at));
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('ends quietly when its pool was reset or disposed inside', async () => {
    const pool = makePool();
    await idle();
    expect(
      await pool.run((alloc) => {
        alloc(64);
        pool.reset();
        alloc(64);
        pool.dispose();
        return 'done';
      }),
    ).toBe('done');
  });

  it('leaves to a lease what the lease holds', async () => {
    const pool = makePool();
    const { lease, buffer } = await pool.run((alloc) => {
      const held = alloc(64);
      return { lease: pool.lease(held), buffer: held };
    });
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1, leases: 1 });
    await idle();
    lease.dispose();
    expect(pool.stats()).toMatchObject({ abandonedBlocks: 0, leases: 0 });
    expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
  });

  it('does not own what is allocated after its end', async () => {
    const pool = makePool();
    const alloc = await pool.run((give) => give);
    expect(pool.owns(alloc(64))).toBe(true);
  });

  it.each([undefined, null, 5, {}])('refuses %s as work', async (work) => {
    await expect(makePool().run(work as never)).rejects.toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/programs.js';

/** What a program prints as JSON, with a pool in `pool`, under HEAPWRIGHT_DEBUG. */
async function print(words: string, source: string): Promise<unknown> {
  const outcome = await runProgram(
    `const pool = new hw.BufferPool(new hw.ArenaAllocator());
     const print = (value) => console.log(JSON.stringify(value));
     ${source}`,
    [],
    { HEAPWRIGHT_DEBUG: words },
  );
  expect(outcome).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(outcome.stdout);
}

describe('HEAPWRIGHT_DEBUG=guard', () => {
  it('gives each pooled Buffer an ArrayBuffer of its own', async () => {
    const source = `
      const [a, b] = [pool.alloc(100), pool.alloc(101)];
      print([a.buffer === b.buffer, b.byteOffset, b.buffer.byteLength === 101]);`;
    expect(await print('guard', source)).toEqual([false, 0, true]);
    expect(await print('', source)).toEqual([true, 112, false]);
  });

  it('empties every view of a Buffer when it is freed', async () => {
    const source = `
      const buffer = pool.from('a secret');
      const slice = buffer.subarray(2);
      print([pool.free(buffer), buffer.length, slice.length]);`;
    expect(await print('guard', source)).toEqual([true, 0, 0]);
    expect(await print('', source)).toEqual([true, 8, 6]);
  });

  it('empties the old Buffer of a realloc, also within its class', async () => {
    const source = `
      const old = pool.from('grows');
      const buffer = pool.realloc(old, 6);
      print([old.length, buffer.toString()]);`;
    expect(await print('guard', source)).toEqual([0, 'grows\0']);
  });

  it('leaves a leased Buffer alone until the last lease ends', async () => {
    const source = `
      const buffer = pool.from('leased');
      const lease = pool.lease(buffer);
      const first = [pool.free(buffer), buffer.toString()];
      lease.dispose();
      print([...first, buffer.length]);`;
    expect(await print('guard', source)).toEqual([false, 'leased', 0]);
  });

  it('refuses what is refused without it', async () => {
    const source = `
      const codes = [];
      const attempt = (action) => { try { action(); } catch ({ code }) { codes.push(code); } };
      const buffer = pool.alloc(10);
      attempt(() => pool.free(buffer.subarray(1)));
      attempt(() => pool.deallocate(buffer, hw.Layout.from(11)));
      pool.free(buffer);
      attempt(() => pool.free(buffer));
      attempt(() => new hw.BufferPool(new hw.ArenaAllocator(), { limit: 1 }).alloc(100));
      print([codes, pool.verify(), pool.stats().liveBlocks]);`;
    const codes = ['INTERIOR', 'LAYOUT_MISMATCH', 'DETACHED', 'LIMIT'];
    const expected = [codes.map((code) => `ERR_HEAPWRIGHT_${code}`), true, 0];
    expect(await print('', source)).toEqual(expected);
    expect(await print('guard', source)).toEqual(expected);
  });

  it('holds for the Buffers of a run and of a RecyclingPool', async () => {
    const source = `
      const [inside, kept] = await pool.run((alloc) => [alloc(8), alloc.keep(alloc(8))]);
      const recycling = new hw.RecyclingPool(pool, 100);
      const recycled = recycling.allocUnsafe();
      recycling.free(recycled);
      const again = recycling.allocUnsafe() === recycled;
      recycling.free(recycled);
      recycling.dispose();
      print([inside.length, kept.length, again, recycled.length]);`;
    expect(await print('guard', source)).toEqual([0, 8, true, 0]);
  });
});

describe('HEAPWRIGHT_DEBUG', () => {
  it('takes several words, and spaces between them', async () => {
    const source = `
      const buffer = pool.alloc(1);
      const { allocatedAt } = hw.explain(buffer);
      pool.free(buffer);
      print([buffer.length, typeof allocatedAt]);`;
    expect(await print(' guard, stacks ,', source)).toEqual([0, 'string']);
  });

  it('warns of a word that it does not know, and goes on', async () => {
    const outcome = await runProgram(
      `const pool = new hw.BufferPool(new hw.ArenaAllocator());
       const buffer = pool.alloc(1);
       pool.free(buffer);
       console.log(buffer.length);`,
      [],
      { HEAPWRIGHT_DEBUG: 'gaurd,guard' },
    );
    expect(outcome).toMatchObject({ code: 0, stdout: '0\n' });
    expect(outcome.stderr).toMatch(/HEAPWRIGHT_DEBUG has no "gaurd"; there are guard, stacks/);
    expect(outcome.stderr.match(/HEAPWRIGHT_DEBUG/g)).toHaveLength(1);
  });
});

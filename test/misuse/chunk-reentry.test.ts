// Code of the caller's that runs in the middle of a call, and calls that cannot be finished.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  BufferPool,
  ChunkPool,
  heap,
  heapBitmap,
  Layout,
} from '../../lib/index.js';
import { call, thrownBy } from '../support/call.js';
import { withCode } from '../support/idle.js';
import { runProgram } from '../support/programs.js';

const ALLOC = 'heapwright:alloc';
const undo: (() => void)[] = [];

afterEach(() => {
  for (const each of undo.splice(0)) each();
});

function onAllocate(listener: (message: unknown) => void): void {
  subscribe(ALLOC, listener);
  undo.push(() => unsubscribe(ALLOC, listener));
}

/** A number that does `work` when it is asked which. */
const numberThat = (work: () => void) => ({
  valueOf() {
    work();
    return 7;
  },
});

describe('what fills a new Buffer', () => {
  it('takes the memory away when it is asked for its value: DETACHED, and no byte is written', async () => {
    const { code, signal, stdout } = await runProgram(
      `const memory = new ArrayBuffer(64 << 20);
       const pool = hw.ChunkPool.over(memory);
       const fill = { valueOf() { structuredClone(memory, { transfer: [memory] }); gc(); return 7; } };
       try { pool.alloc(32 << 20, fill); } catch (error) { console.log(error.code); }`,
      ['--expose-gc'],
    );
    expect({ code, signal, stdout }).toEqual({
      ...{ code: 0, signal: null, stdout: 'ERR_HEAPWRIGHT_DETACHED\n' },
    });
  });

  it('disposes the pool: CLOSED', () => {
    const pool = ChunkPool.over(heap());
    const fill = numberThat(() => pool.dispose());
    expect(() => call(pool, 'alloc', 16, fill)).toThrow(withCode('CLOSED'));
  });

  it('resets the pool, and the Buffer is live nevertheless', () => {
    for (const pool of [ChunkPool.over(heap()), new BufferPool(new ArenaAllocator())]) {
      const fill = numberThat(() => pool.reset());
      const buffer = call(pool, 'alloc', 16, fill) as Buffer;
      expect(buffer).toEqual(Buffer.alloc(16, 7));
      expect(pool.free(buffer)).toBe(true);
    }
  });

  it('may be all that Buffer.alloc takes, and nothing else', () => {
    const pool = ChunkPool.over(heap());
    const fills = [
      7,
      -1,
      1.5,
      1e20,
      Number.NaN,
      true,
      null,
      {},
      [9],
      '',
      'ab',
      new Uint16Array([258]),
    ];
    for (const fill of [...fills, new DataView(new ArrayBuffer(3)), numberThat(() => {})]) {
      expect(call(pool, 'alloc', 5, fill)).toEqual(call(Buffer, 'alloc', 5, fill));
      expect(call(pool, 'alloc', 0, fill)).toHaveLength(0);
    }
    const before = pool.stats().liveBlocks;
    for (const fill of [Symbol('7'), 7n, new Uint8Array(0)]) {
      const { name } = thrownBy(() => call(Buffer, 'alloc', 5, fill)) as Error;
      expect(() => call(pool, 'alloc', 5, fill)).toThrow(expect.objectContaining({ name }));
    }
    expect(pool.stats().liveBlocks).toBe(before);
  });
});

describe('a listener that hears of an allocation', () => {
  it('may free what was allocated: whoever asked has a Buffer that is freed', () => {
    const pool = ChunkPool.over(heap());
    onAllocate((message) => pool.free(Reflect.get(message as object, 'block') as Buffer));
    const buffer = pool.alloc(100);
    expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
    expect([pool.usage(), pool.verify()]).toEqual([0, true]);
  });

  it('may end the block that is being reallocated: nothing is left of both', () => {
    const pool = ChunkPool.over(heap({ chunks: 8 }));
    const buffer = pool.alloc(256);
    const neighbour = pool.alloc(256);
    onAllocate(() => pool.free(buffer));
    expect(() => pool.realloc(buffer, 512)).toThrow(withCode('DETACHED'));
    expect([pool.stats().liveBlocks, pool.verify()]).toEqual([1, true]);
    expect(pool.free(neighbour)).toBe(true);
  });

  it('may dispose the pool', () => {
    const pool = ChunkPool.over(heap());
    onAllocate(() => pool.dispose());
    expect(pool.alloc(8)).toHaveLength(8);
    expect(() => pool.alloc(8)).toThrow(withCode('CLOSED'));
  });
});

describe.each([
  ['without a bitmap', () => ChunkPool.over(heap())],
  ['with a bitmap', () => ChunkPool.over(heap(), { bitmap: heapBitmap() })],
])('a pool %s', (_title, make) => {
  it('keeps no chunk where no Buffer could be made of it', () => {
    const pool = make();
    const mine = pool.from('mine');
    const kind = Reflect.get(Buffer, Symbol.species) as object;
    const before = Object.getPrototypeOf(kind);
    undo.push(() => Object.setPrototypeOf(kind, before));
    Object.setPrototypeOf(kind, function tampered() {
      return mine;
    });
    const error = thrownBy(() => pool.allocUnsafe(8));
    Object.setPrototypeOf(kind, before);
    expect(error).toBeInstanceOf(TypeError);
    expect([pool.stats().liveBlocks, pool.verify()]).toEqual([1, true]);
    expect([pool.free(mine), pool.usage()]).toEqual([true, 0]);
  });

  it('is sound after calls at the end of the stack', () => {
    const pool = make();
    const mine = pool.from('mine');
    /** Calls at every depth on its way back. */
    const descend = () => {
      try {
        descend();
      } catch {}
      try {
        pool.free(pool.realloc(pool.allocUnsafe(8), 1000));
      } catch {}
    };
    for (let round = 0; round < 20; round++) descend();
    expect([pool.verify(), mine.toString(), pool.owns(mine)]).toEqual([true, 'mine', true]);
    pool.reset();
    expect(pool.usage()).toBe(0);
  });
});

it('65,535 leases hold a block, and one more is refused: OUT_OF_MEMORY', () => {
  const pool = ChunkPool.over(heap());
  const buffer = pool.alloc(8);
  const leases = Array.from({ length: 65_535 }, () => pool.lease(buffer));
  const error = thrownBy(() => pool.lease(buffer));
  expect(error).toMatchObject({ code: 'ERR_HEAPWRIGHT_OUT_OF_MEMORY', reason: 'limit' });
  expect(pool.free(buffer)).toBe(false);
  for (const lease of leases) lease.dispose();
  expect([pool.usage(), pool.verify()]).toEqual([0, true]);
});

it('an alignment that another reallocation in place asks for is kept or refused', () => {
  const pool = ChunkPool.over(heap());
  for (let at = 0; at < 14; at++) {
    const [plain, aligned] = [Layout.from(0), Layout.from(0, 2 ** at)];
    const moved = pool.reallocate(pool.allocate(plain), plain, aligned);
    const same = pool.reallocateInPlace(moved, aligned, plain);
    expect(pool.deallocate(same ?? moved, same === null ? aligned : plain)).toBe(true);
  }
  expect(pool.verify()).toBe(true);
});

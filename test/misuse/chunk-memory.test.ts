import { describe, expect, it } from 'vitest';
import { addressOf, ChunkPool, explain, heap, heapBitmap } from '../../lib/index.js';
import { withCode } from '../support/idle.js';
import { MOVES } from '../support/moving.js';
import { runNode } from '../support/programs.js';

const BITS = [0b1100_0000, 0xff, 0] as const;

/** Every call that is about memory. */
function callsOf(pool: ChunkPool, buffer: Buffer): readonly (() => unknown)[] {
  return [
    () => pool.allocUnsafe(16),
    () => pool.alloc(16),
    () => pool.alloc(0),
    () => pool.free(buffer),
    () => pool.realloc(buffer, 1000),
    () => pool.lease(buffer),
    () => pool.handleOf(buffer),
    () => pool.usage(),
    () => pool.verify(),
    () => pool.reset(),
  ];
}

describe.each(MOVES)('memory that was taken from under a pool %s', (_title, move) => {
  it('makes every call DETACHED, and none touches it', async () => {
    const memory = heap();
    const pool = ChunkPool.over(memory);
    const buffer = pool.from('mine');
    const moved = new Uint8Array(await move(memory));
    const before = moved.slice();
    for (const each of callsOf(pool, buffer)) expect(each).toThrow(withCode('DETACHED'));
    expect(Buffer.compare(moved, before)).toBe(0);
    expect(pool.owns(buffer)).toBe(false);
    expect(explain(buffer).state).toBe('moved');
    expect(() => addressOf(buffer)).toThrow(withCode('DETACHED'));
    pool.dispose();
    expect(() => pool.allocUnsafe(1)).toThrow(withCode('CLOSED'));
  });

  it('can be given to a pool again where it is now', async () => {
    const memory = heap();
    ChunkPool.over(memory).from('theirs');
    const pool = ChunkPool.over(await move(memory));
    expect(pool.from('mine').toString()).toBe('mine');
  });

  it('is noticed for a bitmap too', async () => {
    const bitmap = heapBitmap();
    const pool = ChunkPool.over(heap(), { bitmap });
    const buffer = pool.from('mine');
    await move(bitmap.buffer as ArrayBuffer);
    for (const each of callsOf(pool, buffer)) expect(each).toThrow(withCode('DETACHED'));
    pool.dispose();
  });
});

describe('a bitmap', () => {
  it('shows the chunks in use', () => {
    const bitmap = heapBitmap({ chunks: 24 }).fill(7);
    const pool = ChunkPool.over(heap({ chunks: 24, chunkSize: 16 }), { bitmap, chunkSize: 16 });
    expect([...bitmap]).toEqual([0, 0, 0]);
    const first = pool.allocUnsafe(16 * 6);
    pool.allocUnsafe(16 * 9 + 1);
    pool.alloc(0);
    pool.free(first);
    expect([...bitmap]).toEqual([...BITS]);
    pool.reset();
    expect([...bitmap]).toEqual([0, 0, 0]);
  });

  it('follows a reallocation and the end of a lease', () => {
    const bitmap = heapBitmap({ chunks: 8 });
    const pool = ChunkPool.over(heap({ chunks: 8, chunkSize: 16 }), { bitmap, chunkSize: 16 });
    const buffer = pool.realloc(pool.realloc(pool.alloc(64), 100), 16);
    expect(bitmap[0]).toBe(1);
    const lease = pool.lease(buffer);
    expect(pool.free(buffer)).toBe(false);
    expect(bitmap[0]).toBe(1);
    lease.dispose();
    expect(bitmap[0]).toBe(0);
  });

  it.each([0, 0xff, 0x2f])('that is scribbled over with %i changes no answer', (byte) => {
    const bitmap = heapBitmap();
    const pool = ChunkPool.over(heap(), { bitmap });
    const buffers = Array.from({ length: 1000 }, (_, at) => {
      bitmap.fill(byte);
      return pool.alloc(1 + at, at % 251);
    });
    const isWhole = (buffer: Buffer, at: number) => buffer.every((each) => each === at % 251);
    expect(buffers.every(isWhole)).toBe(true);
    expect(pool.verify()).toBe(true);
    for (const buffer of buffers) {
      bitmap.fill(byte);
      pool.free(buffer);
    }
    expect(pool.usage()).toBe(0);
    expect(pool.verify()).toBe(true);
  });

  it('that is scribbled over at random, between all calls, leads no block astray', async () => {
    const { code, stdout } = await runNode(['test/chunk/scribble.mjs']);
    expect({ code, stdout }).toMatchObject({ code: 0 });
  });
});

it('scribbling over the memory changes no answer', () => {
  const memory = new SharedArrayBuffer(1 << 16);
  const pool = ChunkPool.over(memory, { chunkSize: 16 });
  const buffers = Array.from({ length: 100 }, (_, at) => pool.alloc(at));
  new Uint8Array(memory).fill(0xff);
  for (const buffer of buffers) expect(pool.free(buffer)).toBe(true);
  expect(pool.verify()).toBe(true);
  expect(pool.usage()).toBe(0);
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool, explain, Layout } from '../../lib/index.js';
import { collect, idle, tick, withCode } from '../support/idle.js';
import { MOVES, moveByStream } from '../support/moving.js';
import { isBalanced, LARGE, makePool, times } from '../support/pools.js';

beforeEach(idle);

/** What the process was warned of. */
const warnings: unknown[] = [];
const warn = (warning: Error & { code?: string }) => warnings.push(warning.code);
beforeEach(async () => {
  await tick(); // those of the test before
  warnings.length = 0;
  process.on('warning', warn);
});
afterEach(() => void process.off('warning', warn));

const CORRUPTED = 'ERR_HEAPWRIGHT_CORRUPTED';

describe.each(MOVES)('a slab that was moved away %s', (_title, move) => {
  const moveSlabOf = (buffer: Buffer) => move(buffer.buffer as ArrayBuffer);

  it('leaves Buffers of length 0, that are freed as any', async () => {
    const pool = makePool();
    const buffers = times(100, () => pool.alloc(64).fill(7));
    const moved = await moveSlabOf(buffers[0] as Buffer);
    expect(moved.byteLength).toBe(64 * 1024);
    expect(buffers.every((buffer) => buffer.length === 0)).toBe(true);
    expect(buffers.map((buffer) => pool.free(buffer))).toEqual(buffers.map(() => true));
    for (const buffer of buffers) {
      expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
    }
    expect(pool.stats().liveBlocks).toBe(0);
    expect(isBalanced(pool)).toBe(true);
  });

  it('is noticed by the next allocation, which gets other memory, zeroed', async () => {
    const pool = makePool();
    const buffers = times(10, () => pool.allocUnsafe(64).fill(7));
    pool.free(buffers[3] as Buffer);
    const moved = await moveSlabOf(buffers[0] as Buffer);
    const copy = Buffer.from(moved).toString('hex');
    for (const make of [() => pool.alloc(64), () => pool.allocUnsafe(64).fill(0)]) {
      const fresh = times(2000, make);
      expect(fresh.every((buffer) => buffer.length === 64 && !buffer.some(Boolean))).toBe(true);
      for (const buffer of fresh) buffer.fill(0xee);
    }
    expect(Buffer.from(moved).toString('hex')).toBe(copy);
    expect(isBalanced(pool)).toBe(true);
  });

  it('is CORRUPTED to verify once, and warns once for a slab', async () => {
    const pool = makePool();
    const slabs = [pool.alloc(64), pool.alloc(1000)];
    for (const buffer of slabs) await moveSlabOf(buffer);
    expect(() => pool.verify()).toThrow(withCode('CORRUPTED'));
    expect(pool.verify()).toBe(true);
    times(10, () => [pool.alloc(64), pool.alloc(1000)]);
    for (const buffer of slabs) pool.free(buffer);
    expect(pool.verify()).toBe(true);
    await tick();
    expect(warnings).toEqual([CORRUPTED, CORRUPTED]);
  });

  it('is CORRUPTED to verify when an allocation noticed it before', async () => {
    const pool = makePool();
    await moveSlabOf(pool.alloc(64));
    pool.alloc(64);
    expect(() => pool.verify()).toThrow(withCode('CORRUPTED'));
    expect(pool.verify()).toBe(true);
    await tick();
    expect(warnings).toEqual([CORRUPTED]);
  });

  it('that was full leaves Buffers that are freed too', async () => {
    const pool = makePool();
    const buffers = times(1500, () => pool.alloc(64));
    await moveSlabOf(buffers[0] as Buffer);
    expect(buffers.map((buffer) => pool.free(buffer))).toEqual(buffers.map(() => true));
    expect(() => pool.verify()).toThrow(withCode('CORRUPTED'));
    expect(pool.stats().liveBlocks).toBe(0);
    expect(isBalanced(pool)).toBe(true);
    await tick();
    expect(warnings).toEqual([CORRUPTED]);
  });

  it('that was parked leaves a pool that works', async () => {
    const pool = makePool({ limit: 256 * 1024 });
    const buffers = times(1500, () => pool.alloc(64));
    for (const at of [3, 700, 1400]) pool.free(buffers[at] as Buffer);
    expect(() => pool.alloc(1 << 20)).toThrow(withCode('LIMIT'));
    await moveSlabOf(buffers[0] as Buffer);
    const more = times(500, () => pool.alloc(64));
    expect(more.every((buffer) => buffer.length === 64)).toBe(true);
    for (const buffer of more) pool.free(buffer);
    for (const [at, buffer] of buffers.entries()) {
      if (![3, 700, 1400].includes(at)) expect(pool.free(buffer)).toBe(true);
    }
    expect(pool.stats().liveBlocks).toBe(0);
    expect(() => pool.verify()).toThrow(withCode('CORRUPTED'));
    expect(isBalanced(pool)).toBe(true);
  });

  it('makes realloc DETACHED, and any layout fit', async () => {
    const pool = makePool();
    const [one, other] = [pool.alloc(64), pool.alloc(64)];
    await moveSlabOf(one);
    expect(() => pool.realloc(one, 100)).toThrow(withCode('DETACHED'));
    expect(pool.reallocateInPlace(one, Layout.from(64), Layout.from(60))).toBeNull();
    expect(pool.deallocate(one, Layout.from(64))).toBe(true);
    expect(pool.deallocate(other, Layout.from(5))).toBe(true);
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('ends leases quietly', async () => {
    const pool = makePool();
    const [one, other] = [pool.alloc(64), pool.alloc(64)];
    const leases = [pool.lease(one), pool.lease(other)];
    pool.free(one);
    await moveSlabOf(one);
    pool.alloc(64);
    for (const lease of leases) lease.dispose();
    expect(pool.stats()).toMatchObject({ leases: 0, abandonedBlocks: 0, liveBlocks: 2 });
    expect(pool.free(other)).toBe(true);
    expect(isBalanced(pool)).toBe(true);
    pool.reset();
    pool.dispose();
  });

  it('is left alone by trim, reset and dispose; its memory stays with who has it', async () => {
    const arena = new ArenaAllocator();
    const pool = new BufferPool(arena);
    const first = pool.alloc(64).fill(7);
    const moved = await moveSlabOf(first);
    pool.trim();
    pool.reset();
    expect(() => pool.free(first)).toThrow(/ERR_|freed|there/);
    times(5000, () => pool.allocUnsafe(64).fill(0xee));
    expect(Buffer.from(moved, 0, 64)).toEqual(Buffer.alloc(64, 7));
    pool.dispose();
    expect(Buffer.from(moved, 0, 64)).toEqual(Buffer.alloc(64, 7));
    expect(arena.verify()).toBe(true);
  });

  it('gives its memory back when everything that has it is dropped', async () => {
    const arena = new ArenaAllocator();
    const pool = new BufferPool(arena, { decayMs: Number.POSITIVE_INFINITY });
    const use = async () => {
      const buffer = pool.alloc(64);
      await moveSlabOf(buffer);
      pool.free(buffer);
    };
    await use();
    expect(() => pool.verify()).toThrow(withCode('CORRUPTED'));
    expect(await collect(() => arena.stats().liveBytes === 0)).toBe(true);
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, mappedBytes: 0 });
    expect(pool.verify()).toBe(true);
  });

  it('says so in explain', async () => {
    const pool = makePool();
    const buffer = pool.alloc(64);
    await moveSlabOf(buffer);
    expect(explain(buffer)).toMatchObject({ state: 'moved' });
  });

  it('of one Buffer leaves that with length 0, freed as any', async () => {
    const pool = makePool();
    const buffer = pool.alloc(LARGE).fill(7);
    const moved = await moveSlabOf(buffer);
    expect(buffer.length).toBe(0);
    expect(() => pool.realloc(buffer, 10)).toThrow(withCode('DETACHED'));
    expect(pool.free(buffer)).toBe(true);
    expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
    times(5, () => pool.allocUnsafe(LARGE).fill(0xee));
    expect(Buffer.from(moved, 0, LARGE)).toEqual(Buffer.alloc(LARGE, 7));
    expect(isBalanced(pool)).toBe(true);
  });
});

describe('a structured clone', () => {
  it('with the slab in its transfer list copies, moves or refuses; the pool goes on', () => {
    const pool = makePool();
    const buffers = times(5, () => pool.alloc(64).fill(7));
    const memory = buffers[0]?.buffer as ArrayBuffer;
    try {
      structuredClone(memory, { transfer: [memory] });
    } catch (error) {
      expect(error).toHaveProperty('name', 'DataCloneError');
    }
    expect(buffers.map((buffer) => pool.free(buffer))).toEqual(buffers.map(() => true));
    expect(pool.alloc(64)).toEqual(Buffer.alloc(64));
    expect(pool.stats().liveBlocks).toBe(1);
    expect(isBalanced(pool)).toBe(true);
  });
});

it('a byte stream that is given a pooled view takes its whole slab', async () => {
  const pool = makePool();
  const [one, other] = [pool.alloc(64), pool.alloc(64)];
  const stream = new ReadableStream({
    type: 'bytes',
    pull: (controller) => controller.byobRequest?.respond(8),
  });
  const { value } = await stream.getReader({ mode: 'byob' }).read(one.subarray(0, 8));
  expect(value?.byteLength).toBe(8);
  expect([one.length, other.length]).toEqual([0, 0]);
  expect(pool.free(other)).toBe(true);
  expect(() => pool.verify()).toThrow(withCode('CORRUPTED'));
  expect(pool.verify()).toBe(true);
  await expect(moveByStream(pool.alloc(64).buffer as ArrayBuffer)).resolves.toBeDefined();
});

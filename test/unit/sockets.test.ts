import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool, Layout, onread } from '../../lib/index.js';
import { call } from '../support/call.js';
import { collect, idle, tick, withCode } from '../support/idle.js';
import { LARGE } from '../support/pools.js';
import { connectWith, signal } from '../support/sockets.js';

const makePool = (limit = Number.POSITIVE_INFINITY) =>
  new BufferPool(new ArenaAllocator(), { limit });

const READ = Layout.from(1024);

/** Bytes of a size that needs many reads. */
const LONG = Buffer.alloc(300_000, 'every byte arrives in its order. ');

describe('onread', () => {
  it.each([16, 100, 4096, 65_536])('gives every byte, in Buffers of %i', async (size) => {
    const pool = makePool();
    const parts: Buffer[] = [];
    const { reader, writer } = await connectWith(
      onread(pool, (chunk) => parts.push(Buffer.from(chunk)), { size }),
    );
    writer.end(LONG.subarray(0, size * 20));
    await once(reader, 'close');
    expect(Buffer.concat(parts).equals(LONG.subarray(0, size * 20))).toBe(true);
    expect(parts.every((part) => part.length <= size)).toBe(true);
  });

  it('reads into 64 KiB where nothing is said', () => {
    expect(onread(makePool(), () => {}).buffer().length).toBe(65_536);
  });

  it('frees what was read: one Buffer at a time is live, and that goes with the socket', async () => {
    const pool = makePool();
    const most: number[] = [];
    await (async () => {
      const { reader, writer } = await connectWith(
        onread(pool, () => most.push(pool.stats().liveBlocks), { size: 1000 }),
      );
      writer.end(LONG.subarray(0, 50_000));
      await once(reader, 'close');
    })();
    expect(most.length).toBeGreaterThanOrEqual(50);
    expect(new Set(most)).toEqual(new Set([1]));
    expect(pool.stats().liveBlocks).toBe(1);
  });

  it('keeps the bytes until the promise of its callback is settled', async () => {
    const pool = makePool();
    const [first, second] = [signal(), signal()];
    const chunks: Buffer[] = [];
    const { writer } = await connectWith(
      onread(
        pool,
        (chunk) => {
          chunks.push(chunk);
          return chunks.length === 1 ? first.promise : second.promise;
        },
        { size: 64 },
      ),
    );
    writer.write('first');
    while (chunks.length < 1) await tick();
    writer.write('second');
    while (chunks.length < 2) await tick();
    expect(chunks.map(String)).toEqual(['first', 'second']);
    expect(pool.stats().liveBlocks).toBe(3); // and the one to read into

    second.resolve();
    await tick();
    expect(String(chunks[0])).toBe('first');
    expect(pool.stats().liveBlocks).toBe(2);
    first.resolve();
    await tick();
    expect(pool.stats().liveBlocks).toBe(1);
  });

  it('waits for whatever has a method then', async () => {
    const pool = makePool();
    const settled: (() => void)[] = [];
    const { writer } = await connectWith(
      onread(pool, () => ({
        // biome-ignore lint/suspicious/noThenProperty: a promise of another library
        then: (done: () => void) => settled.push(done),
      })),
    );
    writer.write('x');
    while (settled.length === 0) await tick();
    expect(pool.stats().liveBlocks).toBe(2);
    settled[0]?.();
    await tick();
    expect(pool.stats().liveBlocks).toBe(1);
  });

  it('pauses the socket where the callback answers false', async () => {
    const parts: string[] = [];
    const { reader, writer } = await connectWith(
      onread(makePool(), (chunk) => {
        parts.push(String(chunk));
        return false;
      }),
    );
    const writeOne = (text: string) =>
      new Promise<void>((resolve) => writer.write(text, () => resolve()));
    await writeOne('one');
    while (parts.length < 1) await tick();
    await writeOne('two');
    for (let turn = 0; turn < 20; turn++) await tick();
    expect(parts).toEqual(['one']);
    reader.resume();
    while (parts.length < 2) await tick();
    expect(parts).toEqual(['one', 'two']);
  });

  it('serves several sockets at once with one object', async () => {
    const pool = makePool();
    const heard: string[] = [];
    const option = onread(pool, (chunk) => heard.push(String(chunk)), { size: 64 });
    const pairs = [];
    for (let count = 0; count < 5; count++) pairs.push(await connectWith(option));
    for (let round = 0; round < 3; round++) {
      for (const [at, { writer }] of [...pairs.entries()].reverse()) {
        writer.write(`${round} to ${at}`);
        const before = heard.length;
        while (heard.length === before) await tick();
        expect(heard.at(-1)).toBe(`${round} to ${at}`);
      }
    }
    expect(pool.stats().liveBlocks).toBe(5);
    expect(pool.verify()).toBe(true);
  });

  it('goes on with memory of the engine where the pool is at its limit', async () => {
    const pool = makePool(4096);
    const held: Buffer[] = [];
    const parts: Buffer[] = [];
    const { reader, writer } = await connectWith(
      onread(
        pool,
        (chunk) => {
          for (let next = pool.tryAllocate(READ); next !== null; next = pool.tryAllocate(READ)) {
            held.push(next);
          }
          parts.push(Buffer.from(chunk));
        },
        { size: 1024 },
      ),
    );
    writer.end(LONG.subarray(0, 20_000));
    await once(reader, 'close');
    expect(Buffer.concat(parts).equals(LONG.subarray(0, 20_000))).toBe(true);
    expect(held.length).toBeGreaterThan(0);
    expect(held.every((buffer) => pool.owns(buffer))).toBe(true);
  });

  it('survives that its callback destroys the socket', async () => {
    const pool = makePool();
    const sockets: { destroy(): void }[] = [];
    const { reader, writer } = await connectWith(onread(pool, () => sockets[0]?.destroy()));
    sockets.push(reader);
    writer.write('the end');
    await once(reader, 'close');
    expect(pool.stats().liveBlocks).toBeLessThanOrEqual(1);
    expect(pool.verify()).toBe(true);
  });

  it('reads into the same Buffer again after its callback threw', async () => {
    const pool = makePool();
    const parts: string[] = [];
    const option = onread(pool, (chunk) => {
      parts.push(String(chunk));
      if (parts.length === 1) throw new Error('of the program');
    });
    const buffer = option.buffer();
    buffer.set(Buffer.from('oneX'));
    expect(() => option.callback(3, buffer)).toThrow('of the program');
    buffer.set(Buffer.from('two'));
    expect(option.callback(3, buffer)).toBe(true);
    expect(option.buffer() === buffer).toBe(false);
    expect(parts).toEqual(['one', 'two']);
    expect(pool.stats()).toMatchObject({ liveBlocks: 1, deallocations: 1 });
  });

  it('leaves the memory of the last Buffer to the collector when the socket has gone', async () => {
    const pool = makePool();
    await (async () => {
      const { reader, writer } = await connectWith(onread(pool, () => {}));
      writer.end('x');
      await once(reader, 'close');
    })();
    await collect(undefined, 10);
    expect(pool.stats().liveBlocks).toBeLessThanOrEqual(1);
  });
});

describe('a socket that waits to read', () => {
  it.each([
    ['reset', 100],
    ['dispose', 100],
    ['reset', 65_536],
    ['dispose', 65_536],
  ] as const)('keeps its memory when the pool is ended by %s (reads of %i)', async (end, size) => {
    const arena = new ArenaAllocator();
    const pool = new BufferPool(arena);
    const parts: string[] = [];
    const option = onread(pool, (chunk) => parts.push(String(chunk)), { size });
    const waiting: Buffer[] = [];
    const { writer } = await connectWith({
      ...option,
      buffer: () => {
        const buffer = option.buffer();
        waiting.push(buffer);
        return buffer;
      },
    });
    await idle();
    pool[end]();
    expect(waiting[0]?.length).toBe(size);
    // Nobody else gets the memory that the socket is going to write to.
    const next = new BufferPool(arena);
    const strangers = Array.from({ length: 100 }, () => next.alloc(size));
    writer.write('late bytes');
    while (parts.length === 0) await tick();
    expect(parts).toEqual(['late bytes']);
    expect(strangers.every((stranger) => stranger.every((byte) => byte === 0))).toBe(true);
    writer.write('and later');
    while (parts.length === 1) await tick();
    expect(parts[1]).toBe('and later');
    expect(next.verify()).toBe(true);
  });

  it('does not keep the pool from emptying what it has read before', async () => {
    const pool = makePool();
    const option = onread(pool, () => signal().promise, { size: LARGE });
    const first = option.buffer();
    option.callback(1, first);
    const second = option.buffer();
    await idle();
    pool.reset();
    expect([first.length, second.length]).toEqual([0, LARGE]);
    expect(() => pool.free(second)).toThrow(withCode('ABANDONED'));
  });
});

describe('onread refuses', () => {
  it.each([
    ['a pool that is none', [{}, () => {}], 'INVALID_ARG_TYPE'],
    ['no callback', [makePool()], 'INVALID_ARG_TYPE'],
    ['a size of 0', [makePool(), () => {}, { size: 0 }], 'OUT_OF_RANGE'],
    ['half a size', [makePool(), () => {}, { size: 0.5 }], 'OUT_OF_RANGE'],
    ['a text as size', [makePool(), () => {}, { size: '64' }], 'INVALID_ARG_TYPE'],
    ['another option', [makePool(), () => {}, { length: 64 }], 'INVALID_ARG_TYPE'],
  ])('%s', (_title, args, code) => {
    expect(() => call({ onread }, 'onread', ...args)).toThrow(withCode(code));
  });
});

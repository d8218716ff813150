import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool, readChunks } from '../../lib/index.js';
import { startRead } from '../support/busy.js';
import { call } from '../support/call.js';
import { collect, idle, withCode } from '../support/idle.js';
import { LARGE } from '../support/pools.js';

const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 7 + (at >> 8)) & 255));

let folder = '';
let path = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heapwright-'));
  path = join(folder, 'content');
  writeFileSync(path, CONTENT);
});
afterAll(() => rmSync(folder, { recursive: true }));

const makePool = (limit = Number.POSITIVE_INFINITY) =>
  new BufferPool(new ArenaAllocator(), { limit });

async function readAll(pool: BufferPool, ...rest: [file: never, options?: object]) {
  const parts: Buffer[] = [];
  for await (const chunk of readChunks(pool, ...rest)) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

describe('readChunks', () => {
  it.each([undefined, { size: 1000 }, { size: 65_536 }, { size: 2 ** 20 }])(
    'gives the whole file (%o)',
    async (options) => {
      const pool = makePool();
      expect((await readAll(pool, path as never, options)).equals(CONTENT)).toBe(true);
      expect(pool.stats()).toMatchObject({ liveBlocks: 0, leases: 0 });
    },
  );

  it('reads byte by byte where that is asked for', async () => {
    const short = join(folder, 'short');
    writeFileSync(short, 'byte by byte');
    const parts: string[] = [];
    for await (const chunk of readChunks(makePool(), short, { size: 1 })) parts.push(`${chunk}`);
    expect(parts).toEqual([...'byte by byte']);
  });

  it('gives nothing of an empty file', async () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    const pool = makePool();
    expect((await readAll(pool, empty as never)).length).toBe(0);
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, leases: 0 });
  });

  it('takes a URL', async () => {
    expect((await readAll(makePool(), pathToFileURL(path) as never)).equals(CONTENT)).toBe(true);
  });

  it('takes a handle, from where that is, and leaves it open', async () => {
    const handle = await open(path);
    await handle.read(Buffer.alloc(1000), 0, 1000);
    expect((await readAll(makePool(), handle as never)).equals(CONTENT.subarray(1000))).toBe(true);
    expect((await handle.stat()).size).toBe(CONTENT.length);
    await handle.close();
  });

  it.each([
    ['break', () => 'break'],
    [
      'an error',
      () => {
        throw new Error('of the loop');
      },
    ],
  ])('frees its Buffer and closes the file when the loop is left by %s', async (_by, leave) => {
    const pool = makePool();
    const handles = await openHandles();
    const loop = async () => {
      for await (const _chunk of readChunks(pool, path, { size: 1000 })) {
        expect(pool.stats()).toMatchObject({ leases: 1 });
        leave();
        break;
      }
    };
    await loop().catch((error) => expect(error.message).toBe('of the loop'));
    await idle();
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, leases: 0 });
    expect(await openHandles()).toBe(handles);
  });

  it('passes on the error of a file that is not there, and allocates nothing', async () => {
    const pool = makePool();
    const reading = readAll(pool, join(folder, 'missing') as never);
    await expect(reading).rejects.toMatchObject({ code: 'ENOENT' });
    expect(pool.stats().allocations).toBe(0);
  });

  it('passes on the error of a read, and frees its Buffer', async () => {
    const pool = makePool();
    await expect(readAll(pool, folder as never)).rejects.toMatchObject({ code: 'EISDIR' });
    await idle();
    expect(pool.stats()).toMatchObject({ liveBlocks: 0, leases: 0 });
  });

  it('is LIMIT where the pool is, and closes the file', async () => {
    const handles = await openHandles();
    const reading = readAll(makePool(1000), path as never);
    await expect(reading).rejects.toEqual(withCode('LIMIT'));
    expect(await openHandles()).toBe(handles);
  });

  it('reuses one slot as long as nothing else is in flight', async () => {
    const pool = makePool();
    const offsets = new Set<number>();
    for await (const chunk of readChunks(pool, path, { size: 1000 })) {
      offsets.add(chunk.byteOffset);
    }
    expect([...offsets]).toEqual([0]);
  });

  it('does not reuse the memory of a chunk that an operation in flight is using', async () => {
    const pool = makePool();
    const seen = new Map<number, Buffer>();
    let pending: ReturnType<typeof startRead> | undefined;
    for await (const chunk of readChunks(pool, path, { size: 1000 })) {
      expect(seen.get(chunk.byteOffset)?.buffer === chunk.buffer).toBe(false);
      seen.set(chunk.byteOffset, chunk);
      pending ??= startRead(chunk); // and nobody waits for it
      if (seen.size === 3) break;
    }
    await pending?.finish(Buffer.from('late'));
    const [first, second] = [...seen.values()];
    expect(`${first?.subarray(0, 4)}`).toBe('late');
    expect(second?.equals(CONTENT.subarray(1000, 2000))).toBe(true);
    expect(pool.verify()).toBe(true);
  });

  it('gives such memory back when nothing can reach it', async () => {
    const pool = makePool();
    await (async () => {
      const pending = startRead(new Uint8Array(1));
      for await (const _chunk of readChunks(pool, path, { size: LARGE })) {
        // Read while another request is in flight.
      }
      expect(pool.stats().abandonedBlocks).toBeGreaterThan(0);
      await pending.finish(new Uint8Array(1));
    })();
    await collect(undefined, 10);
    expect(pool.stats()).toMatchObject({ abandonedBlocks: 0, mappedBytes: 0 });
  });

  it('keeps its pool from being ended under a chunk', async () => {
    const pool = makePool();
    for await (const chunk of readChunks(pool, path)) {
      expect(() => pool.dispose()).toThrow(withCode('LEASED'));
      expect(chunk.length).toBe(65_536);
      break;
    }
    await idle();
    pool.dispose();
  });

  it.each([
    ['a pool that is none', [{}, '/'], 'INVALID_ARG_TYPE'],
    ['a size of 0', [makePool(), '/', { size: 0 }], 'OUT_OF_RANGE'],
    ['another option', [makePool(), '/', { limit: 1 }], 'INVALID_ARG_TYPE'],
  ])('refuses %s', async (_title, args, code) => {
    const chunks = call({ readChunks }, 'readChunks', ...args) as AsyncGenerator;
    await expect(chunks.next()).rejects.toEqual(withCode(code));
  });

  it('leaves the refusal of a file that is none to Node', async () => {
    for (const file of [null, undefined, 1.5, {}]) {
      await expect(readChunks(makePool(), file as never).next()).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_/),
      });
    }
  });
});

/** How many files this process has open. */
async function openHandles(): Promise<number> {
  await idle();
  const { readdirSync } = await import('node:fs');
  return readdirSync('/proc/self/fd').length;
}

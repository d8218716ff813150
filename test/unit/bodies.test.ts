import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ArenaAllocator, BufferPool, collect } from '../../lib/index.js';
import { call } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';
import { signal } from '../support/sockets.js';

const makePool = (limit = Number.POSITIVE_INFINITY) =>
  new BufferPool(new ArenaAllocator(), { limit });

/** A stream of these chunks, and then of an error if there is one. */
function streamOf(chunks: readonly unknown[], error?: Error): Readable {
  async function* generate() {
    yield* chunks;
    if (error !== undefined) throw error;
  }
  return Readable.from(generate(), { objectMode: true });
}

/** What a promise resolves to, or is rejected with. */
const outcomeOf = (promise: Promise<unknown>) => promise.catch((error) => error);

const parts = (count: number, size: number) =>
  Array.from({ length: count }, (_, at) => Buffer.alloc(size, at + 1));

describe('collect', () => {
  it.each([
    ['one chunk', parts(1, 100)],
    ['many chunks', parts(100, 777)],
    ['large chunks', parts(5, 100_000)],
    ['empty chunks between', [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(0)]],
    ['Uint8Arrays', [Uint8Array.of(1, 2), new Uint8Array(Uint8Array.of(9, 3, 4).buffer, 1)]],
  ])('gives the bytes of %s as one Buffer of the pool', async (_title, chunks) => {
    for (const size of [undefined, 0, 1, 100, 77_700, 10_000_000]) {
      const pool = makePool();
      const body = await collect(pool, streamOf(chunks), size === undefined ? {} : { size });
      expect(body.equals(Buffer.concat(chunks))).toBe(true);
      expect(pool.owns(body)).toBe(true);
      expect(pool.stats().liveBlocks).toBe(1);
      await idle();
      expect(pool.free(body)).toBe(true);
    }
  });

  it('gives an empty Buffer for an empty stream', async () => {
    const pool = makePool();
    const body = await collect(pool, streamOf([]), { size: 1000 });
    expect([body.length, pool.owns(body)]).toEqual([0, true]);
  });

  it('allocates nothing before the first byte is there', async () => {
    const pool = makePool();
    const stream = new Readable({ read() {} });
    const body = collect(pool, stream, { size: 1000 });
    await idle();
    expect(pool.stats().allocations).toBe(0);
    stream.push('first');
    stream.push(null);
    expect(String(await body)).toBe('first');
  });

  it('copies nothing twice where the size is said in advance', async () => {
    const pool = makePool();
    await collect(pool, streamOf(parts(50, 100)), { size: 5000 });
    expect(pool.stats().allocations).toBe(1);
  });

  it('does not believe a size beyond a mebibyte', async () => {
    const pool = makePool(2 ** 21);
    const body = await collect(pool, streamOf([Buffer.from('short')]), { size: 2 ** 40 });
    expect(String(body)).toBe('short');
    expect(pool.stats().peakBytes).toBeLessThanOrEqual(2 ** 21);
  });

  it('takes a stream as long as its limit, and none that is longer', async () => {
    const pool = makePool();
    const body = await collect(pool, streamOf(parts(10, 100)), { limit: 1000 });
    expect(body.length).toBe(1000);
    pool.free(body);
    const long = streamOf(parts(10, 101));
    expect(await outcomeOf(collect(pool, long, { limit: 1000 }))).toEqual(withCode('OUT_OF_RANGE'));
    expect(long.destroyed).toBe(true);
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('passes on an error of the stream, and keeps nothing', async () => {
    const pool = makePool();
    const error = new Error('of the stream');
    await expect(collect(pool, streamOf(parts(3, 5000), error))).rejects.toBe(error);
    await expect(collect(pool, streamOf([], error))).rejects.toBe(error);
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it.each([
    ['at once', parts(1, 100_000)],
    ['while it grows', parts(100, 1000)],
  ])(
    'is LIMIT where the pool is (%s): the stream is destroyed, nothing is kept',
    async (_title, chunks) => {
      const pool = makePool(20_000);
      const stream = streamOf(chunks);
      await expect(collect(pool, stream)).rejects.toEqual(withCode('LIMIT'));
      expect(stream.destroyed).toBe(true);
      expect(pool.stats().liveBlocks).toBe(0);
    },
  );

  it('refuses a stream of texts', async () => {
    const pool = makePool();
    const stream = Readable.from(['text']).setEncoding('utf8');
    expect(await outcomeOf(collect(pool, stream))).toEqual(withCode('INVALID_ARG_TYPE'));
    await expect(collect(pool, streamOf([Buffer.from('a'), 7]))).rejects.toEqual(
      withCode('INVALID_ARG_TYPE'),
    );
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it.each(['reset', 'dispose'] as const)('ends with its pool (%s)', async (end) => {
    const pool = makePool();
    const stream = new Readable({ read() {} });
    const body = collect(pool, stream).catch((error) => error);
    stream.push('first');
    while (pool.stats().liveBlocks === 0) await idle().then(() => new Promise(setImmediate));
    pool[end]();
    stream.push(Buffer.alloc(100));
    const code = end === 'reset' ? 'DETACHED' : 'CLOSED';
    expect(await body).toEqual(withCode(code));
    expect(stream.destroyed).toBe(true);
  });

  it.each([
    ['a pool that is none', [{}, streamOf([])]],
    ['a limit that is none', [makePool(), streamOf([]), { limit: '1' }]],
    ['another option', [makePool(), streamOf([]), { length: 1 }]],
  ])('refuses %s', async (_title, args) => {
    await expect(call({ collect }, 'collect', ...args)).rejects.toEqual(
      withCode('INVALID_ARG_TYPE'),
    );
  });
});

type Handle = (request: IncomingMessage) => Promise<string>;

/** A server that answers each request with what `handle` makes of it. */
async function serve(handle: Handle): Promise<string> {
  const server = createServer((incoming, response) => {
    handle(incoming).then(
      (text) => response.end(text),
      (error) => response.writeHead(413).end(error.code),
    );
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a body that collect has of a request', () => {
  it('is the one that fetch has sent', async () => {
    const pool = makePool();
    const url = await serve(async (incoming) => {
      const size = Number(incoming.headers['content-length'] ?? 0);
      const body = await collect(pool, incoming, { limit: 2 ** 20, size });
      const answer = `${body.length} ${body.every((byte) => byte === 7)}`;
      pool.free(body);
      return answer;
    });
    for (const size of [0, 1, 1000, 100_000, 1_000_000]) {
      const response = await fetch(url, { method: 'POST', body: Buffer.alloc(size, 7) });
      expect(await response.text()).toBe(`${size} true`);
    }
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('beyond the limit is refused, and nothing of it is kept', async () => {
    const pool = makePool();
    const url = await serve(async (incoming) => {
      await collect(pool, incoming, { limit: 1000 });
      return 'never';
    });
    // The server may hang up before all is sent: then there is no answer.
    const response = await fetch(url, { method: 'POST', body: Buffer.alloc(1001) }).catch(
      () => null,
    );
    if (response !== null) expect(await response.text()).toBe('ERR_HEAPWRIGHT_OUT_OF_RANGE');
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('of a request that is aborted leaves nothing behind', async () => {
    const pool = makePool();
    const failed = signal<unknown>();
    const begun = signal();
    const url = await serve(async (incoming) => {
      incoming.once('data', () => begun.resolve());
      await collect(pool, incoming, { size: 10_000 }).catch(failed.resolve);
      return '';
    });
    const outgoing = request(url, { method: 'POST', headers: { 'content-length': 10_000 } });
    outgoing.on('error', () => {});
    outgoing.write(Buffer.alloc(100));
    await begun.promise;
    outgoing.destroy();
    expect(await failed.promise).toMatchObject({ code: 'ECONNRESET' });
    expect(pool.stats().liveBlocks).toBe(0);
  });
});

describe('a body that collect has of a response', () => {
  it('comes from a stream of fetch', async () => {
    const pool = makePool();
    const url = await serve(async () => 'x'.repeat(100_000));
    const { body } = await fetch(url);
    const all = await collect(pool, body as unknown as AsyncIterable<Uint8Array>);
    expect(String(all)).toBe('x'.repeat(100_000));
  });
});

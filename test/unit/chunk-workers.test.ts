import { describe, expect, it } from 'vitest';
import { ChunkPool, explain, Layout } from '../../lib/index.js';
import { thrownBy } from '../support/call.js';
import { withCode } from '../support/idle.js';
import { endOf, messageOf, runNode, startWorker } from '../support/programs.js';

const makeShared = () => ChunkPool.over(new SharedArrayBuffer(1 << 16), { chunkSize: 64 });

/** Attaches, does `body`, posts what that returns, and then stays or ends. */
const attached = (body: string) => `
  const pool = hw.ChunkPool.attach(data.shared);
  const code = (action) => { try { return action(); } catch (error) { return error.code; } };
  port.postMessage(await (async () => { ${body} })());`;

describe('a block on shared memory', () => {
  it('is read and freed in another thread, once', async () => {
    const pool = makeShared();
    const buffer = pool.from('from here');
    const handle = pool.handleOf(buffer);
    const worker = startWorker(
      attached(`
        const buffer = pool.fromHandle(data.handle);
        return [buffer.toString(), pool.free(buffer), code(() => pool.fromHandle(data.handle))];`),
      { shared: pool.shared, handle },
    );
    expect(await messageOf(worker)).toEqual(['from here', true, 'ERR_HEAPWRIGHT_DETACHED']);
    expect(pool.owns(buffer)).toBe(false);
    expect(explain(buffer).state).toBe('freed');
    expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
    expect(pool.usage()).toBe(0);
    await endOf(worker);
  });

  it('that is leased here stays when another thread frees it', async () => {
    const pool = makeShared();
    const buffer = pool.from('held');
    const lease = pool.lease(buffer);
    const worker = startWorker(
      attached(`
        const buffer = pool.fromHandle(data.handle);
        return [pool.free(buffer), code(() => pool.free(buffer)), pool.usage() > 0];`),
      { shared: pool.shared, handle: pool.handleOf(buffer) },
    );
    expect(await messageOf(worker)).toEqual([false, 'ERR_HEAPWRIGHT_ABANDONED', true]);
    expect(buffer.toString()).toBe('held');
    expect(explain(buffer)).toMatchObject({ state: 'abandoned', leases: 1 });
    lease.dispose();
    expect(pool.usage()).toBe(0);
    await endOf(worker);
  });

  it('lies in the memory that was given', () => {
    const memory = new SharedArrayBuffer(4096);
    const pool = ChunkPool.over(memory);
    expect(pool.alloc(10).buffer).toBe(memory);
  });
});

describe('reclaim', () => {
  it('frees what a thread left, and nothing while it is there', async () => {
    const pool = makeShared();
    const own = pool.from('mine');
    const worker = startWorker(
      attached(`
        pool.alloc(100); pool.alloc(0); pool.lease(pool.alloc(64));
        setInterval(() => {}, 1000);
        return pool.workerId;`),
      { shared: pool.shared },
    );
    const id = (await messageOf(worker)) as number;
    expect(() => pool.reclaim(id)).toThrow(withCode('BUSY'));
    expect(() => pool.reclaim(pool.workerId)).toThrow(withCode('BUSY'));
    await worker.terminate();
    expect(pool.stats().liveBlocks).toBe(4);
    expect(pool.reclaim(id)).toBe(3);
    expect(pool.reclaim(id)).toBe(0);
    expect(pool.verify()).toBe(true);
    expect([pool.stats().liveBlocks, own.toString()]).toEqual([1, 'mine']);
  });

  it('has nothing to free of a pool that was disposed', () => {
    const pool = makeShared();
    const other = ChunkPool.attach(pool.shared);
    other.alloc(100);
    other.dispose();
    expect(pool.usage()).toBe(0);
    expect(pool.reclaim(other.workerId)).toBe(0);
  });

  it.each([0, -1, 1.5, 65535, Number.NaN])('of %s is OUT_OF_RANGE', (id) => {
    expect(() => makeShared().reclaim(id)).toThrow(withCode('OUT_OF_RANGE'));
  });

  it('of what is no number is INVALID_ARG_TYPE', () => {
    expect(thrownBy(() => makeShared().reclaim('1' as never))).toMatchObject({
      code: 'ERR_HEAPWRIGHT_INVALID_ARG_TYPE',
    });
  });
});

describe('a pool that was posted', () => {
  it('goes on without the thread that made it', async () => {
    const worker = startWorker(`
      const pool = hw.ChunkPool.over(new SharedArrayBuffer(4096), { chunkSize: 64 });
      pool.alloc(100);
      globalThis.kept = pool;
      setInterval(() => {}, 1000);
      port.postMessage({ shared: pool.shared, id: pool.workerId });`);
    const message = (await messageOf(worker)) as { shared: ChunkPool['shared']; id: number };
    const pool = ChunkPool.attach(message.shared);
    await worker.terminate();
    expect(pool.reclaim(message.id)).toBe(1);
    expect(pool.from('still there').toString()).toBe('still there');
  });

  it('frees its own blocks when it is disposed, and leaves the others', () => {
    const pool = makeShared();
    const other = ChunkPool.attach(pool.shared);
    const theirs = other.allocate(Layout.from(64));
    pool.alloc(64);
    pool.dispose();
    expect(other.stats().liveBlocks).toBe(1);
    expect(other.owns(theirs)).toBe(true);
  });
});

describe('four workers on one memory', () => {
  it.each([
    ['free each other’s blocks, each once and with its contents', 'exchange', []],
    ['terminated at random moments lose nothing but their own blocks', 'terminate', [52]],
    ['that do everything wrong are refused, and damage nothing', 'hostile', []],
  ])(
    '%s',
    async (_title, program, rounds) => {
      const args = rounds.flatMap((count) => ['--rounds', `${count}`]);
      const { code, stdout } = await runNode([`test/chunk/${program}.mjs`, ...args]);
      expect({ code, stdout }).toMatchObject({ code: 0 });
    },
    120_000,
  );
});

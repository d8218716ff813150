import { describe, expect, it } from 'vitest';
import { ChunkPool, heap } from '../../lib/index.js';
import { call } from '../support/call.js';
import { withCode } from '../support/idle.js';
import { runProgram } from '../support/programs.js';

const makeShared = () => ChunkPool.over(new SharedArrayBuffer(4096));

describe('attach refuses', () => {
  it('what no pool has posted: INVALID_ARG_TYPE', () => {
    const { memory, id } = makeShared().shared;
    const wrong = [null, 7, {}, { memory }, { id }, { memory, id: 7 }, { memory, id: 'short' }];
    const views = [
      { memory: new Uint8Array(memory), id },
      { memory: new Proxy(memory, {}), id },
    ];
    const others = [
      { memory: new ArrayBuffer(4096), id },
      { memory, id, more: 1 },
    ];
    for (const each of [...wrong, ...views, ...others]) {
      expect(() => call(ChunkPool, 'attach', each)).toThrow(withCode('INVALID_ARG_TYPE'));
    }
  });

  it.each([
    ['that nobody has', 'f'.repeat(32)],
    ['of other characters', '\u{1F600}'.repeat(16)],
    ['of zeros', '\0'.repeat(32)],
  ])('an id %s: CLOSED or INVALID_ARG_TYPE, and nothing is joined', (_title, id) => {
    const pool = makeShared();
    const { memory } = pool.shared;
    const attempt = () => ChunkPool.attach({ memory, id });
    expect(attempt).toThrow(/no longer|closed|disposed|id of a pool/i);
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('the id of a pool that has gone: CLOSED', () => {
    const pool = makeShared();
    const stale = pool.shared;
    pool.dispose();
    expect(() => ChunkPool.attach(stale)).toThrow(withCode('CLOSED'));
    ChunkPool.over(stale.memory);
    expect(() => ChunkPool.attach(stale)).toThrow(withCode('CLOSED'));
  });

  it('what another process has posted: CLOSED', async () => {
    const { stdout } = await runProgram(
      'console.log(hw.ChunkPool.over(new SharedArrayBuffer(4096)).shared.id)',
    );
    const memory = new SharedArrayBuffer(4096);
    expect(() => ChunkPool.attach({ memory, id: stdout.trim() })).toThrow(withCode('CLOSED'));
  });

  it('other memory than that of the pool: NOT_OWNED', () => {
    const { id } = makeShared().shared;
    const memory = new SharedArrayBuffer(4096);
    expect(() => ChunkPool.attach({ memory, id })).toThrow(withCode('NOT_OWNED'));
  });

  it('memory that can change its length: INVALID_ARG_TYPE', () => {
    const { id } = makeShared().shared;
    const memory = Reflect.construct(SharedArrayBuffer, [4096, { maxByteLength: 8192 }]);
    expect(() => ChunkPool.attach({ memory, id })).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('a pool that ends while its `shared` is read: CLOSED', () => {
    const pool = makeShared();
    const { memory, id } = pool.shared;
    const shared = {
      memory,
      get id() {
        pool.dispose();
        return id;
      },
    };
    expect(() => ChunkPool.attach(shared)).toThrow(withCode('CLOSED'));
  });
});

it('attach takes a copy of what was posted, for it has the same bytes', () => {
  const pool = makeShared();
  const buffer = pool.from('mine');
  const other = ChunkPool.attach(structuredClone(pool.shared));
  const theirs = other.fromHandle(pool.handleOf(buffer));
  expect(theirs.toString()).toBe('mine');
  expect(other.free(theirs)).toBe(true);
  expect(() => pool.free(buffer)).toThrow(withCode('DETACHED'));
});

it('memory that cannot be shared has nothing to post: INVALID_ARG_TYPE', () => {
  expect(() => ChunkPool.over(heap()).shared).toThrow(withCode('INVALID_ARG_TYPE'));
});

import { describe, expect, it } from 'vitest';
import { ChunkPool, explain, heap, heapBitmap, Layout } from '../../lib/index.js';
import { call } from '../support/call.js';
import { withCode } from '../support/idle.js';

const layout = Layout.from(300, 8);
const MAKERS: readonly [title: string, make: () => ChunkPool][] = [
  ['over an ArrayBuffer', () => ChunkPool.over(heap())],
  ['with a bitmap', () => ChunkPool.over(heap(), { bitmap: heapBitmap() })],
  ['over a SharedArrayBuffer', () => ChunkPool.over(new SharedArrayBuffer(1 << 20))],
];

describe.each(MAKERS)('a ChunkPool %s refuses', (_title, make) => {
  /** That a call is refused with `code`, and that nothing has changed by it. */
  function refuses(pool: ChunkPool, code: string, attempt: () => unknown): void {
    const before = pool.stats();
    expect(attempt).toThrow(withCode(code));
    expect(pool.stats()).toEqual(before);
    expect(pool.verify()).toBe(true);
  }

  it('the second free of a Buffer: DETACHED', () => {
    const pool = make();
    const buffer = pool.allocate(layout);
    expect(pool.free(buffer)).toBe(true);
    refuses(pool, 'DETACHED', () => pool.free(buffer));
    refuses(pool, 'DETACHED', () => pool.deallocate(buffer, layout));
    expect(explain(buffer).state).toBe('freed');
  });

  it('the second free when the chunks are in use again: DETACHED', () => {
    const pool = make();
    const buffer = pool.allocate(layout);
    const twin = pool.fromHandle(pool.handleOf(buffer));
    pool.free(buffer);
    pool.reset();
    const next = Array.from({ length: 2000 }, () => pool.allocate(layout));
    refuses(pool, 'DETACHED', () => pool.free(twin));
    expect(next.every((each) => pool.owns(each))).toBe(true);
  });

  it('another layout: LAYOUT_MISMATCH', () => {
    const pool = make();
    const buffer = pool.allocate(layout);
    for (const wrong of [Layout.from(299, 8), Layout.from(512, 8), Layout.from(300, 16)]) {
      refuses(pool, 'LAYOUT_MISMATCH', () => pool.deallocate(buffer, wrong));
      refuses(pool, 'LAYOUT_MISMATCH', () => pool.reallocate(buffer, wrong, layout));
    }
    expect(pool.deallocate(buffer, layout)).toBe(true);
  });

  it('a view of a block, also at the border of a chunk: INTERIOR', () => {
    const pool = make();
    const buffer = pool.allocate(layout);
    refuses(pool, 'INTERIOR', () => pool.free(buffer.subarray(256)));
    refuses(pool, 'INTERIOR', () => pool.deallocate(buffer.subarray(0), layout));
    refuses(pool, 'INTERIOR', () => call(pool, 'free', new DataView(buffer.buffer, 8)));
    const tail = buffer.subarray(256);
    for (const smaller of [Layout.from(44, 8), Layout.from(44), Layout.from(256)]) {
      refuses(pool, 'INTERIOR', () => pool.deallocate(tail, smaller));
      refuses(pool, 'INTERIOR', () => pool.reallocate(tail, smaller, layout));
    }
    expect(pool.deallocate(buffer, layout)).toBe(true);
  });

  it('a view of free chunks, and other memory: NOT_OWNED', () => {
    const pool = make();
    const buffer = pool.allocate(layout);
    const free = Buffer.from(buffer.buffer as ArrayBuffer, 4096, 300);
    refuses(pool, 'NOT_OWNED', () => pool.free(free));
    refuses(pool, 'NOT_OWNED', () => pool.free(Buffer.alloc(300)));
  });

  it('a Buffer of another pool: NOT_OWNED, and names the owner', () => {
    const [pool, other] = [make(), make()];
    const buffer = other.allocate(layout);
    refuses(pool, 'NOT_OWNED', () => pool.free(buffer));
    expect(() => pool.free(buffer)).toThrow(expect.objectContaining({ owner: other }));
  });

  it('a handle of another pool', () => {
    const [pool, other] = [make(), make()];
    pool.allocate(layout);
    const handle = other.handleOf(other.allocate(layout));
    expect(() => pool.fromHandle(handle)).toThrow(/not allocated by|no longer there/);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('%s as a handle: OUT_OF_RANGE', (handle) => {
    refuses(make(), 'OUT_OF_RANGE', () => call(make(), 'fromHandle', handle));
  });

  it.each([undefined, null, '7', 7n, {}])('what is no handle: INVALID_ARG_TYPE', (handle) => {
    refuses(make(), 'INVALID_ARG_TYPE', () => call(make(), 'fromHandle', handle));
  });

  it.each([undefined, null, 7, {}, 'buffer'])('what is no Buffer: INVALID_ARG_TYPE', (value) => {
    const pool = make();
    refuses(pool, 'INVALID_ARG_TYPE', () => call(pool, 'free', value));
    refuses(pool, 'INVALID_ARG_TYPE', () => call(pool, 'handleOf', value));
  });

  it('a borrowed method: INVALID_ARG_TYPE', () => {
    const names = ['usage', 'largestFreeRun', 'verify', 'reset', 'stats', 'dispose', 'reclaim'];
    for (const name of names) {
      const method = Reflect.get(ChunkPool.prototype, name);
      expect(() => Reflect.apply(method, {}, [1])).toThrow(withCode('INVALID_ARG_TYPE'));
    }
  });

  it('everything after it was disposed: CLOSED', () => {
    const pool = make();
    const buffer = pool.allocate(layout);
    const handle = pool.handleOf(buffer);
    pool.dispose();
    const calls = [
      () => pool.allocUnsafe(1),
      () => pool.free(buffer),
      () => pool.handleOf(buffer),
      () => pool.fromHandle(handle),
      () => pool.usage(),
      () => pool.largestFreeRun(),
      () => pool.reclaim(1),
      () => pool.reset(),
      () => pool.shared,
    ];
    for (const each of calls) expect(each).toThrow(withCode('CLOSED'));
    expect(explain(buffer).state).toBe('freed');
  });
});

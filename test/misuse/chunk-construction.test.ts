import { describe, expect, it } from 'vitest';
import { ChunkAllocator, ChunkPool, heap, heapBitmap } from '../../lib/index.js';
import { call, thrownBy } from '../support/call.js';
import { withCode } from '../support/idle.js';

const NO_CHUNK_SIZES = [0, 1, 3, 4, 100, 255, -256, 256.5, Number.NaN, 2 ** 53] as const;
const NO_NUMBERS = [null, '256', 256n, true, {}, [256], Symbol('256')] as const;
const NO_MEMORY = [undefined, null, 1024, 'memory', {}, new Uint8Array(1024), new Map()] as const;

/** What the constructor makes of options that no compiler has seen. */
const allocator = (options: unknown) => () =>
  Reflect.construct(ChunkAllocator, options === undefined ? [] : [options]);
const over = (memory: unknown, options?: unknown) => () => call(ChunkPool, 'over', memory, options);

describe('a ChunkAllocator is not made with', () => {
  it.each(NO_CHUNK_SIZES)('chunks of %s bytes: OUT_OF_RANGE', (chunkSize) => {
    expect(allocator({ chunkSize })).toThrow(withCode('OUT_OF_RANGE'));
  });

  it.each(NO_NUMBERS)('chunks of no number of bytes: INVALID_ARG_TYPE', (chunkSize) => {
    expect(allocator({ chunkSize })).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(allocator({ chunks: chunkSize })).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 46])('%s chunks: OUT_OF_RANGE', (chunks) => {
    expect(allocator({ chunks })).toThrow(withCode('OUT_OF_RANGE'));
  });

  it('more memory than there is: OUT_OF_MEMORY', () => {
    const error = thrownBy(allocator({ chunks: 2 ** 44 }));
    expect(error).toMatchObject({ code: 'ERR_HEAPWRIGHT_OUT_OF_MEMORY', reason: 'os' });
  });

  it.each(['first', 'best', 0, null])('a fit that there is not: INVALID_ARG_TYPE', (fit) => {
    expect(allocator({ fit })).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('an option that there is not: INVALID_ARG_TYPE', () => {
    expect(allocator({ chunksize: 256 })).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

describe('a ChunkPool is not made', () => {
  it.each(NO_MEMORY)('over what is no buffer: INVALID_ARG_TYPE', (memory) => {
    expect(over(memory)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it.each(NO_CHUNK_SIZES)('with chunks of %s bytes: OUT_OF_RANGE', (chunkSize) => {
    expect(over(heap(), { chunkSize })).toThrow(withCode('OUT_OF_RANGE'));
  });

  it('over memory that whole chunks do not fill: OUT_OF_RANGE', () => {
    expect(over(new ArrayBuffer(1000), { chunkSize: 16 })).toThrow(withCode('OUT_OF_RANGE'));
    expect(over(new SharedArrayBuffer(24), { chunkSize: 16 })).toThrow(withCode('OUT_OF_RANGE'));
  });

  it('over no memory: OUT_OF_RANGE', () => {
    expect(over(new ArrayBuffer(0))).toThrow(withCode('OUT_OF_RANGE'));
  });

  it('over detached memory: OUT_OF_RANGE', () => {
    const memory = heap();
    structuredClone(memory, { transfer: [memory] });
    expect(over(memory)).toThrow(withCode('OUT_OF_RANGE'));
  });

  it('over memory that can change its length: INVALID_ARG_TYPE', () => {
    const options = [1024, { maxByteLength: 4096 }];
    for (const kind of [ArrayBuffer, SharedArrayBuffer]) {
      expect(over(Reflect.construct(kind, options))).toThrow(withCode('INVALID_ARG_TYPE'));
    }
  });

  it('by its constructor: INVALID_ARG_TYPE', () => {
    expect(() => Reflect.construct(ChunkPool, [heap()])).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

describe('a bitmap', () => {
  it('is refused where it has not a bit for each chunk: OUT_OF_RANGE', () => {
    const memory = heap({ chunks: 17 });
    expect(over(memory, { bitmap: new Uint8Array(2) })).toThrow(withCode('OUT_OF_RANGE'));
    expect(over(memory, { bitmap: new Uint8Array(3) })).not.toThrow();
  });

  it.each([
    ['no array', 7],
    ['other elements', new Uint16Array(512)],
    ['shared memory', new Uint8Array(new SharedArrayBuffer(512))],
  ])('is refused with %s: INVALID_ARG_TYPE', (_title, bitmap) => {
    expect(over(heap(), { bitmap })).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('is refused over the memory of the blocks: INVALID_ARG_TYPE', () => {
    const memory = heap();
    expect(over(memory, { bitmap: new Uint8Array(memory) })).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('is refused for shared memory: INVALID_ARG_TYPE', () => {
    const memory = new SharedArrayBuffer(1 << 20);
    expect(over(memory, { bitmap: heapBitmap() })).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

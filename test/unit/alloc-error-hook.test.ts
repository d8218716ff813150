import { afterEach, describe, expect, it } from 'vitest';
import {
  AllocError,
  allocate,
  Box,
  ChunkAllocator,
  Layout,
  NOWAIT,
  NOWARN,
  reallocate,
  SystemAllocator,
  setAllocErrorHook,
  tryAllocate,
  Vec,
  withAllocator,
  withBudget,
} from '../../lib/index.js';
import { thrownBy } from '../support/call.js';
import { withCode } from '../support/idle.js';

const layout = Layout.from(64);
const large = Layout.from(100_000);

afterEach(() => {
  setAllocErrorHook(null);
});

/** What the hook is told, as `code of Layout(...)`. */
function listen(): string[] {
  const told: string[] = [];
  setAllocErrorHook((request, error) => {
    told.push(`${error.code.replace('ERR_HEAPWRIGHT_', '')} of ${request}`);
  });
  return told;
}

const small = () => new SystemAllocator({ limit: 100 });

describe('setAllocErrorHook', () => {
  it('answers the hook before it', () => {
    const hook = () => {};
    expect(setAllocErrorHook(hook)).toBeNull();
    expect(setAllocErrorHook(null)).toBe(hook);
  });

  it('tells of an allocation for which there is no memory, before its error is thrown', () => {
    let told: [Layout, AllocError] | undefined;
    setAllocErrorHook((...args) => {
      told = args;
    });
    const error = withAllocator(small(), () => thrownBy(() => allocate(large)));
    expect(error).toEqual(withCode('LIMIT'));
    expect(told).toEqual([large, error]);
    expect(told?.[0]).toBe(large);
    expect(told?.[1]).toBe(error);
  });

  it('tells of OUT_OF_MEMORY too', () => {
    const told = listen();
    const chunks = new ChunkAllocator({ chunks: 1, chunkSize: 64 });
    withAllocator(chunks, () => thrownBy(() => allocate(large)));
    expect(told).toEqual(['OUT_OF_MEMORY of Layout(100000, align 1)']);
  });

  it('tells of a reallocation, by the new layout', () => {
    const told = listen();
    withAllocator(small(), () => {
      const block = allocate(layout);
      thrownBy(() => reallocate(block, layout, large));
    });
    expect(told).toEqual(['LIMIT of Layout(100000, align 1)']);
  });

  it('tells of a Box and of a Vec, whichever allocator they were given', () => {
    const told = listen();
    const full = new SystemAllocator({ limit: 0 });
    thrownBy(() => Box.of('f64', 1, full));
    thrownBy(() => Vec.of('i32', full).push(1));
    expect(told).toEqual(['LIMIT of Layout(8, align 8)', 'LIMIT of Layout(16, align 4)']);
  });

  it('tells of a budget', () => {
    const told = listen();
    withBudget({ bytes: 10 }, () => thrownBy(() => allocate(layout)));
    expect(told).toEqual(['LIMIT of Layout(64, align 1)']);
  });

  it('does not tell of tryAllocate, nor of what is asked of an allocator itself', () => {
    const told = listen();
    const allocator = small();
    expect(withAllocator(allocator, () => tryAllocate(large))).toBeNull();
    expect(() => allocator.allocate(large)).toThrow(withCode('LIMIT'));
    expect(told).toEqual([]);
  });

  it.each([
    ['alone', NOWARN],
    ['with another', NOWARN | NOWAIT],
    ['among options', { flags: NOWARN }],
  ])('does not tell of a request with the flag NOWARN, %s', (_how, options) => {
    const told = listen();
    withAllocator(small(), () => {
      const block = allocate(layout);
      expect(() => allocate(large, options)).toThrow(AllocError);
      expect(() => reallocate(block, layout, large, options)).toThrow(AllocError);
    });
    expect(told).toEqual([]);
  });

  it('tells of a request with another flag', () => {
    const told = listen();
    withAllocator(small(), () => thrownBy(() => allocate(large, NOWAIT)));
    expect(told).toHaveLength(1);
  });

  it('does not tell of other errors', () => {
    const told = listen();
    expect(() => allocate(64 as never)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => Box.of('u8', 256)).toThrow(withCode('OUT_OF_RANGE'));
    expect(told).toEqual([]);
  });

  it('does not tell a hook that was taken back', () => {
    const told = listen();
    setAllocErrorHook(null);
    withAllocator(small(), () => thrownBy(() => allocate(large)));
    expect(told).toEqual([]);
  });
});

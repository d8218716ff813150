import { describe, expect, it } from 'vitest';
import { AllocError, Layout, SystemAllocator } from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { whileBusy } from '../support/busy.js';
import { withForced } from '../support/force.js';
import { idle, withCode } from '../support/idle.js';

const LIMIT = 1000;
const bytes = (size: number, align = 1) => Layout.from(size, align);

describe('the limit of a SystemAllocator', () => {
  it('lets every byte of it be used', () => {
    const system = new SystemAllocator({ limit: LIMIT });
    system.allocate(bytes(LIMIT));
    expect(system.stats().liveBytes).toBe(LIMIT);
  });

  it('is not passed by a single byte', () => {
    const system = new SystemAllocator({ limit: LIMIT });
    system.allocate(bytes(LIMIT - 1));
    expect(() => system.allocate(bytes(2))).toThrow(withCode('LIMIT'));
    expect(system.tryAllocate(bytes(1))?.byteLength).toBe(1);
    expect(system.tryAllocate(bytes(1))).toBeNull();
  });

  it('is not touched by an empty block', () => {
    const system = new SystemAllocator({ limit: LIMIT });
    system.allocate(bytes(LIMIT));
    expect(system.allocate(bytes(0)).byteLength).toBe(0);
  });

  it('counts what was asked for, whatever the alignment costs', () => {
    const system = new SystemAllocator({ limit: LIMIT });
    system.allocate(bytes(LIMIT, 65_536));
    expect(system.stats()).toMatchObject({ liveBytes: LIMIT, limit: LIMIT });
  });

  it('is free again after a free', async () => {
    const system = new SystemAllocator({ limit: LIMIT });
    await idle();
    for (let round = 0; round < 100; round++) {
      system.deallocate(system.allocate(bytes(LIMIT)), bytes(LIMIT));
    }
    expect(system.stats()).toMatchObject({ liveBytes: 0, peakBytes: LIMIT, failures: 0 });
  });

  it('counts both blocks of a move', () => {
    const system = new SystemAllocator({ limit: LIMIT });
    const block = system.allocate(bytes(400));
    expect(() => system.reallocate(block, bytes(400), bytes(601))).toThrow(withCode('LIMIT'));
    expect(system.reallocate(block, bytes(400), bytes(600)).byteLength).toBe(600);
    expect(system.stats().peakBytes).toBe(LIMIT);
  });

  it('counts a block that was freed while a request was in flight', async () => {
    const system = new SystemAllocator({ limit: LIMIT });
    const block = system.allocate(bytes(600));
    await whileBusy(() => {
      expect(system.deallocate(block, bytes(600))).toBe(false);
      expect(() => system.allocate(bytes(401))).toThrow(withCode('LIMIT'));
      expect(system.allocate(bytes(400)).byteLength).toBe(400);
    });
  });

  it('says in its error how many bytes are live and how many abandoned', async () => {
    const system = new SystemAllocator({ limit: LIMIT });
    const block = system.allocate(bytes(600));
    system.allocate(bytes(100));
    await whileBusy(() => system.deallocate(block, bytes(600)));
    expect(() => system.allocate(bytes(500, 8))).toThrow(
      /"system" cannot serve Layout\(500, align 8\).*1000 bytes, 100 are live and 600 abandoned/,
    );
  });

  it('is the reason of its error', () => {
    const system = new SystemAllocator({ limit: 0 });
    const reason = { code: 'ERR_HEAPWRIGHT_LIMIT', reason: 'limit', allocator: 'system' };
    expect(() => system.allocate(bytes(1))).toThrow(expect.objectContaining(reason));
    expect(() => system.allocate(bytes(1))).toThrow(AllocError);
  });

  it('of 0 allows empty blocks', () => {
    expect(new SystemAllocator({ limit: 0 }).allocate(bytes(0)).byteLength).toBe(0);
  });

  it('is Infinity where none is given', () => {
    const none = Number.POSITIVE_INFINITY;
    for (const options of [undefined, {}, { limit: undefined as never }, { limit: none }]) {
      expect(new SystemAllocator(options).stats().limit).toBe(none);
    }
  });

  it('keeps its value up to 2^53 - 1', () => {
    const most = Number.MAX_SAFE_INTEGER;
    expect(new SystemAllocator({ limit: most }).stats().limit).toBe(most);
  });

  it('is one instance and shared with no other', () => {
    const [one, other] = [1, 2].map(() => new SystemAllocator({ limit: LIMIT }));
    one?.allocate(bytes(LIMIT));
    expect(other?.allocate(bytes(LIMIT)).byteLength).toBe(LIMIT);
  });

  it.each([
    ['a string', '64'],
    ['null', null],
    ['a bigint', 64n],
    ['a boxed number', new Number(64)],
  ])('is not %s', (_title, limit) => {
    expect(() => new SystemAllocator({ limit: limit as never })).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53, Number.NEGATIVE_INFINITY])('is not %d', (limit) => {
    expect(() => new SystemAllocator({ limit })).toThrow(withCode('OUT_OF_RANGE'));
  });

  it('is not misspelt', () => {
    expect(() => new SystemAllocator({ limt: 64 } as never)).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

describe('a system without memory', () => {
  it('is OUT_OF_MEMORY for reason os', () => {
    const system = new SystemAllocator();
    withForced(Force.OUT_OF_MEMORY, () => {
      expect(() => system.allocate(bytes(1))).toThrow(
        expect.objectContaining({ code: 'ERR_HEAPWRIGHT_OUT_OF_MEMORY', reason: 'os' }),
      );
      expect(system.tryAllocate(bytes(1))).toBeNull();
    });
  });

  it('refuses a move and leaves the old block alive', () => {
    const system = new SystemAllocator();
    const block = system.allocate(bytes(4));
    withForced(Force.OUT_OF_MEMORY, () => {
      expect(() => system.reallocate(block, bytes(4), bytes(8))).toThrow(withCode('OUT_OF_MEMORY'));
    });
    expect(system.owns(block)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { ArenaAllocator, Layout } from '../../lib/index.js';
import { withCode } from '../support/idle.js';

const make = (options: unknown): ArenaAllocator => Reflect.construct(ArenaAllocator, [options]);

describe('the options of an ArenaAllocator', () => {
  it.each([
    ['null', null, 'INVALID_ARG_TYPE'],
    ['a number', 64, 'INVALID_ARG_TYPE'],
    ['with an unknown name', { decay: 1 }, 'INVALID_ARG_TYPE'],
    ['with a limit that is a string', { limit: '64' }, 'INVALID_ARG_TYPE'],
    ['with a fraction as limit', { limit: 1.5 }, 'OUT_OF_RANGE'],
    ['with a negative limit', { limit: -1 }, 'OUT_OF_RANGE'],
    ['with a mappedLimit that is a bigint', { mappedLimit: 64n }, 'INVALID_ARG_TYPE'],
    ['with a mappedLimit of NaN', { mappedLimit: Number.NaN }, 'OUT_OF_RANGE'],
    ['with a decayMs that is a string', { decayMs: '1' }, 'INVALID_ARG_TYPE'],
    ['with a negative decayMs', { decayMs: -1 }, 'OUT_OF_RANGE'],
    ['with a fraction as decayMs', { decayMs: 0.5 }, 'OUT_OF_RANGE'],
    ['with a decayMs of 2^31', { decayMs: 2 ** 31 }, 'OUT_OF_RANGE'],
    ['with hugePages that are a number', { hugePages: 1 }, 'INVALID_ARG_TYPE'],
    ['with hardened that is a number', { hardened: 1 }, 'INVALID_ARG_TYPE'],
    ['that ask for what there is not yet', { hardened: true }, 'OUT_OF_RANGE'],
  ])('%s are refused', (_title, options, code) => {
    expect(() => make(options)).toThrow(withCode(code));
  });

  it.each([
    ['none', undefined, {}],
    ['an empty object', {}, {}],
    ['inherited ones', Object.create({ limit: 1 }), {}],
    ['undefined ones', { limit: undefined, mappedLimit: undefined, decayMs: undefined }, {}],
    ['limits', { limit: 64, mappedLimit: 2 ** 22 }, { limit: 64, mappedLimit: 2 ** 22 }],
    ['limits of Infinity', { limit: 1 / 0, mappedLimit: 1 / 0 }, {}],
    ['every decay', { decayMs: 0, hardened: false, hugePages: true }, {}],
    ['no decay', { decayMs: 1 / 0, hugePages: false }, {}],
    ['the longest decay', { decayMs: 2 ** 31 - 1 }, {}],
  ])('%s are taken', (_title, options, limits) => {
    const none = { limit: Number.POSITIVE_INFINITY, mappedLimit: Number.POSITIVE_INFINITY };
    expect(make(options).stats()).toMatchObject({ ...none, ...limits });
  });
});

describe('the limits of an ArenaAllocator', () => {
  it('count usable bytes', () => {
    const arena = new ArenaAllocator({ limit: 112 });
    expect(arena.usableSize(Layout.from(100))).toBe(112);
    arena.allocate(Layout.from(100));
    expect(arena.stats().liveBytes).toBe(112);
    expect(arena.tryAllocate(Layout.from(0))).toBeNull();
    expect(() => arena.allocate(Layout.from(1))).toThrow(/limit of 112 bytes, 112 are live/);
  });

  it('name the one that stood in the way', () => {
    const arena = new ArenaAllocator({ mappedLimit: 2 ** 20 });
    expect(() => arena.allocate(Layout.from(2 ** 20 + 1))).toThrow(withCode('LIMIT'));
    expect(() => arena.allocate(Layout.from(2 ** 20 + 1))).toThrow(/1048576 bytes of pages/);
  });

  it('of pages give free ones back before they refuse', () => {
    const arena = new ArenaAllocator({ mappedLimit: 2 ** 20 });
    const half = Layout.from(2 ** 19);
    for (let round = 0; round < 8; round++) {
      arena.deallocate(arena.allocate(half), half);
      arena.deallocate(arena.allocate(Layout.from(2 ** 20)), Layout.from(2 ** 20));
    }
    expect(arena.stats().mappedBytes).toBeLessThanOrEqual(2 ** 20);
    expect(arena.verify()).toBe(true);
  });
});

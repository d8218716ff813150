import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AllocError,
  type AllocReason,
  badAlign,
  type DetailCode,
  HeapwrightError,
  HeapwrightRangeError,
  HeapwrightTypeError,
  heapwrightError,
  invalidArgType,
  isHeapwrightError,
  LayoutError,
  limitReached,
  outOfMemory,
  outOfRange,
  sizeOverflow,
} from '../../lib/errors.js';
import { Layout } from '../../lib/layout.js';

const layout = Layout.from(100, 16);
const refused = { layout, allocator: 'arena' };
const atLimit = { ...refused, limit: 1024, liveBytes: 960, abandonedBytes: 0 };

/** Every code with a message of its own. Leaving one out does not compile. */
const codes = Object.keys({
  ERR_HEAPWRIGHT_NOT_OWNED: 0,
  ERR_HEAPWRIGHT_INTERIOR: 0,
  ERR_HEAPWRIGHT_DETACHED: 0,
  ERR_HEAPWRIGHT_ABANDONED: 0,
  ERR_HEAPWRIGHT_LAYOUT_MISMATCH: 0,
  ERR_HEAPWRIGHT_LEASED: 0,
  ERR_HEAPWRIGHT_BUSY: 0,
  ERR_HEAPWRIGHT_NOT_DETACHABLE: 0,
  ERR_HEAPWRIGHT_CLOSED: 0,
  ERR_HEAPWRIGHT_SCOPED: 0,
  ERR_HEAPWRIGHT_CYCLE: 0,
  ERR_HEAPWRIGHT_LOCKED: 0,
  ERR_HEAPWRIGHT_WRONG_THREAD: 0,
  ERR_HEAPWRIGHT_EXTERNAL_UNSUPPORTED: 0,
  ERR_HEAPWRIGHT_ENV_CLOSING: 0,
  ERR_HEAPWRIGHT_CORRUPTED: 0,
  ERR_HEAPWRIGHT_LOAD_FAILED: 0,
} satisfies Record<DetailCode, 0>) as DetailCode[];

/** Code of the caller's, which must never run. */
let trapped = 0;
const trap = (): never => {
  trapped += 1;
  throw new Error('user code ran');
};
beforeEach(() => {
  trapped = 0;
});
afterEach(() => {
  expect(trapped).toBe(0);
});
const forbidden = new Proxy({}, new Proxy({}, { get: () => trap }));

describe('each factory', () => {
  it.each([
    [invalidArgType('a', 'b', 1), HeapwrightTypeError, 'INVALID_ARG_TYPE', 'TypeError'],
    [outOfRange('a', 'b', 1), HeapwrightRangeError, 'OUT_OF_RANGE', 'RangeError'],
    [badAlign(3), LayoutError, 'BAD_ALIGN', 'LayoutError'],
    [sizeOverflow('it'), LayoutError, 'SIZE_OVERFLOW', 'LayoutError'],
    [outOfMemory({ ...refused, reason: 'os' }), AllocError, 'OUT_OF_MEMORY', 'AllocError'],
    [limitReached(atLimit), AllocError, 'LIMIT', 'AllocError'],
    [heapwrightError('ERR_HEAPWRIGHT_BUSY'), HeapwrightError, 'BUSY', 'HeapwrightError'],
  ])('%s', (error, type, code, name) => {
    expect(error).toBeInstanceOf(type);
    expect(error).toBeInstanceOf(Error);
    expect(Object.hasOwn(error, 'code')).toBe(true);
    expect([error.code, error.name]).toEqual([`ERR_HEAPWRIGHT_${code}`, name]);
    expect(error.stack).toContain(`${name}: ${error.message}`);
  });

  it('makes errors of the built-in kind for bad arguments', () => {
    expect(invalidArgType('a', 'b', 1)).toBeInstanceOf(TypeError);
    expect(outOfRange('a', 'b', 1)).toBeInstanceOf(RangeError);
  });

  it('makes errors of the one family for everything else', () => {
    expect(badAlign(3)).toBeInstanceOf(HeapwrightError);
    expect(limitReached(atLimit)).toBeInstanceOf(HeapwrightError);
  });
});

describe('invalidArgType', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'the boolean true'],
    [64, 'the number 64'],
    [-0, 'the number -0'],
    [Number.NaN, 'the number NaN'],
    [64n, 'the bigint 64n'],
    ['64', 'the string "64"'],
    ['a\n"b"', 'the string "a\\n\\"b\\""'],
    [Symbol('secret'), 'a symbol'],
    [() => 64, 'a function'],
    [class Named {}, 'a function'],
    [{ a: 1 }, 'an object'],
    [[64], 'an array'],
    [new Date(64), 'an object'],
  ])('describes %o', (actual, description) => {
    expect(invalidArgType('layout', 'a Layout', actual).message).toBe(
      `The "layout" argument must be a Layout; got ${description}.`,
    );
  });

  it('shortens a long string', () => {
    const { message } = invalidArgType('layout', 'a Layout', 'x'.repeat(1e6));

    expect(message).toContain(`the string "${'x'.repeat(40)}..."`);
  });

  it('shortens a long argument name', () => {
    expect(invalidArgType('x'.repeat(1e6), 'a Layout', 1).message.length).toBeLessThan(120);
  });

  it('does not show what may be an address', () => {
    expect(invalidArgType('block', 'a block', 0x7fff12345678n).message).toMatch(/got a bigint\.$/);
    expect(invalidArgType('block', 'a block', 0x7fff12345678).message).toMatch(/got a number\.$/);
  });

  it('runs no code of the value', () => {
    const revoked = Proxy.revocable([], {});
    revoked.revoke();
    const named = { toString: trap, valueOf: trap, [Symbol.toPrimitive]: trap, toJSON: trap };
    Object.defineProperty(named, 'constructor', { get: trap });
    Object.defineProperty(named, Symbol.toStringTag, { get: trap });

    for (const actual of [forbidden, revoked.proxy, named]) {
      expect(invalidArgType('block', 'a block', actual).message).toMatch(/got an object\.$/);
    }
  });
});

describe('outOfRange', () => {
  it('shows the number that came', () => {
    expect(outOfRange('count', 'an integer from 0 to 64', 2 ** 53).message).toBe(
      'The "count" argument must be an integer from 0 to 64; got 9007199254740992.',
    );
  });

  it('describes what is no number', () => {
    expect(outOfRange('count', 'at most 64', 65n).message).toMatch(/got the bigint 65n\.$/);
  });
});

describe('the messages about layouts', () => {
  it('show the alignment that came', () => {
    expect(badAlign(3).message).toBe('An alignment must be a power of two from 1 to 2^52; got 3.');
  });

  it('name what is too large', () => {
    expect(sizeOverflow('3 x Layout(8, align 8)').message).toContain('3 x Layout(8, align 8)');
  });
});

describe('outOfMemory', () => {
  it.each<[AllocReason, RegExp]>([
    ['limit', /limit would be exceeded/],
    ['full', /all in use/],
    ['fragmented', /not in one piece/],
    ['too-large', /never serves/],
    ['os', /operating system gave no memory/],
    ['nowait', /told not to ask/],
    [null, /gave no reason/],
  ])('carries and explains the reason %s', (reason, words) => {
    const error = outOfMemory({ ...refused, reason });

    expect(error).toMatchObject({ layout, allocator: 'arena', reason });
    expect(error.message).toMatch(/^The allocator "arena" cannot serve Layout\(100, align 16\): /);
    expect(error.message).toMatch(words);
  });

  it('carries a cause where there is one', () => {
    const cause = new Error('inner');

    expect(outOfMemory({ ...refused, reason: 'os', cause }).cause).toBe(cause);
    expect(outOfMemory({ ...refused, reason: 'os' })).not.toHaveProperty('cause');
  });
});

describe('limitReached', () => {
  it('tells the limit and what is in use', () => {
    const error = limitReached(atLimit);

    expect(error).toMatchObject({ layout, allocator: 'arena', reason: 'limit' });
    expect(error.message).toContain('limit of 1024 bytes, 960 are live and 0 abandoned');
    expect(error.message).not.toContain('garbage');
  });

  it('advises to wait for a collection where bytes are abandoned', () => {
    const { message } = limitReached({ ...atLimit, abandonedBytes: 64 });

    expect(message).toContain('64 abandoned');
    expect(message).toContain('in a later tick, after a garbage collection');
  });
});

describe('heapwrightError', () => {
  it.each(codes)('%s says what is wrong and what to do', (code) => {
    const error = heapwrightError(code);

    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^[A-Z].+[^.]\. [A-Z].+\.$/);
  });

  it('says what was expected and what came', () => {
    const { message } = heapwrightError('ERR_HEAPWRIGHT_LAYOUT_MISMATCH', {
      expected: 'Layout(64, align 16)',
      actual: 'Layout(32, align 16)',
    });

    expect(message).toBe(
      'The layout is not the one that the block was allocated with: expected ' +
        'Layout(64, align 16), got Layout(32, align 16). Pass the layout that was asked for.',
    );
  });

  it('says only one of the two where only one is known', () => {
    const code = 'ERR_HEAPWRIGHT_CORRUPTED';

    expect(heapwrightError(code, { expected: '3 blocks' }).message).toContain(
      ': expected 3 blocks. ',
    );
    expect(heapwrightError(code, { actual: '2 blocks' }).message).toContain(': got 2 blocks. ');
  });

  it('gives a hint in place of its own advice', () => {
    const { message } = heapwrightError('ERR_HEAPWRIGHT_BUSY', { hint: 'Close the pool first.' });

    expect(message).toMatch(/ on it\. Close the pool first\.$/);
  });

  it('carries the owner, and does not print it', () => {
    const owner = { name: 'another allocator' };
    const error = heapwrightError('ERR_HEAPWRIGHT_NOT_OWNED', { owner });

    expect(error.owner).toBe(owner);
    expect(error.message).toContain('error.owner');
    expect(inspect(error)).not.toContain('another allocator');
  });

  it('looks at no property of the owner', () => {
    expect(() => heapwrightError('ERR_HEAPWRIGHT_NOT_OWNED', { owner: forbidden })).not.toThrow();
  });

  it('has no owner and no cause where none is given', () => {
    const error = heapwrightError('ERR_HEAPWRIGHT_NOT_OWNED');

    expect(error).not.toHaveProperty('owner');
    expect(error).not.toHaveProperty('cause');
  });

  it('carries a cause', () => {
    const cause = new Error('dlopen');

    expect(heapwrightError('ERR_HEAPWRIGHT_LOAD_FAILED', { cause }).cause).toBe(cause);
  });
});

describe('isHeapwrightError', () => {
  it.each([
    invalidArgType('a', 'b', 1),
    outOfRange('a', 'b', 1),
    badAlign(3),
    limitReached(atLimit),
    heapwrightError('ERR_HEAPWRIGHT_BUSY'),
  ])('knows %s', (error) => {
    expect(isHeapwrightError(error)).toBe(true);
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'ERR_HEAPWRIGHT_BUSY'],
    ['a plain error', new Error('no')],
    ['an error with our code', Object.assign(new Error('no'), { code: 'ERR_HEAPWRIGHT_BUSY' })],
    ['an object with our prototype', Object.create(HeapwrightError.prototype)],
    ['a Proxy, none of whose traps runs', forbidden],
  ])('does not take %s for one', (_title, value) => {
    expect(isHeapwrightError(value)).toBe(false);
  });
});

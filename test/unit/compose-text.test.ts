import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTree } from '../../lib/compose/text/parser.js';
import { printTree } from '../../lib/compose/text/printer.js';
import type { Arguments, Tree } from '../../lib/compose/text/tree.js';
import { FILTERS, isReserved, LEAVES } from '../../lib/compose/text/vocabulary.js';
import {
  ArenaAllocator,
  asBuffers,
  BufferPool,
  compose,
  explain,
  Layout,
  SystemAllocator,
} from '../../lib/index.js';
import { thrownBy } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';

const THE_EXAMPLE = 'segregate(<=256: freelist, <=64K: arena, else: system) | limit(64MB) | stats';

/** A tree without its columns. */
const bare = (tree: Tree): unknown =>
  JSON.parse(JSON.stringify(tree, (key, value) => (key === 'column' ? undefined : value)));

const size = fc.oneof(
  fc.nat(),
  fc.nat({ max: 4095 }).map((count) => count * 2 ** 10),
  fc.nat({ max: 4095 }).map((count) => count * 2 ** 20),
  fc.maxSafeInteger().map(Math.abs),
);

const argumentsOf = (word: string): fc.Arbitrary<Arguments> => {
  const names = (LEAVES.get(word) ?? FILTERS.get(word) ?? []).map(([name]) => name);
  const values = Object.fromEntries(names.map((name) => [name, size]));
  return fc.record(values, { requiredKeys: [] }) as fc.Arbitrary<Arguments>;
};

const leaf = fc
  .constantFrom(...LEAVES.keys())
  .chain((word) => argumentsOf(word).map((args) => ({ kind: 'leaf' as const, word, args })));

const part = fc
  .stringMatching(/^[A-Za-z_$][A-Za-z0-9_$]{0,8}$/)
  .filter((name) => !isReserved(name))
  .map((name) => ({ kind: 'part' as const, name }));

const { tree } = fc.letrec<{ tree: Tree }>((tie) => {
  const filter = fc
    .tuple(fc.constantFrom(...FILTERS.keys()), tie('tree'))
    .chain(([word, inner]) =>
      argumentsOf(word).map((args) => ({ kind: 'filter' as const, word, args, inner })),
    );
  const fallback = fc
    .array(tie('tree'), { minLength: 2, maxLength: 4 })
    .map((inner) => ({ kind: 'fallback' as const, inner }));
  const segregate = fc
    .tuple(
      fc.uniqueArray(size, { maxLength: 3 }),
      fc.array(tie('tree'), { minLength: 4, maxLength: 4 }),
    )
    .map(([bounds, trees]) => ({
      kind: 'segregate' as const,
      rows: [...bounds.sort((a, b) => a - b), Number.POSITIVE_INFINITY].map((max, at) => ({
        ...{ max, inner: trees[at] as Tree },
      })),
    }));
  const any = fc.oneof(
    { maxDepth: 5, depthIdentifier: 'tree' },
    leaf,
    part,
    filter,
    fallback,
    segregate,
  );
  return { tree: any as unknown as fc.Arbitrary<Tree> };
});

describe('the text of a composition', () => {
  it('reads back to the same tree after it was printed, whatever the tree', () => {
    fc.assert(
      fc.property(tree, (any) => {
        const text = printTree(any);
        expect(bare(parseTree(text))).toEqual(bare(any));
        expect(printTree(parseTree(text))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['pool', 'pool'],
    ['  ( pool )\n|  stats ', 'pool | stats'],
    ['((pool | stats)) | limit( 65536 )', 'pool | stats | limit(64KB)'],
    ['pool|limit(bytes:1k,blocks:10)', 'pool | limit(1KB, 10)'],
    ['pool|limit(blocks:10)', 'pool | limit(blocks: 10)'],
    ['pool|limit(blocks: 10, bytes: 1GiB)', 'pool | limit(1GB, 10)'],
    ['chunk(1024,256B)', 'chunk(1024, 256)'],
    ['fallback(null,pool , arena)', 'fallback(null, pool, arena)'],
    ['segregate(else:pool)', 'segregate(else: pool)'],
    ['pool | checked(nth: 3)', 'pool | checked(nth: 3)'],
    [THE_EXAMPLE, THE_EXAMPLE.replace('64K:', '64KB:')],
  ])('%j is printed as %j', (text, printed) => {
    expect(printTree(parseTree(text))).toBe(printed);
  });

  it.each([
    ['1', 1],
    ['1B', 1],
    ['1K', 1024],
    ['1KB', 1024],
    ['1KiB', 1024],
    ['2mb', 2 ** 21],
    ['1G', 2 ** 30],
    ['007', 7],
    ['9007199254740991', 2 ** 53 - 1],
  ])('%s is %i bytes', (written, bytes) => {
    expect(parseTree(`pool | limit(${written})`)).toMatchObject({ args: { bytes } });
  });

  /** Text, the column of the mistake, and what the message says. */
  const MISTAKES: readonly [text: string, column: number, part: string][] = [
    ['', 1, 'got the end'],
    ['   ', 4, 'got the end'],
    ['pol', 1, 'got "pol"'],
    ['pool pool', 6, 'expected "|" or the end'],
    ['pool |', 7, 'one of limit, stats, checked'],
    ['pool | pool', 8, 'one of limit, stats, checked'],
    ['stats', 1, 'one of system'],
    ['else', 1, 'got "else"'],
    ['(pool', 6, '")"'],
    ['pool)', 5, 'the end'],
    ['fallback', 9, '"("'],
    ['fallback(pool)', 14, '","'],
    ['fallback(pool, )', 16, 'got ")"'],
    ['segregate()', 11, '"<=" and a size, or "else"'],
    ['segregate(<=1: pool)', 20, 'another row'],
    ['segregate(<=: pool)', 13, 'a size'],
    ['segregate(<=8: pool, <=8: pool, else: pool)', 24, 'a size above 8'],
    ['segregate(else: pool, <=8: pool)', 21, '")"'],
    ['segregate(<=8 pool, else: pool)', 15, '":"'],
    ['pool | stats(1)', 14, 'no further argument'],
    ['pool | limit()', 14, 'a size'],
    ['pool | limit(1, 2, 3)', 20, 'no further argument'],
    ['pool | limit(blocks: 1, 2)', 25, 'bytes:'],
    ['pool | limit(bytes: 1, bytes: 2)', 24, 'blocks:'],
    ['pool | limit(size: 1)', 14, 'bytes: or blocks:'],
    ['pool | limit(blocks 1)', 21, '":"'],
    ['pool | limit(1XB)', 15, 'a unit'],
    ['pool | limit(1.5MB)', 15, 'a unit'],
    ['pool | limit(9007199254740992)', 14, '2^53 - 1'],
    ['pool | limit(-1)', 14, 'got "-"'],
    ['pool & pool', 6, 'got "&"'],
    ['pool | limit', 8, 'bytes, blocks or both'],
    ['freelist', 1, 'freelist(size)'],
    ['segregate(<=0: freelist, else: pool)', 16, 'options.size'],
    ['freelist(8, 0)', 1, 'options.max'],
    ['freelist(8, align: 3)', 1, 'power of two'],
    ['pool | checked(5000)', 8, '4096'],
    ['fallback(pool, chunk(8, 100))', 16, 'power of two'],
    ['fallback(pool, mine)', 16, 'got "mine"'],
    [`${'('.repeat(65)}pool${')'.repeat(65)}`, 65, '64 levels'],
    [`pool${' | stats'.repeat(64)}`, 4 + 64 * 8 - 4, '64 levels'],
    [' '.repeat(10_001), 10_001, '10000 characters'],
  ];

  it.each(MISTAKES)('%j is wrong at column %i', (text, column, says) => {
    const error = thrownBy(() => compose(text)) as Error;
    expect(error).toMatchObject(withCode('OUT_OF_RANGE'));
    expect(error).toBeInstanceOf(RangeError);
    const [message = '', shown = '', caret = ''] = error.message.split('\n');
    expect(message).toContain(`at column ${column}:`);
    expect(message).toContain(says);
    // The caret stands below the character at the column.
    const pointed = shown[caret.indexOf('^')] ?? '';
    expect(pointed.trim()).toBe((text[column - 1] ?? '').trim());
  });

  it.each([undefined, null, 1, {}, ['pool']])('%j is no text: INVALID_ARG_TYPE', (text) => {
    expect(() => compose(text as never)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('is never read in another way than with a typed error, whatever it is', () => {
    const word = fc.constantFrom(
      ...['pool', 'null', 'fallback', 'segregate', 'else', 'limit', 'stats', 'mine'],
      ...['(', ')', ',', ':', '|', '<=', '1', '64KB', ' ', '\u{1f600}', '\n'],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const error = thrownBy(() => compose(words.join(''), { mine: pool }).dispose());
        if (error !== null) expect(error).toMatchObject(withCode('OUT_OF_RANGE'));
      }),
      { numRuns: 500 },
    );
    expect(pool.verify()).toBe(true);
  });
});

const pool = new BufferPool(new ArenaAllocator());

describe('compose', () => {
  it('makes of the example what it says', async () => {
    await idle();
    using allocator = compose(THE_EXAMPLE);
    const owner = (bytes: number) => {
      const layout = Layout.from(bytes);
      const block = allocator.allocate(layout);
      const { usableSize } = explain(block);
      expect(allocator.deallocate(block, layout)).toBe(true);
      return [block.length === 0 ? 'dedicated' : 'pooled', usableSize];
    };
    expect(owner(256)[0]).toBe('pooled');
    expect(owner(257)).toEqual(['dedicated', 320]);
    expect(owner(65_537)).toEqual(['dedicated', 65_537]);
    const tooMuch = () => allocator.allocate(Layout.from(64 * 2 ** 20 + 1));
    expect(tooMuch).toThrow(withCode('LIMIT'));
  });

  it('prints text that makes the same again', () => {
    using first = compose(THE_EXAMPLE);
    using second = compose(String(first));
    expect(String(second)).toBe(String(first));
  });

  it('reports every node with its figures, the outer before the inner', () => {
    using allocator = compose('segregate(<=100: pool, else: system) | stats');
    allocator.allocate(Layout.from(10));
    allocator.allocate(Layout.from(1000));
    allocator.allocate(Layout.from(1000));
    const rows = allocator.report().map(({ text, stats }) => [text, stats.liveBlocks]);
    expect(rows).toEqual([
      ['segregate(<=100: pool, else: system) | stats', 3],
      ['segregate(<=100: pool, else: system)', 3],
      ['pool', 1],
      ['system', 2],
    ]);
  });

  it('asks the trees of a fallback from left to right', () => {
    using allocator = compose('fallback(null, pool | limit(100), system)');
    const owners = [100, 100].map((bytes) => {
      const block = allocator.allocate(Layout.from(bytes));
      return explain(block).owner?.constructor.name;
    });
    expect(owners).toEqual(['Buffers', 'Buffers']);
    const block = allocator.allocate(Layout.from(16));
    expect(explain(block).owner).toBeInstanceOf(BufferPool);
  });

  it('makes a free list for the sizes of its row', async () => {
    await idle();
    using allocator = compose('segregate(<=1000: freelist, else: null)');
    const [whole, less] = [Layout.from(1000, 16), Layout.from(10)];
    const block = allocator.allocate(whole);
    allocator.deallocate(block, whole);
    expect(allocator.allocate(whole)).toBe(block); // the very same object
    expect(allocator.allocate(less).length).toBe(10);
    expect(allocator.tryAllocate(Layout.from(8, 32))).toBeNull();
    using checked = compose('segregate(<=1000: freelist | checked, else: null)');
    const guarded = checked.allocate(whole);
    expect([guarded.length, checked.verify(), checked.deallocate(guarded, whole)]).toEqual([
      ...[1000, true, true],
    ]);
    using few = compose('freelist(64, 2, 64)');
    const aligned = Layout.from(64, 64);
    expect([1, 2, 3].map(() => few.tryAllocate(aligned) !== null)).toEqual([true, true, false]);
  });

  it('passes arguments on', () => {
    using chunks = compose('chunk(4, 256)');
    expect(chunks.tryAllocate(Layout.from(1024))?.length).toBe(1024);
    expect(chunks.tryAllocate(Layout.from(1))).toBeNull();
    using faulty = compose('pool(1MB) | limit(blocks: 2) | checked(nth: 1)');
    expect(faulty.tryAllocate(Layout.from(1))).toBeNull();
    expect(faulty.tryAllocate(Layout.from(1))).not.toBeNull();
    expect(faulty.tryAllocate(Layout.from(1))).not.toBeNull();
    expect(faulty.tryAllocate(Layout.from(1))).toBeNull();
  });

  it('gives requests to the parts of the program, which live on', () => {
    const mine = new BufferPool(new ArenaAllocator());
    const layout = Layout.from(100);
    const kept = mine.allocate(layout);
    const allocator = compose('fallback(mine, system) | stats', { mine });
    const block = allocator.allocate(layout);
    expect(mine.owns(block)).toBe(true);
    allocator.dispose();
    expect(mine.stats().liveBlocks).toBe(1);
    expect(mine.deallocate(kept, layout)).toBe(true);
  });

  it('takes an object with two functions as a part', () => {
    let live = 0;
    const mine = {
      allocate({ size: bytes }: Layout) {
        live++;
        return Buffer.from(new ArrayBuffer(bytes));
      },
      deallocate: () => {
        live--;
      },
    };
    const allocator = compose('mine', { mine });
    allocator.allocate(Layout.from(10));
    expect(live).toBe(1);
    allocator.dispose();
    expect(live).toBe(0);
  });

  it.each([
    ['null', null],
    ['a number', 1],
    ['a part that is no allocator', { mine: {} }],
    ['a part with a word of the grammar as its name', { pool }],
    ['a part whose name is no word', { 'my pool': pool }],
  ])('refuses %s in place of parts', (_title, parts) => {
    expect(() => compose('null', parts as never)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('refuses what a part of the other kind gives, and gives it back', () => {
    const mine = new SystemAllocator();
    using allocator = compose('mine', { mine: mine as never });
    expect(() => allocator.allocate(Layout.from(10))).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(mine.stats().liveBlocks).toBe(0);
    using wrapped = compose('mine', { mine: asBuffers(mine) });
    expect(wrapped.allocate(Layout.from(10)).length).toBe(10);
  });

  it('ends all that it made with dispose', async () => {
    await idle();
    const allocator = compose('segregate(<=100: pool, else: arena)');
    const blocks = [10, 1000].map((bytes) => allocator.allocate(Layout.from(bytes)));
    allocator.dispose();
    allocator.dispose();
    expect(blocks.map(({ length }) => length)).toEqual([0, 0]);
    expect(() => allocator.report()).toThrow(withCode('CLOSED'));
    expect(String(allocator)).toBe('segregate(<=100: pool, else: arena)');
  });

  it.each(['pool', 'system', 'fallback(null, pool) | checked'])(
    'does not end %s while a lease is open, also on a block that was freed',
    async (text) => {
      await idle();
      const allocator = compose(text);
      const layout = Layout.from(100);
      const block = allocator.allocate(layout);
      const lease = allocator.lease(block);
      expect(() => allocator.dispose()).toThrow(withCode('LEASED'));
      expect(allocator.deallocate(block, layout)).toBe(false);
      expect(() => allocator.dispose()).toThrow(withCode('LEASED'));
      expect(() => allocator.allocate(layout)).not.toThrow();
      lease.dispose();
      allocator.dispose();
      expect(() => allocator.allocate(layout)).toThrow(withCode('CLOSED'));
    },
  );

  it('prints the name of an argument behind one that was left out', () => {
    using allocator = compose('pool | limit(blocks: 5)');
    expect(String(allocator)).toBe('pool | limit(blocks: 5)');
  });

  it('is shown with its text in one line', () => {
    using allocator = compose('pool | stats');
    allocator.allocate(Layout.from(16));
    expect(inspect(allocator)).toBe('[composed: 1 live, 16 bytes, pool | stats]');
  });
});

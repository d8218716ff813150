/** Scopes that are ended out of order, twice or across an await, and calls that are no calls. */
import { describe, expect, it } from 'vitest';
import { Layout, Scope, Scoped, SystemAllocator } from '../../lib/index.js';
import { expectUnchanged, idle, snapshot, tick, withCode } from '../support/idle.js';

const make = (size = 1024) => new Scoped(new SystemAllocator(), { size });
const layout = Layout.from(8);

describe('a scope with one open inside', () => {
  it('cannot end, and nothing is changed by that', () => {
    const scoped = make();
    const outer = scoped.open();
    const block = outer.alloc(8, 1);
    const inner = outer.open();
    const before = snapshot(scoped);
    for (const end of [() => outer.end(), () => outer.dispose(), () => scoped.dispose()]) {
      expect(end).toThrow(withCode('SCOPED'));
    }
    expectUnchanged(scoped, before);
    expect(block.every((byte) => byte === 1)).toBe(true);
    inner.end();
    outer.end();
    scoped.dispose();
  });

  it('refuses every call that would change something', () => {
    const scoped = make();
    const [block, inner] = [scoped.alloc(8), scoped.open()];
    const before = snapshot(scoped);
    for (const use of [
      () => scoped.alloc(1),
      () => scoped.allocUnsafe(1),
      () => scoped.allocate(layout),
      () => scoped.tryAllocate(layout),
      () => scoped.from('a'),
      () => scoped.free(block),
      () => scoped.deallocate(block, layout),
      () => scoped.reallocate(block, layout, layout),
      () => scoped.reallocateInPlace(block, layout, layout),
      () => scoped.realloc(block, 4),
      () => scoped.open(),
      () => scoped.scope(() => 0),
      () => scoped.onDrop(() => 0),
    ]) {
      expect(use).toThrow(withCode('SCOPED'));
    }
    expectUnchanged(scoped, before);
    expect(scoped.owns(block)).toBe(true);
    expect(inner.owns(block)).toBe(false);
    expect(() => inner.free(block)).toThrow(withCode('NOT_OWNED'));
  });
});

describe('a function that leaves a scope open', () => {
  it('has it ended, and SCOPED says so', async () => {
    await idle();
    const scoped = make();
    let left: Scope | undefined;
    let block: Buffer | undefined;
    expect(() =>
      scoped.scope((scope) => {
        left = scope.open();
        block = left.alloc(8);
      }),
    ).toThrow(withCode('SCOPED'));
    expect(block?.length).toBe(0);
    expect(() => left?.end()).toThrow(withCode('SCOPED'));
    expect(scoped.alloc(1024).length).toBe(1024);
  });

  it('that throws is heard with its own error', () => {
    const scoped = make();
    expect(() =>
      scoped.scope((scope) => {
        scope.open();
        throw new Error('from inside');
      }),
    ).toThrow('from inside');
    expect(scoped.alloc(1).length).toBe(1);
  });
});

describe('two asynchronous scopes at a time', () => {
  it('side by side are SCOPED, and the first goes on', async () => {
    const scoped = make();
    const first = scoped.scope(async (scope) => {
      await tick();
      return scope.alloc(8).length;
    });
    expect(() => scoped.scope(async () => 0)).toThrow(withCode('SCOPED'));
    expect(await first).toBe(8);
    expect(scoped.verify()).toBe(true);
  });

  it('one in another that does not wait for it are SCOPED for both', async () => {
    await idle();
    const scoped = make();
    let inside: Promise<unknown> | undefined;
    const outside = scoped.scope(async (scope) => {
      inside = scope.scope(async (inner) => {
        inner.alloc(8);
        await tick();
        inner.alloc(8);
      });
      inside.catch(() => {});
    });
    await expect(outside).rejects.toEqual(withCode('SCOPED'));
    expect(scoped.alloc(8).length).toBe(8);
    await expect(inside).rejects.toEqual(withCode('SCOPED'));
    expect(scoped.stats().liveBlocks).toBe(1);
    expect(scoped.verify()).toBe(true);
  });
});

describe('what is no argument', () => {
  it.each([undefined, null, 1, 'a', {}])('%s for a function is INVALID_ARG_TYPE', (value) => {
    const scoped = make();
    expect(() => scoped.scope(value as never)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => scoped.onDrop(value as never)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(scoped.alloc(1).length).toBe(1);
  });

  it.each([
    ['nothing', undefined, 'INVALID_ARG_TYPE'],
    ['null', null, 'INVALID_ARG_TYPE'],
    ['no size', {}, 'INVALID_ARG_TYPE'],
    ['a size as a string', { size: '1' }, 'INVALID_ARG_TYPE'],
    ['a size as a bigint', { size: 1n }, 'INVALID_ARG_TYPE'],
    ['a number for grow', { size: 1, grow: 1 }, 'INVALID_ARG_TYPE'],
    ['an unknown name', { size: 1, grows: true }, 'INVALID_ARG_TYPE'],
    ['a negative size', { size: -1 }, 'OUT_OF_RANGE'],
    ['half a byte', { size: 1.5 }, 'OUT_OF_RANGE'],
    ['NaN', { size: Number.NaN }, 'OUT_OF_RANGE'],
    ['more than an ArrayBuffer has', { size: 2 ** 53 }, 'OUT_OF_RANGE'],
  ])('%s for options is refused', (_title, options, code) => {
    const system = new SystemAllocator();
    expect(() => new Scoped(system, options as never)).toThrow(withCode(code));
    expect(system.stats().allocations).toBe(0);
  });

  it.each([undefined, null, 1, {}, { allocate: () => 0 }])('%s for a parent is', (parent) => {
    expect(() => new Scoped(parent as never, { size: 8 })).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('a scope cannot be made by hand', () => {
    expect(() => new Scope(Symbol('Scope'), {} as never)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('a method borrowed for what is no scope is INVALID_ARG_TYPE', () => {
    const scoped = make();
    const block = scoped.alloc(8);
    for (const receiver of [undefined, null, {}, new SystemAllocator(), new Proxy(scoped, {})]) {
      for (const [name, args] of [
        ['allocUnsafe', [8]],
        ['allocate', [layout]],
        ['free', [block]],
        ['deallocate', [block, layout]],
        ['reallocate', [block, layout, layout]],
        ['reallocateInPlace', [block, layout, layout]],
        ['usableSize', [layout]],
        ['owns', [block]],
        ['lease', [block]],
        ['stats', []],
        ['verify', []],
        ['scope', [() => 0]],
        ['open', []],
        ['onDrop', [() => 0]],
        ['end', []],
        ['dispose', []],
      ] as const) {
        const attempt = () => Reflect.apply(Reflect.get(scoped, name), receiver, args);
        expect(attempt, name).toThrow(withCode('INVALID_ARG_TYPE'));
      }
    }
  });
});

describe('a parent that calls back', () => {
  it('and ends the scope meanwhile finds it ended, with its memory taken back', () => {
    let onAllocate = () => {};
    let live = 0;
    const scoped = new Scoped(
      {
        allocate: ({ size }: Layout) => {
          live++;
          onAllocate();
          return new ArrayBuffer(size);
        },
        deallocate: () => live--,
      },
      { size: 64, grow: true },
    );
    const scope = scoped.open();
    onAllocate = () => scope.end();
    expect(() => scope.alloc(100)).toThrow(withCode('SCOPED'));
    onAllocate = () => {};
    expect(scoped.alloc(64).length).toBe(64);
    scoped.dispose();
    expect(live).toBe(0);
  });

  it('and refuses to take back what it gave is not asked again', () => {
    const system = new SystemAllocator();
    const inner = new Scoped(system, { size: 1024 });
    const scoped = new Scoped(inner, { size: 512 });
    inner.dispose();
    expect(scoped.alloc(512).length).toBe(512);
    expect(() => scoped.dispose()).not.toThrow();
  });
});

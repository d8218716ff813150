/** What the seed about scoped allocation promises, and what was wrong with it. */
import { describe, expect, it } from 'vitest';
import { addressOf, Layout, NullAllocator, Scoped, SystemAllocator } from '../../lib/index.js';
import { idle, withCode } from '../support/idle.js';
import { times } from '../support/pools.js';

const make = (size: number) => new Scoped(new SystemAllocator(), { size });
const bytes = (size: number) => Layout.from(size);

describe('a Scoped of 1024 bytes', () => {
  it('has 100 boxes live in a scope, whose hooks run at the end in creation order', async () => {
    await idle();
    const scoped = make(1024);
    const dropped: number[] = [];
    scoped.scope((scope) => {
      for (let at = 0; at < 100; at++) {
        const box = scope.alloc(1, at);
        scope.onDrop(() => dropped.push(box[0] as number));
      }
      expect(scope.stats().liveBlocks).toBe(100);
      expect(dropped).toEqual([]);
    });
    expect(dropped).toEqual(times(100, (at) => at));
    expect(scoped.alloc(1024).length).toBe(1024);
  });
});

describe('a scope', () => {
  it('can be nested twice, and the outer one throws SCOPED meanwhile', () => {
    const scoped = make(64);
    scoped.scope((outer) => {
      outer.scope((inner) => {
        expect(inner.alloc(8).length).toBe(8);
        expect(() => outer.alloc(8)).toThrow(withCode('SCOPED'));
        expect(() => scoped.alloc(8)).toThrow(withCode('SCOPED'));
        expect(() => outer.scope(() => 0)).toThrow(withCode('SCOPED'));
      });
      expect(outer.alloc(8).length).toBe(8);
    });
    expect(scoped.verify()).toBe(true);
  });

  it('allocates all 64 bytes, one more is OUT_OF_MEMORY, and after it alloc(64) is ok', async () => {
    await idle();
    const scoped = make(64);
    scoped.scope((inner) => {
      expect(inner.alloc(64).length).toBe(64);
      expect(() => inner.alloc(1)).toThrow(withCode('OUT_OF_MEMORY'));
    });
    expect(scoped.alloc(64).length).toBe(64);
  });

  it('answers with the value of its function', () => {
    expect(make(64).scope((scope) => scope.from('value').toString())).toBe('value');
  });
});

describe('48 and 48 bytes of 64 with a fallback of 256', () => {
  it('come from one and the other, both owned, and the first migrates to grow to 128', async () => {
    await idle();
    const [scoped, other] = [make(64), make(256)];
    const both = scoped.withFallback(other);
    const [first, second] = [both.allocate(bytes(48)), both.allocate(bytes(48))];
    expect([scoped.owns(first), other.owns(second)]).toEqual([true, true]);
    expect([both.owns(first), both.owns(second)]).toEqual([true, true]);
    first.fill(7);
    const moved = both.reallocate(first, bytes(48), bytes(128));
    expect(other.owns(moved)).toBe(true);
    expect(moved.subarray(0, 48).every((byte) => byte === 7)).toBe(true);
  });
});

describe('every defect of the seed is absent', () => {
  it('a request for all addresses there are is OUT_OF_MEMORY and leaves the mark', () => {
    const scoped = make(64);
    scoped.alloc(16);
    const largest = Layout.from(2 ** 32, 1);
    expect(() => scoped.allocate(largest)).toThrow(withCode('OUT_OF_MEMORY'));
    expect(() => scoped.allocate(Layout.from(1, 2 ** 52))).toThrow(withCode('OUT_OF_MEMORY'));
    expect(scoped.stats().freeBytes).toBe(48);
  });

  it('the last block grows to exactly the end', async () => {
    await idle();
    const scoped = make(64);
    scoped.alloc(16);
    const last = scoped.alloc(16, 3);
    const grown = scoped.reallocateInPlace(last, bytes(16), bytes(48));
    expect(grown?.length).toBe(48);
    expect([...(grown ?? [])]).toEqual(times(48, (at) => (at < 16 ? 3 : 0)));
    expect(scoped.stats().freeBytes).toBe(0);
  });

  it('a block that is not the last shrinks where it is and writes nothing behind it', async () => {
    await idle();
    const scoped = make(64);
    const [first, second] = [scoped.alloc(32, 1), scoped.alloc(32, 2)];
    const shrunk = scoped.reallocate(first, bytes(32), bytes(4));
    expect(addressOf(shrunk)).toBe(addressOf(second) - 32n);
    expect([...shrunk]).toEqual([1, 1, 1, 1]);
    expect(second.every((byte) => byte === 2)).toBe(true);
  });

  it('the last block shrinks where it is, and what it had can be used again', async () => {
    await idle();
    const scoped = make(64);
    const last = scoped.reallocate(scoped.alloc(64, 1), bytes(64), bytes(4));
    expect(last.length).toBe(4);
    expect(scoped.stats().freeBytes).toBe(60);
  });

  it('a throw inside a scope leaves the parent usable, and is passed on', () => {
    const scoped = make(64);
    const error = new Error('from inside');
    expect(() =>
      scoped.scope(() => {
        throw error;
      }),
    ).toThrow(error);
    expect(() => expect(scoped.alloc(64).length).toBe(64)).not.toThrow();
  });

  it('the address behind the last block is not owned', () => {
    const scoped = make(64);
    const block = scoped.alloc(16);
    expect(scoped.owns(new Uint8Array(block.buffer, 15, 1))).toBe(true);
    expect(scoped.owns(new Uint8Array(block.buffer, 16, 0))).toBe(false);
    expect(scoped.owns(new Uint8Array(block.buffer, 16, 8))).toBe(false);
  });

  it('a reallocation to 0 frees the memory and gives a live empty block', async () => {
    await idle();
    const scoped = make(64);
    const empty = scoped.reallocate(scoped.alloc(64), bytes(64), bytes(0));
    expect(empty.length).toBe(0);
    expect(scoped.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 0, freeBytes: 64 });
    expect(scoped.deallocate(empty, bytes(0))).toBe(true);
  });

  it('a double free is DETACHED', () => {
    const scoped = make(64);
    const block = scoped.alloc(8);
    scoped.free(block);
    expect(() => scoped.free(block)).toThrow(withCode('DETACHED'));
    expect(scoped.verify()).toBe(true);
  });

  it('a block of a scope that has ended throws SCOPED', () => {
    const scoped = make(64);
    const outer = scoped.open();
    const block = outer.alloc(8);
    outer.end();
    for (const use of [
      () => scoped.free(block),
      () => outer.free(block),
      () => scoped.deallocate(block, bytes(8)),
      () => scoped.reallocate(block, bytes(8), bytes(4)),
      () => outer.alloc(1),
    ]) {
      expect(use).toThrow(withCode('SCOPED'));
    }
    expect(scoped.verify()).toBe(true);
  });
});

describe('a Scoped of 0 bytes', () => {
  it('works and is always OUT_OF_MEMORY', () => {
    const scoped = make(0);
    for (const size of [0, 1, 64]) {
      expect(() => scoped.allocate(bytes(size))).toThrow(withCode('OUT_OF_MEMORY'));
      expect(scoped.scope((scope) => scope.tryAllocate(bytes(size)))).toBeNull();
    }
    expect(scoped.withFallback(make(64)).allocate(bytes(64)).length).toBe(64);
    expect(scoped.verify()).toBe(true);
  });

  it('asks nothing of its parent', () => {
    expect(new Scoped(new NullAllocator<Buffer>(), { size: 0 }).stats().mappedBytes).toBe(0);
    expect(() => new Scoped(new NullAllocator<Buffer>(), { size: 1 })).toThrow(
      withCode('OUT_OF_MEMORY'),
    );
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { ArenaAllocator, addressOf, Layout } from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { whileBusy } from '../support/busy.js';
import { bytesOf } from '../support/call.js';
import { withForced } from '../support/force.js';
import { idle, withCode } from '../support/idle.js';
import { pin } from '../support/pin.js';

beforeEach(idle);

const MIB = 2 ** 20;
const bytes = (size: number, align = 1) => Layout.from(size, align);

/** Every page of the block is told from the others. */
function fill(block: ArrayBuffer): ArrayBuffer {
  const words = new Uint32Array(block);
  for (let at = 0; at < words.length; at += 1024) words[at] = at + 1;
  return block;
}

function isFilled(block: ArrayBuffer, size: number): boolean {
  const words = new Uint32Array(block, 0, size / 4);
  return words.every((word, at) => word === (at % 1024 === 0 ? at + 1 : 0));
}

const isZeroFrom = (block: ArrayBuffer, from: number): boolean =>
  bytesOf(block)
    .subarray(from)
    .every((byte) => byte === 0);

/** A block with another one right behind it, so that it cannot grow where it is. */
function walledIn(arena: ArenaAllocator, size: number): ArrayBuffer {
  const block = arena.allocate(bytes(size));
  arena.allocate(bytes(64 * 1024));
  return fill(block);
}

describe('reallocateInPlace of an arena', () => {
  it.each([
    ['within its size class', 100, 112],
    ['to less in its size class', 112, 97],
    ['of a large block to more', MIB, 3 * MIB],
    ['of a large block to less', 3 * MIB, MIB],
    ['from no bytes', 0, 16],
    ['to no bytes', 16, 0],
  ])('%s keeps the address and the bytes', (_title, from, to) => {
    const arena = new ArenaAllocator();
    const block = arena.allocate(bytes(from));
    bytesOf(block).fill(7);
    const address = addressOf(block);

    const next = arena.reallocateInPlace(block, bytes(from), bytes(to)) as ArrayBuffer;

    expect(block.byteLength).toBe(0);
    expect(addressOf(next)).toBe(address);
    const kept = Math.min(from, to);
    expect(next.byteLength).toBe(to);
    expect(
      bytesOf(next)
        .subarray(0, kept)
        .every((byte) => byte === 7),
    ).toBe(true);
    expect(isZeroFrom(next, kept)).toBe(true);
    expect(arena.stats().liveBytes).toBe(arena.usableSize(bytes(to)));
    expect(arena.verify()).toBe(true);
  });

  it('gives zeroes where bytes were cut off before', () => {
    const arena = new ArenaAllocator();
    let block = arena.allocate(bytes(MIB));
    bytesOf(block).fill(7);
    block = arena.reallocateInPlace(block, bytes(MIB), bytes(MIB / 2)) as ArrayBuffer;
    block = arena.reallocateInPlace(block, bytes(MIB / 2), bytes(MIB)) as ArrayBuffer;
    expect(isZeroFrom(block, MIB / 2)).toBe(true);
  });

  it('is null for another size class, and the block is untouched', () => {
    const arena = new ArenaAllocator();
    const block = arena.allocate(bytes(100));
    const before = arena.stats();
    expect(arena.reallocateInPlace(block, bytes(100), bytes(113))).toBeNull();
    expect(arena.reallocateInPlace(block, bytes(100), bytes(90))).toBeNull();
    expect(arena.stats()).toEqual(before);
    expect(block.byteLength).toBe(100);
  });

  it('is null where the block would have to move', () => {
    const arena = new ArenaAllocator();
    const block = walledIn(arena, MIB);
    expect(arena.reallocateInPlace(block, bytes(MIB), bytes(2 * MIB))).toBeNull();
    expect(isFilled(block, MIB)).toBe(true);
  });
});

describe('reallocate of a large block of an arena that cannot grow where it is', () => {
  it('moves its pages and reads zero behind them', () => {
    const arena = new ArenaAllocator();
    const block = walledIn(arena, 4 * MIB);
    const view = new Uint8Array(block);

    const next = arena.reallocate(block, bytes(4 * MIB), bytes(8 * MIB));

    expect(arena.stats().movedRanges).toBeGreaterThan(0);
    expect([block.byteLength, view.byteLength, next.byteLength]).toEqual([0, 0, 8 * MIB]);
    expect(isFilled(next, 4 * MIB)).toBe(true);
    expect(isZeroFrom(next, 4 * MIB)).toBe(true);
    expect(() => arena.deallocate(block, bytes(4 * MIB))).toThrow(withCode('DETACHED'));
    expect(arena.verify()).toBe(true);
    expect(arena.deallocate(next, bytes(8 * MIB))).toBe(true);
    expect(arena.stats()).toMatchObject({ liveBlocks: 1, movedRanges: 0 });
  });

  it('copies while a request is in flight, and the old block stays readable', async () => {
    const arena = new ArenaAllocator();
    const block = walledIn(arena, MIB);
    await whileBusy(() => {
      const next = arena.reallocate(block, bytes(MIB), bytes(2 * MIB));
      expect(isFilled(block, MIB)).toBe(true);
      expect(isFilled(next, MIB)).toBe(true);
      expect(arena.stats()).toMatchObject({ abandonedBlocks: 1, movedRanges: 0 });
    });
  });

  it('refuses a leased block and leaves it alive', () => {
    const arena = new ArenaAllocator();
    const block = walledIn(arena, MIB);
    using _lease = arena.lease(block);
    const [from, to] = [bytes(MIB), bytes(2 * MIB)];
    expect(() => arena.reallocate(block, from, to)).toThrow(withCode('LEASED'));
    expect(isFilled(block, MIB)).toBe(true);
  });

  it('beyond the limit is LIMIT, and the block has every byte', () => {
    const arena = new ArenaAllocator({ limit: 3 * MIB });
    const block = walledIn(arena, MIB);
    const before = arena.stats();
    const [from, to] = [bytes(MIB), bytes(2 * MIB)];
    expect(() => arena.reallocate(block, from, to)).toThrow(withCode('LIMIT'));
    expect(arena.stats()).toEqual({ ...before, failures: before.failures + 1 });
    expect(isFilled(block, MIB)).toBe(true);
  });

  it.each([
    ['memory', Force.OUT_OF_MEMORY, 'OUT_OF_MEMORY'],
    ['a buffer over it', Force.NO_EXTERNAL, 'EXTERNAL_UNSUPPORTED'],
  ])('without %s is refused, and the block has every byte', (_title, force, code) => {
    const arena = new ArenaAllocator();
    const block = walledIn(arena, MIB);
    const before = arena.stats().liveBytes;
    withForced(force, () => {
      const [from, to] = [bytes(MIB), bytes(2 * MIB)];
      expect(() => arena.reallocate(block, from, to)).toThrow(withCode(code));
    });
    expect(isFilled(block, MIB)).toBe(true);
    expect(arena.stats()).toMatchObject({ liveBlocks: 2, liveBytes: before });
    expect(arena.verify()).toBe(true);
    expect(arena.deallocate(block, bytes(MIB))).toBe(true);
  });
});

describe('a shrink in place that gets no buffer', () => {
  it('leaves the block with every byte', () => {
    const arena = new ArenaAllocator({ decayMs: 0 });
    const block = fill(arena.allocate(bytes(4 * MIB)));
    withForced(Force.NO_EXTERNAL, () => {
      const [from, to] = [bytes(4 * MIB), bytes(MIB)];
      expect(() => arena.reallocateInPlace(block, from, to)).toThrow(
        withCode('EXTERNAL_UNSUPPORTED'),
      );
    });
    expect(isFilled(block, 4 * MIB)).toBe(true);
    expect(arena.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 4 * MIB });
    expect(arena.verify()).toBe(true);
  });
});

describe('a block of an arena that cannot be detached', () => {
  it.each([
    ['moved', 2 * MIB],
    ['cut', MIB / 2],
  ])('is not %s: NOT_DETACHABLE, and it has every byte', (_title, size) => {
    const arena = new ArenaAllocator({ decayMs: 0 });
    const block = walledIn(arena, MIB);
    pin(block);
    const before = arena.stats();

    expect(() => arena.reallocate(block, bytes(MIB), bytes(size))).toThrow(
      withCode('NOT_DETACHABLE'),
    );

    expect(isFilled(block, MIB)).toBe(true);
    expect(arena.stats().liveBytes).toBe(before.liveBytes);
    expect(arena.stats().liveBlocks).toBe(2);
    expect(arena.verify()).toBe(true);
  });
});

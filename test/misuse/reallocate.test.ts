import { beforeEach, describe, expect, it } from 'vitest';
import { addressOf, Layout, SystemAllocator } from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { bytesOf, call } from '../support/call.js';
import { withForced } from '../support/force.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64, 16);

function filled(system: SystemAllocator): ArrayBuffer {
  const block = system.allocate(layout);
  bytesOf(block).fill(7);
  return block;
}

const isSeven = (byte: number): boolean => byte === 7;
const isZero = (byte: number): boolean => byte === 0;

describe('reallocate', () => {
  it('5.3/77 to no bytes gives the memory back and a live empty block', () => {
    const system = new SystemAllocator();
    const block = filled(system);
    const empty = Layout.from(0);

    const next = system.reallocate(block, layout, empty);

    expect([block.byteLength, next.byteLength]).toEqual([0, 0]);
    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: system.usableSize(empty) });
    expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(system.deallocate(next, empty)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it.each([
    ['5.3/78 a negative number', -1],
    ['5.3/78 NaN', Number.NaN],
    ['5.3/78 a size', 128],
    ['5.3/78 undefined', undefined],
  ])('to %s is INVALID_ARG_TYPE, and the old block is intact', (_title, value) => {
    const system = new SystemAllocator();
    const block = filled(system);
    const before = snapshot(system);
    expect(() => call(system, 'reallocate', block, layout, value)).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
    expectUnchanged(system, before);
    expect(bytesOf(block).every(isSeven)).toBe(true);
  });

  it('5.3/79 beyond the limit is LIMIT, and the old block is intact', () => {
    const system = new SystemAllocator({ limit: 128 });
    const block = filled(system);
    const before = snapshot(system);

    expect(() => system.reallocate(block, layout, Layout.from(65))).toThrow(withCode('LIMIT'));

    expectUnchanged(system, before, { failures: before.failures + 1 });
    expect(bytesOf(block).every(isSeven)).toBe(true);
    expect(system.deallocate(block, layout)).toBe(true);
  });

  it('counts both blocks of a move against the limit', () => {
    const system = new SystemAllocator({ limit: 192 });
    const next = system.reallocate(filled(system), layout, Layout.from(128));
    expect(system.stats()).toMatchObject({ liveBytes: 128, peakBytes: 192 });
    expect(bytesOf(next).subarray(0, 64).every(isSeven)).toBe(true);
  });

  it('5.3/80 without memory is OUT_OF_MEMORY, and the old block is intact', () => {
    const system = new SystemAllocator();
    const block = filled(system);
    const before = snapshot(system);

    withForced(Force.OUT_OF_MEMORY, () => {
      expect(() => system.reallocate(block, layout, Layout.from(128))).toThrow(
        withCode('OUT_OF_MEMORY'),
      );
    });

    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 64 });
    expect(system.stats().allocations).toBe(before.allocations);
    expect(bytesOf(block).every(isSeven)).toBe(true);
    expect(system.deallocate(block, layout)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it('5.3/80 to an impossible alignment is OUT_OF_MEMORY, and the old block is intact', () => {
    const system = new SystemAllocator();
    const block = filled(system);
    expect(() => system.reallocate(block, layout, Layout.from(64, 2 ** 45))).toThrow(
      withCode('OUT_OF_MEMORY'),
    );
    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 64, failures: 1 });
    expect(bytesOf(block).every(isSeven)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it('5.3/84 to a larger alignment keeps the bytes and has that alignment', () => {
    const system = new SystemAllocator();
    const next = system.reallocate(filled(system), layout, Layout.from(64, 4096));
    expect(addressOf(next) % 4096n).toBe(0n);
    expect(bytesOf(next).every(isSeven)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it('5.3/85 to the same layout keeps the bytes, and the old object is dead', () => {
    const system = new SystemAllocator();
    const block = filled(system);
    const next = system.reallocate(block, layout, layout);
    expect(bytesOf(next).every(isSeven)).toBe(true);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 64 });
    expect(system.verify()).toBe(true);
  });

  it('5.3/86 to less and back reads zero where bytes were cut off', () => {
    const system = new SystemAllocator();
    const small = Layout.from(16, 16);
    const large = Layout.from(4096, 16);
    const cut = system.reallocate(filled(system), layout, small);
    const next = system.reallocate(cut, small, large);
    expect(bytesOf(next).subarray(0, 16).every(isSeven)).toBe(true);
    expect(bytesOf(next).subarray(16).every(isZero)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it('from no bytes gives zeroed ones', () => {
    const system = new SystemAllocator();
    const empty = Layout.from(0);
    const next = system.reallocate(system.allocate(empty), empty, layout);
    expect(bytesOf(next).every(isZero)).toBe(true);
    expect(next.byteLength).toBe(64);
  });
});

describe('grow and shrink', () => {
  it.each([
    ['grow to less', 'grow', 63],
    ['shrink to more', 'shrink', 65],
  ])('%s is OUT_OF_RANGE, and the block is intact', (_title, method, size) => {
    const system = new SystemAllocator();
    const block = filled(system);
    const before = snapshot(system);
    expect(() => call(system, method, block, layout, Layout.from(size))).toThrow(
      withCode('OUT_OF_RANGE'),
    );
    expectUnchanged(system, before);
    expect(bytesOf(block).every(isSeven)).toBe(true);
  });

  it.each(['grow', 'shrink'])('%s to the same size is allowed', (method) => {
    const system = new SystemAllocator();
    const next = call(system, method, filled(system), layout, layout) as ArrayBuffer;
    expect(bytesOf(next).every(isSeven)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { addressOf, Layout, SystemAllocator } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { idle, withCode } from '../support/idle.js';
import { moveByStream } from '../support/moving.js';

const layout = Layout.from(100, 64);

describe('addressOf', () => {
  it('is a bigint, the same each time, and a multiple of the alignment', () => {
    const block = new SystemAllocator().allocate(layout);
    const address = addressOf(block);
    expect(typeof address).toBe('bigint');
    expect(addressOf(block)).toBe(address);
    expect(address % 64n).toBe(0n);
  });

  it('tells live blocks apart by at least their size', () => {
    const system = new SystemAllocator();
    const addresses = Array.from({ length: 100 }, () => addressOf(system.allocate(layout)));
    addresses.sort((a, b) => (a < b ? -1 : 1));
    const gaps = addresses.slice(1).map((address, at) => address - (addresses[at] ?? 0n));
    expect(gaps.filter((gap) => gap < 100n)).toEqual([]);
  });

  it('is aligned for an empty block too', () => {
    expect(addressOf(new SystemAllocator().allocate(Layout.from(0, 4096))) % 4096n).toBe(0n);
  });

  it('is there while a lease or a request keeps a freed block', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const address = addressOf(block);
    await whileBusy(() => system.deallocate(block, layout));
    expect(addressOf(block)).toBe(address);
  });

  it('is DETACHED for a freed block', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    await idle();
    system.deallocate(block, layout);
    expect(() => addressOf(block)).toThrow(withCode('DETACHED'));
  });

  it('is DETACHED for a block that was moved away', async () => {
    const block = new SystemAllocator().allocate(layout);
    await moveByStream(block);
    expect(() => addressOf(block)).toThrow(withCode('DETACHED'));
  });

  it('is INTERIOR for a view', () => {
    const block = new SystemAllocator().allocate(layout);
    expect(() => addressOf(Buffer.from(block))).toThrow(withCode('INTERIOR'));
  });

  it('is NOT_OWNED for memory of the engine', () => {
    expect(() => addressOf(new ArrayBuffer(8))).toThrow(withCode('NOT_OWNED'));
    expect(() => addressOf(Buffer.alloc(8))).toThrow(withCode('NOT_OWNED'));
  });

  it.each([undefined, null, 1, 'block', {}])('is INVALID_ARG_TYPE for %s', (value) => {
    expect(() => addressOf(value as never)).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

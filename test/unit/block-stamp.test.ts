import { describe, expect, it } from 'vitest';
import { generationOf, indexOf, stamp, UNSTAMPED } from '../../lib/block.js';
import { Layout, SystemAllocator } from '../../lib/index.js';
import { idle, withCode } from '../support/idle.js';
import { moveByStream } from '../support/moving.js';

const layout = Layout.from(64, 8);
const isStamped = (value: unknown) => indexOf(value) !== UNSTAMPED;

describe('the stamp of a block', () => {
  it('survives freezing, and the block can still be freed', async () => {
    const system = new SystemAllocator();
    const block = Object.freeze(system.allocate(layout));
    await idle();
    expect(isStamped(block)).toBe(true);
    expect(system.deallocate(block, layout)).toBe(true);
    expect(block.byteLength).toBe(0);
  });

  it('survives another prototype', async () => {
    const system = new SystemAllocator();
    const block = Object.setPrototypeOf(system.allocate(layout), null);
    await idle();
    expect(system.deallocate(block, layout)).toBe(true);
  });

  it('is no property', () => {
    const block = new SystemAllocator().allocate(layout);
    expect(Reflect.ownKeys(block)).toEqual([]);
    expect(Object.getOwnPropertySymbols(block)).toEqual([]);
  });

  it('is not misled by an own property that lies about the length', async () => {
    const system = new SystemAllocator();
    const block = Object.defineProperty(system.allocate(layout), 'byteLength', { value: 1 });
    await idle();
    expect(system.deallocate(block, layout)).toBe(true);
  });

  it('is put on once', () => {
    const block = new ArrayBuffer(8);
    stamp(block, 7, 9);
    expect(() => stamp(block, 7, 10)).toThrow(TypeError);
    expect([indexOf(block), generationOf(block)]).toEqual([7, 9]);
  });

  it('is missing on everything else, without running its code', () => {
    const trapped = new Proxy({}, new Proxy({}, { get: () => expect.unreachable() }));
    for (const value of [undefined, null, 0, 'x', () => 0, {}, new ArrayBuffer(8), trapped]) {
      expect([indexOf(value), generationOf(value)]).toEqual([UNSTAMPED, UNSTAMPED]);
    }
  });

  it.each([
    ['slice', (block: ArrayBuffer) => block.slice(0)],
    ['structuredClone', (block: ArrayBuffer) => structuredClone(block)],
    ['a copy of its bytes', (block: ArrayBuffer) => new Uint8Array(block).slice().buffer],
    ['an heir', (block: ArrayBuffer) => Object.create(block)],
    ['a Proxy', (block: ArrayBuffer) => new Proxy(block, {})],
  ])('is not copied by %s', (_title, copy) => {
    const block = new SystemAllocator().allocate(layout);
    expect(isStamped(copy(block))).toBe(false);
    expect(isStamped(block)).toBe(true);
  });

  it('does not follow the memory when it is moved, and stays on the empty buffer', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const moved = await moveByStream(block);
    expect([isStamped(block), isStamped(moved)]).toEqual([true, false]);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(() => system.deallocate(moved, layout)).toThrow(withCode('NOT_OWNED'));
  });

  it('stays on a freed block and never names a later one', async () => {
    const system = new SystemAllocator();
    await idle();
    const block = system.allocate(layout);
    system.deallocate(block, layout);
    const later = Array.from({ length: 100 }, () => system.allocate(layout));
    const name = (value: object) => `${indexOf(value)}/${generationOf(value)}`;
    expect(new Set([block, ...later].map(name)).size).toBe(101);
  });
});

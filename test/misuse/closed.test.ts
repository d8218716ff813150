import { beforeEach, describe, expect, it } from 'vitest';
import { explain, Layout, SystemAllocator } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { bytesOf, call } from '../support/call.js';
import { collect, idle, tick, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64, 16);

/** A disposed allocator and the block that it had. */
function disposed(): { system: SystemAllocator; block: ArrayBuffer } {
  const system = new SystemAllocator();
  const block = system.allocate(layout);
  system.dispose();
  return { system, block };
}

describe('a disposed allocator', () => {
  const operations: [method: string, args: (block: ArrayBuffer) => unknown[]][] = [
    ['allocate', () => [layout]],
    ['tryAllocate', () => [layout]],
    ['deallocate', (block) => [block, layout]],
    ['reallocate', (block) => [block, layout, layout]],
    ['reallocateInPlace', (block) => [block, layout, layout]],
    ['grow', (block) => [block, layout, layout]],
    ['shrink', (block) => [block, layout, layout]],
    ['usableSize', () => [layout]],
    ['lease', (block) => [block]],
    ['stats', () => []],
    ['verify', () => []],
  ];

  it.each(operations)('5.3/60 answers %s with CLOSED', (method, args) => {
    const { system, block } = disposed();
    expect(() => call(system, method, ...args(block))).toThrow(withCode('CLOSED'));
  });

  it.each(operations)('answers %s of a foreign block with CLOSED too', (method, args) => {
    const { system } = disposed();
    const other = new SystemAllocator();
    const block = other.allocate(layout);
    expect(() => call(system, method, ...args(block))).toThrow(withCode('CLOSED'));
    expect(other.owns(block)).toBe(true);
    expect(other.verify()).toBe(true);
  });

  it('owns nothing, and may be disposed again', () => {
    const { system, block } = disposed();
    expect(system.owns(block)).toBe(false);
    system.dispose();
    system[Symbol.dispose]();
    expect(explain(block)).toMatchObject({ state: 'freed', owner: null });
  });

  it('does not hand its place to a later one: its blocks are NOT_OWNED or DETACHED there', () => {
    const first = new SystemAllocator();
    const kept = first.allocate(layout);
    first.dispose();
    const second = new SystemAllocator();
    expect(() => second.deallocate(kept, layout)).toThrow(withCode('DETACHED'));
    expect(() => first.allocate(layout)).toThrow(withCode('CLOSED'));
    expect(second.stats()).toMatchObject({ allocations: 0 });
    expect(second.verify()).toBe(true);
  });
});

describe('dispose', () => {
  it('detaches every live block of its allocator and of no other', () => {
    const system = new SystemAllocator();
    const other = new SystemAllocator();
    const theirs = other.allocate(layout);
    const blocks = Array.from({ length: 5000 }, () => system.allocate(layout));
    const views = blocks.map((block) => new Uint8Array(block));

    system.dispose();

    expect(blocks.every((block) => block.byteLength === 0)).toBe(true);
    expect(views.every((view) => view.length === 0)).toBe(true);
    expect(theirs.byteLength).toBe(64);
    expect(other.verify()).toBe(true);
  });

  it('detaches blocks that are older than a tick and a collection', async () => {
    const system = new SystemAllocator();
    const blocks = Array.from({ length: 3000 }, () => system.allocate(layout));
    await collect(undefined, 3);
    blocks.push(...Array.from({ length: 100 }, () => system.allocate(layout)));
    await tick();
    await idle();

    system.dispose();

    expect(blocks.filter((block) => block.byteLength > 0)).toEqual([]);
  });

  it('leaves blocks valid and private while a request is in flight', async () => {
    const system = new SystemAllocator();
    const other = new SystemAllocator();
    const block = system.allocate(layout);
    bytesOf(block).fill(7);

    await whileBusy(() => system.dispose());

    for (let count = 0; count < 1000; count++) bytesOf(other.allocate(layout)).fill(9);
    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('CLOSED'));
    expect(explain(block)).toMatchObject({ state: 'abandoned', owner: null });
  });

  it('lets blocks that were dropped before it end with the collector', async () => {
    const system = new SystemAllocator();
    const other = new SystemAllocator();
    for (let count = 0; count < 1000; count++) system.allocate(layout);
    await tick();
    await idle();
    system.dispose();
    await collect(undefined, 5);
    expect(other.verify()).toBe(true);
  });

  it('5.3/96 of 100,000 allocators, each with a block, takes nothing with it', async () => {
    const witness = new SystemAllocator();
    const block = witness.allocate(layout);
    bytesOf(block).fill(7);
    for (let round = 0; round < 100; round++) {
      for (let count = 0; count < 1000; count++) {
        const system = new SystemAllocator({ limit: 64 });
        system.allocate(layout);
        if (count % 2 === 0) system.dispose();
      }
      // An arena takes mappings, of which the system has no more than some ten thousand.
      if (round % 10 === 9) await collect(undefined, 1);
      await tick();
    }
    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
    await collect(undefined, 3);
    expect(witness.verify()).toBe(true);
  });
});

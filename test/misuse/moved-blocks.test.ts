import { beforeEach, describe, expect, it } from 'vitest';
import { addressOf, explain, Layout, SystemAllocator } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { bytesOf } from '../support/call.js';
import { collect, expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';
import { MOVES, moveByStream } from '../support/moving.js';

beforeEach(idle);

const layout = Layout.from(4096, 64);

describe.each(MOVES)('a block moved away %s', (_title, move) => {
  it('is DETACHED to every operation, and its memory counts as live', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    bytesOf(block).fill(3);
    const moved = await move(block);
    const before = snapshot(system);

    expect(block.byteLength).toBe(0);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(() => system.reallocate(block, layout, layout)).toThrow(withCode('DETACHED'));
    expect(() => system.lease(block)).toThrow(withCode('DETACHED'));
    expect(() => addressOf(block)).toThrow(withCode('DETACHED'));
    expect(system.owns(block)).toBe(false);
    expect(explain(block)).toMatchObject({ kind: 'block', state: 'moved', owner: system });
    expectUnchanged(system, before);
    expect(before).toMatchObject({ liveBlocks: 1, liveBytes: 4096 });
    expect(moved.byteLength).toBe(4096);
  });

  it('is not reallocated in place: null', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    await move(block);
    expect(system.reallocateInPlace(block, layout, layout)).toBeNull();
    expect(system.verify()).toBe(true);
  });

  it('leaves a buffer that is NOT_OWNED, readable and private', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    bytesOf(block).fill(3);
    const moved = await move(block);
    const before = snapshot(system);

    expect(() => system.deallocate(moved, layout)).toThrow(withCode('NOT_OWNED'));
    expect(() => system.lease(moved)).toThrow(withCode('NOT_OWNED'));
    expect(explain(moved)).toMatchObject({ kind: 'foreign' });
    expectUnchanged(system, before);
    for (let count = 0; count < 100; count++) bytesOf(system.allocate(layout)).fill(9);
    expect(bytesOf(moved).every((byte) => byte === 3)).toBe(true);
  });

  it('gives its memory back when the buffer that has it is dropped', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    let moved: ArrayBuffer | null = await move(block);
    expect(await collect(() => system.stats().liveBlocks === 0, 3)).toBe(false);
    expect(moved.byteLength).toBe(4096);

    moved = null;

    expect(await collect(() => system.stats().liveBlocks === 0)).toBe(true);
    expect(block.byteLength).toBe(0);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(explain(block)).toMatchObject({ state: 'freed' });
    expect(system.stats()).toMatchObject({ liveBytes: 0, deallocations: 1 });
    expect(system.verify()).toBe(true);
  });

  it('outlives its allocator', async () => {
    const system = new SystemAllocator();
    const other = new SystemAllocator();
    const block = system.allocate(layout);
    bytesOf(block).fill(3);
    const moved = await move(block);
    await idle();

    system.dispose();

    for (let count = 0; count < 100; count++) bytesOf(other.allocate(layout)).fill(9);
    expect(bytesOf(moved).every((byte) => byte === 3)).toBe(true);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('CLOSED'));
    expect(other.verify()).toBe(true);
  });

  it('under a lease gives its memory back, and the lease ends quietly', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const lease = system.lease(block);
    let moved: ArrayBuffer | null = await move(block);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));

    lease.dispose();
    expect(system.stats().liveBlocks).toBe(1);
    expect(moved.byteLength).toBe(4096);
    moved = null;

    expect(await collect(() => system.stats().liveBlocks === 0)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it('after it was freed under a lease stays out until it is dropped', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const lease = system.lease(block);
    expect(system.deallocate(block, layout)).toBe(false);
    let moved: ArrayBuffer | null = await move(block);

    lease.dispose();
    expect(moved.byteLength).toBe(4096);
    expect(system.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1 });
    moved = null;

    expect(await collect(() => system.stats().abandonedBlocks === 0)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it('after it was abandoned stays out until it is dropped', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    await whileBusy(() => expect(system.deallocate(block, layout)).toBe(false));
    let moved: ArrayBuffer | null = await move(block);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(await collect(() => system.stats().abandonedBlocks === 0, 3)).toBe(false);
    expect(moved.byteLength).toBe(4096);

    moved = null;

    expect(await collect(() => system.stats().abandonedBlocks === 0)).toBe(true);
    expect(system.verify()).toBe(true);
  });
});

describe('a structured clone', () => {
  it('5.3/72 is NOT_OWNED, and the block is as it was', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);

    const clone = structuredClone(block);

    expect(() => system.deallocate(clone, layout)).toThrow(withCode('NOT_OWNED'));
    expectUnchanged(system, before);
    expect(system.deallocate(block, layout)).toBe(true);
    expect(clone.byteLength).toBe(4096);
  });

  it('5.3/70 with the block in its transfer list copies or refuses: the block stays', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    let clone: ArrayBuffer | null = null;
    try {
      clone = structuredClone(block, { transfer: [block] });
    } catch (error) {
      expect(error).toHaveProperty('name', 'DataCloneError');
    }
    if (clone !== null) {
      expect(() => system.deallocate(clone, layout)).toThrow(withCode('NOT_OWNED'));
    }
    expect(system.owns(block)).toBe(true);
    expect(system.deallocate(block, layout)).toBe(true);
    expect(system.verify()).toBe(true);
  });
});

describe('an empty block', () => {
  it('that a byte stream refuses stays what it was', async () => {
    const system = new SystemAllocator();
    const empty = Layout.from(0);
    const block = system.allocate(empty);
    await expect(moveByStream(block)).rejects.toThrow(TypeError);
    expect(system.deallocate(block, empty)).toBe(true);
    expect(system.verify()).toBe(true);
  });
});

import { constants } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { addressOf, type Block, Layout, SystemAllocator } from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { whileBusy } from '../support/busy.js';
import { withForced } from '../support/force.js';
import { idle, withCode } from '../support/idle.js';
import { moveByStream } from '../support/moving.js';

const offset = (block: Block, align: number) => addressOf(block) % BigInt(align);

describe('a block of a SystemAllocator', () => {
  it('holds a number that was written to it', () => {
    const system = new SystemAllocator();
    const view = new DataView(system.allocate(Layout.of('i32')));
    view.setInt32(0, 4, true);
    expect(view.getInt32(0, true)).toBe(4);
  });

  it('is a plain ArrayBuffer', () => {
    const block = new SystemAllocator().allocate(Layout.from(100));
    expect(Object.getPrototypeOf(block)).toBe(ArrayBuffer.prototype);
    expect(Reflect.ownKeys(block)).toEqual([]);
  });

  it('keeps contents and alignment when it grows from 100 to 10000 bytes at 4096', () => {
    const system = new SystemAllocator();
    const [from, to] = [Layout.from(100, 4096), Layout.from(10_000, 4096)];
    for (let round = 0; round < 50; round++) {
      const block = system.allocate(from);
      expect(offset(block, 4096)).toBe(0n);
      new Uint8Array(block).fill(round + 1);
      const next = system.reallocate(block, from, to);
      expect(offset(next, 4096)).toBe(0n);
      expect(new Uint8Array(next, 0, 100).every((byte) => byte === round + 1)).toBe(true);
      system.deallocate(next, to);
    }
  });

  it.each([
    [1024, 128],
    [16_384, 8192],
    [1, 2 ** 20],
  ])('of %d bytes lies at a multiple of %d', (size, align) => {
    const system = new SystemAllocator();
    const blocks = Array.from({ length: 20 }, () => system.allocate(Layout.from(size, align)));
    expect(blocks.filter((block) => offset(block, align) !== 0n)).toEqual([]);
  });

  it('is zeroed when over-aligned memory is used again', async () => {
    const system = new SystemAllocator();
    const layout = Layout.from(5000, 4096);
    await idle();
    for (let round = 0; round < 50; round++) {
      const block = system.allocate(layout);
      expect(new Uint8Array(block).every((byte) => byte === 0)).toBe(true);
      new Uint8Array(block).fill(0xff);
      system.deallocate(block, layout);
    }
  });

  it('takes up the bytes that were asked for', () => {
    const system = new SystemAllocator();
    expect([0, 1, 100, 4097].map((size) => system.usableSize(Layout.from(size, 64)))).toEqual([
      0, 1, 100, 4097,
    ]);
  });

  it('of more bytes than an ArrayBuffer may have is OUT_OF_RANGE', () => {
    const system = new SystemAllocator();
    const layout = Layout.from(8);
    const block = system.allocate(layout);
    const before = system.stats();
    // Where the longest ArrayBuffer is the longest layout, it is the layout that is refused.
    const longer = () => Layout.from(constants.MAX_LENGTH + 1);
    expect(() => system.allocate(longer())).toThrow(withCode('OUT_OF_RANGE'));
    expect(() => system.reallocate(block, layout, longer())).toThrow(withCode('OUT_OF_RANGE'));
    expect(system.stats()).toEqual(before);
  });
});

describe('reallocateInPlace of a SystemAllocator', () => {
  const layout = Layout.from(100, 16);

  it('gives a new block at the same address for the same size', async () => {
    const system = new SystemAllocator();
    await idle();
    const block = system.allocate(layout);
    const address = addressOf(block);
    const same = system.reallocateInPlace(block, layout, layout);
    expect(same).not.toBeNull();
    expect(addressOf(same as ArrayBuffer)).toBe(address);
    expect(block.byteLength).toBe(0);
  });

  it('answers null for another size and leaves the block alive', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    expect(system.reallocateInPlace(block, layout, Layout.from(101, 16))).toBeNull();
    expect(system.reallocateInPlace(block, layout, Layout.from(99, 16))).toBeNull();
    expect(system.owns(block)).toBe(true);
  });

  it('answers null while a request is in flight', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    await whileBusy(() => {
      expect(system.reallocateInPlace(block, layout, layout)).toBeNull();
    });
    expect(block.byteLength).toBe(100);
  });

  it('answers null for a leased block', async () => {
    const system = new SystemAllocator();
    await idle();
    const block = system.allocate(layout);
    using _lease = system.lease(block);
    expect(() => system.reallocateInPlace(block, layout, layout)).not.toThrow();
    expect(system.reallocateInPlace(block, layout, layout)).toBeNull();
  });

  it('answers null for a block that was moved away', async () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    await moveByStream(block);
    expect(system.reallocateInPlace(block, layout, layout)).toBeNull();
  });

  it('throws DETACHED for a block that was freed', async () => {
    const system = new SystemAllocator();
    await idle();
    const block = system.allocate(layout);
    system.deallocate(block, layout);
    expect(() => system.reallocateInPlace(block, layout, layout)).toThrow(withCode('DETACHED'));
  });
});

describe('reallocate of a SystemAllocator', () => {
  it('while a request is in flight gives a new block and abandons the old one', async () => {
    const system = new SystemAllocator();
    const [from, to] = [Layout.from(100), Layout.from(200)];
    const block = system.allocate(from);
    new Uint8Array(block).fill(7);
    const next = await whileBusy(() => system.reallocate(block, from, to));
    expect(block.byteLength).toBe(100);
    expect(system.stats()).toMatchObject({ liveBlocks: 1, abandonedBlocks: 1 });
    // Looked at last: a block that nobody has any more could be collected before.
    expect(new Uint8Array(next, 0, 100).every((byte) => byte === 7)).toBe(true);
  });
});

describe('a runtime that takes no external memory', () => {
  it('refuses every block with EXTERNAL_UNSUPPORTED and keeps none', () => {
    const system = new SystemAllocator();
    withForced(Force.NO_EXTERNAL, () => {
      expect(() => system.allocate(Layout.from(64))).toThrow(withCode('EXTERNAL_UNSUPPORTED'));
      expect(() => system.tryAllocate(Layout.from(64))).toThrow(withCode('EXTERNAL_UNSUPPORTED'));
    });
    expect(system.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    expect(system.verify()).toBe(true);
  });
});

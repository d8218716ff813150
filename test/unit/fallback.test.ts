import { beforeEach, describe, expect, it } from 'vitest';
import {
  addressOf,
  ChunkAllocator,
  explain,
  Fallback,
  Layout,
  NullAllocator,
  SystemAllocator,
} from '../../lib/index.js';
import { idle, withCode } from '../support/idle.js';

beforeEach(idle);

/** Room for `bytes` bytes in chunks of 16, and not one more. */
const region = (bytes: number) => new ChunkAllocator({ chunks: bytes / 16, chunkSize: 16 });
const layout = Layout.from(48);

describe('48 + 48 into 64 + 256', () => {
  const make = () => {
    const [main, other] = [region(64), region(256)];
    const allocator = main.withFallback(other);
    const first = allocator.allocate(layout);
    const second = allocator.allocate(layout);
    return { main, other, allocator, first, second };
  };

  it('takes the second from the other', () => {
    const { main, other, first, second } = make();
    expect([main.owns(first), other.owns(first)]).toEqual([true, false]);
    expect([main.owns(second), other.owns(second)]).toEqual([false, true]);
  });

  it('owns both', () => {
    const { allocator, first, second } = make();
    expect([allocator.owns(first), allocator.owns(second)]).toEqual([true, true]);
    expect(allocator.owns(new Uint8Array(second, 8, 8))).toBe(true);
  });

  it('grows the first to 128 by migration', () => {
    const { main, other, allocator, first } = make();
    new Uint8Array(first).fill(7);
    const grown = allocator.reallocate(first, layout, Layout.from(128));
    expect(other.owns(grown)).toBe(true);
    expect(main.stats().liveBlocks).toBe(0);
    expect(first.byteLength).toBe(0);
    const bytes = new Uint8Array(grown);
    expect([bytes[0], bytes[47], bytes[48], bytes[127]]).toEqual([7, 7, 0, 0]);
  });

  it('frees each where it came from', () => {
    const { main, other, allocator, first, second } = make();
    expect(() => allocator.deallocate(second, layout)).not.toThrow();
    expect([main.stats().liveBlocks, other.stats().liveBlocks]).toEqual([1, 0]);
    expect(allocator.deallocate(first, layout)).toBe(true);
    expect(main.stats().liveBlocks).toBe(0);
  });

  it('refuses a third that fits neither, with the reason of the last', () => {
    const { allocator } = make();
    const attempt = () => allocator.allocate(Layout.from(240));
    expect(attempt).toThrow(withCode('OUT_OF_MEMORY'));
    expect(allocator.tryAllocate(Layout.from(240))).toBeNull();
    expect(allocator.stats()).toMatchObject({ liveBlocks: 2, failures: 2 });
  });
});

describe('Fallback', () => {
  it('grows in place where the home of the block has room', () => {
    const allocator = new Fallback(region(256), region(256));
    const block = allocator.allocate(layout);
    const address = addressOf(block);
    const grown = allocator.reallocate(block, layout, Layout.from(96));
    expect(addressOf(grown)).toBe(address);
  });

  it('leaves a block alive that neither can make larger', () => {
    const allocator = new Fallback(region(64), region(64));
    const block = allocator.allocate(layout);
    new Uint8Array(block).fill(9);
    const attempt = () => allocator.reallocate(block, layout, Layout.from(1024));
    expect(attempt).toThrow(withCode('OUT_OF_MEMORY'));
    expect(new Uint8Array(block)[47]).toBe(9);
    expect(allocator.deallocate(block, layout)).toBe(true);
  });

  it('reallocates an empty block as any other', () => {
    const allocator = new Fallback(new NullAllocator(), new SystemAllocator());
    const empty = Layout.from(0);
    const block = allocator.reallocate(allocator.allocate(empty), empty, layout);
    expect(block.byteLength).toBe(48);
  });

  it.each([0, 1, 64, 65])('serves %i bytes though the primary never does', (size) => {
    const allocator = new Fallback(new NullAllocator(), region(128));
    expect(allocator.allocate(Layout.from(size)).byteLength).toBe(size);
  });

  it('can stand in another, which frees through it', () => {
    const inner = new Fallback(region(64), region(64));
    const outer = inner.withFallback(new SystemAllocator());
    const blocks = [0, 1, 2].map(() => outer.allocate(layout));
    expect(inner.stats().liveBlocks).toBe(2);
    expect(blocks.map((block) => outer.deallocate(block, layout))).toEqual([true, true, true]);
    expect([inner.stats().liveBlocks, outer.stats().liveBlocks]).toEqual([0, 0]);
  });

  it('says of a block which allocator really has it', () => {
    const system = new SystemAllocator();
    const allocator = new Fallback(new NullAllocator(), system);
    expect(explain(allocator.allocate(layout)).owner).toBe(system);
  });

  it('takes what is allocated once it has been disposed nowhere', () => {
    const [main, other] = [region(64), region(64)];
    const allocator = new Fallback(main, other);
    const blocks = [allocator.allocate(layout), allocator.allocate(layout)];
    const own = main.tryAllocate(Layout.from(16));
    allocator.dispose();
    expect(blocks.map((block) => block.byteLength)).toEqual([0, 0]);
    expect(main.stats().liveBlocks).toBe(1);
    expect(main.deallocate(own as ArrayBuffer, Layout.from(16))).toBe(true);
    expect(() => allocator.allocate(layout)).toThrow(withCode('CLOSED'));
  });
});

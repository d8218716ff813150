import { describe, expect, it } from 'vitest';
import { Layout, NullAllocator, SystemAllocator } from '../../lib/index.js';
import { withCode } from '../support/idle.js';

const layout = Layout.from(8);

describe('NullAllocator', () => {
  it.each([0, 1, 8, 2 ** 40])('is OUT_OF_MEMORY for %i bytes, and tryAllocate is null', (size) => {
    const allocator = new NullAllocator();
    const attempt = () => allocator.allocate(Layout.from(size));
    expect(attempt).toThrow(withCode('OUT_OF_MEMORY'));
    expect(attempt).toThrow(expect.objectContaining({ reason: null, allocator: 'null' }));
    expect(allocator.tryAllocate(Layout.from(size))).toBeNull();
    expect(allocator.stats()).toMatchObject({ liveBlocks: 0, allocations: 0, failures: 3 });
  });

  it('owns nothing', () => {
    const allocator = new NullAllocator();
    expect(allocator.owns(new SystemAllocator().allocate(layout))).toBe(false);
    expect(allocator.owns(new ArrayBuffer(0))).toBe(false);
  });

  it.each([0, 8])('frees no block, of %i bytes, and leaves it alive', (size) => {
    const system = new SystemAllocator();
    const asked = Layout.from(size);
    const block = system.allocate(asked);
    const attempt = () => new NullAllocator().deallocate(block, asked);
    expect(attempt).toThrow(withCode('NOT_OWNED'));
    expect(attempt).toThrow(expect.objectContaining({ owner: system }));
    expect(system.stats().liveBlocks).toBe(1);
  });
});

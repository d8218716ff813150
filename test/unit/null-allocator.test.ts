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

  it('frees no block: NOT_OWNED, and it stays alive', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const attempt = () => new NullAllocator().deallocate(block, layout);
    expect(attempt).toThrow(withCode('NOT_OWNED'));
    expect(attempt).toThrow(expect.objectContaining({ owner: system }));
    expect(system.stats().liveBlocks).toBe(1);
  });

  it('has nothing to do for an empty block, which stays alive', () => {
    const [system, empty] = [new SystemAllocator(), Layout.from(0)];
    const block = system.allocate(empty);
    expect(new NullAllocator().deallocate(block, empty)).toBe(true);
    expect(system.deallocate(block, empty)).toBe(true);
  });

  it('is CLOSED, also for an empty block, once it has been disposed', () => {
    const allocator = new NullAllocator();
    allocator.dispose();
    const attempt = () => allocator.deallocate(new ArrayBuffer(0), Layout.from(0));
    expect(attempt).toThrow(withCode('CLOSED'));
    expect(() => new NullAllocator().deallocate({} as never, Layout.from(0))).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
  });
});

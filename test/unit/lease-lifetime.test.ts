import { describe, expect, it } from 'vitest';
import { explain, Layout, type Lease, SystemAllocator } from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { collect, idle, withCode } from '../support/idle.js';
import { moveByStream } from '../support/moving.js';

const layout = Layout.from(100, 16);

function leased(count: number): { system: SystemAllocator; block: ArrayBuffer; leases: Lease[] } {
  const system = new SystemAllocator();
  const block = system.allocate(layout);
  return { system, block, leases: Array.from({ length: count }, () => system.lease(block)) };
}

describe('a lease', () => {
  it('does nothing to a block that is not freed', async () => {
    const { system, block, leases } = leased(1);
    await idle();
    leases[0]?.dispose();
    expect(system.owns(block)).toBe(true);
    expect(system.deallocate(block, layout)).toBe(true);
  });

  it('is over once it is disposed', () => {
    const { leases } = leased(1);
    const [lease] = leases as [Lease];
    expect(lease.disposed).toBe(false);
    lease.dispose();
    expect(lease.disposed).toBe(true);
  });

  it('ends at the end of a block with `using`', async () => {
    const { system, block } = leased(0);
    await idle();
    {
      using _lease = system.lease(block);
      expect(system.deallocate(block, layout)).toBe(false);
    }
    expect(block.byteLength).toBe(0);
  });

  it('that is disposed twice counts once', async () => {
    const { block, leases, system } = leased(2);
    await idle();
    leases[0]?.dispose();
    leases[0]?.dispose();
    expect(explain(block).leases).toBe(1);
    expect(system.deallocate(block, layout)).toBe(false);
    expect(block.byteLength).toBe(100);
  });

  it('that is the last of several releases the freed block', async () => {
    const { block, leases, system } = leased(3);
    await idle();
    expect(system.deallocate(block, layout)).toBe(false);
    const lengths = leases.map((lease) => {
      lease.dispose();
      return block.byteLength;
    });
    expect(lengths).toEqual([100, 100, 0]);
    expect(system.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 0, deallocations: 1 });
  });

  it('lets a block be freed once', () => {
    const { block, system } = leased(1);
    system.deallocate(block, layout);
    expect(() => system.deallocate(block, layout)).toThrow(withCode('ABANDONED'));
  });

  it('is refused for a block that was freed under another lease', () => {
    const { block, system } = leased(1);
    system.deallocate(block, layout);
    expect(() => system.lease(block)).toThrow(withCode('ABANDONED'));
  });

  it('is refused for a block that was freed', async () => {
    const { block, system } = leased(0);
    await idle();
    system.deallocate(block, layout);
    expect(() => system.lease(block)).toThrow(withCode('DETACHED'));
  });

  it('is refused for a view of a block', () => {
    const { block, system } = leased(0);
    expect(() => system.lease(new Uint8Array(block) as never)).toThrow(withCode('INTERIOR'));
  });

  it('can be taken on an empty block', async () => {
    const system = new SystemAllocator();
    const empty = Layout.from(0);
    const block = system.allocate(empty);
    const lease = system.lease(block);
    await idle();
    expect(system.deallocate(block, empty)).toBe(false);
    lease.dispose();
    expect(system.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 0 });
  });

  it('that ends while a request is in flight leaves the block to the collector', async () => {
    const { block, leases, system } = leased(1);
    await whileBusy(() => {
      system.deallocate(block, layout);
      leases[0]?.dispose();
      expect(block.byteLength).toBe(100);
    });
    expect(system.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1 });
  });

  it('ends quietly when its block was moved away', async () => {
    const { block, leases, system } = leased(1);
    await idle();
    await moveByStream(block);
    leases[0]?.dispose();
    expect(system.verify()).toBe(true);
  });

  it('keeps a dropped block from the collector', async () => {
    const system = new SystemAllocator();
    const lease = (() => system.lease(system.allocate(layout)))();
    expect(await collect(() => system.stats().liveBlocks === 0, 10)).toBe(false);
    expect(lease.disposed).toBe(false);
  });

  it('that is dropped with its block ends with it', async () => {
    const system = new SystemAllocator();
    (() => system.lease(system.allocate(layout)))();
    expect(await collect(() => system.stats().liveBlocks === 0)).toBe(true);
    expect(system.verify()).toBe(true);
    system.dispose();
  });

  it('cannot be made by its constructor', () => {
    const { leases } = leased(1);
    const make = Object.getPrototypeOf(leases[0]).constructor as new (block: unknown) => Lease;
    expect(() => new make(new ArrayBuffer(8))).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});

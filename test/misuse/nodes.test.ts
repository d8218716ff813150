import { describe, expect, it } from 'vitest';
import {
  type Allocator,
  ArenaAllocator,
  asBuffers,
  BufferPool,
  Checked,
  compose,
  Fallback,
  Layout,
  Limited,
  ProxyAllocator,
  Segregator,
  Stats,
  SystemAllocator,
} from '../../lib/index.js';
import { call, thrownBy } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';

const layout = Layout.from(100);
const larger = Layout.from(5000);
const makePool = () => new BufferPool(new ArenaAllocator());

/** Every node, over a pool or what stands for one. */
const NODES: Record<string, (pool: BufferPool) => Allocator<Buffer>> = {
  Fallback: (pool) => new Fallback(pool, asBuffers(new SystemAllocator())),
  Segregator: (pool) => new Segregator(64, asBuffers(new SystemAllocator()), pool),
  Limited: (pool) => new Limited(pool, { blocks: 10 }),
  ProxyAllocator: (pool) => new ProxyAllocator(pool, {}),
  Stats: (pool) => new Stats(pool),
  Checked: (pool) => new Checked(pool),
  asBuffers: () => asBuffers(new ArenaAllocator()),
  composed: (mine) => compose('mine | checked | stats', { mine }),
};

describe.each(Object.entries(NODES))('%s', (_name, make) => {
  it('does not free what its allocator inside handed out, or another node over it', () => {
    const pool = makePool();
    const [node, beside] = [make(pool), new Stats(pool)];
    for (const [block, owner] of [
      [pool.allocate(layout), pool],
      [beside.allocate(layout), beside],
    ] as const) {
      const error = thrownBy(() => node.deallocate(block, layout));
      expect(error).toMatchObject(withCode('NOT_OWNED'));
      expect((error as { owner?: unknown }).owner).toBe(owner);
      expect(owner.deallocate(block, layout)).toBe(true);
    }
    expect([node.verify(), pool.verify()]).toEqual([true, true]);
  });

  it('says of its block to the allocator inside that it is gone, and lives on', async () => {
    await idle();
    const pool = makePool();
    const node = make(pool);
    const block = node.allocate(layout);
    // A program that goes behind the node's back frees a block that the node has in its ledger.
    thrownBy(() => pool.deallocate(block, layout));
    const answer = thrownBy(() => node.deallocate(block, layout));
    if (answer !== null) expect(answer).toMatchObject(withCode('DETACHED'));
    expect(node.verify()).toBe(true);
    node.dispose();
    expect(pool.verify()).toBe(true);
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('refuses methods that were borrowed from it', () => {
    const node = make(makePool());
    for (const method of ['allocate', 'tryAllocate', 'stats', 'verify', 'dispose', 'usableSize']) {
      for (const self of [undefined, {}, new SystemAllocator()]) {
        const borrowed = () => Reflect.apply(Reflect.get(node, method), self, [layout]);
        expect(borrowed, method).toThrow(withCode('INVALID_ARG_TYPE'));
      }
    }
  });

  it('refuses methods that another class of nodes has borrowed', () => {
    const node = make(makePool());
    const other = new Limited(makePool(), { blocks: 3 });
    const block = other.allocate(layout);
    for (const method of ['stats', 'verify', 'leaks', 'restart', 'report', 'toString']) {
      const borrowed = Reflect.get(node, method);
      if (borrowed === undefined) continue;
      const error = thrownBy(() => Reflect.apply(borrowed, other, []));
      if (error !== null) expect(error, method).toMatchObject(withCode('INVALID_ARG_TYPE'));
    }
    expect(other.stats().liveBlocks).toBe(1);
    expect(other.deallocate(block, layout)).toBe(true);
  });

  it('knows a block that was freed from one that was never its own', async () => {
    await idle();
    const node = make(makePool());
    const block = node.allocate(layout);
    const next = node.reallocate(block, layout, larger);
    for (const method of ['deallocate', 'reallocate', 'reallocateInPlace']) {
      const again = () => call(node, method, block, layout, larger);
      if (method !== 'deallocate') expect(again).toThrow(withCode('DETACHED'));
      else expect(() => node.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    }
    expect(() => node.lease(block)).toThrow(withCode('DETACHED'));
    expect(() => node.deallocate(next.subarray(1), layout)).toThrow(withCode('INTERIOR'));
    expect(node.deallocate(next, larger)).toBe(true);
    expect(node.verify()).toBe(true);
  });

  it('does not take a block whose lease outlived it for the one that came after it', async () => {
    await idle();
    const node = make(makePool());
    const block = node.allocate(layout);
    const lease = node.lease(block);
    expect(node.deallocate(block, layout)).toBe(false);
    lease.dispose();
    node.stats(); // strikes out what is back
    const next = node.allocate(layout);
    expect(node.owns(block)).toBe(false);
    expect(() => node.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(() => node.lease(block)).toThrow(withCode('DETACHED'));
    expect(node.stats().liveBlocks).toBe(1);
    expect(node.owns(next)).toBe(true);
    expect(node.deallocate(next, layout)).toBe(true);
    expect(node.verify()).toBe(true);
  });

  it('frees each of its blocks once where it ends while its blocks are nested in others', () => {
    const pool = makePool();
    const inner = make(pool);
    const outer = new Stats(inner);
    const block = outer.allocate(layout);
    expect(() => inner.deallocate(block, layout)).toThrow(withCode('NOT_OWNED'));
    inner.dispose();
    expect(() => outer.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(() => outer.dispose()).not.toThrow();
    expect([pool.verify(), pool.stats().liveBlocks]).toEqual([true, 0]);
  });
});

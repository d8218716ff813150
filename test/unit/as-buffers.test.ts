import { describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  addressOf,
  asBuffers,
  BufferPool,
  ChunkAllocator,
  defineAllocator,
  explain,
  Fallback,
  Layout,
  Segregator,
  SystemAllocator,
} from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { idle, withCode } from '../support/idle.js';

const layout = Layout.from(1000, 64);

describe('asBuffers', () => {
  it('gives real Buffers over the whole of a dedicated block', () => {
    const system = new SystemAllocator();
    const buffer = asBuffers(system).allocate(layout);
    expect(Buffer.isBuffer(buffer)).toBe(true);
    expect(Object.getPrototypeOf(buffer)).toBe(Buffer.prototype);
    expect([buffer.byteOffset, buffer.length, buffer.buffer.byteLength]).toEqual([0, 1000, 1000]);
    expect(system.owns(buffer.buffer)).toBe(true);
    expect(addressOf(buffer) % 64n).toBe(0n);
    expect(addressOf(buffer)).toBe(addressOf(buffer.buffer as ArrayBuffer));
  });

  it('detaches the block at the free, so that every view of it has length 0', async () => {
    await idle();
    const system = new SystemAllocator();
    const buffers = asBuffers(system);
    const buffer = buffers.allocate(layout);
    const view = buffer.subarray(10);
    expect(buffers.deallocate(buffer, layout)).toBe(true);
    expect([buffer.length, view.length, system.stats().liveBlocks]).toEqual([0, 0, 0]);
    expect(explain(buffer).state).toBe('freed');
  });

  it('leaves a Buffer that an operation may use as it is, and says so', async () => {
    const buffers = asBuffers(new SystemAllocator());
    const buffer = buffers.allocate(layout);
    buffer.fill(7);
    await whileBusy(() => {
      expect(() => buffers.deallocate(buffer, layout, { whenBusy: 'throw' })).toThrow(
        withCode('BUSY'),
      );
      expect(buffers.deallocate(buffer, layout)).toBe(false);
    });
    expect([buffer.length, buffer[999], explain(buffer).state]).toEqual([1000, 7, 'abandoned']);
    expect(() => buffers.deallocate(buffer, layout)).toThrow(withCode('ABANDONED'));
    expect(buffers.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1 });
  });

  it('is explained as what it is', () => {
    const buffers = asBuffers(new ArenaAllocator());
    const buffer = buffers.allocate(layout);
    expect(explain(buffer)).toMatchObject({
      kind: 'block',
      state: 'live',
      owner: buffers,
      layout,
      usableSize: 1024,
      waste: 24,
      leases: 0,
    });
  });

  it('is held by a lease: the free happens with its end', async () => {
    await idle();
    const system = new SystemAllocator();
    const buffers = asBuffers(system);
    const buffer = buffers.allocate(layout);
    const lease = buffers.lease(buffer);
    expect(explain(buffer)).toMatchObject({ state: 'leased', leases: 1 });
    expect(buffers.deallocate(buffer, layout)).toBe(false);
    expect([buffer.length, buffers.stats().abandonedBlocks]).toEqual([1000, 1]);
    lease.dispose();
    lease.dispose();
    expect([buffer.length, buffers.stats().abandonedBlocks]).toEqual([0, 0]);
    expect(system.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 0 });
  });

  it('reallocates in place where the allocator inside does', () => {
    const buffers = asBuffers(new ChunkAllocator({ chunks: 64, chunkSize: 64 }));
    const small = Layout.from(60);
    const buffer = buffers.allocate(small);
    buffer.fill(9);
    const address = addressOf(buffer);
    const same = buffers.reallocate(buffer, small, Layout.from(600));
    expect(addressOf(same)).toBe(address);
    expect([same[59], same[60], same.length, buffer.length]).toEqual([9, 0, 600, 0]);
  });

  it('composes with pools', () => {
    const pool = new BufferPool(new ArenaAllocator(), { limit: 2 ** 20 });
    const both = new Fallback(pool, asBuffers(new SystemAllocator()));
    const large = Layout.from(2 ** 21);
    const buffer = both.allocate(large);
    expect(pool.owns(buffer)).toBe(false);
    expect(both.deallocate(buffer, large)).toBeTypeOf('boolean');
    const byThreshold = new Segregator(64, pool, asBuffers(new SystemAllocator()));
    const small = byThreshold.allocate(Layout.from(64));
    expect(pool.owns(small)).toBe(true);
    const moved = byThreshold.reallocate(small, Layout.from(64), Layout.from(65));
    expect([moved.length, pool.owns(moved)]).toEqual([65, false]);
  });

  it('serves memory of a program, of which the package knows no address', () => {
    const buffers = asBuffers(
      defineAllocator({ allocate: ({ size }) => new ArrayBuffer(size), deallocate: () => true }),
    );
    const buffer = buffers.allocate(layout);
    expect(explain(buffer)).toMatchObject({ kind: 'block', state: 'live' });
    expect(() => addressOf(buffer)).toThrow(withCode('NOT_OWNED'));
    expect(buffers.deallocate(buffer, layout)).toBe(true);
    expect(() => buffers.deallocate(buffer, layout)).toThrow(withCode('DETACHED'));
  });

  it('refuses an allocator of Buffers, and takes nothing from it', () => {
    const pool = new BufferPool(new ArenaAllocator());
    const buffers = asBuffers(pool as never);
    expect(() => buffers.allocate(layout)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(pool.stats().liveBlocks).toBe(0);
  });
});

import { createGunzip, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { explain, Layout, type Lease, SystemAllocator } from '../../lib/index.js';
import { startRead, whileBusy } from '../support/busy.js';
import { bytesOf, call, thrownBy } from '../support/call.js';
import { collect, expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64, 16);

/** An allocator with one block, which is leased. */
function leased(): { system: SystemAllocator; block: ArrayBuffer; lease: Lease } {
  const system = new SystemAllocator();
  const block = system.allocate(layout);
  return { system, block, lease: system.lease(block) };
}

describe('a leased block', () => {
  it('5.3/64 is freed with false, stays valid, and goes at the end of the lease', () => {
    const { system, block, lease } = leased();
    bytesOf(block).fill(7);

    expect(system.deallocate(block, layout)).toBe(false);
    expect(system.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1, abandonedBytes: 64 });
    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
    expect(explain(block)).toMatchObject({ state: 'abandoned', leases: 1 });
    expect(system.verify()).toBe(true);

    lease.dispose();
    expect(block.byteLength).toBe(0);
    expect(system.stats()).toMatchObject({ abandonedBlocks: 0, abandonedBytes: 0 });
    expect(system.verify()).toBe(true);
  });

  it("5.3/64 is LEASED with whenBusy: 'throw', and unchanged", () => {
    const { system, block } = leased();
    const before = snapshot(system);
    expect(() => system.deallocate(block, layout, { whenBusy: 'throw' })).toThrow(
      withCode('LEASED'),
    );
    expectUnchanged(system, before);
    expect(explain(block)).toMatchObject({ state: 'leased', leases: 1 });
  });

  it('5.3/64 is ABANDONED from the second free on', () => {
    const { system, block, lease } = leased();
    system.deallocate(block, layout);
    const before = snapshot(system);

    expect(() => system.deallocate(block, layout)).toThrow(withCode('ABANDONED'));
    expect(() => system.deallocate(block, layout, { whenBusy: 'throw' })).toThrow(
      withCode('ABANDONED'),
    );
    expect(() => system.lease(block)).toThrow(withCode('ABANDONED'));
    expect(() => system.reallocate(block, layout, layout)).toThrow(withCode('ABANDONED'));

    expectUnchanged(system, before);
    lease.dispose();
    expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));
  });

  it('5.3/83 is not reallocated: LEASED, and unchanged', () => {
    const { system, block } = leased();
    bytesOf(block).fill(7);
    const before = snapshot(system);

    for (const method of ['reallocate', 'grow']) {
      const error = thrownBy(() => call(system, method, block, layout, Layout.from(128)));
      expect(error).toEqual(withCode('LEASED'));
    }
    expect(() => system.shrink(block, layout, Layout.from(32))).toThrow(withCode('LEASED'));

    expectUnchanged(system, before);
    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
  });

  it('is not reallocated in place: null', () => {
    const { system, block } = leased();
    const before = snapshot(system);
    expect(system.reallocateInPlace(block, layout, Layout.from(32))).toBeNull();
    expectUnchanged(system, before);
  });

  it('keeps its allocator from being disposed: LEASED, and nothing is freed', () => {
    const { system, block, lease } = leased();
    const neighbour = system.allocate(layout);
    const before = snapshot(system);

    expect(() => system.dispose()).toThrow(withCode('LEASED'));

    expectUnchanged(system, before);
    expect([block.byteLength, neighbour.byteLength]).toEqual([64, 64]);
    lease.dispose();
    system.dispose();
    expect([block.byteLength, neighbour.byteLength]).toEqual([0, 0]);
  });

  it('is held until the last of its leases', () => {
    const { system, block, lease } = leased();
    const second = system.lease(block);
    expect(explain(block).leases).toBe(2);
    expect(system.deallocate(block, layout)).toBe(false);

    lease.dispose();
    expect(block.byteLength).toBe(64);
    second.dispose();
    expect(block.byteLength).toBe(0);
    expect(system.verify()).toBe(true);
  });

  it('may be leased ten thousand times', () => {
    const { system, block, lease } = leased();
    const leases = Array.from({ length: 9_999 }, () => system.lease(block));
    expect(explain(block).leases).toBe(10_000);
    for (const each of leases) each.dispose();
    lease.dispose();
    expect(system.deallocate(block, layout)).toBe(true);
  });

  it('freed under a lease that ends while requests are in flight waits for the collector', async () => {
    const { system, block, lease } = leased();
    system.deallocate(block, layout);

    await whileBusy(() => {
      lease.dispose();
      expect(block.byteLength).toBe(64);
      expect(system.stats()).toMatchObject({ abandonedBlocks: 1 });
      expect(system.verify()).toBe(true);
    });

    expect(() => system.deallocate(block, layout)).toThrow(withCode('ABANDONED'));
  });
});

describe('a lease', () => {
  it('5.3/65 disposed twice does nothing the second time', () => {
    const { system, block, lease } = leased();
    const second = system.lease(block);
    lease.dispose();
    lease.dispose();
    lease[Symbol.dispose]();

    expect(lease.disposed).toBe(true);
    expect(second.disposed).toBe(false);
    expect(explain(block).leases).toBe(1);
    expect(system.deallocate(block, layout)).toBe(false);
    lease.dispose();
    expect(block.byteLength).toBe(64);
    second.dispose();
    expect(block.byteLength).toBe(0);
    expect(system.verify()).toBe(true);
  });

  it('5.3/66 on a freed block is DETACHED', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    system.deallocate(block, layout);
    const before = snapshot(system);
    expect(() => system.lease(block)).toThrow(withCode('DETACHED'));
    expectUnchanged(system, before);
  });

  it("5.3/56 on another allocator's block is NOT_OWNED, and names the owner", () => {
    const [system, other] = [new SystemAllocator(), new SystemAllocator()];
    const block = other.allocate(layout);
    const before = snapshot(other);

    const error = thrownBy(() => system.lease(block));

    expect(error).toEqual(withCode('NOT_OWNED'));
    expect((error as { owner: unknown }).owner).toBe(other);
    expectUnchanged(other, before);
    expect(explain(block)).toMatchObject({ state: 'live', leases: 0 });
  });

  it('5.3/67 that was disposed holds nothing', () => {
    const { system, block, lease } = leased();
    lease.dispose();
    expect(system.deallocate(block, layout)).toBe(true);
    lease.dispose();
    expect(system.verify()).toBe(true);
  });

  it('is ended by nothing else than dispose', () => {
    const { system, block, lease } = leased();
    const forged = Object.create(lease);
    const before = snapshot(system);
    for (const method of ['dispose', Symbol.dispose]) {
      expect(() => call(forged, method)).toThrow(withCode('INVALID_ARG_TYPE'));
    }
    expect(() => forged.disposed).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(() => Reflect.construct(lease.constructor, [block])).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
    expectUnchanged(system, before);
    expect(explain(block).leases).toBe(1);
  });

  it('keeps its block from the collector', async () => {
    const system = new SystemAllocator();
    const lease = (() => system.lease(system.allocate(layout)))();
    await collect(undefined, 4);
    expect(system.stats().liveBlocks).toBe(1);
    lease.dispose();
    expect(await collect(() => system.stats().liveBlocks === 0)).toBe(true);
  });

  it('that is dropped goes with its block', async () => {
    const system = new SystemAllocator();
    (() => {
      const block = system.allocate(layout);
      system.lease(block);
      system.deallocate(block, layout);
    })();
    expect(await collect(() => system.stats().abandonedBlocks === 0)).toBe(true);
    expect(system.verify()).toBe(true);
    system.dispose();
  });
});

describe('a stream that holds a leased block', () => {
  it('5.3/69 reads it to the end although it is freed in a data handler', async () => {
    const system = new SystemAllocator();
    const text = Buffer.alloc(1 << 20, 'heapwright');
    const packed = gzipSync(text);
    const input = Layout.from(packed.length);
    const block = system.allocate(input);
    bytesOf(block).set(packed);
    const lease = system.lease(block);
    const stream = createGunzip({ chunkSize: 1024 });
    const answers: unknown[] = [];
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (answers.length > 0) return;
      answers.push(thrownBy(() => system.deallocate(block, input, { whenBusy: 'throw' })));
      answers.push(system.deallocate(block, input));
    });

    await new Promise((resolve, reject) => {
      stream.on('end', resolve).on('error', reject);
      stream.end(bytesOf(block));
    });

    expect(answers).toEqual([withCode('LEASED'), false]);
    expect(Buffer.concat(chunks).equals(text)).toBe(true);
    await idle();
    lease.dispose();
    expect(block.byteLength).toBe(0);
    expect(system.verify()).toBe(true);
  });

  it('gets the bytes of a read that was in flight at the free', async () => {
    const { system, block, lease } = leased();
    const pending = startRead(new Uint8Array(block, 0, 8));
    expect(system.deallocate(block, layout)).toBe(false);

    expect(await pending.finish(new Uint8Array(8).fill(5))).toBe(8);

    expect(bytesOf(block).subarray(0, 8)).toEqual(new Uint8Array(8).fill(5));
    await idle();
    lease.dispose();
    expect(block.byteLength).toBe(0);
  });
});

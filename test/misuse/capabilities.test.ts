import { beforeEach, describe, expect, it } from 'vitest';
import { addressOf, explain, Layout, runtimeInfo, SystemAllocator } from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { bytesOf, call } from '../support/call.js';
import { withForced } from '../support/force.js';
import { collect, expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';
import { pin } from '../support/pin.js';
import { runProgram } from '../support/programs.js';

beforeEach(idle);

const layout = Layout.from(64, 16);

describe('a runtime without external memory', () => {
  it('5.3/100 is told by EXTERNAL_UNSUPPORTED, and nothing stays behind', () => {
    const system = new SystemAllocator();
    const before = snapshot(system);

    withForced(Force.NO_EXTERNAL, () => {
      expect(() => system.allocate(layout)).toThrow(withCode('EXTERNAL_UNSUPPORTED'));
      expect(() => system.tryAllocate(layout)).toThrow(withCode('EXTERNAL_UNSUPPORTED'));
      expect(runtimeInfo().external).toBe(false);
    });

    const { liveBlocks, liveBytes, abandonedBlocks } = system.stats();
    expect({ liveBlocks, liveBytes, abandonedBlocks }).toEqual({
      liveBlocks: before.liveBlocks,
      liveBytes: before.liveBytes,
      abandonedBlocks: before.abandonedBlocks,
    });
    expect(system.verify()).toBe(true);
  });

  it('5.3/100 leaves a block that was to be reallocated as it is', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    bytesOf(block).fill(7);

    withForced(Force.NO_EXTERNAL, () => {
      expect(() => system.reallocate(block, layout, Layout.from(128))).toThrow(
        withCode('EXTERNAL_UNSUPPORTED'),
      );
    });

    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 64 });
    expect(system.deallocate(block, layout)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it('still frees the blocks that it has', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    expect(withForced(Force.NO_EXTERNAL, () => system.deallocate(block, layout))).toBe(true);
    expect(system.verify()).toBe(true);
  });
});

describe('a runtime that does not show its requests', () => {
  it('answers every free with false, and gives the memory back to the collector', async () => {
    const system = new SystemAllocator();
    withForced(Force.BUSY, () => {
      expect(runtimeInfo()).toMatchObject({ gate: 'always-busy' });
      for (let count = 0; count < 100; count++) {
        expect(system.deallocate(system.allocate(layout), layout)).toBe(false);
      }
      const kept = system.allocate(layout);
      expect(() => system.deallocate(kept, layout, { whenBusy: 'throw' })).toThrow(
        withCode('BUSY'),
      );
      expect(explain(kept).kept).toMatch(/does not show its operations/);
      expect(system.deallocate(kept, layout)).toBe(false);
    });

    expect(await collect(() => system.stats().abandonedBlocks === 0)).toBe(true);
    expect(system.stats()).toMatchObject({ liveBlocks: 0, deallocations: 101 });
    expect(system.verify()).toBe(true);
  });
});

describe('the wrong thread', () => {
  it('is WRONG_THREAD for every operation, and changes nothing', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);

    withForced(Force.WRONG_THREAD, () => {
      for (const [method, ...args] of [
        ['allocate', layout],
        ['tryAllocate', layout],
        ['deallocate', block, layout],
        ['reallocate', block, layout, layout],
        ['reallocateInPlace', block, layout, layout],
        ['usableSize', layout],
        ['lease', block],
        ['stats'],
        ['verify'],
        ['dispose'],
      ] as const) {
        expect(() => call(system, method, ...args), method).toThrow(withCode('WRONG_THREAD'));
      }
      expect(() => addressOf(block)).toThrow(withCode('WRONG_THREAD'));
      expect(() => new SystemAllocator()).toThrow(withCode('WRONG_THREAD'));
      expect(() => runtimeInfo()).toThrow(withCode('WRONG_THREAD'));
      expect(system.owns(block)).toBe(false);
    });

    expectUnchanged(system, before);
    expect(system.owns(block)).toBe(true);
  });
});

describe('a system without memory', () => {
  it('5.3/80 is OUT_OF_MEMORY with the request in the error, and changes nothing', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const before = snapshot(system);

    withForced(Force.OUT_OF_MEMORY, () => {
      expect(() => system.allocate(layout)).toThrow(
        expect.objectContaining({
          code: 'ERR_HEAPWRIGHT_OUT_OF_MEMORY',
          layout,
          allocator: system.name,
          reason: 'os',
        }),
      );
      expect(system.tryAllocate(layout)).toBeNull();
    });

    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 64 });
    expect(system.stats().allocations).toBe(before.allocations);
    expect(system.deallocate(block, layout)).toBe(true);
    expect(system.verify()).toBe(true);
  });
});

describe('a block that the engine will not detach', () => {
  const heapLayout = Layout.from(1 << 16);

  function pinned(): { system: SystemAllocator; block: ArrayBuffer } {
    const system = new SystemAllocator();
    const block = system.allocate(heapLayout);
    bytesOf(block).fill(7);
    pin(block);
    return { system, block };
  }

  it('5.3/73 is NOT_DETACHABLE, and intact', () => {
    const { system, block } = pinned();
    const before = snapshot(system);

    for (let count = 0; count < 3; count++) {
      expect(() => system.deallocate(block, heapLayout)).toThrow(withCode('NOT_DETACHABLE'));
    }

    expectUnchanged(system, before);
    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
    expect(system.owns(block)).toBe(true);
  });

  it('5.3/73 is not reallocated: NOT_DETACHABLE, and the copy is taken back', () => {
    const { system, block } = pinned();
    const larger = Layout.from(1 << 17);

    expect(() => system.reallocate(block, heapLayout, larger)).toThrow(withCode('NOT_DETACHABLE'));

    expect(system.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 1 << 16 });
    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
    expect(system.verify()).toBe(true);
  });

  it('5.3/73 freed under a lease is left to the collector at the end of it', async () => {
    const { system, block } = pinned();
    const lease = system.lease(block);
    expect(system.deallocate(block, heapLayout)).toBe(false);

    lease.dispose();

    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
    expect(system.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 1 });
    expect(() => system.deallocate(block, heapLayout)).toThrow(withCode('ABANDONED'));
    expect(system.verify()).toBe(true);
  });

  it('5.3/73 outlives the disposal of its allocator', () => {
    const { system, block } = pinned();
    system.dispose();
    expect(bytesOf(block).every((byte) => byte === 7)).toBe(true);
  });

  it('5.3/74 for being marked untransferable is freed, or NOT_DETACHABLE and intact', async () => {
    // Newer runtimes abort when a program with such a block ends, whatever this package does.
    const { stdout } = await runProgram(`
      import { markAsUntransferable } from 'node:worker_threads';
      import { writeSync } from 'node:fs';
      const system = new hw.SystemAllocator();
      const layout = hw.Layout.from(64);
      const block = system.allocate(layout);
      markAsUntransferable(block);
      let answer;
      try {
        answer = system.deallocate(block, layout);
      } catch (error) {
        answer = error.code;
      }
      writeSync(1, JSON.stringify([answer, block.byteLength, system.verify()]));
    `);
    expect([
      [true, 0, true],
      ['ERR_HEAPWRIGHT_NOT_DETACHABLE', 64, true],
    ]).toContainEqual(JSON.parse(stdout));
  });
});

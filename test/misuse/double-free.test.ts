import { beforeEach, describe, expect, it } from 'vitest';
import { addressOf, explain, Layout, SystemAllocator } from '../../lib/index.js';
import { collect, expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64, 16);

describe('a freed block', () => {
  it('has length 0, and so has every view of it', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    const views = [new Uint8Array(block), Buffer.from(block, 8), new Float64Array(block)];

    expect(system.deallocate(block, layout)).toBe(true);

    expect(block.byteLength).toBe(0);
    expect(views.map((view) => view.byteLength)).toEqual([0, 0, 0]);
    expect(explain(block)).toMatchObject({ kind: 'block', state: 'freed', owner: null });
  });

  it.each([
    ['5.3/50 freed again', 1],
    ['5.3/51 freed three times', 2],
    ['freed a thousand times', 999],
  ])('%s is DETACHED and changes nothing', (_title, more) => {
    const system = new SystemAllocator();
    const neighbour = system.allocate(layout);
    const block = system.allocate(layout);
    system.deallocate(block, layout);
    const before = snapshot(system);

    for (let count = 0; count < more; count++) {
      expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    }

    expectUnchanged(system, before);
    expect(system.owns(block)).toBe(false);
    expect(system.owns(neighbour)).toBe(true);
  });

  it('5.3/50 is DETACHED for every operation, with any layout', () => {
    const system = new SystemAllocator();
    const block = system.allocate(layout);
    system.deallocate(block, layout);
    const before = snapshot(system);

    expect(() => system.deallocate(block, Layout.from(1))).toThrow(withCode('DETACHED'));
    expect(() => system.deallocate(block, layout, { whenBusy: 'throw' })).toThrow(
      withCode('DETACHED'),
    );
    expect(() => system.reallocate(block, layout, layout)).toThrow(withCode('DETACHED'));
    expect(() => system.reallocateInPlace(block, layout, layout)).toThrow(withCode('DETACHED'));
    expect(() => system.lease(block)).toThrow(withCode('DETACHED'));
    expect(() => addressOf(block)).toThrow(withCode('DETACHED'));

    expectUnchanged(system, before);
  });

  it('is DETACHED to another allocator too', () => {
    const system = new SystemAllocator();
    const other = new SystemAllocator();
    const block = system.allocate(layout);
    system.deallocate(block, layout);

    expect(() => other.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(other.verify()).toBe(true);
  });

  it('is DETACHED after its record has named other blocks', async () => {
    const system = new SystemAllocator();
    const old = Array.from({ length: 100 }, () => system.allocate(layout));
    for (const block of old) system.deallocate(block, layout);
    await collect(undefined, 2);
    await idle();
    const fresh = Array.from({ length: 200 }, () => system.allocate(layout));
    const before = snapshot(system);

    for (const block of old) {
      expect(() => system.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    }

    expectUnchanged(system, before);
    expect(fresh.every((block) => system.owns(block))).toBe(true);
  });
});

describe('an empty block', () => {
  it('5.3/21 is freed once, and DETACHED from then on', () => {
    const system = new SystemAllocator();
    const empty = Layout.from(0, 8);
    const [one, two] = [system.allocate(empty), system.allocate(empty)];

    expect(one).not.toBe(two);
    expect(system.owns(one)).toBe(true);
    expect(system.deallocate(one, empty)).toBe(true);
    const before = snapshot(system);
    expect(() => system.deallocate(one, empty)).toThrow(withCode('DETACHED'));
    expectUnchanged(system, before);
    expect(system.deallocate(two, empty)).toBe(true);
    expect(system.stats()).toMatchObject({ liveBlocks: 0, allocations: 2, deallocations: 2 });
  });

  it('5.3/61 has a layout like any other', () => {
    const system = new SystemAllocator();
    const block = system.allocate(Layout.from(0, 8));
    expect(() => system.deallocate(block, Layout.from(0))).toThrow(withCode('LAYOUT_MISMATCH'));
    expect(system.verify()).toBe(true);
  });
});

describe('a block that was dropped', () => {
  it('5.3/52 comes back once, and its memory is not freed again by anybody', async () => {
    const system = new SystemAllocator();
    let registered = 0;
    const registry = new FinalizationRegistry(() => {
      registered += 1;
    });
    (() => registry.register(system.allocate(layout), null))();

    expect(await collect(() => registered === 1 && system.stats().liveBlocks === 0)).toBe(true);

    expect(system.stats()).toMatchObject({ allocations: 1, deallocations: 1, liveBytes: 0 });
    expect(system.verify()).toBe(true);
  });

  it('5.3/63 may free others in its own finalization callback', async () => {
    const system = new SystemAllocator();
    const kept = system.allocate(layout);
    const answers: unknown[] = [];
    const registry = new FinalizationRegistry((block: ArrayBuffer) => {
      answers.push(system.deallocate(block, layout));
      try {
        system.deallocate(block, layout);
      } catch (error) {
        answers.push(error);
      }
    });
    (() => registry.register(system.allocate(layout), kept))();

    await collect(() => answers.length > 0);
    await collect(() => system.stats().liveBlocks === 0);

    expect(answers).toEqual([expect.any(Boolean), expect.any(Error)]);
    expect(system.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    expect(system.verify()).toBe(true);
  });
});

describe('a block that was reallocated', () => {
  it('5.3/81 is DETACHED, and its successor lives', () => {
    const system = new SystemAllocator();
    const old = system.allocate(layout);
    const next = system.reallocate(old, layout, Layout.from(128));
    const before = snapshot(system);

    expect(() => system.reallocate(old, layout, Layout.from(128))).toThrow(withCode('DETACHED'));
    expect(() => system.deallocate(old, layout)).toThrow(withCode('DETACHED'));

    expectUnchanged(system, before);
    expect(system.owns(next)).toBe(true);
  });
});

import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { ArenaAllocator, type ArenaStats, Layout, SystemAllocator } from '../../lib/index.js';
import { collect, idle } from '../support/idle.js';
import { runProgram } from '../support/programs.js';

beforeEach(idle);

const MIB = 2 ** 20;
const large = Layout.from(MIB);
const LONGEST_DECAY = 2 ** 31 - 1;

/** An arena that has given out and got back a mebibyte. */
function dirtied(decayMs: number): ArenaAllocator {
  const arena = new ArenaAllocator({ decayMs });
  arena.deallocate(arena.allocate(large), large);
  return arena;
}

describe('the stats of an ArenaAllocator', () => {
  it('have a row for every size class that was used, by size, the large blocks last', () => {
    const arena = new ArenaAllocator();
    for (const size of [100, 112, 17, 40_000, 70_000]) arena.allocate(Layout.from(size));
    const freed = Layout.from(1000);
    arena.deallocate(arena.allocate(freed), freed);

    const { classes } = arena.stats();

    expect(classes.map((row) => [row.size, row.liveBlocks, row.allocations])).toEqual([
      [32, 1, 1],
      [112, 2, 2],
      [1024, 0, 1],
      [0, 2, 2],
    ]);
    expect(classes.every((row) => row.slabBytes >= row.liveBytes)).toBe(true);
  });

  it('are frozen through and through', () => {
    const arena = dirtied(0);
    const stats = arena.stats();
    expect([stats, stats.classes, ...stats.classes].every(Object.isFrozen)).toBe(true);
  });

  it('add up', () => {
    const arena = new ArenaAllocator();
    for (const size of [1, 100, 5000, 50_000]) arena.allocate(Layout.from(size));
    const stats = arena.stats();
    const sum = (name: 'liveBlocks' | 'liveBytes' | 'allocations') =>
      stats.classes.reduce((total, row) => total + row[name], 0);
    expect(sum('liveBlocks')).toBe(stats.liveBlocks);
    expect(sum('liveBytes')).toBe(stats.liveBytes);
    expect(sum('allocations')).toBe(stats.allocations);
    expect(stats.activeBytes + stats.dirtyBytes).toBe(stats.mappedBytes);
  });
});

describe('the heap map of an ArenaAllocator', () => {
  it('tells slabs, large blocks and free pages, and no addresses', () => {
    const arena = new ArenaAllocator({ decayMs: Number.POSITIVE_INFINITY });
    arena.allocate(Layout.from(100));
    arena.allocate(large);
    const freed = arena.allocate(large);
    arena.allocate(large);
    arena.deallocate(freed, large);

    const map = arena.heapMap();

    expect(map.find(({ kind }) => kind === 'slab')).toMatchObject({ blockSize: 112, blocks: 1 });
    expect(map.filter(({ kind, bytes }) => kind === 'large' && bytes === MIB)).toHaveLength(2);
    expect(map.filter(({ kind, bytes }) => kind === 'dirty' && bytes === MIB)).toHaveLength(1);
    const total = map.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(total).toBe(arena.stats().segmentBytes);
    expect(JSON.stringify(map)).not.toMatch(/address|0x/);
    expect([map, ...map].every(Object.isFrozen)).toBe(true);
  });

  it('of an arena without blocks is empty', () => {
    expect(new ArenaAllocator().heapMap()).toEqual([]);
  });
});

describe('freed memory of an ArenaAllocator', () => {
  it('goes back with purge()', () => {
    const arena = dirtied(Number.POSITIVE_INFINITY);
    expect(arena.stats()).toMatchObject({ dirtyBytes: MIB, mappedBytes: MIB });
    arena.purge();
    expect(arena.stats()).toMatchObject({ dirtyBytes: 0, mappedBytes: 0 });
  });

  it('goes back at once with a decay of 0', () => {
    expect(dirtied(0).stats().mappedBytes).toBe(0);
  });

  it.each<[string, (arena: ArenaAllocator) => unknown]>([
    ['a free', (arena) => arena.deallocate(arena.allocate(large), large)],
    ['a reallocation', (arena) => arena.reallocate(arena.allocate(large), large, Layout.from(1))],
    ['a reset', (arena) => [arena.allocate(large), arena.reset()]],
  ])('goes back by itself some time after %s', async (_title, dirty) => {
    const arena = new ArenaAllocator({ decayMs: 8 });
    dirty(arena);
    expect(arena.stats().dirtyBytes).toBeGreaterThan(0);
    for (let wait = 0; wait < 150 && arena.stats().dirtyBytes > 0; wait++) await setTimeout(20);
    expect(arena.stats().dirtyBytes).toBe(0);
    expect(arena.verify()).toBe(true);
  });

  it('keeps neither the process alive nor an arena that was dropped', async () => {
    const arena = `new hw.ArenaAllocator({ decayMs: ${LONGEST_DECAY} })`;
    const outcome = await runProgram(`
      const layout = hw.Layout.from(${MIB});
      const arena = ${arena};
      arena.deallocate(arena.allocate(layout), layout);
      console.log(process.getActiveResourcesInfo().includes('Timeout'));`);
    expect(outcome).toMatchObject({ code: 0, stdout: 'false\n' });

    const dropped = (() => new WeakRef(dirtied(LONGEST_DECAY)))();
    await collect(undefined, 5); // without a look, which would keep it for a while
    expect(dropped.deref()).toBeUndefined();
  });
});

describe('inspecting an allocator', () => {
  it('shows its figures in one line', () => {
    const arena = new ArenaAllocator({ limit: 4096 });
    arena.allocate(Layout.from(100));
    const { mappedBytes }: ArenaStats = arena.stats();
    expect(inspect(arena)).toBe(
      `[arena: 1 live, 112 of 4096 bytes, peak 112, mapped ${mappedBytes}]`,
    );
    expect(inspect(new SystemAllocator())).toBe('[system: 0 live, 0 bytes, peak 0, mapped 0]');
  });

  it('shows that it was disposed, and does not mind a prototype', () => {
    const arena = new ArenaAllocator();
    arena.dispose();
    expect(inspect(arena)).toBe('[arena: closed]');
    expect(inspect(ArenaAllocator.prototype)).toBe('NativeAllocator {}');
    expect(inspect(Object.create(arena))).toBe('NativeAllocator {}');
  });
});

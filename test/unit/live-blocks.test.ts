import { describe, expect, it } from 'vitest';
import { Layout, SystemAllocator } from '../../lib/index.js';
import { forget, recall, remember } from '../../lib/live-blocks.js';
import { collect, idle, tick } from '../support/idle.js';

const layout = Layout.from(64, 8);

const lengths = (blocks: readonly ArrayBuffer[]) => [
  ...new Set(blocks.map((block) => block.byteLength)),
];

describe('dispose finds', () => {
  it('the blocks of this job', async () => {
    const system = new SystemAllocator();
    await idle();
    const blocks = Array.from({ length: 100 }, () => system.allocate(layout));
    system.dispose();
    expect(lengths(blocks)).toEqual([0]);
  });

  it('the blocks of earlier jobs', async () => {
    const system = new SystemAllocator();
    const blocks: ArrayBuffer[] = [];
    for (let job = 0; job < 10; job++) {
      blocks.push(system.allocate(layout));
      await tick();
    }
    await collect(undefined, 3);
    await idle();
    system.dispose();
    expect(lengths(blocks)).toEqual([0]);
  });

  it('more blocks of one job than are kept strongly', async () => {
    const system = new SystemAllocator();
    const blocks = Array.from({ length: 5000 }, () => system.allocate(layout));
    await idle();
    system.dispose();
    expect(lengths(blocks)).toEqual([0]);
  });

  it('blocks between others that were freed', async () => {
    const system = new SystemAllocator();
    await idle();
    const blocks = Array.from({ length: 3000 }, () => system.allocate(layout));
    const [freed, kept] = [0, 1].map((odd) => blocks.filter((_block, at) => at % 2 === odd));
    for (const block of freed ?? []) system.deallocate(block, layout);
    await tick();
    await idle();
    system.dispose();
    expect(lengths(kept ?? [])).toEqual([0]);
  });

  it('what reallocate gave', async () => {
    const system = new SystemAllocator();
    await idle();
    const [same, other] = [layout, Layout.from(1000)].map((next) =>
      system.reallocate(system.allocate(layout), layout, next),
    );
    await tick();
    await idle();
    system.dispose();
    expect([same?.byteLength, other?.byteLength]).toEqual([0, 0]);
  });

  it('no block of another allocator', async () => {
    const [system, other] = [new SystemAllocator(), new SystemAllocator()];
    system.allocate(layout);
    const block = other.allocate(layout);
    await idle();
    system.dispose();
    expect(block.byteLength).toBe(64);
  });
});

describe('a block that the program drops', () => {
  it('is collected, in the same allocator as others that live', async () => {
    const system = new SystemAllocator();
    const kept = system.allocate(layout);
    (() => {
      for (let count = 0; count < 100; count++) system.allocate(layout);
    })();
    expect(await collect(() => system.stats().liveBlocks === 1)).toBe(true);
    expect(system.owns(kept)).toBe(true);
    expect(system.stats().deallocations).toBe(100);
  });

  it('is collected when more of them came in one job than are kept strongly', async () => {
    const system = new SystemAllocator();
    (() => {
      for (let count = 0; count < 3000; count++) system.allocate(layout);
    })();
    expect(await collect(() => system.stats().liveBlocks === 0)).toBe(true);
  });

  it('is collected when its allocator was dropped as well', async () => {
    const gone = (() => {
      const system = new SystemAllocator();
      return [new WeakRef(system), new WeakRef(system.allocate(layout))];
    })();
    await collect(undefined, 5); // asking in between would keep both for that job
    expect(gone.map((reference) => reference.deref())).toEqual([undefined, undefined]);
  });

  it('does not keep its allocator from being disposed', async () => {
    const system = new SystemAllocator();
    (() => system.allocate(layout))();
    await collect(() => system.stats().liveBlocks === 0);
    expect(() => system.dispose()).not.toThrow();
  });
});

describe('the list of live blocks', () => {
  /** Records that no allocator of this process has. */
  const FREE_INDEX = 1_000_000;

  it('has a block until it is forgotten, in its job and after it', async () => {
    const block = new ArrayBuffer(8);
    remember(FREE_INDEX, block);
    expect(recall(FREE_INDEX)).toBe(block);
    await tick();
    expect(recall(FREE_INDEX)).toBe(block);
    forget(FREE_INDEX);
    expect(recall(FREE_INDEX)).toBeUndefined();
  });

  it('has the later block of an index', async () => {
    const [first, second] = [new ArrayBuffer(8), new ArrayBuffer(8)];
    remember(FREE_INDEX, first);
    await tick();
    remember(FREE_INDEX, second);
    expect(recall(FREE_INDEX)).toBe(second);
    await tick();
    expect(recall(FREE_INDEX)).toBe(second);
    forget(FREE_INDEX);
    expect(recall(FREE_INDEX)).toBeUndefined();
  });

  it('never had what was not remembered', () => {
    expect(recall(FREE_INDEX + 1)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { type Explanation, explain, Layout, SystemAllocator } from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { whileBusy } from '../support/busy.js';
import { withForced } from '../support/force.js';
import { collect, idle } from '../support/idle.js';
import { moveByStream } from '../support/moving.js';

const layout = Layout.from(100, 64);

const nothing = { owner: null, layout: null, usableSize: 0, waste: 0, leases: 0, kept: null };

function make(): { system: SystemAllocator; block: ArrayBuffer } {
  const system = new SystemAllocator();
  return { system, block: system.allocate(layout) };
}

/** An explanation whose layout and owner are compared by themselves. */
function expectExplanation(value: unknown, expected: Partial<Explanation>): void {
  const { owner, layout: found, ...rest } = explain(value);
  const { owner: wantedOwner, layout: wantedLayout, ...wanted } = expected;
  expect(rest).toMatchObject(wanted);
  if (wantedOwner !== undefined) expect(owner).toBe(wantedOwner);
  if (wantedLayout !== undefined) expect(`${found}`).toBe(`${wantedLayout}`);
}

describe('explain', () => {
  it('tells a live block, its owner and its layout', async () => {
    const { system, block } = make();
    await idle();
    expectExplanation(block, {
      kind: 'block',
      state: 'live',
      owner: system,
      layout,
      usableSize: 100,
      waste: 0,
      leases: 0,
      kept: null,
    });
  });

  it('tells a leased block and how many leases keep it', () => {
    const { system, block } = make();
    const leases = [system.lease(block), system.lease(block)];
    expectExplanation(block, { state: 'leased', leases: 2 });
    expect(explain(block).kept).toMatch(/^2 open lease/);
    for (const lease of leases) lease.dispose();
  });

  it('tells a block that was freed under a lease', () => {
    const { system, block } = make();
    using _lease = system.lease(block);
    system.deallocate(block, layout);
    expectExplanation(block, { state: 'abandoned', owner: system, layout, leases: 1 });
    expect(explain(block).kept).toMatch(/lease/);
  });

  it('tells a block that was freed while a request was in flight', async () => {
    const { system, block } = make();
    await whileBusy(() => system.deallocate(block, layout));
    expectExplanation(block, { state: 'abandoned', owner: system, layout, leases: 0 });
    expect(explain(block).kept).toMatch(/in flight when it was freed/);
  });

  it('tells a block that was freed', async () => {
    const { system, block } = make();
    await idle();
    system.deallocate(block, layout);
    expect(explain(block)).toEqual({ kind: 'block', state: 'freed', ...nothing });
  });

  it('tells a block that was moved away', async () => {
    const { system, block } = make();
    await moveByStream(block);
    expectExplanation(block, { kind: 'block', state: 'moved', owner: system, layout });
  });

  it('tells a view of a block with what it knows of the block', () => {
    const { system, block } = make();
    for (const view of [new Uint8Array(block, 8), new DataView(block), Buffer.from(block)]) {
      expectExplanation(view, { kind: 'view', state: 'live', owner: system, layout });
    }
  });

  it('tells an empty block', () => {
    const block = new SystemAllocator().allocate(Layout.from(0, 32));
    expectExplanation(block, { kind: 'block', state: 'live', layout: Layout.from(0, 32) });
  });

  it('tells a block whose allocator was disposed', async () => {
    const { system, block } = make();
    await idle();
    system.dispose();
    expectExplanation(block, { state: 'freed', owner: null });
  });

  it('tells a block whose allocator the program dropped', async () => {
    const block = (() => make().block)();
    await collect(undefined, 5); // asking in between would keep the allocator for that job
    expect(explain(block).owner).toBeNull();
    expectExplanation(block, { state: 'live', layout, waste: 0 });
  });

  it('tells how many requests would keep a live block now', async () => {
    const { block } = make();
    await whileBusy(() => {
      expectExplanation(block, { state: 'live' });
      expect(explain(block).kept).toMatch(/^\d+ operation\(s\) in flight$/);
    });
  });

  it('tells that a runtime without proof keeps every block', () => {
    const { block } = make();
    withForced(Force.BUSY, () => {
      expect(explain(block).kept).toMatch(/does not show/);
    });
  });

  it.each([
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['a Buffer', Buffer.alloc(8)],
    ['a SharedArrayBuffer', new SharedArrayBuffer(8)],
    ['an object', {}],
    ['a number', 8],
    ['undefined', undefined],
    ['a Proxy of a block', new Proxy(make().block, {})],
  ])('tells %s as foreign', (_title, value) => {
    expect(explain(value)).toEqual({ kind: 'foreign', state: null, ...nothing });
  });

  it('is frozen, whatever it tells', () => {
    const { block } = make();
    const told = [explain(block), explain(new Uint8Array(block)), explain(1)];
    expect(told.every((explanation) => Object.isFrozen(explanation))).toBe(true);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stamp } from '../../lib/block.js';
import { addressOf, explain, Layout, SystemAllocator } from '../../lib/index.js';
import { Code, Flag, Kind, Mail, native, STATS } from '../../lib/native.js';
import { whileBusy } from '../support/busy.js';
import { collect, idle, withCode } from '../support/idle.js';
import { moveByStream } from '../support/moving.js';

const SIZE = 65_536;

/** A stamp: what names a record. */
type Name = readonly [index: number, generation: number];

const mailed = (): Name => [
  native.mail[Mail.INDEX] as number,
  native.mail[Mail.GENERATION] as number,
];

/** A heap of its own, so that its figures can be compared. */
function openHeap(limit = Number.POSITIVE_INFINITY): { id: number; anchor: unknown } {
  const anchor = native.createHeap('system', limit);
  expect(typeof anchor).toBe('object');
  return { id: native.mail[Mail.INDEX] as number, anchor };
}

let heap: ReturnType<typeof openHeap>;
beforeEach(() => {
  heap = openHeap();
});
afterEach(() => {
  expect(native.verify(heap.id)).toBe(Code.OK);
});

function allocateRaw(size = SIZE, align = 4096): Name {
  expect(native.allocateRaw(heap.id, size, align, Flag.ZEROED)).toBe(Code.OK);
  return mailed();
}

/** A slab or scope over a part of raw memory, stamped as the package does it. */
function wrap(raw: Name, offset: number, size: number, kind: number = Kind.SLAB) {
  const buffer = native.wrapRange(...raw, offset, size, kind);
  if (typeof buffer === 'number') throw new Error(`wrapRange answers ${buffer}`);
  const name = mailed();
  stamp(buffer, ...name);
  return { buffer, name };
}

const end = ({ buffer, name }: ReturnType<typeof wrap>) => native.endBlock(...name, buffer);

function stats(): Record<string, number> {
  const figures = native.stats(heap.id);
  if (typeof figures === 'number') throw new Error(`stats answers ${figures}`);
  return Object.fromEntries(STATS.map((name, at) => [name, figures[at] as number]));
}

describe.each([
  ['slab', Kind.SLAB],
  ['scope', Kind.SCOPE],
] as const)('a %s', (word, kind) => {
  it('shows its part of the raw memory', () => {
    const raw = allocateRaw();
    const whole = wrap(raw, 0, SIZE, kind);
    const part = wrap(raw, 4096, 100, kind);
    new Uint8Array(whole.buffer)[4096 + 7] = 42;
    expect(part.buffer.byteLength).toBe(100);
    expect(new Uint8Array(part.buffer)[7]).toBe(42);
    new Uint8Array(part.buffer)[99] = 43;
    expect(new Uint8Array(whole.buffer)[4096 + 99]).toBe(43);
  });

  it('lies at its offset from the start of the raw memory', () => {
    const raw = allocateRaw(SIZE, 4096);
    const start = addressOf(wrap(raw, 0, 16, kind).buffer);
    expect(start % 4096n).toBe(0n);
    expect(addressOf(wrap(raw, 1000, 16, kind).buffer)).toBe(start + 1000n);
  });

  it('is told by explain', () => {
    const { buffer } = wrap(allocateRaw(), 64, 128, kind);
    expect(explain(buffer)).toMatchObject({ kind: word, state: 'live', waste: 0 });
    expect(explain(new Uint8Array(buffer)).kind).toBe('view');
  });

  it('is no block: allocators refuse it, leases too, and nobody owns it', () => {
    const system = new SystemAllocator();
    const { buffer } = wrap(allocateRaw(), 0, 128, kind);
    const layout = Layout.from(128);
    expect(() => system.lease(buffer)).toThrow(withCode('INTERIOR'));
    expect(() => system.deallocate(buffer, layout)).toThrow(withCode('NOT_OWNED'));
    expect(system.owns(buffer)).toBe(false);
  });

  it('is INTERIOR to its own heap', () => {
    const { buffer, name } = wrap(allocateRaw(), 0, 128, kind);
    expect(native.deallocate(heap.id, ...name, buffer, 128, 1, 0)).toBe(Code.INTERIOR);
  });

  it('loses its bytes when it ends', async () => {
    const raw = allocateRaw();
    const range = wrap(raw, 0, 128, kind);
    const other = wrap(raw, 0, 128, kind);
    await idle();
    expect(end(range)).toBe(Code.OK);
    expect([range.buffer.byteLength, other.buffer.byteLength]).toEqual([0, 128]);
  });

  it('ends once', async () => {
    const range = wrap(allocateRaw(), 0, 128, kind);
    await idle();
    end(range);
    expect(end(range)).toBe(Code.DETACHED);
  });

  it('stays for the collector while a request is in flight', async () => {
    const range = wrap(allocateRaw(), 0, 128, kind);
    await whileBusy(() => {
      expect(end(range)).toBe(Code.KEPT);
      expect(range.buffer.byteLength).toBe(128);
      expect(end(range)).toBe(Code.ABANDONED);
    });
  });
});

describe('raw memory', () => {
  it('counts against the limit, and its ranges do not', () => {
    heap = openHeap(SIZE);
    const raw = allocateRaw(SIZE, 1);
    wrap(raw, 0, SIZE);
    wrap(raw, 0, SIZE);
    expect(stats()).toMatchObject({ liveBlocks: 1, liveBytes: SIZE });
    expect(native.allocateRaw(heap.id, 1, 1, 0)).toBe(Code.LIMIT);
  });

  it('is back at once when no range is left', async () => {
    const raw = allocateRaw();
    const range = wrap(raw, 0, 128);
    await idle();
    end(range);
    expect(stats().liveBytes).toBe(SIZE);
    expect(native.releaseRaw(...raw)).toBe(Code.OK);
    expect(stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, deallocations: 1 });
  });

  it('is back with its last range when it was released before', async () => {
    const raw = allocateRaw();
    const ranges = [wrap(raw, 0, 128), wrap(raw, 128, 128)];
    await idle();
    expect(native.releaseRaw(...raw)).toBe(Code.OK);
    const left = ranges.map((range) => {
      end(range);
      return stats().liveBytes;
    });
    expect(left).toEqual([SIZE, 0]);
  });

  it('is back when the collector finds its last range', async () => {
    const raw = allocateRaw();
    (() => wrap(raw, 0, 128))();
    native.releaseRaw(...raw);
    expect(await collect(() => stats().liveBytes === 0)).toBe(true);
  });

  it('stays while a range that was moved away can be reached', async () => {
    const raw = allocateRaw();
    const moved = await moveByStream(wrap(raw, 0, 128).buffer);
    native.releaseRaw(...raw);
    expect(await collect(() => stats().liveBytes === 0, 5)).toBe(false);
    expect(moved.byteLength).toBe(128);
  });

  it('is released once, and gives no range afterwards', () => {
    const raw = allocateRaw();
    native.releaseRaw(...raw);
    expect(native.releaseRaw(...raw)).toBe(Code.DETACHED);
    expect(native.wrapRange(...raw, 0, 16, Kind.SLAB)).toBe(Code.DETACHED);
  });

  it('gives an empty range at its end, and nothing beyond it', () => {
    const raw = allocateRaw();
    expect(wrap(raw, SIZE, 0).buffer.byteLength).toBe(0);
    for (const [offset, size] of [
      [0, SIZE + 1],
      [SIZE, 1],
      [SIZE + 1, 0],
      [1, SIZE],
      [2 ** 53 - 1, 2 ** 53 - 1],
      [-1, 1],
      [0.5, 1],
    ] as const) {
      expect(native.wrapRange(...raw, offset, size, Kind.SLAB)).toBe(Code.INVALID_ARG);
    }
  });

  it('gives ranges of the two kinds only', () => {
    const raw = allocateRaw();
    for (const kind of [Kind.BLOCK, Kind.RAW, 4, -1, 0.5]) {
      const answer = native.wrapRange(...raw, 0, 16, kind);
      expect([Code.INVALID_ARG]).toContain(answer);
    }
  });

  it('is nothing that a block could be taken for', () => {
    const system = new SystemAllocator();
    const block = system.allocate(Layout.from(64));
    const raw = allocateRaw();
    expect(native.endBlock(...raw, block)).toBe(Code.NOT_OWNED);
    const range = wrap(raw, 0, 16);
    expect(native.releaseRaw(...range.name)).toBe(Code.NOT_OWNED);
    expect(native.wrapRange(...range.name, 0, 16, Kind.SLAB)).toBe(Code.NOT_OWNED);
  });

  it('keeps its heap until it is released', () => {
    const raw = allocateRaw();
    expect(stats().liveBlocks).toBe(1);
    native.releaseRaw(...raw);
    expect(stats().liveBlocks).toBe(0);
  });
});

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Layout, SystemAllocator } from '../../lib/index.js';
import { Code, Force, Kind, Mail, native, STATS } from '../../lib/native.js';
import { bytesOf } from '../support/call.js';
import { withForced } from '../support/force.js';
import { collect, idle, tick } from '../support/idle.js';
import { moveByStream } from '../support/moving.js';
import { runProgram } from '../support/programs.js';
import { loadRawAddon } from '../support/raw-addon.js';

const CALLS = 50_000;
const SEED = Number(process.env.HEAPWRIGHT_SEED ?? Date.now() % 2 ** 31);

const { functions, mailbox } = loadRawAddon();
const layout = Layout.from(64, 16);

beforeEach(idle);
afterEach(() => {
  native.force(Force.NOTHING);
});

/** What an answer may be: never an exception, and a number only if it is a code or a count. */
function isAnswer(value: unknown): boolean {
  return value === undefined || ['number', 'string', 'bigint', 'object'].includes(typeof value);
}

const revoked = Proxy.revocable({}, {});
revoked.revoke();

function garbage(block: ArrayBuffer, freed: ArrayBuffer): readonly unknown[] {
  const trap = () => {
    throw new Error('the addon ran code of the caller');
  };
  return [
    ...[undefined, null, true, 0, -0, 1, 2, 3, 7, 8, 63, 64, 1023, 1024, -1, 0.5, Number.NaN],
    ...[Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53, 1e308, '', 'system'],
    ...['x'.repeat(1000), 64n, 2n ** 64n, Symbol('s'), () => 1, {}, [], [1], new Date(), /x/],
    ...[{ valueOf: trap, toString: trap, [Symbol.toPrimitive]: trap }, revoked.proxy],
    ...[new Proxy({}, new Proxy({}, { get: () => trap })), new Map(), new Error('e')],
    ...[new ArrayBuffer(0), new ArrayBuffer(64), new SharedArrayBuffer(64), new Uint8Array(64)],
    ...[new DataView(new ArrayBuffer(8)), block, freed, new Uint8Array(block), block.slice(0)],
    ...[new Proxy(block, {}), Object.create(block), structuredClone(block)],
  ];
}

describe('the addon without the package', () => {
  it.each([...functions.keys()])(
    'answers %s() without arguments, or with one of each kind',
    (name) => {
      const system = new SystemAllocator();
      const block = system.allocate(layout);
      const call = functions.get(name) as (...args: readonly unknown[]) => unknown;
      for (const value of garbage(block, block)) {
        for (const count of [0, 1, 2, 5, 9, 20]) {
          expect(isAnswer(call(...Array(count).fill(value)))).toBe(true);
          native.force(Force.NOTHING);
        }
      }
    },
  );

  it(`answers ${CALLS} random calls, seed ${SEED}, without an exception`, async () => {
    const names = [...functions.keys()].filter((name) => name !== 'closeHeap');
    const witness = new SystemAllocator();
    const kept = Array.from({ length: 20 }, () => witness.allocate(Layout.from(100, 8)));
    const freed = witness.allocate(layout);
    witness.deallocate(freed, layout);
    // No function is told whose block this is: it may be ended by any of them.
    const block = new SystemAllocator().allocate(layout);
    const values = garbage(block, freed);
    for (const each of kept) bytesOf(each).fill(7);
    const words = new Uint32Array(mailbox, 0, 24);
    const sizes = new Float64Array(mailbox, 96, 4);
    const oddSizes = [0, 1, 64, 2 ** 20, -1, 0.5, Number.NaN, 2 ** 53, 2 ** 60, 1e308, 4096];
    const calls = fc.array(fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), {
      minLength: 500,
      maxLength: 500,
      size: 'max',
    });

    await fc.assert(
      fc.asyncProperty(calls, async (list) => {
        for (const [pick = 0, ...rest] of list) {
          for (let at = 16; at < 20; at++) words[at] = (rest[at - 16] ?? 0) % 40;
          for (let at = 0; at < 4; at++) {
            sizes[at] = oddSizes[(rest[at] ?? 0) % oddSizes.length] as number;
          }
          const args = rest.slice(0, pick % 8).map((value) => values[value % values.length]);
          const call = functions.get(names[pick % names.length] as string);
          expect(isAnswer(call?.(...args))).toBe(true);
          native.force(Force.NOTHING);
        }
        await tick();
      }),
      { seed: SEED, numRuns: CALLS / 500, endOnFailure: true },
    );

    expect(kept.every((each) => bytesOf(each).every((byte) => byte === 7))).toBe(true);
    expect(witness.verify()).toBe(true);
  });
});

const anchors: unknown[] = [];

/** A heap of the addon, with the object that keeps it open. */
function openHeap(limit: number): { heap: number; anchor: object | number } {
  const anchor = native.createHeap('system', limit);
  anchors.push(anchor);
  return { heap: native.mail[Mail.INDEX] as number, anchor };
}

/** The stamp that the last call left. */
function stamp(): [index: number, generation: number] {
  return [native.mail[Mail.INDEX] as number, native.mail[Mail.GENERATION] as number];
}

describe('a block of the addon', () => {
  it('is DETACHED with a stale stamp, and NOT_OWNED with an impossible one', () => {
    const { heap } = openHeap(1 << 20);
    const block = native.allocate(heap, 64, 16, 1) as ArrayBuffer;
    const [index, generation] = stamp();
    const free = (at: number, of: number): number =>
      native.deallocate(heap, at, of, block, 64, 16, 0);

    expect(free(index, generation + 1)).toBe(Code.DETACHED);
    expect(free(index, generation - 1)).toBe(Code.DETACHED);
    expect(free(2 ** 31, generation)).toBe(Code.NOT_OWNED);
    expect(free(2 ** 32 - 1, generation)).toBe(Code.NOT_OWNED);
    expect(native.verify(heap)).toBe(Code.OK);
    expect(free(index, generation)).toBe(Code.OK);
    expect(free(index, generation)).toBe(Code.DETACHED);
    expect(native.verify(heap)).toBe(Code.OK);
  });

  it('is asked by its own generation only', () => {
    const { heap } = openHeap(1 << 20);
    const block = native.allocate(heap, 64, 16, 1) as ArrayBuffer;
    const [index, generation] = stamp();
    for (const other of [generation - 1, generation + 1, 0, 2 ** 32 - 1]) {
      expect(native.blockState(index, other, block)).toBe(Code.DETACHED);
      expect(native.addressOf(index, other, block)).toBe(Code.DETACHED);
      expect(native.lease(index, other, block)).toBe(Code.DETACHED);
      expect(native.endBlock(index, other, block)).toBe(Code.DETACHED);
    }
    expect(block.byteLength).toBe(64);
    expect(native.verify(heap)).toBe(Code.OK);
  });

  it('is not freed by the stamp of another, or with the buffer of another', () => {
    const { heap } = openHeap(1 << 20);
    const one = native.allocate(heap, 64, 16, 1) as ArrayBuffer;
    const [index, generation] = stamp();
    const two = native.allocate(heap, 64, 16, 1) as ArrayBuffer;

    for (const wrong of [two, new ArrayBuffer(64), new ArrayBuffer(0), one.slice(0)]) {
      expect(native.deallocate(heap, index, generation, wrong, 64, 16, 0)).toBe(Code.INVALID_ARG);
      expect(native.endBlock(index, generation, wrong)).toBe(Code.INVALID_ARG);
      expect(native.lease(index, generation, wrong)).toBe(Code.INVALID_ARG);
    }

    expect([one.byteLength, two.byteLength]).toEqual([64, 64]);
    expect(native.verify(heap)).toBe(Code.OK);
  });

  it('has no lease to end that was not begun', () => {
    const { heap } = openHeap(1 << 20);
    const block = native.allocate(heap, 64, 16, 1) as ArrayBuffer;
    const [index, generation] = stamp();
    expect(native.endLease(index, generation, block)).toBe(Code.DETACHED);
    expect(native.lease(index, generation, block)).toBe(Code.OK);
    expect(native.endLease(index, generation, block)).toBe(Code.OK);
    expect(native.endLease(index, generation, block)).toBe(Code.DETACHED);
    expect(native.verify(heap)).toBe(Code.OK);
  });

  it('ends once although its moved buffer is passed in its place', async () => {
    const { heap } = openHeap(1 << 20);
    const block = native.allocate(heap, 64, 16, 1) as ArrayBuffer;
    const [index, generation] = stamp();
    const moved = await moveByStream(block);
    await idle();

    native.deallocate(heap, index, generation, moved, 64, 16, 0);
    native.deallocate(heap, index, generation, moved, 64, 16, 0);
    native.endBlock(index, generation, block);
    await collect(undefined, 3);

    expect(native.verify(heap)).toBe(Code.OK);
  });
});

describe('raw memory and its ranges', () => {
  it('is refused where a range does not lie in it', () => {
    const { heap } = openHeap(1 << 20);
    native.allocateRaw(heap, 4096, 64, 1);
    const [index, generation] = stamp();
    for (const [offset, size] of [
      [4097, 0],
      [0, 4097],
      [1, 4096],
      [2 ** 53 - 1, 1],
      [1, 2 ** 53 - 1],
      [-1, 16],
      [0.5, 16],
      [Number.NaN, 16],
    ] as const) {
      expect(native.wrapRange(index, generation, offset, size, Kind.SLAB)).toBe(Code.INVALID_ARG);
    }
    for (const kind of [Kind.BLOCK, Kind.RAW, 4, 255]) {
      expect(native.wrapRange(index, generation, 0, 16, kind)).toBe(Code.INVALID_ARG);
    }
    expect(native.verify(heap)).toBe(Code.OK);
    expect(native.releaseRaw(index, generation)).toBe(Code.OK);
    expect(native.releaseRaw(index, generation)).toBe(Code.DETACHED);
    expect(native.wrapRange(index, generation, 0, 16, Kind.SLAB)).toBe(Code.DETACHED);
    expect(native.verify(heap)).toBe(Code.OK);
  });

  it('outlives its release until its last range has gone', async () => {
    const { heap } = openHeap(1 << 20);
    native.allocateRaw(heap, 4096, 64, 1);
    const [index, generation] = stamp();
    const range = native.wrapRange(index, generation, 0, 4096, Kind.SLAB) as ArrayBuffer;
    const own = stamp();
    expect(native.releaseRaw(index, generation)).toBe(Code.OK);
    bytesOf(range).fill(7);
    expect(native.deallocate(heap, ...own, range, 4096, 1, 0)).toBe(Code.INTERIOR);
    expect(native.lease(...own, range)).toBe(Code.INTERIOR);
    expect(native.verify(heap)).toBe(Code.OK);

    expect(native.endBlock(...own, range)).toBe(Code.OK);

    expect(range.byteLength).toBe(0);
    expect((native.stats(heap) as number[])[0]).toBe(0);
    expect(native.verify(heap)).toBe(Code.OK);
  });

  it('counts once, and as a whole, while ranges of it are abandoned', () => {
    const { heap } = openHeap(1 << 20);
    native.allocateRaw(heap, 4096, 64, 1);
    const [index, generation] = stamp();
    withForced(Force.BUSY, () => {
      for (const offset of [0, 512, 2048]) {
        const range = native.wrapRange(index, generation, offset, 1024, Kind.SCOPE) as ArrayBuffer;
        expect(native.endBlock(...stamp(), range)).toBe(Code.KEPT);
      }
    });
    const figures = native.stats(heap) as number[];
    const named = Object.fromEntries(STATS.map((name, at) => [name, figures[at]]));
    expect(named).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    expect(named).toMatchObject({ abandonedBlocks: 1, abandonedBytes: 4096 });
    expect(native.verify(heap)).toBe(Code.OK);
  });
});

describe('a heap of the addon', () => {
  it.each([
    ['an unknown kind', 'nonsense', 1],
    ['a kind of 1,000 letters', 'x'.repeat(1000), 1],
    ['no kind', '', 1],
    ['a limit of NaN', 'system', Number.NaN],
    ['a negative limit', 'system', -1],
    ['half a byte as limit', 'system', 0.5],
  ])('is refused for %s', (_title, kind, limit) => {
    expect(native.createHeap(kind, limit)).toBe(Code.INVALID_ARG);
  });

  it('is CLOSED or INVALID_ARG once it was closed, and may be closed again', () => {
    const { heap } = openHeap(1 << 20);
    const block = native.allocate(heap, 64, 16, 1) as ArrayBuffer;
    const own = stamp();
    expect(native.closeHeap(heap)).toBe(Code.OK);
    expect(native.closeHeap(heap)).toBe(Code.CLOSED);
    expect(native.stats(heap)).toBe(Code.CLOSED);
    expect(native.verify(heap)).toBe(Code.CLOSED);
    expect(native.allocate(heap, 64, 16, 1)).toBe(Code.INVALID_ARG);
    expect(native.endBlock(...own, block)).toBe(Code.OK);
    expect(native.endBlock(...own, block)).toBe(Code.DETACHED);
  });

  it('keeps its anchor apart from other values of its kind', () => {
    const { anchor } = openHeap(1 << 20);
    for (const [name, call] of functions) {
      expect(isAnswer(call(anchor, anchor, anchor, anchor, anchor)), name).toBe(true);
    }
  });
});

describe('the mailbox', () => {
  it('moved to another thread takes nothing down', async () => {
    const outcome = await runProgram(`
      import { createRequire } from 'node:module';
      const addon = createRequire(${JSON.stringify(import.meta.url)})(
        process.env.HEAPWRIGHT_BINARY || '../../build/Release/heapwright.node');
      const stream = new ReadableStream({
        type: 'bytes',
        pull(controller) {
          controller.byobRequest.respond(controller.byobRequest.view.byteLength);
        },
      });
      const reader = stream.getReader({ mode: 'byob' });
      const { value } = await reader.read(new Uint8Array(addon.mailbox));
      new MessageChannel().port1.postMessage(value, [value.buffer]);
      const system = new hw.SystemAllocator();
      for (let count = 0; count < 100; count++) {
        try { system.allocate(hw.Layout.from(64)); } catch {}
        for (const call of Object.values(addon)) if (typeof call === 'function') call();
      }
      console.log('survived');
      process.exit(0);
    `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stdout: 'survived\n' });
  });
});

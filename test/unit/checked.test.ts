import { constants } from 'node:buffer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  ArenaAllocator,
  addressOf,
  asBuffers,
  BufferPool,
  Checked,
  type CheckedOptions,
  explain,
  Layout,
  Limited,
  SystemAllocator,
} from '../../lib/index.js';
import { whileBusy } from '../support/busy.js';
import { thrownBy } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';

const layout = Layout.from(100, 16);
const makePool = () => new BufferPool(new ArenaAllocator());
const overPool = (options?: CheckedOptions) => new Checked(makePool(), options);

/** Writes where a native bug, or arithmetic with `buffer`, would: beyond the block. */
function writeBeyond(block: Buffer, distance: number, value = 0x41): void {
  new Uint8Array(block.buffer)[block.byteOffset + distance] = value;
}

describe('Checked', () => {
  it('gives real Buffers that are explained, leased and asked for their address', async () => {
    await idle();
    const checked = overPool();
    const block = checked.allocate(layout);
    expect(Object.getPrototypeOf(block)).toBe(Buffer.prototype);
    expect(explain(block)).toMatchObject({ kind: 'block', state: 'live', owner: checked, layout });
    expect(addressOf(block) % 16n).toBe(0n);
    const lease = checked.lease(block);
    expect(explain(block).state).toBe('leased');
    expect(checked.deallocate(block, layout)).toBe(false);
    expect(explain(block).state).toBe('abandoned');
    lease.dispose();
    expect(explain(block).state).toBe('freed');
    expect(checked.stats()).toMatchObject({ liveBlocks: 0, abandonedBlocks: 0 });
  });

  it('does not count its canaries', () => {
    const pool = makePool();
    const checked = new Checked(pool);
    checked.allocate(layout);
    expect(checked.usableSize(layout)).toBe(pool.usableSize(layout));
    expect(checked.stats().liveBytes).toBe(112);
    expect(pool.stats().liveBytes).toBeGreaterThan(112);
  });

  it.each([1, 16, 4096])('keeps an alignment of %i', (align) => {
    const checked = overPool();
    const aligned = Layout.from(10, align);
    const block = checked.allocate(aligned);
    expect(addressOf(block) % BigInt(align)).toBe(0n);
    block.fill(1);
    expect(checked.deallocate(block, aligned)).toBe(true);
  });

  it('refuses a request with the layout of the caller', () => {
    const limited = new Checked(new Limited(makePool(), { bytes: 100 }));
    const large = Layout.from(200);
    const error = thrownBy(() => limited.allocate(large));
    expect(error).toMatchObject({ code: 'ERR_HEAPWRIGHT_LIMIT', layout: large });
  });

  it('serves the longest request that there can be, without a canary', () => {
    const system = new SystemAllocator({ limit: 2 ** 20 });
    const checked = new Checked(asBuffers(system));
    const longest = Layout.from(constants.MAX_LENGTH);
    expect(checked.tryAllocate(longest)).toBeNull();
  });

  it.each([
    ['a string', 'options'],
    ['a negative canary', { canary: -1 }],
    ['a canary of a page and one byte', { canary: 4097 }],
    ['half a canary', { canary: 0.5 }],
    ['an unknown option', { canaries: 16 }],
    ['a number as a flag', { fill: 1 }],
    ['sites of null', { sites: null }],
    ['the zeroth request', { fail: { nth: 0 } }],
    ['every half request', { fail: { every: 0.5 } }],
    ['a negative sum of bytes', { fail: { afterBytes: -1 } }],
    ['an unknown fault', { fail: { first: 1 } }],
  ])('refuses %s', (_title, options) => {
    const error = thrownBy(() => overPool(options as never));
    expect(['ERR_HEAPWRIGHT_INVALID_ARG_TYPE', 'ERR_HEAPWRIGHT_OUT_OF_RANGE']).toContain(
      (error as { code?: string })?.code,
    );
  });
});

describe('a write beyond a Buffer of a Checked', () => {
  const FIRST_BEHIND = 100;
  const WRITES: readonly [title: string, distance: number][] = [
    ['right behind it', FIRST_BEHIND],
    ['at the last byte of the canary behind it', FIRST_BEHIND + 15],
    ['right before it', -1],
    ['at the first byte of the canary before it', -16],
  ];

  it.each(WRITES)('%s is CORRUPTED at the free, once', (_title, distance) => {
    const checked = overPool();
    const block = checked.allocate(layout);
    writeBeyond(block, distance);
    expect(() => checked.deallocate(block, layout)).toThrow(withCode('CORRUPTED'));
    expect(checked.stats().liveBlocks).toBe(1);
    expect(checked.verify()).toBe(true);
    expect(checked.deallocate(block, layout)).toBe(true);
  });

  it.each(WRITES)('%s is CORRUPTED in verify, once', (_title, distance) => {
    const checked = overPool();
    const block = checked.allocate(layout);
    writeBeyond(block, distance);
    expect(() => checked.verify()).toThrow(withCode('CORRUPTED'));
    expect(checked.verify()).toBe(true);
    expect(checked.deallocate(block, layout)).toBe(true);
  });

  it.each(WRITES)('%s is CORRUPTED when it is reallocated, which does not happen', (_t, at) => {
    const checked = overPool();
    const block = checked.allocate(layout);
    writeBeyond(block, at);
    const larger = Layout.from(110, 16);
    expect(() => checked.reallocate(block, layout, larger)).toThrow(withCode('CORRUPTED'));
    writeBeyond(block, at);
    expect(() => checked.reallocateInPlace(block, layout, larger)).toThrow(withCode('CORRUPTED'));
    expect(checked.reallocate(block, layout, larger).length).toBe(110);
  });

  it('is said with what was written, where, and by which block', () => {
    const checked = overPool();
    const block = checked.allocate(layout);
    writeBeyond(block, 101, 0x41);
    writeBeyond(block, 103, 0x42);
    writeBeyond(block, -3, 0x43);
    const { message } = thrownBy(() => checked.verify()) as Error;
    expect(message).toContain('a block of 100 bytes, allocated at');
    expect(message).toContain('1 byte(s) before it, the nearest 2 away, hold 43');
    expect(message).toContain('2 byte(s) behind it, the nearest 1 away, hold 41 42');
  });

  it('of several blocks is one error that counts them', () => {
    const checked = overPool();
    for (let at = 0; at < 3; at++) writeBeyond(checked.allocate(layout), 100);
    expect((thrownBy(() => checked.verify()) as Error).message).toContain('2 more blocks');
    expect(checked.verify()).toBe(true);
  });

  it('is a warning where the block is freed by dispose', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warned.mockRestore());
    const pool = makePool();
    const checked = new Checked(pool);
    writeBeyond(checked.allocate(layout), 100);
    checked.dispose();
    expect(warned).toHaveBeenCalledWith(withCode('CORRUPTED'));
    expect(pool.stats().liveBlocks).toBe(0);
  });

  it('is noticed with a canary of any length, and not without one', () => {
    const wide = overPool({ canary: 4096 });
    const block = wide.allocate(layout);
    writeBeyond(block, 100 + 4095);
    expect(() => wide.verify()).toThrow(withCode('CORRUPTED'));
    const bare = overPool({ canary: 0 });
    writeBeyond(bare.allocate(layout), 100);
    expect(bare.verify()).toBe(true);
  });

  it('is not confused with a reallocation, in place or moved, larger or smaller', () => {
    const checked = overPool();
    let from = layout;
    let block = checked.allocate(from);
    for (const size of [101, 90, 0, 5, 5000, 100, 200_000, 17]) {
      const to = Layout.from(size, 16);
      block = checked.reallocate(block, from, to);
      expect(block.length).toBe(size);
      expect(checked.verify()).toBe(true);
      from = to;
    }
    expect(checked.deallocate(block, from)).toBe(true);
  });

  it('leaves nothing of an old canary in a block that grew', () => {
    for (const options of [undefined, { uninitialized: true }]) {
      const checked = overPool();
      const [empty, small] = [Layout.from(0), Layout.from(40)];
      const block = checked.reallocate(checked.allocate(empty), empty, small, options);
      const byte = options === undefined ? 0 : 0xa5;
      expect([...block]).toEqual(Array(40).fill(byte));
    }
  });
});

describe('fill patterns of a Checked', () => {
  it('show memory that nobody has written', () => {
    for (const inner of [makePool(), asBuffers(new SystemAllocator())]) {
      const block = new Checked(inner).allocate(layout, { uninitialized: true });
      expect(block.every((byte) => byte === 0xa5)).toBe(true);
    }
    const block = new Checked(new SystemAllocator()).allocate(layout, { uninitialized: true });
    expect(new Uint8Array(block).every((byte) => byte === 0xa5)).toBe(true);
  });

  it('show a Buffer of a pool that was freed', async () => {
    await idle();
    const checked = overPool();
    const block = checked.allocate(layout);
    checked.deallocate(block, layout);
    expect(block.every((byte) => byte === 0x5a)).toBe(true);
  });

  it('do not touch what a lease or an operation in flight may still read', async () => {
    const checked = overPool();
    const leased = checked.allocate(layout);
    leased.fill(7);
    {
      using _lease = checked.lease(leased);
      checked.deallocate(leased, layout);
      expect(leased[0]).toBe(7);
    }
    const dedicated = new Checked(asBuffers(new SystemAllocator()));
    const busy = dedicated.allocate(layout);
    busy.fill(7);
    await whileBusy(() => {
      expect(dedicated.deallocate(busy, layout)).toBe(false);
      expect(busy[0]).toBe(7);
    });
  });

  it('can be switched off', async () => {
    await idle();
    const checked = overPool({ fill: false });
    const block = checked.allocate(layout);
    block.fill(7);
    checked.deallocate(block, layout);
    expect(block[0]).toBe(7);
  });
});

describe('call sites of a Checked', () => {
  it('group what is live: where it was allocated, the most bytes first', () => {
    const checked = overPool();
    const small = () => checked.allocate(Layout.from(10));
    const large = () => checked.allocate(Layout.from(1000));
    const kept = [small(), small(), large(), small()];
    checked.deallocate(kept[0] as Buffer, Layout.from(10));
    const rows = checked.leaks();
    expect(rows.map(({ blocks, bytes }) => [blocks, bytes])).toEqual([
      [1, 1000],
      [2, 20],
    ]);
    expect(rows[0]?.site).toContain('large');
    expect(rows[1]?.site).toContain('small');
    expect(explain(kept[1]).allocatedAt).toBe(rows[1]?.site);
  });

  it('are there for dedicated blocks too', () => {
    const checked = new Checked(new SystemAllocator());
    const make = () => checked.allocate(layout);
    const block = make();
    expect(checked.leaks()[0]?.site).toContain('make');
    checked.deallocate(block, layout);
    expect(checked.leaks()).toEqual([]);
  });

  it('are in the error of a second free', async () => {
    await idle();
    const checked = new Checked(new SystemAllocator());
    const make = () => checked.allocate(layout);
    const end = (block: ArrayBuffer) => checked.deallocate(block, layout);
    const block = make();
    end(block);
    const error = thrownBy(() => end(block)) as Error;
    expect(error).toMatchObject(withCode('DETACHED'));
    expect(error.message).toMatch(/allocated at make .* and freed at end /);
    expect(error.cause).toMatchObject(withCode('DETACHED'));
  });

  it('can be switched off', () => {
    const checked = overPool({ sites: false });
    checked.allocate(layout);
    expect(checked.leaks()).toEqual([{ site: '', blocks: 1, bytes: 100 }]);
  });
});

describe('fault injection of a Checked', () => {
  /** Which of ten requests are served. */
  const served = (options: CheckedOptions) => {
    const checked = overPool(options);
    return Array.from({ length: 10 }, () => (checked.tryAllocate(layout) === null ? 0 : 1)).join(
      '',
    );
  };

  it.each([
    ['the third request', { nth: 3 }, '1101111111'],
    ['every third', { every: 3 }, '1101101101'],
    ['what goes beyond 350 bytes', { afterBytes: 350 }, '1110000000'],
    ['all of these', { nth: 1, every: 4, afterBytes: 700 }, '0110111011'.replace(/11$/, '11')],
    ['nothing', {}, '1111111111'],
  ])('refuses %s, the same every time', (_title, fail, expected) => {
    expect(served({ fail })).toBe(expected);
    expect(served({ fail })).toBe(expected);
  });

  it('throws OUT_OF_MEMORY without a reason, and takes nothing', () => {
    const pool = makePool();
    const checked = new Checked(pool, { fail: { every: 1 } });
    const error = thrownBy(() => checked.allocate(layout));
    expect(error).toMatchObject({ ...{ code: 'ERR_HEAPWRIGHT_OUT_OF_MEMORY' }, reason: null });
    expect(error).toMatchObject({ layout, allocator: 'checked' });
    expect([pool.stats().allocations, checked.stats().failures]).toEqual([0, 1]);
  });

  it('refuses a reallocation, and leaves the block as it was', () => {
    const checked = overPool({ fail: { nth: 2 } });
    const block = checked.allocate(layout);
    block.fill(7);
    const larger = Layout.from(500, 16);
    expect(() => checked.reallocate(block, layout, larger)).toThrow(withCode('OUT_OF_MEMORY'));
    expect([block[0], block[99], checked.verify()]).toEqual([7, 7, true]);
    expect(checked.reallocate(block, layout, larger)[99]).toBe(7);
  });

  it('counts the requests, so that a test can let each of them fail in turn', () => {
    const program = (checked: Checked<Buffer>) => {
      const first = checked.allocate(layout);
      checked.reallocate(first, layout, Layout.from(300));
      checked.tryAllocate(layout);
    };
    const whole = overPool();
    program(whole);
    expect(whole.requests).toBe(3);
  });
});

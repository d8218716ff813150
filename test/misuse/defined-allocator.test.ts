import { beforeEach, describe, expect, it } from 'vitest';
import {
  type AllocatorDefinition,
  defineAllocator,
  explain,
  Layout,
  SystemAllocator,
} from '../../lib/index.js';
import { call } from '../support/call.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64);
const mine = new Error('mine');
const fail = (): never => {
  throw mine;
};

const plain: AllocatorDefinition<ArrayBuffer> = {
  allocate: ({ size }) => new ArrayBuffer(size),
  deallocate: () => true,
};

describe('a definition', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['a function', () => plain],
    ['an empty object', {}],
    ['without deallocate', { allocate: plain.allocate }],
    ['with a number for allocate', { ...plain, allocate: 1 }],
    ['with null for usableSize', { ...plain, usableSize: null }],
    ['with a number for its name', { ...plain, name: 1 }],
  ])('that is %s is INVALID_ARG_TYPE', (_title, definition) => {
    expect(() => Reflect.apply(defineAllocator, null, [definition])).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
  });

  it('changed after it was taken changes nothing', () => {
    const definition = { ...plain };
    const allocator = defineAllocator(definition);
    definition.allocate = fail;
    definition.deallocate = fail;
    expect(allocator.deallocate(allocator.allocate(layout), layout)).toBe(true);
  });

  it('never sees a wrong request', () => {
    let calls = 0;
    const counted = () => {
      calls += 1;
      return null as never;
    };
    const allocator = defineAllocator({
      allocate: counted,
      deallocate: counted,
      reallocateInPlace: counted,
      usableSize: counted,
    });
    for (const [method, ...args] of [
      ['allocate', { size: 64, align: 1 }],
      ['allocate', layout, { unknown: 1 }],
      ['deallocate', new ArrayBuffer(64), layout],
      ['deallocate', {}, layout],
      ['reallocate', new ArrayBuffer(64), layout, layout],
      ['reallocateInPlace', new ArrayBuffer(64), layout, layout],
      ['usableSize', 64],
    ] as const) {
      expect(() => call(allocator, method, ...args)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ERR_HEAPWRIGHT_/) }),
      );
    }
    expect(calls).toBe(0);
    expect(allocator.verify()).toBe(true);
  });
});

describe('a defined allocator', () => {
  it.each([
    ['undefined', () => undefined, 'INVALID_ARG_TYPE'],
    ['a plain object', () => ({}), 'INVALID_ARG_TYPE'],
    ['a Proxy of a buffer', () => new Proxy(new ArrayBuffer(64), {}), 'INVALID_ARG_TYPE'],
    ['too few bytes', () => new ArrayBuffer(63), 'OUT_OF_RANGE'],
    ['too many bytes', () => new ArrayBuffer(65), 'OUT_OF_RANGE'],
    [
      'a buffer that lies about its length',
      () => Object.defineProperty(new ArrayBuffer(1), 'byteLength', { value: 64 }),
      'OUT_OF_RANGE',
    ],
  ])('that is given %s refuses it', (_title, allocate, code) => {
    const allocator = Reflect.apply(defineAllocator, null, [{ ...plain, allocate }]);
    expect(() => allocator.allocate(layout)).toThrow(withCode(code));
    expect(allocator.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, allocations: 0 });
    expect(allocator.verify()).toBe(true);
  });

  it('that is given a live block twice is CORRUPTED, and keeps one', () => {
    const block = new ArrayBuffer(64);
    const allocator = defineAllocator({ ...plain, allocate: () => block });
    allocator.allocate(layout);
    expect(() => allocator.allocate(layout)).toThrow(withCode('CORRUPTED'));
    expect(allocator.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 64 });
    expect(allocator.verify()).toBe(true);
  });

  it('5.3/59 passes the errors of its definition through, and counts them', () => {
    const allocator = defineAllocator({ ...plain, allocate: fail });
    expect(() => allocator.allocate(layout)).toThrow(mine);
    expect(() => allocator.tryAllocate(layout)).toThrow(mine);
    expect(allocator.stats()).toMatchObject({ liveBlocks: 0, failures: 2 });
    expect(allocator.verify()).toBe(true);
  });

  it('5.3/59 keeps a block whose free has thrown', () => {
    const allocator = defineAllocator({ ...plain, deallocate: fail });
    const block = allocator.allocate(layout);
    const before = snapshot(allocator);
    expect(() => allocator.deallocate(block, layout)).toThrow(mine);
    expectUnchanged(allocator, before);
    expect(allocator.owns(block)).toBe(true);
  });

  it('5.3/50 frees a block once: DETACHED from then on, without asking again', () => {
    let frees = 0;
    const allocator = defineAllocator({
      ...plain,
      deallocate: () => {
        frees += 1;
      },
    });
    const block = allocator.allocate(layout);
    expect(allocator.deallocate(block, layout)).toBe(true);
    const before = snapshot(allocator);
    expect(() => allocator.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(() => allocator.reallocate(block, layout, layout)).toThrow(withCode('DETACHED'));
    expectUnchanged(allocator, before);
    expect(frees).toBe(1);
  });

  it('5.3/61 refuses a wrong layout, and 5.3/44 a foreign block', () => {
    const allocator = defineAllocator(plain);
    const block = allocator.allocate(layout);
    const before = snapshot(allocator);
    expect(() => allocator.deallocate(block, Layout.from(65))).toThrow(withCode('LAYOUT_MISMATCH'));
    expect(() => allocator.deallocate(new ArrayBuffer(64), layout)).toThrow(withCode('NOT_OWNED'));
    expectUnchanged(allocator, before);
  });

  it('that frees the block in its own free frees it once', () => {
    const answers: unknown[] = [];
    const allocator = defineAllocator<ArrayBuffer>({
      ...plain,
      deallocate: (block, its) => {
        try {
          allocator.deallocate(block, its);
        } catch (error) {
          answers.push(error);
        }
      },
    });
    allocator.deallocate(allocator.allocate(layout), layout);
    expect(answers).toEqual([withCode('DETACHED')]);
    expect(allocator.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, deallocations: 1 });
    expect(allocator.verify()).toBe(true);
  });

  it('over another allocator leaves the blocks of that one where they are', () => {
    const system = new SystemAllocator();
    const allocator = defineAllocator<ArrayBuffer>({
      allocate: (its) => system.allocate(its),
      deallocate: (block, its) => system.deallocate(block, its),
    });
    const direct = system.allocate(layout);
    const through = allocator.allocate(layout);

    expect(() => allocator.deallocate(direct, layout)).toThrow(withCode('NOT_OWNED'));
    expect(allocator.deallocate(through, layout)).toBe(true);
    expect(() => system.deallocate(through, layout)).toThrow(withCode('DETACHED'));
    expect(explain(direct)).toMatchObject({ state: 'live', owner: system });
    expect([allocator.verify(), system.verify()]).toEqual([true, true]);
  });

  it('5.3/60 that was disposed is CLOSED', () => {
    const allocator = defineAllocator(plain);
    const block = allocator.allocate(layout);
    allocator.dispose();
    allocator.dispose();
    for (const [method, ...args] of [
      ['allocate', layout],
      ['tryAllocate', layout],
      ['deallocate', block, layout],
      ['reallocate', block, layout, layout],
      ['usableSize', layout],
      ['lease', block],
      ['stats'],
      ['verify'],
    ] as const) {
      expect(() => call(allocator, method, ...args), method).toThrow(withCode('CLOSED'));
    }
  });
});

import { describe, expect, it } from 'vitest';
import { adoptAllocator } from '../../lib/compose/adopt.js';
import {
  type AllocateOptions,
  ArenaAllocator,
  BaseAllocator,
  BufferPool,
  ChunkAllocator,
  ChunkPool,
  defineAllocator,
  heap,
  Layout,
  SystemAllocator,
} from '../../lib/index.js';
import { forbidden, thrownBy, trap } from '../support/call.js';
import { withCode } from '../support/idle.js';

const layout = Layout.from(64);
const plain = {
  allocate: ({ size }: Layout) => new ArrayBuffer(size),
  deallocate: () => true,
};

class Logged extends BaseAllocator<ArrayBuffer> {
  readonly sizes: number[] = [];
  readonly #system = new SystemAllocator();

  override allocate(request: Layout, options?: AllocateOptions): ArrayBuffer {
    this.sizes.push(request.size);
    return this.#system.allocate(request, options);
  }

  override deallocate(block: ArrayBuffer, request: Layout): boolean {
    return this.#system.deallocate(block, request);
  }
}

class Heir extends SystemAllocator {
  override allocate(): ArrayBuffer {
    return new ArrayBuffer(1);
  }
}

describe('an allocator of the package', () => {
  const arena = new ArenaAllocator();
  it.each([
    ['SystemAllocator', new SystemAllocator()],
    ['ArenaAllocator', arena],
    ['ChunkAllocator', new ChunkAllocator()],
    ['BufferPool', new BufferPool(arena)],
    ['ChunkPool', ChunkPool.over(heap({ chunks: 8 }))],
    ['one that defineAllocator() made', defineAllocator(plain)],
  ])('is taken as it is: %s', (_title, allocator) => {
    expect(adoptAllocator(allocator, 'parent')).toBe(allocator);
  });

  it.each([
    ['an operation of its own', Object.assign(new SystemAllocator(), { allocate: plain.allocate })],
    ['a getter for one', Object.defineProperty(new SystemAllocator(), 'owns', { get: () => 1 })],
    ['a class of its own', new Heir()],
    ['a Proxy around it', new Proxy(new SystemAllocator(), {})],
    ['only its prototype', Object.create(SystemAllocator.prototype)],
  ])('is guarded with %s', (_title, allocator) => {
    const adopted = adoptAllocator(allocator, 'parent');
    expect(adopted).not.toBe(allocator);
    expect(() => adopted.allocate(Layout.from(2 ** 40))).toThrow();
  });
});

describe('an object of the program', () => {
  it.each([
    ['a plain object', () => plain],
    ['an heir of BaseAllocator', () => new Logged()],
    [
      'an instance of any class',
      () =>
        new (class {
          allocate = plain.allocate;
          deallocate() {}
        })(),
    ],
  ])('with two functions serves: %s', (_title, make) => {
    const adopted = adoptAllocator<ArrayBuffer>(make(), 'parent');
    const block = adopted.allocate(layout);
    const grown = adopted.grow(block, layout, Layout.from(128));
    expect(grown.byteLength).toBe(128);
    expect(adopted.owns(grown)).toBe(true);
    expect(adopted.deallocate(grown, Layout.from(128))).toBe(true);
    expect(adopted.stats()).toMatchObject({ liveBlocks: 0, allocations: 2 });
  });

  it('is one allocator, however often it is adopted', () => {
    const logged = new Logged();
    const adopted = adoptAllocator<ArrayBuffer>(logged, 'parent');
    expect(adoptAllocator(logged, 'primary')).toBe(adopted);
    expect(adoptAllocator(adopted, 'primary')).toBe(adopted);
    const block = adopted.allocate(layout);
    expect(adoptAllocator<ArrayBuffer>(logged, 'secondary').deallocate(block, layout)).toBe(true);
  });

  it('keeps its name', () => {
    expect(adoptAllocator({ ...plain, name: 'mine' }, 'parent').name).toBe('mine');
    expect(adoptAllocator({ ...plain }, 'parent').name).toBe('custom');
  });
});

describe('what is no allocator', () => {
  const revoked = Proxy.revocable(plain, {});
  revoked.revoke();
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['a string', 'system'],
    ['a function', plain.allocate],
    ['a class', Logged],
    ['an empty object', {}],
    ['an object without deallocate', { allocate: plain.allocate }],
    ['an object without allocate', { deallocate: plain.deallocate }],
    ['an object with a number for a function', { ...plain, allocate: 1 }],
    ['a revoked Proxy', revoked.proxy],
  ])('is INVALID_ARG_TYPE, by the name of the argument: %s', (_title, value) => {
    const error = thrownBy(() => adoptAllocator(value, 'primary'));
    expect(error).toEqual(withCode('INVALID_ARG_TYPE'));
    expect(String(error)).toContain('"primary');
  });

  it('passes on what a getter of it throws', () => {
    const { ran, run } = trap();
    const value = forbidden({}, run);
    expect(() => adoptAllocator(value, 'primary')).toThrow('code of the caller ran');
    expect(ran()).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { BaseAllocator, defineAllocator, Layout, SystemAllocator } from '../../lib/index.js';
import { thrownBy } from '../support/call.js';
import { withCode } from '../support/idle.js';

const layout = Layout.from(64, 8);
const plain = (size: Layout) => new ArrayBuffer(size.size);

/** Counts what reaches the two functions that a user has to write. */
class Counting extends BaseAllocator<ArrayBuffer> {
  readonly calls: string[] = [];
  readonly #system = new SystemAllocator();

  override allocate(request: Layout): ArrayBuffer {
    this.calls.push(`allocate ${request.size}`);
    return this.#system.allocate(request);
  }

  override deallocate(block: ArrayBuffer, request: Layout): boolean {
    this.calls.push(`deallocate ${request.size}`);
    return this.#system.deallocate(block, request);
  }
}

describe('a class with allocate and deallocate', () => {
  it('is asked for both by every default', () => {
    const counting = new Counting();
    const block = counting.tryAllocate(layout) as ArrayBuffer;
    const more = counting.grow(block, layout, Layout.from(128, 8));
    counting.shrink(more, Layout.from(128, 8), Layout.from(8, 8));
    expect(counting.calls).toEqual([
      'allocate 64',
      'allocate 128',
      'deallocate 64',
      'allocate 8',
      'deallocate 128',
    ]);
  });

  it('gives the new block back when the old one cannot be freed', () => {
    const counting = new Counting();
    const foreign = new SystemAllocator().allocate(layout);
    expect(() => counting.reallocate(foreign, layout, layout)).toThrow(withCode('NOT_OWNED'));
    expect(counting.calls.filter((call) => call.startsWith('deallocate'))).toHaveLength(2);
  });

  it('passes on an error that is not about memory', () => {
    class Broken extends Counting {
      override allocate(): never {
        throw new Error('out of order');
      }
    }
    expect(() => new Broken().tryAllocate(layout)).toThrow('out of order');
  });

  it('does not take an error for its code alone', () => {
    class Imitating extends Counting {
      override allocate(): never {
        throw Object.assign(new Error('no'), { code: 'ERR_HEAPWRIGHT_OUT_OF_MEMORY' });
      }
    }
    expect(() => new Imitating().tryAllocate(layout)).toThrow('no');
  });

  it('is named custom, or as it says', () => {
    class Named extends Counting {
      constructor() {
        super();
        this.calls.length = 0;
      }
    }
    expect(new Named().name).toBe('custom');
    expect(defineAllocator({ name: 'mine', allocate: plain, deallocate: () => true }).name).toBe(
      'mine',
    );
  });
});

describe('defineAllocator', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a function', plain],
    ['an object without functions', {}],
    ['an object without deallocate', { allocate: plain }],
    ['an object without allocate', { deallocate: () => true }],
    ['a deallocate that is no function', { allocate: plain, deallocate: true }],
    ['a usableSize that is no function', { allocate: plain, deallocate: plain, usableSize: 1 }],
    ['a name that is no string', { allocate: plain, deallocate: plain, name: 7 }],
  ])('refuses %s', (_title, definition) => {
    expect(() => defineAllocator(definition as never)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('reads each function once', () => {
    const definition = { allocate: plain, deallocate: () => true };
    const allocator = defineAllocator(definition);
    definition.allocate = () => {
      throw new Error('read later');
    };
    expect(allocator.allocate(layout).byteLength).toBe(64);
  });

  it('calls the functions on their object', () => {
    const definition = {
      made: 0,
      allocate(request: Layout) {
        this.made++;
        return plain(request);
      },
      deallocate: () => true,
    };
    defineAllocator(definition).allocate(layout);
    expect(definition.made).toBe(1);
  });

  it('takes only false for "not yet"', () => {
    const answers = [undefined, true, false, 0];
    const allocator = defineAllocator({
      allocate: plain,
      deallocate: () => answers.shift(),
    });
    const freed = [1, 2, 3, 4].map(() => allocator.deallocate(allocator.allocate(layout), layout));
    expect(freed).toEqual([true, true, false, true]);
  });

  it('keeps a block alive whose deallocate throws', () => {
    const failure = new Error('not now');
    const failures = [failure];
    const allocator = defineAllocator({
      allocate: plain,
      deallocate: () => {
        const error = failures.pop();
        if (error !== undefined) throw error;
      },
    });
    const block = allocator.allocate(layout);
    expect(thrownBy(() => allocator.deallocate(block, layout))).toBe(failure);
    expect(allocator.owns(block)).toBe(true);
    expect(allocator.deallocate(block, layout)).toBe(true);
  });

  it('has freed a block before its deallocate is called', () => {
    const codes: unknown[] = [];
    const allocator = defineAllocator({
      allocate: plain,
      deallocate: (block: ArrayBuffer) => {
        codes.push((thrownBy(() => allocator.deallocate(block, layout)) as { code: string }).code);
      },
    });
    allocator.deallocate(allocator.allocate(layout), layout);
    expect(codes).toEqual(['ERR_HEAPWRIGHT_DETACHED']);
  });

  it.each([
    ['INVALID_ARG_TYPE', 'no buffer', () => ({})],
    ['OUT_OF_RANGE', 'a buffer of another size', () => new ArrayBuffer(63)],
  ])('throws %s for an allocate that gives %s', (code, _title, allocate) => {
    const allocator = defineAllocator({ allocate: allocate as never, deallocate: () => true });
    expect(() => allocator.allocate(layout)).toThrow(withCode(code));
    expect(allocator.stats().liveBlocks).toBe(0);
  });

  it('throws CORRUPTED for an allocate that gives a live block again', () => {
    const block = new ArrayBuffer(64);
    const allocator = defineAllocator({ allocate: () => block, deallocate: () => true });
    allocator.allocate(layout);
    expect(() => allocator.allocate(layout)).toThrow(withCode('CORRUPTED'));
  });

  it('takes a freed block from its allocate again', () => {
    const block = new ArrayBuffer(64);
    const allocator = defineAllocator({ allocate: () => block, deallocate: () => true });
    for (let round = 0; round < 3; round++) {
      expect(allocator.deallocate(allocator.allocate(layout), layout)).toBe(true);
    }
  });

  it('hands out Buffers as well', () => {
    const allocator = defineAllocator<Buffer>({
      allocate: ({ size }) => Buffer.alloc(size),
      deallocate: () => true,
    });
    const block = allocator.grow(allocator.allocate(layout), layout, Layout.from(100));
    expect(block).toBeInstanceOf(Buffer);
    expect(allocator.deallocate(block, Layout.from(100))).toBe(true);
  });

  it('calls its dispose once, with nothing live', () => {
    const freed: string[] = [];
    const allocator = defineAllocator({
      allocate: plain,
      deallocate: () => freed.push('block'),
      dispose: () => freed.push('allocator'),
    });
    allocator.allocate(layout);
    allocator.allocate(layout);
    allocator.dispose();
    allocator.dispose();
    expect(freed).toEqual(['block', 'block', 'allocator']);
  });
});

describe('one block of many allocators', () => {
  it('is live in each of them, and freed in each of them once', () => {
    const block = new ArrayBuffer(64);
    const all = Array.from({ length: 20 }, () =>
      defineAllocator({ allocate: () => block, deallocate: () => true }),
    );
    for (const allocator of all) allocator.allocate(layout);
    expect(all.map((allocator) => allocator.owns(block))).not.toContain(false);
    for (const allocator of all) {
      expect(allocator.deallocate(block, layout)).toBe(true);
      expect(() => allocator.deallocate(block, layout)).toThrow(withCode('DETACHED'));
      expect(allocator.verify()).toBe(true);
    }
    for (const allocator of all) expect(allocator.allocate(layout)).toBe(block);
  });
});

/** What no node of a composition may be led to do, whatever it is made of. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Allocator,
  ArenaAllocator,
  type Block,
  BufferPool,
  defineAllocator,
  Fallback,
  Layout,
  Limited,
  NullAllocator,
  PageAllocator,
  Segregator,
  SlabAllocator,
  SystemAllocator,
} from '../../lib/index.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';

beforeEach(idle);

const layout = Layout.from(64, 16);

/** A node, and the allocator under it that serves `layout`. */
interface Stand<B extends Block> {
  readonly node: Allocator<B>;
  readonly under: Allocator<B>;
  /** `layout`, as that one knows it. */
  readonly inside: Layout;
}

type Wrap = <B extends Block>(under: Allocator<B>) => Allocator<B>;

const nodes: Readonly<Record<string, Wrap>> = {
  'Fallback, primary': (under) => new Fallback(under, new NullAllocator()),
  'Fallback, secondary': (under) => new Fallback(new NullAllocator(), under),
  Segregator: (under) => new Segregator(1024, under, new NullAllocator()),
  Limited: (under) => new Limited(under, { bytes: 2 ** 20 }),
  'Limited in a Limited': (under) =>
    new Limited(new Limited(under, { bytes: 2 ** 20 }), { blocks: 100 }),
};

/** Of whichever kind its blocks are: each stand uses one. */
const leaves: Readonly<Record<string, () => unknown>> = {
  SystemAllocator: () => new SystemAllocator(),
  BufferPool: () => new BufferPool(new ArenaAllocator()),
  'an object with two functions': () =>
    defineAllocator({
      allocate: ({ size }) => new ArrayBuffer(size),
      deallocate: () => true,
    }),
};

const stands = Object.entries(nodes).flatMap(([node, wrap]) =>
  Object.entries(leaves).map(([leaf, make]) => {
    const build = (): Stand<Block> => {
      const under = make() as Allocator<Block>;
      return { node: wrap(under), under, inside: layout };
    };
    return [`${node} over ${leaf}`, build] as const;
  }),
);

/** Nodes of dedicated blocks alone. */
const granular: typeof stands = [
  ['SlabAllocator', 64, (parent: SystemAllocator) => new SlabAllocator({ parent })] as const,
  ['PageAllocator', 4096, (parent: SystemAllocator) => new PageAllocator({ parent })] as const,
].map(([name, unit, wrap]) => {
  const build = (): Stand<Block> => {
    const under = new SystemAllocator();
    const inside = Layout.from(layout.size, unit);
    return { node: wrap(under), under, inside } as unknown as Stand<Block>;
  };
  return [`${name} over SystemAllocator`, build] as const;
});

describe.each([...stands, ...granular])('%s', (_title, build) => {
  it('frees a block once: DETACHED from then on', () => {
    const { node, under } = build();
    const block = node.allocate(layout);
    expect(node.deallocate(block, layout)).toBe(true);
    const before = snapshot(node);
    expect(() => node.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(() => node.reallocate(block, layout, layout)).toThrow(withCode('DETACHED'));
    expect(() => node.reallocateInPlace(block, layout, layout)).toThrow(withCode('DETACHED'));
    expectUnchanged(node, before);
    expect(under.verify()).toBe(true);
  });

  it('refuses a block that the allocator under it handed out: NOT_OWNED', () => {
    const { node, under } = build();
    node.allocate(layout);
    const stranger = under.allocate(layout);
    const [before, beneath] = [snapshot(node), snapshot(under)];
    expect(node.owns(stranger)).toBe(false);
    expect(() => node.deallocate(stranger, layout)).toThrow(withCode('NOT_OWNED'));
    expect(() => node.reallocate(stranger, layout, layout)).toThrow(withCode('NOT_OWNED'));
    expect(() => node.lease(stranger)).toThrow(withCode('NOT_OWNED'));
    expectUnchanged(node, before);
    expectUnchanged(under, beneath);
    under.deallocate(stranger, layout);
  });

  it('refuses a block of another node of its kind, and names that one', () => {
    const [{ node }, other] = [build(), build()];
    const stranger = other.node.allocate(layout);
    expect(() => node.deallocate(stranger, layout)).toThrow(
      expect.objectContaining({ code: 'ERR_HEAPWRIGHT_NOT_OWNED', owner: other.node }),
    );
    expect(other.node.deallocate(stranger, layout)).toBe(true);
  });

  it.each([
    ['a smaller size', Layout.from(63, 16)],
    ['a larger size', Layout.from(65, 16)],
    ['another alignment', Layout.from(64, 8)],
  ])('refuses %s: LAYOUT_MISMATCH', (_what, wrong) => {
    const { node } = build();
    const block = node.allocate(layout);
    const before = snapshot(node);
    expect(() => node.deallocate(block, wrong)).toThrow(withCode('LAYOUT_MISMATCH'));
    expect(() => node.reallocate(block, wrong, layout)).toThrow(withCode('LAYOUT_MISMATCH'));
    expectUnchanged(node, before);
    expect(node.deallocate(block, layout)).toBe(true);
  });

  it.each([undefined, 7, 'block', {}, [], Symbol('block')])(
    'refuses what is no block: INVALID_ARG_TYPE',
    (value) => {
      const { node } = build();
      const block = value as never;
      expect(() => node.deallocate(block, layout)).toThrow(withCode('INVALID_ARG_TYPE'));
      expect(() => node.reallocate(block, layout, layout)).toThrow(withCode('INVALID_ARG_TYPE'));
      expect(node.owns(value)).toBe(false);
    },
  );

  it('refuses everything once it has been disposed: CLOSED', () => {
    const { node, under } = build();
    const block = node.allocate(layout);
    node.dispose();
    node.dispose();
    expect(under.stats().liveBlocks).toBe(0);
    expect(node.owns(block)).toBe(false);
    expect(() => node.allocate(layout)).toThrow(withCode('CLOSED'));
    expect(() => node.deallocate(block, layout)).toThrow(withCode('CLOSED'));
    expect(under.allocate(layout).byteLength).toBe(64);
  });

  it('has no block that was freed below it: the free is DETACHED and changes nothing', () => {
    const { node, under, inside } = build();
    const block = node.allocate(layout);
    if (under.owns(block) && node.stats().liveBlocks === 1) under.deallocate(block, inside);
    expect(() => node.deallocate(block, layout)).toThrow(withCode('DETACHED'));
    expect(node.verify()).toBe(true);
    expect(() => node.dispose()).not.toThrow();
  });
});

describe('a node over an object that calls back', () => {
  it('is sound when the object disposes it from allocate', () => {
    const returned: ArrayBuffer[] = [];
    const node: Limited = new Limited(
      defineAllocator({
        allocate: ({ size }) => {
          node.dispose();
          return new ArrayBuffer(size);
        },
        deallocate: (block: ArrayBuffer) => returned.push(block) > 0,
      }),
      { blocks: 5 },
    );
    expect(() => node.allocate(layout)).toThrow(withCode('CLOSED'));
    expect(returned).toHaveLength(1);
  });

  it('is sound when the object frees the block again from deallocate', () => {
    const codes: unknown[] = [];
    const node: Limited = new Limited(
      defineAllocator({
        allocate: ({ size }) => new ArrayBuffer(size),
        deallocate: (block: ArrayBuffer) => {
          try {
            node.deallocate(block, layout);
          } catch (error) {
            codes.push((error as { code: unknown }).code);
          }
          return true;
        },
      }),
      { blocks: 5 },
    );
    const block = node.allocate(layout);
    expect(node.deallocate(block, layout)).toBe(true);
    expect(codes).toHaveLength(1);
    expect(node.stats()).toMatchObject({ liveBlocks: 0, deallocations: 1 });
    expect(node.verify()).toBe(true);
  });

  it('passes on what the object throws, and keeps the block', () => {
    let isBroken = true;
    const node = new Limited(
      defineAllocator({
        allocate: ({ size }) => new ArrayBuffer(size),
        deallocate: () => {
          if (isBroken) throw new Error('not today');
        },
      }),
      { blocks: 5 },
    );
    const block = node.allocate(layout);
    expect(() => node.deallocate(block, layout)).toThrow('not today');
    expect(node.stats().liveBlocks).toBe(1);
    isBroken = false;
    expect(node.deallocate(block, layout)).toBe(true);
  });
});

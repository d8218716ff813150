/** Random compositions: trees of allocators, for one kind of block each. */
import {
  type Allocator,
  ArenaAllocator,
  asBuffers,
  type Block,
  BufferPool,
  Checked,
  ChunkAllocator,
  ChunkPool,
  defineAllocator,
  Fallback,
  FreeList,
  Limited,
  NullAllocator,
  PageAllocator,
  ProxyAllocator,
  Scoped,
  Segregator,
  SlabAllocator,
  Stats,
  SystemAllocator,
} from '../../lib/index.js';
import type { Random } from './random.js';

/** One allocator of a tree, and those that it is made of. */
export interface Tree<B extends Block> {
  readonly name: string;
  readonly allocator: Allocator<B>;
  readonly children: readonly Tree<B>[];
  /** Every block of it is one block of one of its children. */
  readonly isPlain: boolean;
}

type Leaf<B extends Block> = readonly [name: string, make: () => Allocator<B>];

/** How many allocators it is made of, and what it makes of them. */
interface Node {
  readonly name: string;
  readonly arity: number;
  readonly isPlain?: boolean;
  make<B extends Block>(children: readonly Allocator<B>[], random: Random): Allocator<B>;
}

const LIMIT = 2 ** 16;

const blockLeaves: readonly Leaf<ArrayBuffer>[] = [
  ['system', () => new SystemAllocator()],
  ['system with a limit', () => new SystemAllocator({ limit: LIMIT })],
  ['arena', () => new ArenaAllocator()],
  ['chunk', () => new ChunkAllocator({ chunks: 512, chunkSize: 64 })],
  ['slab', () => new SlabAllocator()],
  ['page', () => new PageAllocator()],
  ['null', () => new NullAllocator()],
  [
    'two functions',
    () =>
      defineAllocator({
        allocate: ({ size }) => new ArrayBuffer(size),
        deallocate: () => true,
      }),
  ],
];

const bufferLeaves: readonly Leaf<Buffer>[] = [
  ['pool', () => new BufferPool(new ArenaAllocator())],
  ['pool with a limit', () => new BufferPool(new ArenaAllocator(), { limit: 4 * LIMIT })],
  ['chunk pool', () => ChunkPool.over(new ArrayBuffer(LIMIT), { chunkSize: 64 })],
  ['buffers', () => asBuffers(new ArenaAllocator())],
  ['scoped', () => new Scoped(new SystemAllocator(), { size: LIMIT })],
  [
    'scoped that grows',
    () => new Scoped(new BufferPool(new ArenaAllocator()), { size: LIMIT / 16, grow: true }),
  ],
  ['null', () => new NullAllocator<Buffer>()],
  [
    'two functions',
    () =>
      defineAllocator<Buffer>({
        allocate: ({ size }) => Buffer.alloc(size),
        deallocate: () => true,
      }),
  ],
];

type Two<B extends Block> = readonly [Allocator<B>, Allocator<B>];

const nodes: readonly Node[] = [
  {
    name: 'fallback',
    arity: 2,
    make: <B extends Block>(children: readonly Allocator<B>[]) =>
      new Fallback(...(children as Two<B>)),
  },
  {
    name: 'segregator',
    arity: 2,
    make: <B extends Block>(children: readonly Allocator<B>[], random: Random) =>
      new Segregator(random.below(2000), ...(children as Two<B>)),
  },
  {
    name: 'limited',
    arity: 1,
    make: <B extends Block>([inner]: readonly Allocator<B>[], random: Random) =>
      new Limited(inner as Allocator<B>, { bytes: random.below(2 * LIMIT), blocks: 200 }),
  },
  {
    name: 'free-list',
    arity: 1,
    isPlain: false, // it keeps what it got back
    make: <B extends Block>([parent]: readonly Allocator<B>[], random: Random) =>
      new FreeList(parent as Allocator<B>, { size: 1 + random.below(2000), align: 64, max: 40 }),
  },
  {
    name: 'proxy',
    arity: 1,
    make: <B extends Block>([inner]: readonly Allocator<B>[]) =>
      new ProxyAllocator(inner as Allocator<B>, { deallocate: () => undefined }),
  },
  {
    name: 'stats',
    arity: 1,
    make: <B extends Block>([inner]: readonly Allocator<B>[]) => new Stats(inner as Allocator<B>),
  },
  {
    name: 'checked',
    arity: 1,
    make: <B extends Block>([inner]: readonly Allocator<B>[]) => new Checked(inner as Allocator<B>),
  },
];

/** A tree of at most `most` allocators. */
function grow<B extends Block>(leaves: readonly Leaf<B>[], random: Random, most: number): Tree<B> {
  const fitting = nodes.filter(({ arity }) => arity < most);
  if (fitting.length === 0 || random.below(4) === 0) {
    const [name, make] = random.pick(leaves);
    return { name, allocator: make(), children: [], isPlain: true };
  }
  const node = random.pick(fitting);
  let left = most - 1;
  const children: Tree<B>[] = [];
  for (let at = 0; at < node.arity; at++) {
    const share = left - (node.arity - 1 - at);
    const child = grow(leaves, random, 1 + random.below(share));
    left -= sizeOf(child);
    children.push(child);
  }
  const allocators = children.map(({ allocator }) => allocator);
  return {
    name: `${node.name}(${children.map(({ name }) => name).join(', ')})`,
    allocator: node.make(allocators, random),
    children,
    isPlain: node.isPlain !== false,
  };
}

/** How many allocators a tree has. */
function sizeOf<B extends Block>(tree: Tree<B>): number {
  return tree.children.reduce((sum, child) => sum + sizeOf(child), 1);
}

export function blockTree(random: Random, most: number): Tree<ArrayBuffer> {
  return grow(blockLeaves, random, most);
}

export function bufferTree(random: Random, most: number): Tree<Buffer> {
  return grow(bufferLeaves, random, most);
}

/** From a tree to the allocators that it names. */
import type { Allocator } from '../../allocator.js';
import { ArenaAllocator } from '../../allocators/arena-allocator.js';
import { ChunkAllocator } from '../../allocators/chunk-allocator.js';
import { SystemAllocator } from '../../allocators/system-allocator.js';
import { type ErrorCode, isHeapwrightError } from '../../errors.js';
import { BufferPool } from '../../pool/buffer-pool.js';
import { asBuffers } from '../as-buffers.js';
import { frontOf } from '../checked/canaries.js';
import { DEFAULT_CANARY } from '../checked/options.js';
import { Checked } from '../checked.js';
import { Fallback } from '../fallback.js';
import { FreeList } from '../free-list.js';
import { Limited } from '../limited.js';
import { NullAllocator } from '../null-allocator.js';
import { Segregator } from '../segregator.js';
import { Stats } from '../stats.js';
import { badComposition, impossibleComposition } from './mistakes.js';
import { printTree } from './printer.js';
import type { Arguments, Filter, Leaf, Part, Tree } from './tree.js';

/** What ends with a composition. */
interface Disposable {
  dispose(): void;
}

/** One node of a composition. */
export interface BuiltNode {
  readonly text: string;
  readonly allocator: Allocator<Buffer>;
}

export type Parts = ReadonlyMap<string, Allocator<Buffer>>;

/** Of the blocks of a free list, where the text does not say: what every slot of a pool has. */
const LIST_ALIGN = 16;

/** What a filter adds to the requests that it passes on, at the usual alignments. */
function canariesOf({ word, args }: Filter): number {
  const { canary = DEFAULT_CANARY } = args;
  return word === 'checked' ? frontOf(canary, LIST_ALIGN) + canary : 0;
}

/** Errors that say that the text asks for what cannot be. */
const ABOUT_TEXT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_HEAPWRIGHT_OUT_OF_RANGE',
  'ERR_HEAPWRIGHT_INVALID_ARG_TYPE',
  'ERR_HEAPWRIGHT_BAD_ALIGN',
  'ERR_HEAPWRIGHT_SIZE_OVERFLOW',
]);

/** `{ to: args[from] }` of those that are there. */
function pick<To extends string>(args: Arguments, names: Record<To, string>) {
  const picked: { [name in To]?: number } = {};
  for (const to of Object.keys(names) as To[]) {
    const value = args[names[to]];
    if (value !== undefined) picked[to] = value;
  }
  return picked;
}

export class Builder {
  readonly #text: string;
  readonly #parts: Parts;
  /** Whatever was made, the inner before the outer. */
  readonly #made: Disposable[] = [];
  /** The nodes of the tree, the outer before the inner. */
  readonly nodes: BuiltNode[] = [];
  #sharedArena: ArenaAllocator | null = null;
  #sharedPool: BufferPool | null = null;

  constructor(text: string, parts: Parts) {
    this.#text = text;
    this.#parts = parts;
  }

  /** The allocator of a tree; on any error nothing is left. */
  buildAll(tree: Tree): Allocator<Buffer> {
    try {
      return this.#build(tree, Number.POSITIVE_INFINITY);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Ends all that was made, the outer before the inner. */
  dispose(): void {
    for (const each of this.#made.reverse()) each.dispose();
    this.#made.length = 0;
  }

  /** `most` is the largest request that comes here. */
  #build(tree: Tree, most: number): Allocator<Buffer> {
    const at = this.nodes.length;
    const allocator = this.#make(tree, most);
    // Its inner nodes are in the list by now.
    this.nodes.splice(at, 0, { text: printTree(tree), allocator });
    return allocator;
  }

  #make(tree: Tree, most: number): Allocator<Buffer> {
    switch (tree.kind) {
      case 'leaf':
        if (tree.word === 'freelist') return this.#makeFreeList(tree, most);
        return this.#explained(tree, () => this.#makeLeaf(tree));
      case 'part':
        return this.#findPart(tree);
      case 'filter': {
        const inner = this.#build(tree.inner, most + canariesOf(tree));
        return this.#own(this.#explained(tree, () => makeFilter(tree, inner)));
      }
      case 'fallback': {
        const inner = tree.inner.map((each) => this.#build(each, most));
        return inner.reduceRight((last, each) => this.#own(new Fallback(each, last)));
      }
      case 'segregate': {
        const rows = tree.rows.map(({ max, inner }) => {
          return { max, allocator: this.#build(inner, Math.min(max, most)) };
        });
        return this.#own(new Segregator(rows));
      }
    }
  }

  #makeLeaf({ word, args }: Leaf): Allocator<Buffer> {
    const limit = pick(args, { limit: 'limit' });
    switch (word) {
      case 'system':
        return this.#own(asBuffers(this.#own(new SystemAllocator(limit))));
      case 'arena':
        return this.#own(asBuffers(this.#own(new ArenaAllocator(limit))));
      case 'chunk': {
        const chunks = new ChunkAllocator(pick(args, { chunks: 'chunks', chunkSize: 'size' }));
        return this.#own(asBuffers(this.#own(chunks)));
      }
      case 'pool':
        return this.#own(new BufferPool(this.#arena(), limit));
      default:
        return this.#own(new NullAllocator<Buffer>());
    }
  }

  /** Serves requests up to its own size, or else up to what the row around it lets through. */
  #makeFreeList(leaf: Leaf, most: number): Allocator<Buffer> {
    const size = leaf.args.size ?? most;
    if (size === Number.POSITIVE_INFINITY) {
      const expected = 'freelist(size), or a row with a bound around it';
      throw badComposition(this.#text, leaf.column, expected, leaf.word);
    }
    this.#sharedPool ??= this.#own(new BufferPool(this.#arena()));
    const pool = this.#sharedPool;
    const options = { max: Number.POSITIVE_INFINITY, align: LIST_ALIGN, ...leaf.args, size };
    return this.#own(this.#explained(leaf, () => new FreeList(pool, options)));
  }

  #findPart({ name, column }: Part): Allocator<Buffer> {
    const part = this.#parts.get(name);
    if (part !== undefined) return part;
    const names = [...this.#parts.keys()].join(', ');
    const known = names === '' ? 'a word of the grammar' : `a word of the grammar, or ${names}`;
    throw badComposition(this.#text, column, known, name);
  }

  /** One arena for all pools of the tree. */
  #arena(): ArenaAllocator {
    this.#sharedArena ??= this.#own(new ArenaAllocator());
    return this.#sharedArena;
  }

  #own<T extends Disposable>(made: T): T {
    this.#made.push(made);
    return made;
  }

  /** Says of an error where in the text it comes from, if it is about that. */
  #explained<T>(tree: Tree, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!isHeapwrightError(error) || !ABOUT_TEXT.has(error.code)) throw error;
      throw impossibleComposition(this.#text, tree.column, error);
    }
  }
}

function makeFilter({ word, args }: Filter, inner: Allocator<Buffer>): Allocator<Buffer> {
  switch (word) {
    case 'limit':
      return new Limited(inner, pick(args, { bytes: 'bytes', blocks: 'blocks' }));
    case 'checked':
      return new Checked(inner, {
        ...pick(args, { canary: 'canary' }),
        fail: pick(args, { nth: 'nth', every: 'every', afterBytes: 'after' }),
      });
    default:
      return new Stats(inner);
  }
}

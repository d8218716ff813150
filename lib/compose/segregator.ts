import type { Allocator } from '../allocator.js';
import type { Block } from '../block.js';
import { invalidArgType, outOfRange } from '../errors.js';
import type { Layout } from '../layout.js';
import type { AllocateOptions } from '../options.js';
import { readOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import { type AllocatorLike, adoptAllocator } from './adopt.js';
import { Choice } from './choice.js';

/** One row of a {@link Segregator}'s table. */
export interface Segment<B extends Block> {
  /** The largest request, in bytes, that goes here; Infinity in the last row. */
  readonly max: number;
  readonly allocator: AllocatorLike<B>;
}

function requireThreshold(value: unknown, name: string, least: number): number {
  if (typeof value !== 'number') throw invalidArgType(name, 'a number', value);
  const isBound = value === Number.POSITIVE_INFINITY || Number.isSafeInteger(value);
  if (isBound && value >= least) return value;
  throw outOfRange(name, `an integer from ${least} on, or Infinity`, value);
}

/** The rows, each with a larger bound than the one before, the last without any. */
function readTable<B extends Block>(table: readonly unknown[]): [number[], Allocator<B>[]] {
  const bounds: number[] = [];
  const allocators: Allocator<B>[] = [];
  if (table.length === 0) throw outOfRange('table.length', 'at least 1', 0);
  for (const [at, row] of table.entries()) {
    const name = `table[${at}]`;
    const { max, allocator } = readOptions(row, ['max', 'allocator']);
    const least = at === 0 ? 0 : (bounds[at - 1] as number) + 1;
    bounds.push(requireThreshold(max, `${name}.max`, least));
    allocators.push(adoptAllocator<B>(allocator, `${name}.allocator`));
  }
  const last = bounds[bounds.length - 1] as number;
  if (last === Number.POSITIVE_INFINITY) return [bounds, allocators];
  throw outOfRange(`table[${bounds.length - 1}].max`, 'Infinity, in the last row', last);
}

/**
 * Sends each request where its size belongs: up to `threshold` bytes to one allocator, above it to
 * another; or by a table of bounds. A block whose layout changes moves if its size belongs
 * elsewhere. The idea is that of `Segregator` in D's std.experimental.allocator.
 *
 * All live on when the node is disposed: only the blocks that it handed out are freed.
 *
 * @example
 * const allocator = new Segregator(64 * 1024, new ArenaAllocator(), new SystemAllocator());
 */
export class Segregator<B extends Block = ArrayBuffer> extends Choice<B> {
  static {
    trustAllocator(Segregator);
  }

  readonly #bounds: readonly number[];
  readonly #allocators: readonly Allocator<B>[];

  constructor(threshold: number, small: AllocatorLike<B>, large: AllocatorLike<B>);
  constructor(table: readonly Segment<B>[]);
  constructor(
    first: number | readonly Segment<B>[],
    small?: AllocatorLike<B>,
    large?: AllocatorLike<B>,
  ) {
    super('segregator');
    if (Array.isArray(first)) {
      [this.#bounds, this.#allocators] = readTable<B>(first);
      return;
    }
    this.#bounds = [requireThreshold(first, 'threshold', 0), Number.POSITIVE_INFINITY];
    this.#allocators = [adoptAllocator<B>(small, 'small'), adoptAllocator<B>(large, 'large')];
  }

  protected override take(layout: Layout, options: AllocateOptions): B {
    return this.#for(layout).allocate(layout, options);
  }

  protected override tryTake(layout: Layout, options: AllocateOptions): B | null {
    return this.#for(layout).tryAllocate(layout, options);
  }

  protected override home(_block: B, layout: Layout): Allocator<B> {
    return this.#for(layout);
  }

  protected override stay(home: Allocator<B>, newLayout: Layout): Allocator<B> | null {
    return this.#for(newLayout) === home ? home : null;
  }

  protected override usable(layout: Layout): number {
    return this.#for(layout).usableSize(layout);
  }

  #for(layout: Layout): Allocator<B> {
    const bounds = this.#bounds;
    let at = 0;
    while (layout.size > (bounds[at] as number)) at++;
    return this.#allocators[at] as Allocator<B>;
  }
}

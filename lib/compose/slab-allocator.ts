import { ArenaAllocator } from '../allocators/arena-allocator.js';
import { badAlign, invalidArgType, outOfRange } from '../errors.js';
import type { Layout } from '../layout.js';
import { readOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import type { AllocatorLike } from './adopt.js';
import { alignedSlabSize, powerOfTwoFrom } from './aligned-slab-size.js';
import { Granular } from './granular.js';

/** How a {@link SlabAllocator} is made. */
export interface SlabAllocatorOptions {
  /** Where the memory comes from. It lives on when the node is disposed. Default: an arena. */
  readonly parent?: AllocatorLike<ArrayBuffer>;
  /** Bytes of the smallest class, a power of two. Default 8. */
  readonly smallest?: number;
  /** Bytes of the largest class, a power of two. Default 32 KiB. */
  readonly largest?: number;
}

const NAMES = ['parent', 'smallest', 'largest'] as const;
const SMALLEST = 8;
/** Up to here an arena, too, cuts blocks from slabs. */
const LARGEST = 32 * 1024;
const MOST = 2 ** 52;

/** A power of two from 1 on; `otherwise` where nothing is said. */
export function powerOption(value: unknown, name: string, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== 'number') throw invalidArgType(`options.${name}`, 'a number', value);
  if (!Number.isSafeInteger(value) || value < 1 || value > MOST) {
    throw outOfRange(`options.${name}`, 'a power of two from 1 to 2^52', value);
  }
  if (powerOfTwoFrom(value) !== value) throw badAlign(value);
  return value;
}

/**
 * Blocks in classes of powers of two, each aligned to its class, as the slabs of a kernel are. What
 * is larger than the largest class is OUT_OF_MEMORY, reason `too-large`: pages are for that.
 *
 * @example
 * const slabThenPage = new Fallback(new SlabAllocator(), new PageAllocator());
 */
export class SlabAllocator extends Granular {
  static {
    trustAllocator(SlabAllocator);
  }

  readonly #smallest: number;
  readonly #largest: number;

  constructor(options?: SlabAllocatorOptions) {
    const { parent, smallest, largest } = options === undefined ? {} : readOptions(options, NAMES);
    const least = powerOption(smallest, 'smallest', SMALLEST);
    const most = powerOption(largest, 'largest', Math.max(LARGEST, least));
    if (most < least) throw outOfRange('options.largest', `at least ${least}, the smallest`, most);
    const own = parent === undefined ? new ArenaAllocator() : null;
    super('slab', own ?? (parent as AllocatorLike<ArrayBuffer>), own);
    this.#smallest = least;
    this.#largest = most;
  }

  /** The class, which is how it is aligned too. */
  protected override alignOf(layout: Layout): number | null {
    if (layout.size === 0) return layout.align;
    const size = this.#classOf(layout);
    return size <= this.#largest ? size : null;
  }

  protected override usable(layout: Layout): number {
    return layout.size === 0 ? 0 : this.#classOf(layout);
  }

  #classOf(layout: Layout): number {
    return Math.max(powerOfTwoFrom(alignedSlabSize(layout, this.#smallest)), this.#smallest);
  }
}

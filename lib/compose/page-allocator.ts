import { ArenaAllocator } from '../allocators/arena-allocator.js';
import type { Layout } from '../layout.js';
import { readOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import type { AllocatorLike } from './adopt.js';
import { Granular } from './granular.js';
import { powerOption } from './slab-allocator.js';

/** How a {@link PageAllocator} is made. */
export interface PageAllocatorOptions {
  /** Where the memory comes from. It lives on when the node is disposed. Default: an arena. */
  readonly parent?: AllocatorLike<ArrayBuffer>;
  /** Bytes of a page, a power of two. Default 4096. */
  readonly pageSize?: number;
}

const NAMES = ['parent', 'pageSize'] as const;
const PAGE = 4096;

/**
 * Blocks of whole pages: each begins at a page of its own, whatever it was asked for with, and
 * counts for all the pages that it lies in.
 *
 * @example
 * const pages = new PageAllocator();
 * pages.usableSize(Layout.from(5000)); // 8192
 */
export class PageAllocator extends Granular {
  static {
    trustAllocator(PageAllocator);
  }

  /** Bytes of a page: the least alignment. */
  readonly pageSize: number;

  constructor(options?: PageAllocatorOptions) {
    const { parent, pageSize } = options === undefined ? {} : readOptions(options, NAMES);
    const size = powerOption(pageSize, 'pageSize', PAGE);
    const own = parent === undefined ? new ArenaAllocator() : null;
    super('page', own ?? (parent as AllocatorLike<ArrayBuffer>), own);
    this.pageSize = size;
  }

  protected override alignOf({ size, align }: Layout): number {
    return size === 0 ? align : Math.max(align, this.pageSize);
  }

  protected override usable({ size }: Layout): number {
    return Math.ceil(size / this.pageSize) * this.pageSize;
  }
}

import { limitOption, readOption } from '../options.js';
import { trustAllocator } from '../trust.js';
import { NativeAllocator } from './native-allocator.js';

/** How a {@link SystemAllocator} is made. */
export interface SystemAllocatorOptions {
  /** The most bytes in use at once, abandoned ones included. Default: no limit (Infinity). */
  readonly limit?: number;
}

const NO_LIMIT = Number.POSITIVE_INFINITY;

/**
 * The C library's malloc, with alignment: memory from `malloc` where that is aligned enough, from
 * `posix_memalign` elsewhere. The allocator for large and long-lived blocks, and the default.
 *
 * @example
 * const system = new SystemAllocator({ limit: 64 * 2 ** 20 });
 * const page = Layout.from(4096, 4096);
 * const block = system.allocate(page);
 * system.deallocate(block, page); // true: the memory is back, `block.byteLength` is 0
 */
export class SystemAllocator extends NativeAllocator {
  constructor(options?: SystemAllocatorOptions) {
    super(
      'system',
      options === undefined ? NO_LIMIT : limitOption(readOption(options, 'limit'), 'limit'),
    );
  }
}

trustAllocator(SystemAllocator);

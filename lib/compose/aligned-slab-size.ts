import { invalidArgType, sizeOverflow } from '../errors.js';
import { Layout, requireLayout } from '../layout.js';

/** The smallest power of two that is not below `size`; 0 for 0. Beyond 2^53 - 1: SIZE_OVERFLOW. */
export function powerOfTwoFrom(size: number): number {
  if (size === 0) return 0;
  let power = 2 ** Math.floor(Math.log2(size));
  if (power < size) power *= 2;
  if (power <= Number.MAX_SAFE_INTEGER) return power;
  throw sizeOverflow(`${size} bytes as a power of two`);
}

/**
 * The bytes to ask a slab allocator for, whose slabs are aligned to `minAlign` by themselves and to
 * their size where that is a power of two: the size rounded up to the alignment, and where the
 * alignment is above `minAlign`, on to a power of two. Source: `krealloc_aligned` of Linux, without
 * which objects came misaligned.
 *
 * @example
 * alignedSlabSize(Layout.from(48, 32), 8); // 64
 */
export function alignedSlabSize(layout: Layout, minAlign: number): number {
  requireLayout(layout, 'layout');
  if (typeof minAlign !== 'number') throw invalidArgType('minAlign', 'a number', minAlign);
  const { align } = Layout.from(0, minAlign); // for its errors
  const { size } = layout.padToAlign();
  return layout.align > align ? powerOfTwoFrom(size) : size;
}

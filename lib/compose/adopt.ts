/**
 * Whatever may stand where an allocator is asked for: one of this package, or an object of the
 * program's with two functions.
 */
import type { Allocator } from '../allocator.js';
import type { Block } from '../block.js';
import { type AllocatorDefinition, guardAllocator } from '../define-allocator.js';
import { isTrusted } from '../trust.js';

/**
 * What a combinator, a default or a container takes: an allocator, or an object or class instance
 * with the functions `allocate` and `deallocate`.
 */
export type AllocatorLike<B extends Block> = Allocator<B> | AllocatorDefinition<B>;

/** One guard for an object, so that it is the same allocator wherever it is used. */
const guards = new WeakMap<object, object>();

/**
 * The allocator that `value` is. One of this package is returned as it is. Any other object gets a
 * guard: what it answers is checked before anybody sees it, and its functions are read once, now.
 *
 * @throws INVALID_ARG_TYPE: it is no object, or lacks one of the two functions.
 */
export function adoptAllocator<B extends Block>(value: unknown, argument: string): Allocator<B> {
  if (isTrusted(value)) return value as object as Allocator<B>;
  const known = typeof value === 'object' && value !== null ? guards.get(value) : undefined;
  if (known !== undefined) return known as Allocator<B>;
  const guard = guardAllocator<B>(value, argument);
  guards.set(value as object, guard);
  return guard;
}

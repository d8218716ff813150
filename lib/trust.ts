/**
 * Which allocators keep the contract by themselves: those that this package makes. Every other one
 * is the program's, and what it answers has to be looked at.
 */
import { type BaseAllocator, isAllocator } from './allocator.js';

const { getPrototypeOf } = Object;
const isOwn = Object.prototype.hasOwnProperty;

/** Any of these as an own property of an allocator takes the place of the class's. */
const OPERATIONS: readonly PropertyKey[] = [
  'allocate',
  'tryAllocate',
  'deallocate',
  'reallocate',
  'reallocateInPlace',
  'grow',
  'shrink',
  'usableSize',
  'owns',
  'lease',
  'stats',
  'verify',
  'dispose',
  Symbol.dispose,
];

/** Prototypes of the classes of this package that programs get instances of. */
const trusted = new WeakSet<object>();

/**
 * Says that instances of `Class` itself, not of its heirs, keep the contract. Called once by the
 * file of the class, after the class.
 */
export function trustAllocator(Class: { readonly prototype: object }): void {
  trusted.add(Class.prototype);
}

/**
 * Whether `value` is an allocator of this package, with no operation put in the place of another.
 * Runs no code of `value`.
 */
export function isTrusted(value: unknown): value is BaseAllocator<never> {
  // The brand comes first: a Proxy has none, so that no trap runs.
  if (!isAllocator(value) || !trusted.has(getPrototypeOf(value))) return false;
  return !OPERATIONS.some((name) => isOwn.call(value, name));
}

/**
 * The default allocator: where memory comes from for whoever names no allocator. It is System until
 * a program sets another one, for the whole thread or for a piece of work and all that it starts.
 */
import type { Allocator } from './allocator.js';
import { SystemAllocator } from './allocators/system-allocator.js';
import type { Block } from './block.js';
import { type AllocatorLike, adoptAllocator } from './compose/adopt.js';
import { Budget, type BudgetFigures } from './default/budget.js';
import { currentContext, runWith } from './default/context.js';
import { originOf, type SomeAllocator } from './default/origin.js';
import { release, request, resize, tryRequest } from './default/requests.js';
import { heapwrightError, invalidArgType } from './errors.js';
import { explain } from './introspection.js';
import type { Layout } from './layout.js';
import {
  type AllocateRequest,
  type DeallocateOptions,
  limitOption,
  readOption,
} from './options.js';

/** An allocator of either kind of block. */
export type AnyAllocator = Allocator<ArrayBuffer> | Allocator<Buffer>;

/** The same, or an object of the program's with the functions `allocate` and `deallocate`. */
export type AnyAllocatorLike = AllocatorLike<ArrayBuffer> | AllocatorLike<Buffer>;

/** What {@link withBudget} is told. */
export interface BudgetOptions {
  /** The most bytes at once. */
  readonly bytes: number;
}

/** Null until somebody asks for it or sets it: a library in a host holds no memory unasked. */
let installed: SomeAllocator | null = null;
let isLocked = false;

/** All that ever were a default: a block that came from one directly is freed there too. */
const defaults = new WeakSet<object>();

function adopt(allocator: unknown): SomeAllocator {
  const adopted: SomeAllocator = adoptAllocator<Block>(allocator, 'allocator');
  defaults.add(adopted);
  return adopted;
}

function installedAllocator(): SomeAllocator {
  // Of one kind of block, which nobody here confuses: every block goes back to its own allocator.
  installed ??= adopt(new SystemAllocator());
  return installed;
}

/** What a request is made of that names no allocator, or `allocator` where it names one. */
export function allocatorFor(allocator?: AnyAllocatorLike): SomeAllocator {
  if (allocator !== undefined) return adoptAllocator<Block>(allocator, 'allocator');
  return currentContext().allocator ?? installedAllocator();
}

/**
 * The allocator that `allocate`, `box` and `vec` use here and now: the one of the innermost
 * {@link withAllocator}, else the one that was set, else a SystemAllocator.
 *
 * What is built over it, such as a ProxyAllocator, keeps the one that it was given, and may become
 * the default itself.
 */
export function globalAllocator(): AnyAllocator {
  return allocatorFor() as AnyAllocator;
}

function install(allocator: unknown): AnyAllocator {
  const adopted = adopt(allocator);
  if (isLocked) throw heapwrightError('ERR_HEAPWRIGHT_LOCKED');
  const previous = installedAllocator();
  installed = adopted;
  return previous as AnyAllocator;
}

/**
 * Makes `allocator` the default of this thread. Answers the one before; its blocks are still freed
 * by it, for every block remembers who made it.
 *
 * @throws LOCKED, INVALID_ARG_TYPE: nothing was changed.
 */
export function setGlobalAllocator(allocator: AnyAllocatorLike): AnyAllocator {
  return install(allocator);
}

/**
 * Makes `allocator` the default of this thread for good. Answers the one before. Pieces of work may
 * still have their own, by {@link withAllocator}.
 *
 * @throws LOCKED: the default was fixed before, and stays. INVALID_ARG_TYPE.
 */
export function lockGlobalAllocator(allocator: AnyAllocatorLike): AnyAllocator {
  const previous = install(allocator);
  isLocked = true;
  return previous;
}

/**
 * Runs `work` with `allocator` as the default, for it and for all that it starts, across `await`.
 * Answers what `work` answers.
 *
 * @example
 * await withAllocator(arena, async () => {
 *   const row = allocate(Layout.from(4096)); // from the arena
 *   await send(row);
 * });
 */
export function withAllocator<T>(allocator: AnyAllocatorLike, work: () => T): T {
  const adopted = adopt(allocator);
  if (typeof work !== 'function') throw invalidArgType('work', 'a function', work);
  return runWith({ allocator: adopted }, () => work());
}

/**
 * Runs `work` with so many bytes to spend at once, for it and for all that it starts, across
 * `await`. Counted are the layouts of what `allocate`, `reallocate`, Box and Vec allocate inside,
 * from whichever allocator; the next request beyond is LIMIT, by the name of `budget`. A free gives
 * back, also one of the block's own allocator, and so does the collector. What is allocated inside
 * a budget within another counts in both. Blocks may outlive the budget.
 *
 * `work` is given the figures of the budget. Answers what `work` answers.
 *
 * @example
 * await withBudget({ bytes: 2 ** 20 }, async (budget) => {
 *   await handle(request);
 *   console.log(budget.peakBytes);
 * });
 */
export function withBudget<T>(options: BudgetOptions, work: (budget: BudgetFigures) => T): T {
  const bytes = readOption(options, 'bytes');
  if (bytes === undefined) throw invalidArgType('options.bytes', 'a number', bytes);
  const budget = new Budget(limitOption(bytes, 'bytes'), currentContext().budget);
  if (typeof work !== 'function') throw invalidArgType('work', 'a function', work);
  return runWith({ budget }, () => work(budget));
}

/** Who frees a block; for what nobody here made, the default, whose error says what it is. */
function ownerFor(block: unknown): SomeAllocator {
  const origin = originOf(block);
  if (origin !== null) return origin;
  const current = allocatorFor();
  if (current.owns(block)) return current;
  const { owner } = explain(block);
  return owner !== null && defaults.has(owner) ? (owner as SomeAllocator) : current;
}

/**
 * A block of the default allocator, zeroed unless `{ uninitialized: true }`.
 *
 * @throws AllocError OUT_OF_MEMORY or LIMIT, of which the hook of {@link setAllocErrorHook} is told.
 * CYCLE: the default allocator itself asks for it.
 */
export function allocate(layout: Layout, options?: AllocateRequest): Block {
  return request(allocatorFor(), layout, options);
}

/** As {@link allocate}, but null for OUT_OF_MEMORY and LIMIT, and no hook is told. */
export function tryAllocate(layout: Layout, options?: AllocateRequest): Block | null {
  return tryRequest(allocatorFor(), layout, options);
}

/**
 * Frees a block where it was made, whatever the default is now. `layout` is the one that it was
 * allocated with. False: something may still use the memory, and it comes back later.
 *
 * @throws NOT_OWNED: it comes from an allocator that never was the default. INTERIOR, DETACHED,
 * ABANDONED, LAYOUT_MISMATCH: nothing was freed.
 */
export function deallocate(block: Block, layout: Layout, options?: DeallocateOptions): boolean {
  return release(ownerFor(block), block, layout, options);
}

/**
 * A block of `newLayout` with the first bytes of `block`, from the allocator that made `block`,
 * which is freed. On any error it is left as it was. Null for `block` is {@link allocate}.
 */
export function reallocate(
  block: Block | null,
  layout: Layout | null,
  newLayout: Layout,
  options?: AllocateRequest,
): Block {
  if (block === null) return request(allocatorFor(), newLayout, options);
  return resize(ownerFor(block), block, layout as Layout, newLayout, options);
}

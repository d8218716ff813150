/**
 * Requests as the package itself makes them, for `allocate`, `box` and `vec`: a budget counts them,
 * an allocator that calls itself is refused, blocks remember who made them, and the hook is told.
 */
import { isOutOfMemory } from '../allocator.js';
import type { Block } from '../block.js';
import { explain } from '../introspection.js';
import { type Layout, requireLayout } from '../layout.js';
import {
  type AllocateOptions,
  type AllocateRequest,
  type DeallocateOptions,
  flagsOf,
  NOWARN,
  optionsOf,
} from '../options.js';
import type { Charge } from './budget.js';
import { currentContext } from './context.js';
import { enter, leave } from './cycles.js';
import { tellHook } from './error-hook.js';
import { chargeOf, type SomeAllocator, setOrigin } from './origin.js';

/** `block` was made, with what it counts for. The object may be an earlier block's, recycled. */
function adopt(block: Block, owner: SomeAllocator, charge: Charge | null): Block {
  chargeOf(block)?.release();
  charge?.bind(block);
  setOrigin(block, owner, charge);
  return block;
}

function chargeFor(layout: Layout): Charge | null {
  const { budget } = currentContext();
  return budget === null || layout.size === 0 ? null : budget.charge(layout);
}

/** The options of a request, each read once: code of the caller's runs here and not again. */
function settle(options: AllocateRequest | undefined): AllocateOptions | undefined {
  return options === undefined ? undefined : optionsOf(flagsOf(options));
}

/** Tells the hook of an error, unless the request says that nobody is to be told. */
function tell(layout: Layout, options: AllocateOptions | undefined, error: unknown): void {
  if (((options?.flags ?? 0) & NOWARN) === 0) tellHook(layout, error);
}

/** A block of `owner`, by options that were settled. */
function requestQuietly(
  owner: SomeAllocator,
  layout: Layout,
  options: AllocateOptions | undefined,
): Block {
  const charge = chargeFor(layout);
  let block: Block;
  try {
    const call = enter('allocate', owner);
    try {
      block = owner.allocate(layout, options);
    } finally {
      leave(call);
    }
  } catch (error) {
    charge?.release();
    throw error;
  }
  return adopt(block, owner, charge);
}

/** A block of `owner`. The hook is told where there is none. */
export function request(owner: SomeAllocator, layout: Layout, options?: AllocateRequest): Block {
  requireLayout(layout, 'layout');
  const settled = settle(options);
  try {
    return requestQuietly(owner, layout, settled);
  } catch (error) {
    tell(layout, settled, error);
    throw error;
  }
}

/** As `request`, but null for OUT_OF_MEMORY and LIMIT, and nobody is told. */
export function tryRequest(
  owner: SomeAllocator,
  layout: Layout,
  options?: AllocateRequest,
): Block | null {
  requireLayout(layout, 'layout');
  const settled = settle(options);
  try {
    return requestQuietly(owner, layout, settled);
  } catch (error) {
    if (isOutOfMemory(error)) return null;
    throw error;
  }
}

/** Frees a block of `owner`. Whether its memory is back. */
export function release(
  owner: SomeAllocator,
  block: Block,
  layout: Layout,
  options?: DeallocateOptions,
): boolean {
  const call = enter('deallocate', owner);
  let isBack: boolean;
  try {
    isBack = owner.deallocate(block, layout, options);
  } finally {
    leave(call);
  }
  if (isBack) chargeOf(block)?.release();
  return isBack;
}

/** The block with another layout; a budget counts the difference. */
function resizeQuietly(
  owner: SomeAllocator,
  block: Block,
  layout: Layout,
  newLayout: Layout,
  options: AllocateOptions | undefined,
): Block {
  const before = chargeOf(block);
  const wasOpen = before?.isOpen === true;
  before?.suspend();
  let charge: Charge | null = null;
  let next: Block;
  try {
    charge = chargeFor(newLayout);
    const call = enter('reallocate', owner);
    try {
      next = owner.reallocate(block, layout, newLayout, options);
    } finally {
      leave(call);
    }
  } catch (error) {
    charge?.release();
    if (wasOpen) before?.open();
    throw error;
  }
  // Freed while an operation was in flight: its memory is still there.
  if (wasOpen && explain(block).state === 'abandoned') before?.open();
  else before?.release();
  return adopt(next, owner, charge);
}

/** A block of `owner` with another layout. The hook is told where there is no memory for it. */
export function resize(
  owner: SomeAllocator,
  block: Block,
  layout: Layout,
  newLayout: Layout,
  options?: AllocateRequest,
): Block {
  requireLayout(layout, 'layout');
  requireLayout(newLayout, 'newLayout');
  const settled = settle(options);
  try {
    return resizeQuietly(owner, block, layout, newLayout, settled);
  } catch (error) {
    tell(newLayout, settled, error);
    throw error;
  }
}

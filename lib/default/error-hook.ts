/** The function that a program wants to be told by that memory ran out. */
import { isOutOfMemory } from '../allocator.js';
import { type AllocError, invalidArgType } from '../errors.js';
import type { Layout } from '../layout.js';

const { apply } = Reflect;
const catchRejection = Promise.prototype.then;
const ignore = (): void => {};

/** Is told of a request that failed, and with which error. What it answers or throws is ignored. */
export type AllocErrorHook = (layout: Layout, error: AllocError) => unknown;

let hook: AllocErrorHook | null = null;
/** A request that fails inside the hook is not told to the hook. */
let isTelling = false;

/**
 * Sets the function that is told when `allocate`, `reallocate`, a Box or a Vec could have no memory,
 * just before the AllocError is thrown. Null: nobody is told. Answers the one before.
 *
 * The hook cannot change the outcome. It may free memory for later requests; what it throws is
 * ignored, and requests of its own that fail are not told again. Requests with the flag `NOWARN`
 * are not told of, nor is `tryAllocate`.
 *
 * @example
 * setAllocErrorHook((layout, error) => log.warn(`${layout}: ${error.reason}`));
 */
export function setAllocErrorHook(next: AllocErrorHook | null): AllocErrorHook | null {
  if (next !== null && typeof next !== 'function') {
    throw invalidArgType('hook', 'a function or null', next);
  }
  const previous = hook;
  hook = next;
  return previous;
}

/** Tells the hook, if `error` says that memory ran out. */
export function tellHook(layout: Layout, error: unknown): void {
  if (hook === null || isTelling || !isOutOfMemory(error)) return;
  isTelling = true;
  try {
    const answer: unknown = hook(layout, error);
    // Of an asynchronous hook that fails nobody else would take notice, and the process would end.
    if (answer instanceof Promise) apply(catchRejection, answer, [undefined, ignore]);
  } catch {
    // The request failed already, and that is what its caller has to learn.
  } finally {
    isTelling = false;
  }
}

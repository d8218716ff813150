/**
 * What is in force for a piece of work and all that it starts, across `await`. Before the first use
 * there is nothing: Node tracks asynchronous work only for programs that ask for it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Budget } from './budget.js';
import type { SomeAllocator } from './origin.js';

/** Both are null outside of the first of its kind. */
export interface Context {
  readonly allocator: SomeAllocator | null;
  readonly budget: Budget | null;
}

const OUTSIDE: Context = Object.freeze({ allocator: null, budget: null });

let storage: AsyncLocalStorage<Context> | null = null;

/** What is in force here and now. */
export function currentContext(): Context {
  return storage === null ? OUTSIDE : (storage.getStore() ?? OUTSIDE);
}

/** Runs `work`, with `changes` in force inside. Answers what it answers. */
export function runWith<T>(changes: Partial<Context>, work: () => T): T {
  const context = { ...currentContext(), ...changes };
  storage ??= new AsyncLocalStorage();
  return storage.run(context, work);
}

/**
 * The end of a scope: its hooks in the order in which they were made, then its memory. Whatever
 * they throw, all of it happens.
 */
import { type ScopeCore, ScopeState, scoped } from './core.js';

/** Calls the hooks, and ends the scope: what they threw. */
export function endScope(core: ScopeCore): readonly unknown[] {
  if (core.state !== ScopeState.OPEN) return [];
  core.state = ScopeState.ENDING;
  const errors: unknown[] = [];
  for (const hook of core.hooks) {
    try {
      hook();
    } catch (error) {
      errors.push(error);
    }
  }
  core.hooks.length = 0;
  core.end();
  return errors;
}

/** Ends a scope and those that are open inside it, the innermost first: what their hooks threw. */
export function endAll(core: ScopeCore): readonly unknown[] {
  const errors: unknown[] = [];
  const chain: ScopeCore[] = [];
  for (let each: ScopeCore | null = core; each !== null; each = each.inner) chain.push(each);
  for (const each of chain.reverse()) {
    errors.push(...endScope(each));
    each.end(); // in the middle of its hooks
  }
  return errors;
}

/** Throws one AggregateError for all that hooks threw. */
export function throwAll(errors: readonly unknown[]): void {
  if (errors.length === 0) return;
  throw new AggregateError(errors, `${errors.length} error(s) at the end of a scope`);
}

/** How the work in a scope came out. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/**
 * Ends the scope of some work: answers with its value, or throws its error. What else was wrong
 * makes an AggregateError, with the work's own error first.
 */
export function conclude<T>(core: ScopeCore, outcome: Outcome<T>): T {
  const isLeft = core.state === ScopeState.OPEN && core.inner !== null;
  const fromHooks = endAll(core);
  if ('error' in outcome) {
    if (fromHooks.length === 0) throw outcome.error;
    throwAll([outcome.error, ...fromHooks]);
  }
  const left = isLeft ? [scoped('A scope inside it was still open, and was ended with it.')] : [];
  if (left.length > 0 && fromHooks.length === 0) throw left[0];
  throwAll([...left, ...fromHooks]);
  return (outcome as { readonly value: T }).value;
}

/** Whether a value is a promise, or what passes for one. Its own code may run, and throw. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}

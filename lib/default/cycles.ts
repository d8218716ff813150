/**
 * Which operations of which allocators are running. An allocator that needs the default allocator
 * while it is the default would call itself for ever: the second call is refused instead.
 *
 * A free inside an allocation is no cycle, nor is an allocation inside a free: an endless recursion
 * repeats one of the two, and is refused there.
 */
import { heapwrightError } from '../errors.js';

/** What an allocator is asked to do. */
export type Operation = 'allocate' | 'deallocate' | 'reallocate';

/** One call that has not returned. All are synchronous, so that they form a stack. */
export interface Running {
  readonly operation: Operation;
  readonly allocator: object;
  readonly outer: Running | null;
}

let innermost: Running | null = null;

/**
 * `allocator` is about to be asked. Every call has to be followed by {@link leave}.
 *
 * @throws CYCLE: the same operation of it is running already.
 */
export function enter(operation: Operation, allocator: object): Running {
  for (let call = innermost; call !== null; call = call.outer) {
    if (call.allocator !== allocator || call.operation !== operation) continue;
    throw heapwrightError('ERR_HEAPWRIGHT_CYCLE', {
      actual: `${operation}() from inside ${operation}() of the same allocator`,
      hint: 'Take the default allocator once, when yours is made, and use that one.',
    });
  }
  innermost = { operation, allocator, outer: innermost };
  return innermost;
}

/** The call has returned or thrown. */
export function leave(call: Running): void {
  innermost = call.outer;
}

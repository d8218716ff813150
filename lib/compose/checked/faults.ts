/** Requests that are to fail, so that a program's way through a failure can be tested. */
import { invalidArgType, outOfRange } from '../../errors.js';
import { limitOption, readOptions } from '../../options.js';

/** Which requests fail. Several conditions may be given: each of them is enough. */
export interface FaultPlan {
  /** The one request of this number; the first is 1. */
  readonly nth?: number;
  /** Each request whose number is a multiple of this one. */
  readonly every?: number;
  /** Each request that would take the bytes of all those served before beyond this. */
  readonly afterBytes?: number;
}

function requireCount(value: unknown, name: string): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (typeof value !== 'number') throw invalidArgType(`options.fail.${name}`, 'a number', value);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw outOfRange(`options.fail.${name}`, 'an integer from 1 on', value);
}

/** Counts requests. The same requests in the same order fail every time. */
export class Faults {
  readonly #nth: number;
  readonly #every: number;
  readonly #afterBytes: number;
  #served = 0;
  /** Requests so far, those that failed included. */
  requests = 0;

  constructor(plan: unknown) {
    const { nth, every, afterBytes } =
      plan === undefined ? {} : readOptions(plan, ['nth', 'every', 'afterBytes']);
    this.#nth = requireCount(nth, 'nth');
    this.#every = requireCount(every, 'every');
    this.#afterBytes = limitOption(afterBytes, 'fail.afterBytes');
  }

  /** One request more. Whether it has to fail. */
  isNextToFail(size: number): boolean {
    this.requests++;
    const isDue = this.requests === this.#nth || this.requests % this.#every === 0;
    if (isDue || this.#served + size > this.#afterBytes) return true;
    this.#served += size;
    return false;
  }
}

/**
 * Reading options: own properties only, each once, before anything changes. A polluted prototype
 * sets nothing, a name that is not known is refused, and no value is converted.
 */
import { invalidArgType } from './errors.js';

const { hasOwn } = Object;

function requireOptions(options: unknown): asserts options is object {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgType('options', 'an object', options);
  }
}

/** A name that is not known: refused if it is the caller's own, ignored on a polluted prototype. */
function refuseUnknown(options: object, name: string, known: string): void {
  if (hasOwn(options, name))
    throw invalidArgType(`options.${name}`, `left out; there is ${known}`, name);
}

/**
 * INVALID_ARG_TYPE if `options` is no object or has an own property other than `known`. The loop
 * is what every allocation with options pays for, so it does no more than compare.
 */
export function checkOptions(options: unknown, known: string): asserts options is object {
  requireOptions(options);
  for (const name in options) {
    if (name !== known) refuseUnknown(options, name, known);
  }
}

/** The own property `name`, or undefined. */
export function ownOption(options: object, name: string): unknown {
  return hasOwn(options, name) ? (options as Record<string, unknown>)[name] : undefined;
}

/** How a block is allocated. */
export interface AllocateOptions {
  /** Leave the memory as it is, instead of zeroing it. Default false. */
  readonly uninitialized?: boolean;
}

/** How a block is freed. */
export interface DeallocateOptions {
  /**
   * What to do while the memory may still be in use by a pending operation or a lease: free it
   * later and answer false (`'abandon'`, the default), or throw BUSY or LEASED (`'throw'`).
   */
  readonly whenBusy?: 'abandon' | 'throw';
}

/** Whether the memory may be left as it is. */
export function isUninitialized(options: AllocateOptions | undefined): boolean {
  if (options === undefined) return false;
  checkOptions(options, 'uninitialized');
  const value = ownOption(options, 'uninitialized');
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw invalidArgType('options.uninitialized', 'a boolean', value);
}

/** Whether a free that cannot happen now is to throw. */
export function throwsWhenBusy(options: DeallocateOptions | undefined): boolean {
  if (options === undefined) return false;
  checkOptions(options, 'whenBusy');
  const value = ownOption(options, 'whenBusy');
  if (value === undefined || value === 'abandon') return false;
  if (value === 'throw') return true;
  throw invalidArgType('options.whenBusy', "'abandon' or 'throw'", value);
}

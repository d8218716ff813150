/**
 * Reading options: own properties only, each once, before anything changes. A polluted prototype
 * sets nothing, a name that is not known is refused, and no value is converted.
 */
import { invalidArgType, outOfRange } from './errors.js';

const { create, getOwnPropertyDescriptor, isFrozen } = Object;
const isOwn = Object.prototype.hasOwnProperty;

/**
 * The caller's own enumerable property `known`, or undefined. INVALID_ARG_TYPE if `options` is no
 * object or has any other one.
 *
 * Every allocation with options runs this: asked in this way, inside the loop over the object
 * itself, the engine answers `hasOwnProperty` and the read from the object's shape.
 */
export function readOption(options: unknown, known: string): unknown {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgType('options', 'an object', options);
  }
  let value: unknown;
  for (const name in options) {
    if (!isOwn.call(options, name)) continue;
    if (name !== known) {
      throw invalidArgType(`options.${name}`, `left out; there is only ${known}`, name);
    }
    value = (options as Record<string, unknown>)[name];
  }
  return value;
}

/** As {@link readOption}, for an object with several: the values of those that are there. */
export function readOptions<Name extends string>(
  options: unknown,
  known: readonly Name[],
): { readonly [name in Name]?: unknown } {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgType('options', 'an object', options);
  }
  const values = create(null) as Record<string, unknown>;
  for (const key in options) {
    if (!isOwn.call(options, key)) continue;
    if (!(known as readonly string[]).includes(key)) {
      const names = known.join(', ');
      throw invalidArgType(`options.${key}`, `left out; there are only ${names}`, key);
    }
    values[key] = (options as Record<string, unknown>)[key];
  }
  return values as { readonly [name in Name]?: unknown };
}

/** A limit in bytes; none is Infinity. */
export function limitOption(value: unknown, name: string): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (typeof value !== 'number') throw invalidArgType(`options.${name}`, 'a number', value);
  const isLimit = value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= 0);
  if (isLimit) return value;
  throw outOfRange(`options.${name}`, 'an integer from 0 to 2^53 - 1, or Infinity', value);
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

/** A frozen object of plain values that was read before: it cannot say anything else. */
let constant: object | undefined;
let constantValue = false;
/** The options of the last call: an object that comes twice in a row may be a constant. */
let last: object | undefined;

/** Frozen, and with no getter: what was read once holds for ever. Also behind a Proxy. */
function isConstant(options: object): boolean {
  const property = getOwnPropertyDescriptor(options, 'uninitialized');
  return isFrozen(options) && property !== undefined && 'value' in property;
}

/**
 * Whether the memory may be left as it is. Reading the options costs 4 % of an allocation of 64
 * bytes; a program in a hurry keeps them in a frozen constant, for which it costs nothing.
 */
export function isUninitialized(options: AllocateOptions | undefined): boolean {
  if (options === undefined) return false;
  if (options === constant) return constantValue;
  const value = readOption(options, 'uninitialized');
  if (value !== undefined && typeof value !== 'boolean') {
    throw invalidArgType('options.uninitialized', 'a boolean', value);
  }
  if (options !== last) {
    last = options;
  } else if (isConstant(options)) {
    constant = options;
    constantValue = value === true;
  }
  return value === true;
}

/** Whether a free that cannot happen now is to throw. */
export function throwsWhenBusy(options: DeallocateOptions | undefined): boolean {
  if (options === undefined) return false;
  const value = readOption(options, 'whenBusy');
  if (value === undefined || value === 'abandon') return false;
  if (value === 'throw') return true;
  throw invalidArgType('options.whenBusy', "'abandon' or 'throw'", value);
}

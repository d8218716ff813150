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

/** A flag of {@link AllocateOptions}: every byte, of a reallocation every new one, reads zero. */
export const ZEROED = 1;
/** A flag: ask the operating system for nothing; fail instead, OUT_OF_MEMORY with `nowait`. */
export const NOWAIT = 2;
/** A flag: the caller expects failure, and nobody is told of it but the caller. */
export const NOWARN = 4;
const ALL_FLAGS = ZEROED | NOWAIT | NOWARN;

/** How a block is allocated. */
export interface AllocateOptions {
  /** Leave the memory as it is, instead of zeroing it. Default false. */
  readonly uninitialized?: boolean;
  /**
   * `ZEROED`, `NOWAIT` and `NOWARN`, combined with `|`. `ZEROED` is stronger than `uninitialized`.
   * Default: none.
   */
  readonly flags?: number;
}

/** The same, or the flags alone: `NOWAIT` for `{ flags: NOWAIT }`. */
export type AllocateRequest = AllocateOptions | number;

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
let constantFlags = ZEROED;
/** The options of the last call: an object that comes twice in a row may be a constant. */
let last: object | undefined;

/** For each combination of flags, options that say it. */
const CANONICAL: readonly Required<AllocateOptions>[] = Array.from(
  { length: ALL_FLAGS + 1 },
  (_, flags) => Object.freeze({ uninitialized: (flags & ZEROED) === 0, flags }),
);
/** What one allocator of the package tells another most often. */
const PLAIN = CANONICAL[ZEROED];
const UNINITIALIZED = CANONICAL[0];

/** Whether there is no getter to be asked each time. */
function isValue(options: object, name: keyof AllocateOptions): boolean {
  const property = getOwnPropertyDescriptor(options, name);
  return property === undefined || 'value' in property;
}

/** Frozen, and with no getter: what was read once holds for ever. Also behind a Proxy. */
function isConstant(options: AllocateOptions): boolean {
  return isFrozen(options) && isValue(options, 'uninitialized') && isValue(options, 'flags');
}

function requireFlags(value: unknown, name: string): number {
  if (typeof value !== 'number') throw invalidArgType(name, 'a number', value);
  if (value >>> 0 === value && value <= ALL_FLAGS) return value;
  throw outOfRange(name, 'of the flags ZEROED, NOWAIT and NOWARN, combined with |', value);
}

/** Reads each option once. The flags that they come to. */
function readRequest(options: AllocateOptions): number {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgType('options', 'an object, or flags', options);
  }
  let uninitialized: unknown;
  let flags: unknown;
  for (const name in options) {
    if (!isOwn.call(options, name)) continue;
    if (name === 'uninitialized') {
      uninitialized = options[name];
    } else if (name === 'flags') {
      flags = options[name];
    } else {
      const known = 'left out; there are only uninitialized and flags';
      throw invalidArgType(`options.${name}`, known, name);
    }
  }
  if (uninitialized !== undefined && typeof uninitialized !== 'boolean') {
    throw invalidArgType('options.uninitialized', 'a boolean', uninitialized);
  }
  const given = flags === undefined ? 0 : requireFlags(flags, 'options.flags');
  return uninitialized === true ? given : given | ZEROED;
}

/**
 * What a request asks for, as flags: ZEROED wherever the memory may not be left as it is. Reading
 * the options costs 4 % of an allocation of 64 bytes; a program in a hurry keeps them in a frozen
 * constant, for which it costs nothing.
 */
export function flagsOf(options: AllocateRequest | undefined): number {
  if (options === undefined) return ZEROED;
  if (options === constant) return constantFlags;
  if (options === UNINITIALIZED) return 0;
  if (options === PLAIN) return ZEROED;
  if (typeof options === 'number') return requireFlags(options, 'options') | ZEROED;
  const flags = readRequest(options);
  if (options !== last) {
    last = options;
  } else if (isConstant(options)) {
    constant = options;
    constantFlags = flags;
  }
  return flags;
}

/** Whether the memory may be left as it is. */
export function isUninitialized(options: AllocateRequest | undefined): boolean {
  return (flagsOf(options) & ZEROED) === 0;
}

/** The options behind `flags`, for an allocator that a program wrote: an object in any case. */
export function optionsOf(flags: number): Required<AllocateOptions> {
  return CANONICAL[flags] as Required<AllocateOptions>;
}

/** What one allocator of the package tells another: options that were read once. */
export const ABANDON: DeallocateOptions = Object.freeze({ whenBusy: 'abandon' });
export const REFUSE: DeallocateOptions = Object.freeze({ whenBusy: 'throw' });

/** Whether a free that cannot happen now is to throw. */
export function throwsWhenBusy(options: DeallocateOptions | undefined): boolean {
  if (options === undefined || options === ABANDON) return false;
  const value = readOption(options, 'whenBusy');
  if (value === undefined || value === 'abandon') return false;
  if (value === 'throw') return true;
  throw invalidArgType('options.whenBusy', "'abandon' or 'throw'", value);
}

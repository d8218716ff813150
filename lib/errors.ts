/**
 * Every error of the package: the classes, their stable codes and all their words. Nothing else
 * in the package writes a message, so that each says what was expected, what came and what to
 * do, and none shows an address.
 *
 * Describing a value never runs code of the caller: only `typeof`, comparison with `null` and
 * `Array.isArray` look at it.
 */
import type { Layout } from './layout.js';

const { apply, defineProperty } = Reflect;
const { assign, create, is } = Object;
const { isArray } = Array;
const { stringify } = JSON;
const stringSlice = String.prototype.slice;

/** The `code` of every error this package makes. Codes are stable; messages are not. */
export type ErrorCode =
  | 'ERR_HEAPWRIGHT_INVALID_ARG_TYPE'
  | 'ERR_HEAPWRIGHT_OUT_OF_RANGE'
  | LayoutErrorCode
  | AllocErrorCode
  | DetailCode;

/** The codes that {@link heapwrightError} makes; the others have a factory of their own. */
export type DetailCode = keyof typeof MESSAGES;

/** The codes of a {@link LayoutError}. */
export type LayoutErrorCode = 'ERR_HEAPWRIGHT_BAD_ALIGN' | 'ERR_HEAPWRIGHT_SIZE_OVERFLOW';

/** The codes of an {@link AllocError}. */
export type AllocErrorCode = 'ERR_HEAPWRIGHT_OUT_OF_MEMORY' | 'ERR_HEAPWRIGHT_LIMIT';

/**
 * Why memory was refused: the allocator's own `limit`, a region that is `full` or too
 * `fragmented`, a request `too-large` ever to fit, a refusal of the `os`, a request that was told
 * not to wait for the system (`nowait`), or `null` where the allocator gives no reason.
 */
export type AllocReason = 'limit' | 'full' | 'fragmented' | 'too-large' | 'os' | 'nowait' | null;

/** What a {@link HeapwrightError} may carry besides its message. */
export interface HeapwrightErrorOptions {
  /** The allocator that does own the block, where it is another one of this package. */
  readonly owner?: unknown;
  /** The error behind this one, as in the standard `Error` options. */
  readonly cause?: unknown;
}

/** The facts that fill in the message of {@link heapwrightError}. */
export interface HeapwrightErrorDetail extends HeapwrightErrorOptions {
  /** What would have been right, such as `Layout(64, align 16)`. */
  readonly expected?: string;
  /** What came instead. */
  readonly actual?: string;
  /** What to do, in place of the advice that the code has by itself. A sentence. */
  readonly hint?: string;
}

/** What an {@link AllocError} knows about the request that failed. */
export interface AllocErrorDetail {
  /** The layout that was asked for. */
  readonly layout: Layout;
  /** The name of the allocator that refused. */
  readonly allocator: string;
  /** Why it refused. */
  readonly reason: AllocReason;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/** A request that would go over a limit, and the numbers of that limit; all in bytes. */
export interface LimitDetail extends Pick<AllocErrorDetail, 'layout' | 'allocator'> {
  readonly limit: number;
  readonly liveBytes: number;
  readonly abandonedBytes: number;
  /** Where it was not `limit` that stood in the way, but the one of pages. */
  readonly mapped?: { readonly limit: number; readonly bytes: number } | undefined;
  /** Whether live bytes may be of blocks that the program has dropped. */
  readonly recovers?: boolean;
}

let isBaseError: (value: object) => boolean;
let isTypeError: typeof isBaseError;
let isRangeError: typeof isBaseError;

/** `options` for the `Error` constructor, which must see a cause only where there is one. */
function causeOf(options: { readonly cause?: unknown } | undefined): ErrorOptions | undefined {
  return options?.cause === undefined ? undefined : { cause: options.cause };
}

/** Defines a property that printing does not show: a class's name, a whole allocator. */
function hide(target: Error, key: 'name' | 'owner', value: unknown): void {
  const hidden = { value, writable: true, configurable: true, enumerable: false };
  defineProperty(target, key, assign(create(null), hidden));
}

/**
 * The error of an operation that could not be done. `code` says which rule was broken.
 *
 * @example
 * try {
 *   allocator.deallocate(block, layout);
 * } catch (error) {
 *   if (isHeapwrightError(error) && error.code === 'ERR_HEAPWRIGHT_DETACHED') return;
 *   throw error;
 * }
 */
export class HeapwrightError<Code extends ErrorCode = ErrorCode> extends Error {
  static {
    hide(HeapwrightError.prototype, 'name', 'HeapwrightError');
    isBaseError = (value) => #brand in value;
  }

  readonly #brand = true;
  /** The stable code, such as `ERR_HEAPWRIGHT_DETACHED`. */
  readonly code: Code;
  /** With NOT_OWNED: the allocator of this package that does own the block, where one does. */
  declare readonly owner?: unknown;

  constructor(code: Code, message: string, options?: HeapwrightErrorOptions) {
    super(message, causeOf(options));
    this.code = code;
    if (options?.owner !== undefined) hide(this, 'owner', options.owner);
  }
}

/** A layout that cannot exist: BAD_ALIGN or SIZE_OVERFLOW. */
export class LayoutError extends HeapwrightError<LayoutErrorCode> {
  static {
    hide(LayoutError.prototype, 'name', 'LayoutError');
  }
}

/** Memory that could not be had: OUT_OF_MEMORY or LIMIT. No memory was taken. */
export class AllocError extends HeapwrightError<AllocErrorCode> {
  static {
    hide(AllocError.prototype, 'name', 'AllocError');
  }

  /** The layout that was asked for. */
  readonly layout: Layout;
  /** The name of the allocator that refused. */
  readonly allocator: string;
  /** Why it refused, or null where it gives no reason. */
  readonly reason: AllocReason;

  constructor(code: AllocErrorCode, message: string, detail: AllocErrorDetail) {
    super(code, message, detail);
    this.layout = detail.layout;
    this.allocator = detail.allocator;
    this.reason = detail.reason;
  }
}

/** An argument of the wrong type. Its `name` is `TypeError`, as for Node's own. */
export class HeapwrightTypeError extends TypeError {
  static {
    isTypeError = (value) => #brand in value;
  }

  readonly #brand = true;
  readonly code = 'ERR_HEAPWRIGHT_INVALID_ARG_TYPE';
}

/** A number outside the range of its argument. Its `name` is `RangeError`, as for Node's own. */
export class HeapwrightRangeError extends RangeError {
  static {
    isRangeError = (value) => #brand in value;
  }

  readonly #brand = true;
  readonly code = 'ERR_HEAPWRIGHT_OUT_OF_RANGE';
}

/**
 * Whether `value` was made by one of the error classes of this package. It asks for a private
 * brand, so that no trap of a Proxy runs and no look-alike passes.
 */
export function isHeapwrightError(value: unknown): value is Error & { readonly code: ErrorCode } {
  if (typeof value !== 'object' || value === null) return false;
  return isBaseError(value) || isTypeError(value) || isRangeError(value);
}

const MAX_SHOWN = 40;

/** Numbers from here up may be addresses, and are named by their type only. */
const SHOWN_BELOW = 2 ** 32;

function shorten(text: string): string {
  if (text.length <= MAX_SHOWN) return text;
  return `${apply(stringSlice, text, [0, MAX_SHOWN])}...`;
}

function describeNumber(value: number): string {
  return is(value, -0) ? '-0' : `${value}`;
}

/** Names a value by its type and shows it where it is short, without running any of its code. */
function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'boolean':
      return `the boolean ${value}`;
    case 'number':
      return value >= SHOWN_BELOW ? 'a number' : `the number ${describeNumber(value)}`;
    case 'bigint':
      return value > -SHOWN_BELOW && value < SHOWN_BELOW ? `the bigint ${value}n` : 'a bigint';
    case 'string':
      return `the string ${stringify(shorten(value))}`;
    case 'symbol':
      return 'a symbol';
    case 'function':
      return 'a function';
    default:
      return describeObject(value);
  }
}

function describeObject(value: unknown): string {
  if (value === null) return 'null';
  try {
    return isArray(value) ? 'an array' : 'an object';
  } catch {
    return 'an object'; // A revoked Proxy: isArray throws.
  }
}

/**
 * INVALID_ARG_TYPE: `argument` had to be `expected`, a noun phrase such as `a Layout`.
 *
 * @example
 * throw invalidArgType('layout', 'a Layout', value);
 */
export function invalidArgType(
  argument: string,
  expected: string,
  actual: unknown,
): HeapwrightTypeError {
  return new HeapwrightTypeError(
    `The "${shorten(argument)}" argument must be ${expected}; got ${describe(actual)}.`,
  );
}

/** OUT_OF_RANGE: `argument` had to be `expected`, such as `an integer from 1 to 64`. */
export function outOfRange(
  argument: string,
  expected: string,
  actual: unknown,
): HeapwrightRangeError {
  const got = typeof actual === 'number' ? describeNumber(actual) : describe(actual);
  return new HeapwrightRangeError(
    `The "${shorten(argument)}" argument must be ${expected}; got ${got}.`,
  );
}

/** BAD_ALIGN: `actual`, a number in range, is no alignment. */
export function badAlign(actual: number): LayoutError {
  return new LayoutError(
    'ERR_HEAPWRIGHT_BAD_ALIGN',
    `An alignment must be a power of two from 1 to 2^52; got ${describeNumber(actual)}.`,
  );
}

/** SIZE_OVERFLOW: the size of `what`, a noun phrase, is beyond what a layout can hold. */
export function sizeOverflow(what: string): LayoutError {
  return new LayoutError(
    'ERR_HEAPWRIGHT_SIZE_OVERFLOW',
    `The size of ${what}, rounded up to its alignment, must be at most 2^53 - 1 bytes; ` +
      'it is more. Ask for less.',
  );
}

/** How a layout is written in every message, and by `Layout.prototype.toString`. */
export function describeLayout(size: number, align: number): string {
  return `Layout(${size}, align ${align})`;
}

/** For each reason: what stood in the way, and what to do. */
const REASONS: Readonly<Record<Exclude<AllocReason, null>, string>> = {
  limit: 'its limit would be exceeded. Free blocks or raise the limit',
  full: 'its memory is all in use. Free blocks or give it more memory',
  fragmented:
    'enough bytes are free, but not in one piece. Free neighbouring blocks or ask for less',
  'too-large': 'it never serves a request of this size or alignment. Ask for less',
  os: 'the operating system gave no memory. Free blocks or raise the limits of the process',
  nowait: 'it has none at hand and was told not to ask the operating system. Allow it to wait',
};

/** OUT_OF_MEMORY: `allocator` could not serve `layout`, for `reason`. */
export function outOfMemory(detail: AllocErrorDetail): AllocError {
  const { layout, allocator, reason } = detail;
  const why = reason === null ? 'it gave no reason. Try another allocator' : REASONS[reason];
  return new AllocError(
    'ERR_HEAPWRIGHT_OUT_OF_MEMORY',
    `${refusal(layout, allocator)}: ${why}.`,
    detail,
  );
}

/** LIMIT: serving `layout` would take `allocator` over its limit. */
export function limitReached(detail: LimitDetail): AllocError {
  const { layout, allocator, limit, liveBytes, abandonedBytes, mapped, recovers } = detail;
  const late = recovers === true ? 'Dropped blocks' : abandonedBytes > 0 ? 'Abandoned bytes' : null;
  const wait = `${late} come back in a later tick, after a garbage collection; wait for that. `;
  const advice = `${late === null ? '' : wait}Free blocks or raise the limit.`;
  return new AllocError(
    'ERR_HEAPWRIGHT_LIMIT',
    mapped === undefined
      ? `${refusal(layout, allocator)}: of its limit of ${limit} bytes, ` +
          `${liveBytes} are live and ${abandonedBytes} abandoned. ${advice}`
      : `${refusal(layout, allocator)}: of its limit of ${mapped.limit} bytes of pages, ` +
          `${mapped.bytes} are taken. ${advice}`,
    { layout, allocator, reason: 'limit' },
  );
}

function refusal(layout: Layout, allocator: string): string {
  const asked = describeLayout(layout.size, layout.align);
  return `The allocator "${shorten(allocator)}" cannot serve ${asked}`;
}

/** For each code: what is wrong, a clause without its full stop, and what to do, a sentence. */
const MESSAGES = {
  ERR_HEAPWRIGHT_NOT_OWNED: [
    'The block was not allocated by this allocator',
    'Free a block where it was allocated.',
  ],
  ERR_HEAPWRIGHT_INTERIOR: [
    'The view lies inside a block but is not the block itself',
    'Pass the object that allocate() returned.',
  ],
  ERR_HEAPWRIGHT_DETACHED: [
    'The block is no longer there: it was freed, reallocated or transferred',
    'Free every block once, and use the one that reallocate() returned.',
  ],
  ERR_HEAPWRIGHT_ABANDONED: [
    'The block was freed already; its memory is released when nothing can reach it',
    'Free every block once.',
  ],
  ERR_HEAPWRIGHT_LAYOUT_MISMATCH: [
    'The layout is not the one that the block was allocated with',
    'Pass the layout that was asked for.',
  ],
  ERR_HEAPWRIGHT_LEASED: ['A lease still holds the memory', 'Dispose every lease first.'],
  ERR_HEAPWRIGHT_BUSY: [
    'The memory may be in use by a pending operation or by something built on it',
    'Wait for it to end, then try again.',
  ],
  ERR_HEAPWRIGHT_NOT_DETACHABLE: [
    'The block cannot be detached, because something has pinned its ArrayBuffer',
    'Do not mark blocks as untransferable or hand them to asm.js; the block stays valid.',
  ],
  ERR_HEAPWRIGHT_CLOSED: ['The allocator has been disposed', 'Make another one.'],
  ERR_HEAPWRIGHT_SCOPED: [
    'The operation is not possible with this scope or its memory',
    'Work inside the innermost open scope, and let its end free the memory.',
  ],
  ERR_HEAPWRIGHT_CYCLE: ['The allocator would be its own parent', 'Build compositions as trees.'],
  ERR_HEAPWRIGHT_LOCKED: ['The default allocator is locked', 'Set it before it is locked.'],
  ERR_HEAPWRIGHT_WRONG_THREAD: ['It belongs to another thread', 'Use it where it was made.'],
  ERR_HEAPWRIGHT_EXTERNAL_UNSUPPORTED: [
    'This runtime does not allow an ArrayBuffer over native memory',
    'Run it on Node.js.',
  ],
  ERR_HEAPWRIGHT_ENV_CLOSING: ['The environment is shutting down', 'Stop earlier.'],
  ERR_HEAPWRIGHT_CORRUPTED: [
    'The state of the heap contradicts itself',
    'Stop using this allocator, and look for native code or a transfer that wrote to its memory.',
  ],
  ERR_HEAPWRIGHT_LOAD_FAILED: [
    'The native library could not be loaded',
    'Check that the file exists, and that it was built for this platform and architecture.',
  ],
} as const satisfies Record<string, readonly [problem: string, advice: string]>;

/**
 * The error of `code`, with the message that belongs to it. `detail` adds what was expected and
 * what came, replaces the advice (`hint`), and carries `owner` and `cause`.
 *
 * @example
 * throw heapwrightError('ERR_HEAPWRIGHT_LAYOUT_MISMATCH', {
 *   expected: 'Layout(64, align 16)',
 *   actual: 'Layout(32, align 16)',
 * });
 */
export function heapwrightError(
  code: DetailCode,
  detail: HeapwrightErrorDetail = {},
): HeapwrightError<DetailCode> {
  const [problem, advice] = MESSAGES[code];
  const elsewhere = detail.owner === undefined ? '' : ', but by the one in error.owner';
  const message = `${problem}${elsewhere}${comparison(detail)}. ${detail.hint ?? advice}`;
  return new HeapwrightError(code, message, detail);
}

function comparison({ expected, actual }: HeapwrightErrorDetail): string {
  if (expected === undefined) return actual === undefined ? '' : `: got ${actual}`;
  return actual === undefined ? `: expected ${expected}` : `: expected ${expected}, got ${actual}`;
}

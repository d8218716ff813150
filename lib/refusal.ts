/**
 * From an answer of the addon to the error that says it: which block, whose, and what it is.
 */
import { classify, generationOf, indexOf, UNSTAMPED } from './block.js';
import {
  describeLayout,
  type HeapwrightErrorDetail,
  heapwrightError,
  invalidArgType,
} from './errors.js';
import { Code, Mail, native } from './native.js';
import { ABANDONED, FREED, type Place, placeOf } from './pool/stamp.js';

/** What the addon knows about a stamped block that still has its memory. */
export interface BlockRecord {
  readonly state: number;
  readonly kind: number;
  readonly leases: number;
  readonly heap: number;
  readonly size: number;
  readonly align: number;
  /** False: moved away by a transfer. */
  readonly attached: boolean;
}

/** The record behind a stamp, or null when the block was freed. */
export function recordOf(block: object): BlockRecord | null {
  const { mail } = native;
  mail[Mail.STATE] = 0;
  const code = native.blockState(indexOf(block), generationOf(block), block as ArrayBuffer);
  const state = mail[Mail.STATE];
  if (state === 0) return null;
  const read = (at: number): number => mail[at] as number;
  return {
    state: read(Mail.STATE),
    kind: read(Mail.KIND),
    leases: read(Mail.LEASES),
    heap: read(Mail.HEAP),
    size: read(Mail.SIZE_HIGH) * 2 ** 32 + read(Mail.SIZE_LOW),
    align: 2 ** read(Mail.LG_ALIGN),
    attached: code === Code.OK,
  };
}

/** Allocators by the id of their heap, so that an error can name a block's owner. */
const owners = new Map<number, WeakRef<object>>();

export function rememberOwner(heap: number, allocator: object): void {
  owners.set(heap, new WeakRef(allocator));
}

export function forgetOwner(heap: number): void {
  owners.delete(heap);
}

/** The allocator of this thread that owns the heap, if the program still has it. */
export function ownerOf(heap: number): object | undefined {
  return owners.get(heap)?.deref();
}

/** The error for a pooled Buffer that is none of the caller's, or no longer live. */
export function refusePlace(place: Place): Error {
  if (place === FREED) return heapwrightError('ERR_HEAPWRIGHT_DETACHED');
  if (place === ABANDONED) return heapwrightError('ERR_HEAPWRIGHT_ABANDONED');
  return heapwrightError('ERR_HEAPWRIGHT_NOT_OWNED', { owner: place.keeper?.pool });
}

/** The error for a value that carries no stamp. */
function refuseUnstamped(value: unknown, argument: string): Error {
  const place = placeOf(value);
  if (place !== null) return refusePlace(place);
  const what = classify(value);
  if (what.kind === 'other') {
    return invalidArgType(argument, 'an ArrayBuffer that allocate() returned', value);
  }
  const inner = what.kind === 'view' && indexOf(what.buffer) !== UNSTAMPED;
  return heapwrightError(inner ? 'ERR_HEAPWRIGHT_INTERIOR' : 'ERR_HEAPWRIGHT_NOT_OWNED');
}

/** The error for a stamped block of another owner, or of another layout. */
function refuseMismatch(block: object, code: number, layout: object | undefined): Error {
  const record = recordOf(block);
  const detail: { -readonly [K in keyof HeapwrightErrorDetail]: HeapwrightErrorDetail[K] } = {};
  if (code === Code.LAYOUT_MISMATCH) {
    if (record !== null) detail.expected = describeLayout(record.size, record.align);
    if (layout !== undefined) detail.actual = `${layout}`;
    return heapwrightError('ERR_HEAPWRIGHT_LAYOUT_MISMATCH', detail);
  }
  if (record !== null) detail.owner = ownerOf(record.heap);
  return heapwrightError('ERR_HEAPWRIGHT_NOT_OWNED', detail);
}

/** The error for `block`: by what it is where no code is given, else by the addon's answer. */
export function refuseBlock(
  block: unknown,
  argument: string,
  code?: number,
  layout?: object,
): Error {
  if (code === undefined || indexOf(block) === UNSTAMPED) return refuseUnstamped(block, argument);
  switch (code) {
    case Code.NOT_OWNED:
    case Code.LAYOUT_MISMATCH:
      return refuseMismatch(block as object, code, layout);
    case Code.INTERIOR:
      return heapwrightError('ERR_HEAPWRIGHT_INTERIOR');
    case Code.DETACHED:
      return heapwrightError('ERR_HEAPWRIGHT_DETACHED');
    case Code.ABANDONED:
      return heapwrightError('ERR_HEAPWRIGHT_ABANDONED');
    case Code.LEASED:
      return heapwrightError('ERR_HEAPWRIGHT_LEASED');
    case Code.BUSY:
      return heapwrightError('ERR_HEAPWRIGHT_BUSY');
    case Code.NOT_DETACHABLE:
      return heapwrightError('ERR_HEAPWRIGHT_NOT_DETACHABLE');
    default:
      return refuseCall(code);
  }
}

/** The error for a call that failed whatever the block. */
export function refuseCall(code: number): Error {
  switch (code) {
    case Code.WRONG_THREAD:
      return heapwrightError('ERR_HEAPWRIGHT_WRONG_THREAD');
    case Code.EXTERNAL_UNSUPPORTED:
      return heapwrightError('ERR_HEAPWRIGHT_EXTERNAL_UNSUPPORTED');
    case Code.ENV_CLOSING:
      return heapwrightError('ERR_HEAPWRIGHT_ENV_CLOSING');
    case Code.CLOSED:
      return heapwrightError('ERR_HEAPWRIGHT_CLOSED');
    default:
      return heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', { actual: `answer ${code} of the addon` });
  }
}

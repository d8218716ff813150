/** Whether a value is a live Buffer of a pool, and the error for what is not. */
import { constants } from 'node:buffer';
import { arrayBufferOf, byteLengthOf, classify, indexOf, lengthOf, UNSTAMPED } from '../block.js';
import { describeLayout, heapwrightError, invalidArgType, outOfRange } from '../errors.js';
import type { Layout } from '../layout.js';
import { Code } from '../native.js';
import { recordOf, refuseBlock, refusePlace } from '../refusal.js';
import { Hold } from './hold.js';
import { Slab, SlabState } from './slab.js';
import { ABANDONED, alignOf, type Place, type PlaceDescription } from './stamp.js';

const LONGEST = constants.MAX_LENGTH;

/** INVALID_ARG_TYPE or OUT_OF_RANGE unless `size` can be the length of a Buffer. */
export function checkSize(size: unknown): asserts size is number {
  if (typeof size !== 'number') throw invalidArgType('size', 'a number', size);
  if (Number.isInteger(size) && size >= 0 && size <= LONGEST) return;
  throw outOfRange('size', `an integer from 0 to ${LONGEST}`, size);
}

/** Whether a Buffer at this place can be used and freed. */
export function isLivePlace(place: Place): boolean {
  if (place instanceof Hold) return !place.isFreed;
  if (!(place instanceof Slab)) return false;
  return place.state !== SlabState.CLOSED && place.state !== SlabState.ENDED;
}

/** The error for a value that never was a Buffer of a pool. */
export function refuseForeign(value: unknown): Error {
  if (indexOf(value) !== UNSTAMPED) {
    const isGone = recordOf(value as object) === null;
    return refuseBlock(value, 'buffer', isGone ? Code.DETACHED : Code.NOT_OWNED);
  }
  return classify(value).kind === 'other'
    ? invalidArgType('buffer', 'a Buffer that this pool handed out', value)
    : refuseBlock(value, 'buffer');
}

/** The error for a Buffer of the pool at hand that is not live any more. */
export function refuseGone(place: Place): Error {
  if (place instanceof Slab) {
    const isGone = place.state === SlabState.ENDED || place.isMoved;
    return heapwrightError(isGone ? 'ERR_HEAPWRIGHT_DETACHED' : 'ERR_HEAPWRIGHT_ABANDONED');
  }
  return refusePlace(place instanceof Hold ? ABANDONED : place);
}

function isDetached(buffer: Buffer): boolean {
  return byteLengthOf(arrayBufferOf(buffer)) === 0;
}

/** LAYOUT_MISMATCH unless the Buffer was asked for with `layout`. A moved one fits any. */
export function requireFit(buffer: Buffer, layout: Layout): void {
  const size = lengthOf(buffer);
  const align = alignOf(buffer);
  if ((size === layout.size && align === layout.align) || isDetached(buffer)) return;
  throw heapwrightError('ERR_HEAPWRIGHT_LAYOUT_MISMATCH', {
    expected: describeLayout(size, align),
    actual: `${layout}`,
  });
}

/** DETACHED for a Buffer whose slab was moved away: its contents are elsewhere. */
export function requireMemory(buffer: Buffer): void {
  if (isDetached(buffer)) throw heapwrightError('ERR_HEAPWRIGHT_DETACHED');
}

/** What there is to say about a pooled Buffer. */
export function describePlace(buffer: Buffer, place: Place): PlaceDescription {
  const slab = place instanceof Hold ? place.slab : place;
  const owner = place.keeper?.pool ?? null;
  if (!(slab instanceof Slab)) {
    const state = slab === ABANDONED ? 'abandoned' : 'freed';
    return { state, owner, usable: 0, align: 1, leases: 0 };
  }
  const leases = place instanceof Hold ? place.leases : 0;
  const { slotSize: usable, site } = slab;
  const common = { owner, usable, align: alignOf(buffer), leases, site };
  if (!isLivePlace(place)) {
    return { ...common, state: slab.state === SlabState.ENDED ? 'freed' : 'abandoned' };
  }
  if (isDetached(buffer)) return { ...common, state: 'moved' };
  return { ...common, state: leases > 0 ? 'leased' : 'live' };
}

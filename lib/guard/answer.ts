/**
 * What a program's own allocator answers, before anybody sees it: whether that can be a block of
 * the layout that was asked for. Asks the engine and the addon, never the answer's own properties.
 */
import { Buffer } from 'node:buffer';
import { type Block, byteLengthOf, classify, indexOf, UNSTAMPED, viewOffsetOf } from '../block.js';
import { heapwrightError, invalidArgType, outOfRange } from '../errors.js';
import { addressOf } from '../introspection.js';
import type { Layout } from '../layout.js';
import { measure } from '../measure.js';
import { State } from '../native.js';
import { alignOf, placeOf } from '../pool/stamp.js';
import { recordOf } from '../refusal.js';

const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { apply } = Reflect;
const { min } = Math;
const Bytes = Uint8Array;
const bufferPrototype: object = Buffer.prototype;
const resizableGetter = getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable')?.get;

/** The largest elements of a typed array: where one may begin in its ArrayBuffer. */
const LARGEST_ELEMENT = 8;

/** What was answered to a request, and where its bytes were then. */
export interface Answer {
  readonly layout: Layout;
  /** The answer itself, or what a Buffer is a view of. */
  readonly memory: object;
  readonly isView: boolean;
  readonly start: number;
}

function isResizable(buffer: ArrayBuffer): boolean {
  return resizableGetter !== undefined && apply(resizableGetter, buffer, []) === true;
}

function isDetached(buffer: ArrayBuffer): boolean {
  if (byteLengthOf(buffer) > 0) return false;
  try {
    return new Bytes(buffer).length !== 0;
  } catch {
    return true;
  }
}

/** INVALID_ARG_TYPE: `block` is nothing that could be a block, `expected` of it says why. */
function refuseKind(expected: string, block: unknown): Error {
  return invalidArgType('block', `what allocate() has to return: ${expected}`, block);
}

/** The ArrayBuffer under an answer. */
function memoryOf(block: unknown): { memory: object; isView: boolean } {
  const what = classify(block);
  const isView = what.kind === 'view';
  const isBlock = isView ? getPrototypeOf(block) === bufferPrototype : what.kind === 'buffer';
  if (!isBlock) throw refuseKind('an ArrayBuffer or Buffer', block);
  const memory = (isView ? what.buffer : block) as object;
  // A Buffer of a pool over shared memory is known by its stamp.
  if (placeOf(block) !== null) return { memory, isView };
  if (classify(memory).kind !== 'buffer') {
    throw refuseKind('memory that no other thread can write', block);
  }
  if (isResizable(memory as ArrayBuffer)) throw refuseKind('memory of a fixed length', block);
  if (isDetached(memory as ArrayBuffer)) {
    throw heapwrightError('ERR_HEAPWRIGHT_DETACHED', { hint: 'allocate() returns live memory.' });
  }
  return { memory, isView };
}

function corrupted(what: string): Error {
  return heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', { actual: `a block from allocate() ${what}` });
}

/**
 * The alignment that a block of this package was asked for with, 1 for memory of others; CORRUPTED
 * for one that was freed, whoever still holds it.
 */
function alignmentOf(block: Block): number {
  const place = placeOf(block);
  if (place !== null && place.keeper !== null) return alignOf(block as Buffer);
  if (place === null && indexOf(block) === UNSTAMPED) return 1;
  const record = place === null ? recordOf(block) : null;
  if (record?.state !== State.LIVE) throw corrupted('that was freed');
  return record.align;
}

/**
 * Whether a block is at a multiple of `align`. The address is asked where the package knows it. Of
 * other memory only the offset in its ArrayBuffer can be seen, which begins at a multiple of eight:
 * enough for typed arrays of every kind.
 */
function isAligned(block: Block, align: number, start: number): boolean {
  const isKnown = placeOf(block) !== null || indexOf(block) !== UNSTAMPED;
  if (isKnown) return addressOf(block) % BigInt(align) === 0n;
  return start % min(align, LARGEST_ELEMENT) === 0;
}

/**
 * Where the memory of an answer to `layout` is.
 *
 * @throws INVALID_ARG_TYPE: no ArrayBuffer or Buffer, shared, or resizable. DETACHED. OUT_OF_RANGE:
 * of another size. CORRUPTED: freed before, or misaligned.
 */
export function checkAnswer(block: Block, layout: Layout): Answer {
  const { memory, isView } = memoryOf(block);
  const size = measure(block)?.size;
  if (size !== layout.size) {
    throw outOfRange('block.byteLength', `the ${layout.size} bytes that were asked for`, size);
  }
  const start = isView ? viewOffsetOf(block as Buffer) : 0;
  if (alignmentOf(block) < layout.align && size > 0 && !isAligned(block, layout.align, start)) {
    throw corrupted(`at no multiple of ${layout.align}`);
  }
  return { layout, memory, isView, start };
}

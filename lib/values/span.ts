/** The bytes of a block or view, for as long as they are there. */
import { classify, lengthOf, viewOffsetOf } from '../block.js';
import { heapwrightError } from '../errors.js';
import { measure } from '../measure.js';
import { placeOf } from '../pool/stamp.js';
import type { Home } from './element.js';

const Bytes = Uint8Array;
const Data = DataView;

export class Span implements Home {
  readonly #source: unknown;
  readonly #bytes: Uint8Array;
  readonly #data: DataView;
  /** In bytes, as long as they are there. */
  readonly length: number;

  /** @param source A buffer or a view that `measure` knows. */
  constructor(source: unknown) {
    const what = classify(source);
    const isView = what.kind === 'view';
    const buffer = (isView ? what.buffer : source) as ArrayBuffer;
    const length = measure(source)?.size ?? 0;
    const offset = isView ? viewOffsetOf(source as ArrayBufferView) : 0;
    this.#source = source;
    this.length = length;
    // Nothing can be made over a buffer that is detached.
    this.#bytes = length === 0 ? new Bytes(0) : new Bytes(buffer, offset, length);
    this.#data = length === 0 ? new Data(new ArrayBuffer(0)) : new Data(buffer, offset, length);
  }

  /** Whether the first `end` bytes are there, in a block that was not freed. */
  has(end: number): boolean {
    const place = placeOf(this.#source);
    if (place !== null && place.keeper === null) return false;
    return lengthOf(this.#bytes) >= end;
  }

  open(end: number): DataView {
    if (this.has(end)) return this.#data;
    throw heapwrightError('ERR_HEAPWRIGHT_DETACHED');
  }
}

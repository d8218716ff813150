import { arrayBufferOf, lengthOf, offsetOf } from '../block.js';

const { apply } = Reflect;
const Bytes = Uint8Array;
const fillBytes = Bytes.prototype.fill;
const WITH_ZERO = [0] as const;

/** Fills `buffer` with zeros, whatever its own properties say. */
export function zero(buffer: Uint8Array): void {
  apply(fillBytes, buffer, WITH_ZERO);
}

/** Fills `buffer` with zeros from `start` on. */
export function zeroFrom(buffer: Uint8Array, start: number): void {
  const length = lengthOf(buffer);
  if (start >= length) return;
  zero(new Bytes(arrayBufferOf(buffer), offsetOf(buffer) + start, length - start));
}

/** Where a block's memory is, as far as anybody can say: to tell a move from a change in place. */
import { arrayBufferOf, type Block, byteLengthOf, lengthOf, offsetOf } from '../block.js';
import { isHeapwrightError } from '../errors.js';
import { addressOf } from '../introspection.js';

export interface Whereabouts {
  /** Of a view of a part of it; null for a block with memory of its own. */
  readonly buffer: ArrayBuffer | null;
  /** The offset, or the address; null where that is not known. */
  readonly at: number | bigint | null;
}

function addressIfKnown(block: Block): bigint | null {
  try {
    return addressOf(block);
  } catch (error) {
    if (isHeapwrightError(error)) return null; // of an allocator of the program's
    throw error;
  }
}

export function whereabouts(block: Block): Whereabouts {
  if (ArrayBuffer.isView(block)) {
    const buffer = arrayBufferOf(block);
    if (byteLengthOf(buffer) !== lengthOf(block)) return { buffer, at: offsetOf(block) };
  }
  return { buffer: null, at: addressIfKnown(block) };
}

export function isSamePlace(one: Whereabouts, other: Whereabouts): boolean {
  return one.at !== null && one.at === other.at && one.buffer === other.buffer;
}

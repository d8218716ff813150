/** The contents of blocks, whatever their kind. */
import type { Block } from '../../../lib/index.js';

/** A view of exactly the block's bytes. */
export function bytesOf(block: Block): Uint8Array {
  if (!ArrayBuffer.isView(block)) return new Uint8Array(block);
  return new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
}

/** The byte at `index` of the pattern `seed`; neighbouring patterns and bytes differ. */
function patternAt(seed: number, index: number): number {
  return (seed * 31 + index * 7 + (index >>> 8) + 1) & 0xff;
}

/** Fills the whole block with the pattern `seed`. */
export function writePattern(block: Block, seed: number): void {
  const bytes = bytesOf(block);
  for (let at = 0; at < bytes.length; at++) bytes[at] = patternAt(seed, at);
}

/** How many of the block's first bytes follow the pattern `seed`. */
export function patternLength(block: Block, seed: number): number {
  const bytes = bytesOf(block);
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== patternAt(seed, at)) return at;
  }
  return bytes.length;
}

/** Whether every byte of the block from `start` on is zero. */
export function isZero(block: Block, start = 0): boolean {
  return bytesOf(block)
    .subarray(start)
    .every((byte) => byte === 0);
}

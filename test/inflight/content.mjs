/** What blocks are filled with: slices of one pool of random bytes, which also do not compress. */
import { createCipheriv } from 'node:crypto';

const SIZE = 1 << 20;
const pool = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16)).update(
  Buffer.alloc(SIZE),
);

/** A content of `length` bytes is known by where in the pool it starts. */
export function pickStart(random, length) {
  return random.below(SIZE - length);
}

export function contentAt(start, length) {
  return pool.subarray(start, start + length);
}

export function holds(bytes, start) {
  return pool.compare(bytes, 0, bytes.length, start, start + bytes.length) === 0;
}

import { expect, it } from 'vitest';
import { Code, Mail, native } from '../../lib/native.js';

/** A heap of the addon, kept open by what createHeap answers. */
const anchor = native.createHeap('system', 1 << 20);
const heap = native.mail[Mail.INDEX] as number;

it.each([
  ['NaN', Number.NaN],
  ['a negative one', -1],
  ['minus infinity', Number.NEGATIVE_INFINITY],
  ['a fraction', 0.5],
  ['one that no number counts to', 2 ** 53],
  ['infinity', Number.POSITIVE_INFINITY],
])('a size in the mailbox is INVALID_ARG for %s', (_title, size) => {
  expect(anchor).toBeTypeOf('object');
  expect(native.allocate(heap, size, 1, 0)).toBe(Code.INVALID_ARG);
  expect(native.allocate(heap, 64, size, 0)).toBe(Code.INVALID_ARG);
  expect(native.allocateRaw(heap, size, 1, 0)).toBe(Code.INVALID_ARG);
  expect(native.usableSize(heap, size, 1)).toBe(Code.INVALID_ARG);
  expect(native.verify(heap)).toBe(Code.OK);
});

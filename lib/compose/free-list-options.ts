/** What a free list is told. */
import { constants } from 'node:buffer';
import { invalidArgType, outOfRange } from '../errors.js';
import { Layout } from '../layout.js';
import { readOptions } from '../options.js';

/** How a `FreeList` is made. */
export interface FreeListOptions {
  /** Bytes of a block: the most that a request may ask for. */
  readonly size: number;
  /** The alignment of a block: the most that a request may ask for. Default 8. */
  readonly align?: number;
  /** Blocks that are made at once. Default 0. */
  readonly min?: number;
  /** The most blocks in existence at once, or Infinity. */
  readonly max: number;
}

const NAMES = ['size', 'align', 'min', 'max'] as const;
/** What malloc gives at the very least. */
const DEFAULT_ALIGN = 8;

function countOption(value: unknown, name: string, least: number, most: number): number {
  if (typeof value !== 'number') throw invalidArgType(`options.${name}`, 'a number', value);
  const isCount = Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY;
  if (isCount && value >= least && value <= most) return value;
  throw outOfRange(`options.${name}`, `an integer from ${least} to ${most}`, value);
}

/** The options, each read once; unknown names are refused. */
export function readFreeListOptions(options: FreeListOptions) {
  const { size, align, min, max } = readOptions(options, NAMES);
  const blockSize = countOption(size, 'size', 1, constants.MAX_LENGTH);
  const most = countOption(max, 'max', 1, Number.POSITIVE_INFINITY);
  const least = min === undefined ? 0 : countOption(min, 'min', 0, Number.MAX_SAFE_INTEGER);
  if (least > most) throw outOfRange('options.min', `at most ${most}, the max`, least);
  if (align !== undefined && typeof align !== 'number') {
    throw invalidArgType('options.align', 'a number', align);
  }
  return { layout: Layout.from(blockSize, align ?? DEFAULT_ALIGN), min: least, max: most };
}

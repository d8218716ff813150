import { limitOption, readOptions } from '../options.js';

/** How a {@link BufferPool} is made. */
export interface BufferPoolOptions {
  /** The most bytes of slabs held at once, free slots included. Default: no limit (Infinity). */
  readonly limit?: number;
  /** After how many milliseconds without use a slab goes back. Default 1000; Infinity: never. */
  readonly decayMs?: number;
}

const NAMES = ['limit', 'decayMs'] as const;
const DECAY_MS = 1000;
/** A timer waits no longer. */
const LONGEST_DECAY = 2 ** 31 - 1;

/** The options, each read once; unknown names are refused. */
export function readPoolOptions(
  options: BufferPoolOptions | undefined,
): Required<BufferPoolOptions> {
  const { limit, decayMs } = options === undefined ? {} : readOptions(options, NAMES);
  const period = decayMs === undefined ? DECAY_MS : limitOption(decayMs, 'decayMs');
  return {
    limit: limitOption(limit, 'limit'),
    decayMs: period > LONGEST_DECAY ? Number.POSITIVE_INFINITY : Math.max(period, 1),
  };
}

/** The cells of the lifecycle matrix: a way to end, and what becomes of the blocks before it. */

/**
 * Ways to end. `thread` is the one that has the blocks and ends. `code` is its exit code, or that
 * of the process where the main thread ends; `signal` is what ends the process.
 */
export const ENDS = {
  'natural end': { thread: 'main', code: 0 },
  'process.exit': { thread: 'main', code: 7 },
  'uncaught throw': { thread: 'main', code: 1 },
  abort: { thread: 'main', signal: 'SIGABRT' },
  'worker natural end': { thread: 'worker', code: 0 },
  'terminate, idle': { thread: 'worker', code: 1 },
  'terminate, busy loop': { thread: 'worker', code: 1 },
  'terminate, read in flight': { thread: 'worker', code: 1 },
  'worker process.exit': { thread: 'worker', code: 7 },
  'worker throw': { thread: 'worker', code: 1 },
};

/** What becomes of the blocks; how, is in fates.mjs. */
const FATES = [
  'live',
  'freed',
  'abandoned',
  'leased',
  'moved by a stream',
  'moved by transfer',
  'laundered by a stream',
  'laundered by transfer',
];

/** A laundered block was moved and then handed to another thread, which outlives its owner. */
export const isLaundered = (fate) => fate.startsWith('laundered');

export const isMoved = (fate) => fate.startsWith('moved') || isLaundered(fate);

/** Every cell that this runtime can run: `{ end, fate }`. */
export function cells(hasTransfer) {
  const fates = FATES.filter((fate) => hasTransfer || !fate.endsWith('transfer'));
  return Object.keys(ENDS).flatMap((end) => fates.map((fate) => ({ end, fate })));
}

/** The error for a value that a node did not hand out, or that came back to it before. */
import { type Block, classify } from '../block.js';
import { heapwrightError, invalidArgType } from '../errors.js';
import { explain } from '../introspection.js';
import { entryOf } from './custody.js';
import type { Ledger } from './ledger.js';

/** `ledger` is that of the node, where it has one. */
export function refuseStray(value: unknown, ledger?: Ledger): Error {
  const what = classify(value);
  if (what.kind === 'other') {
    return invalidArgType('block', 'a block that allocate() returned', value);
  }
  const entry = entryOf(value);
  const { kind, state, owner } = explain(value);
  if (state === 'freed' || state === 'moved') return heapwrightError('ERR_HEAPWRIGHT_DETACHED');
  const isAbandoned = entry?.ledger.hasAbandoned(value as Block) === true || state === 'abandoned';
  if (isAbandoned) return heapwrightError('ERR_HEAPWRIGHT_ABANDONED');
  const isInner = kind === 'view' || ledger?.holdsView(value) === true;
  if (isInner && entry === undefined) return heapwrightError('ERR_HEAPWRIGHT_INTERIOR');
  // Of an allocator that this package knows nothing about; a node had it, and gave it back.
  if (entry === null && kind === 'foreign') return heapwrightError('ERR_HEAPWRIGHT_DETACHED');
  const holder = entry?.ledger.node ?? owner;
  return heapwrightError('ERR_HEAPWRIGHT_NOT_OWNED', holder === null ? {} : { owner: holder });
}

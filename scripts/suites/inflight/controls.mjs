// Builds with one mistake each. Every kind of request that the mistake concerns must notice it, on
// its own, in the run that finds nothing in the addon as it is.
import { DETACH_WHEN_BUSY, GATE_REMOVED, LEASE_IGNORED } from './variants.mjs';

const READS = ['fs.read', 'fs.readv', 'FileHandle.read'];
const ONE_SHOTS = ['zlib one-shot', 'brotli one-shot'];
const STREAMS = ['zlib stream, leased', 'brotli stream, leased'];
const WRITES = ['net write', 'pipe write', 'http body'];

const hasReport = ({ reports }) => reports.length > 0;
const hasCorruptedOwner = ({ faults }) => (faults.corruptedOwners ?? 0) > 0;

/** A process that ended itself, an error that reached nobody, or wrong data. */
function endedBadly({ signal, result, faults }) {
  return signal !== null || result?.uncaught !== undefined || (faults.wrongData ?? 0) > 0;
}

/** Anything that a user would be hurt by. That a free answered wrongly is not enough. */
export function isHurt(outcome) {
  return hasReport(outcome) || hasCorruptedOwner(outcome) || endedBadly(outcome);
}

/**
 * `kinds` must each be hurt; and what is `expected` must be seen of at least one of them.
 */
export const CONTROLS = [
  {
    name: 'gate removed',
    mode: 'asan',
    edits: GATE_REMOVED,
    kinds: [...READS, ...ONE_SHOTS, ...WRITES, 'all at once'],
    expected: { what: 'an ASan report', isSeen: hasReport },
  },
  {
    name: 'gate removed',
    mode: 'reuse',
    edits: GATE_REMOVED,
    kinds: [...READS, ...ONE_SHOTS, 'crypto.randomFill', ...WRITES, 'all at once'],
    expected: { what: 'a corrupted new owner', isSeen: hasCorruptedOwner },
  },
  // Of one sort alone: a slot freed under a lease is the next owner's with its last release, a block
  // of a list as soon as it waits, and a region as soon as its scope has ended.
  ...['pooled', 'listed', 'scoped'].map((which) => ({
    name: 'gate removed',
    mode: 'reuse',
    edits: GATE_REMOVED,
    which,
    kinds: [...READS, ...ONE_SHOTS, 'crypto.randomFill', ...WRITES, 'all at once'],
    expected: { what: 'a corrupted new owner', isSeen: hasCorruptedOwner },
  })),
  {
    // What libuv reads or writes through a pointer is safe here: the memory stays. Node's own code,
    // which asks the buffer again, is not.
    name: 'detach when busy',
    mode: 'reuse',
    edits: DETACH_WHEN_BUSY,
    kinds: [...READS, ...ONE_SHOTS, 'crypto.randomFill', 'all at once'],
    expected: { what: 'an abort or an uncaught error', isSeen: endedItself },
  },
  {
    name: 'lease ignored',
    mode: 'reuse',
    edits: LEASE_IGNORED,
    // The leases of the others are counted in JavaScript.
    which: 'dedicated',
    kinds: STREAMS,
    expected: { what: 'an abort or an uncaught error', isSeen: endedItself },
  },
];

function endedItself({ signal, result }) {
  return signal !== null || result?.uncaught !== undefined;
}

/** What the addon says of a share and its blocks, as figures and errors. */
import type { AllocatorStats } from '../allocator.js';
import { describeLayout, heapwrightError } from '../errors.js';
import type { Layout } from '../layout.js';
import { Code, native, SHARE_STATS } from '../native.js';
import { refuseCall } from '../refusal.js';
import { blockInMail, lookAtBlock } from './share.js';

/** The error for a block that a call about it refused with `code`. */
export function refuseBlockOf(
  code: number,
  member: number,
  handle: number,
  layout?: Layout,
): Error {
  switch (code) {
    case Code.DETACHED:
      return heapwrightError('ERR_HEAPWRIGHT_DETACHED');
    case Code.ABANDONED:
      return heapwrightError('ERR_HEAPWRIGHT_ABANDONED');
    case Code.NOT_OWNED:
      return heapwrightError('ERR_HEAPWRIGHT_NOT_OWNED');
    case Code.LEASED:
      return heapwrightError('ERR_HEAPWRIGHT_LEASED');
    case Code.BUSY:
      return heapwrightError('ERR_HEAPWRIGHT_BUSY', {
        hint: 'Another thread reallocates it at this moment: give a block one user at a time.',
      });
    case Code.LAYOUT_MISMATCH: {
      if (lookAtBlock(member, handle) !== Code.OK)
        return heapwrightError('ERR_HEAPWRIGHT_DETACHED');
      const { size, align } = blockInMail();
      const actual = layout === undefined ? {} : { actual: `${layout}` };
      const expected = describeLayout(size, align);
      return heapwrightError('ERR_HEAPWRIGHT_LAYOUT_MISMATCH', { expected, ...actual });
    }
    default:
      return refuseCall(code);
  }
}

export function chunkPoolStats(member: number): AllocatorStats {
  const figures = native.shareStats(member);
  if (typeof figures === 'number') throw refuseCall(figures);
  const state = native.runtimeState();
  if (typeof state === 'number') throw refuseCall(state);
  const stats: Record<string, number> = {};
  for (const [at, name] of SHARE_STATS.entries()) stats[name] = figures[at] as number;
  return Object.freeze({
    ...(stats as unknown as AllocatorStats),
    orphanedBlocks: state.orphanedBlocks,
    orphanedBytes: state.orphanedBytes,
    limit: Number.POSITIVE_INFINITY,
  });
}

export function verifyChunks(member: number): true {
  const answer = native.shareVerify(member);
  if (answer === Code.OK) return true;
  if (typeof answer === 'number') throw refuseCall(answer);
  throw heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', { actual: `not true that ${answer}` });
}

/**
 * Heaps of chunks as Buffers: what one chunk costs, private and over shared memory, beside Node's
 * own Buffers; and four workers on one heap beside four workers with a heap each.
 *
 * Method: as bench/report/rounds.mjs says; a process does one contender's work for some time.
 * Reported is the median over rounds; the ratio of the workers is taken within each round.
 */
import { atMost, findBroken } from '../../report/goals.mjs';
import { ratioByRound } from '../../report/rounds.mjs';
import { formatSize } from '../../report/table.mjs';
import { measureGroups } from '../groups.mjs';
import { findRuntimes } from '../runtimes.mjs';

const CHUNK = 256;

const PAIRS = {
  ...{ table: 'chunks', label: formatSize(CHUNK), workload: 'pairs', size: CHUNK },
  contenders: ['chunks', 'sharedChunks', 'allocUnsafe', 'allocUnsafeSlow'],
};

const WORKERS = {
  ...{ table: 'workers', label: formatSize(CHUNK), workload: 'workers', size: CHUNK },
  ...{ script: 'bench/js/chunk/workers-child.mjs', contenders: ['oneHeap', 'fourHeaps'] },
};

/** Nanoseconds to allocate and free one chunk. */
const GOALS = { chunks: 150, sharedChunks: 250 };

/** Milliseconds to warm up and to measure in each process; rounds of ours, and of the rivals. */
const PLANS = {
  full: { warmUpMs: 150, measureMs: 250, rounds: 9, otherRounds: 3 },
  quick: { warmUpMs: 150, measureMs: 100, rounds: 2, otherRounds: 1 },
};

const isOurs = (contender) => !contender.startsWith('alloc');

/** Resolves to the tables' rows, the goals and the problems that must fail the benchmark. */
export async function measureChunks({ quick }) {
  const plan = quick ? PLANS.quick : PLANS.full;
  const { runtimes, skipped } = await findRuntimes();
  const groups = runtimes.flatMap((runtime) => [
    { runtime, ...PAIRS },
    { runtime, ...WORKERS },
  ]);
  const measured = await measureGroups('chunk', groups, { plan, isJudged: isOurs });
  const rows = measured.map(withRatio);
  const goals = rows.flatMap(judge);
  return { plan, runtimes, skipped, rows, goals, problems: findBroken(goals, quick) };
}

/** How many operations of workers on one heap there are for each of workers with their own. */
function withRatio(row) {
  const { table, times } = row;
  return table === 'workers'
    ? { ...row, throughputRatio: ratioByRound(times.fourHeaps, times.oneHeap) }
    : row;
}

function judge({ table, runtime, label, nanoseconds }) {
  if (table !== PAIRS.table) return [];
  return Object.entries(GOALS).map(([contender, must]) => {
    const kind = contender === 'chunks' ? 'private' : 'shared';
    return atMost(`${runtime}, ChunkPool, ${label}, ${kind}: ns`, nanoseconds[contender], must);
  });
}

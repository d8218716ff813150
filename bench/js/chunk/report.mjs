import { formatGoals } from '../../report/goals.mjs';
import { summarize } from '../../report/stats.mjs';
import { formatSpread, formatTable } from '../../report/table.mjs';
import { formatRows } from '../pool/report.mjs';

const NS_PER_S = 1e9;
const MILLION = 1e6;

const WORKER_COLUMNS = [
  { title: 'four workers' },
  { title: 'one heap' },
  { title: 'a heap each' },
  { title: 'ratio' },
];

/** The tables of heaps of chunks as text, a set for each runtime. */
export function formatChunks({ plan, runtimes, skipped, rows, goals }) {
  const parts = [
    `Heaps of chunks: median (quartiles) of ${plan.rounds} rounds (Node's own Buffers: ` +
      `${plan.otherRounds}); one byte written into each.`,
    ...skipped,
  ];
  for (const { title } of runtimes) {
    const of = (table) => rows.filter((row) => row.runtime === title && row.table === table);
    const pairs = of('chunks');
    const names = Object.keys(pairs[0].nanoseconds);
    parts.push('', `${title}: ns to allocate and free one chunk:`, formatRows(names, pairs));
    parts.push('', `${title}: million allocations and frees a second, all together:`);
    parts.push(formatTable(WORKER_COLUMNS, of('workers').map(toCells)));
  }
  parts.push('', 'Nanoseconds:', formatGoals(goals));
  return parts.join('\n');
}

function toCells({ label, times, throughputRatio }) {
  const perSecond = (list) => summarize(list.map((nanoseconds) => NS_PER_S / nanoseconds));
  const cell = (list) => formatSpread(perSecond(list), 1, MILLION);
  return [label, cell(times.oneHeap), cell(times.fourHeaps), formatSpread(throughputRatio, 2)];
}

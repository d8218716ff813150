import { formatGoals } from '../../report/goals.mjs';
import { formatSpread, formatTable } from '../../report/table.mjs';
import { COLLECTORS } from './http.mjs';

const MIB = 1 << 20;

const COLUMNS = [
  { title: '', left: true },
  { title: 'collected by', left: true },
  { title: 'requests/s' },
  { title: 'p99 ms' },
  { title: 'RSS start' },
  { title: 'peak' },
  { title: 'end, MiB' },
  { title: 'GC ms' },
  { title: 'collections' },
];

/** The table of the HTTP server as text. */
export function formatHttp({ plan, skipped, rows, goals }) {
  const cells = rows.map(({ runtime, collector, figures }) => [
    ...[runtime, COLLECTORS[collector]],
    ...[formatSpread(figures.requestsPerSecond), formatSpread(figures.p99, 1)],
    ...['rssStart', 'rssPeak', 'rssEnd'].map((key) => formatSpread(figures[key], 0, MIB)),
    ...[formatSpread(figures.collectionMs), formatSpread(figures.collections)],
  ]);
  return [
    `HTTP server, bodies of 16 KiB, ${plan.connections} connections for ${plan.seconds} s, then ` +
      `${plan.idleMs / 1000} s idle; median (quartiles) of ${plan.rounds} rounds.`,
    ...skipped,
    ...['', formatTable(COLUMNS, cells), '', formatGoals(goals)],
  ].join('\n');
}

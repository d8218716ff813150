import { formatGoals } from '../../report/goals.mjs';
import { formatSize, formatSpread, formatTable } from '../../report/table.mjs';
import { TITLES } from '../pool/contenders.mjs';

/** The table of file reads as text. */
export function formatFs({ plan, skipped, contenders, rows, goals }) {
  const columns = [
    { title: '', left: true },
    { title: '', left: true },
    { title: 'size' },
    ...contenders.map((name) => ({ title: TITLES[name] })),
  ];
  const cells = rows.map(({ runtime, how, bytes, nanoseconds }) => [
    ...[runtime, `fs.${how}`, formatSize(bytes)],
    ...contenders.map((name) => formatSpread(nanoseconds[name], 2, 1000)),
  ]);
  return [
    `File reads: us a read into a Buffer of its own, median (quartiles) of ${plan.rounds} rounds.`,
    ...skipped,
    ...['', formatTable(columns, cells), '', formatGoals(goals)],
  ].join('\n');
}

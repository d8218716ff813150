import { formatGoals } from '../../report/goals.mjs';
import { formatSpread, formatTable } from '../../report/table.mjs';
import { CONTENDERS } from './parts.mjs';

const COLUMNS = [
  { title: '', left: true },
  { title: '', left: true },
  { title: 'ns', left: false },
];

/** A line for each contender, and the goals. */
export function formatCompose({ plan, skipped, rows, goals }) {
  const lines = rows.flatMap(({ runtime, label, nanoseconds }) =>
    Object.entries(nanoseconds).map(([contender, summary]) => [
      `${runtime}, ${label}`,
      CONTENDERS[contender].title,
      formatSpread(summary, summary.median < 100 ? 1 : 0),
    ]),
  );
  return [
    `Compositions: median (quartiles) of ${plan.rounds} rounds.`,
    ...skipped,
    formatTable(COLUMNS, lines),
    '',
    formatGoals(goals),
  ].join('\n');
}

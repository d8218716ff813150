import { formatGoals } from '../../report/goals.mjs';
import { formatSpread, formatTable } from '../../report/table.mjs';
import { contendersOf } from './cases.mjs';
import { TITLES } from './contenders.mjs';

const HEADS = {
  pairs: 'ns to allocate and free one',
  random: 'sizes from 16 B to 16 KiB, ns to free a random one and allocate another',
  forgotten: 'every free forgotten: ns to allocate one, and peak RSS in MiB',
  zeroed: 'zeroed, ns to allocate and free one',
  others: 'a RecyclingPool, ns a pair; a lease on a Buffer, ns to take and dispose',
};

/** The tables of pooled Buffers as text, a set for each runtime. */
export function formatPool({ plan, runtimes, skipped, rows, goals }) {
  const parts = [
    `Pooled Buffers: median (quartiles) of ${plan.rounds} rounds (without a goal: ` +
      `${plan.otherRounds}); one byte written into each.`,
    ...skipped,
  ];
  for (const { title } of runtimes) {
    for (const [table, head] of Object.entries(HEADS)) {
      const shown = rows.filter((row) => row.runtime === title && row.table === table);
      const showsRss = table === 'forgotten';
      parts.push('', `${title}: ${head}:`, formatRows(contendersOf(table), shown, showsRss));
    }
  }
  parts.push('', `Ratios by round:`, formatGoals(goals));
  return parts.join('\n');
}

/** A row for each group, a column for each contender. */
export function formatRows(names, rows, showsRss = false) {
  const columns = [
    { title: '' },
    ...names.map((name) => ({ title: TITLES[name] })),
    ...(showsRss ? names.map((name) => ({ title: `${TITLES[name]} MiB` })) : []),
  ];
  const cell = (summary, unit = 1) =>
    summary === undefined ? 'not there' : formatSpread(summary, summary.median < 100 ? 1 : 0, unit);
  return formatTable(
    columns,
    rows.map(({ label, nanoseconds, peakRss }) => [
      label,
      ...names.map((name) => cell(nanoseconds[name])),
      ...(showsRss ? names.map((name) => cell(peakRss[name], 1 << 20)) : []),
    ]),
  );
}

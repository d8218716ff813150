import { formatGoal, formatSize, formatSpread, formatTable } from '../report/table.mjs';
import { CONTENDERS, TITLES } from './dedicated-contenders.mjs';

/** The tables of dedicated blocks as text. */
export function formatDedicated({ idleFrees, plan, goal, rows }) {
  const parts = [
    'Dedicated blocks: ns to allocate and free one, median (quartiles) of ' +
      `${plan.rounds} rounds (buffers: ${plan.otherRounds}).`,
    `Ratio: heapwright / raw C addon, by round. Goal up to ${formatSize(goal.largest)}: ` +
      `<= ${goal.must}, proud: <= ${goal.proud}.`,
  ];
  for (const fill of Object.keys(CONTENDERS)) {
    parts.push(
      '',
      `${fill}:`,
      formatFill(
        fill,
        rows.filter((row) => row.fill === fill),
      ),
    );
  }
  const { frees, freed, gate } = idleFrees;
  parts.push('', `Frees while idle answered with true: ${freed} of ${frees} (gate: ${gate}).`);
  return parts.join('\n');
}

function formatFill(fill, rows) {
  const names = CONTENDERS[fill];
  const columns = [
    { title: 'size' },
    { title: 'ratio' },
    { title: 'goal', left: true },
    { title: 'proud', left: true },
    ...names.map((name) => ({ title: TITLES[name] })),
  ];
  return formatTable(
    columns,
    rows.map(({ size, ratio, must, proud, nanoseconds }) => [
      formatSize(size),
      formatSpread(ratio, 2),
      formatGoal(must),
      formatGoal(proud),
      ...names.map((name) => formatSpread(nanoseconds[name])),
    ]),
  );
}

import { formatGoal, formatTable } from '../../../bench/report/table.mjs';
import { geomean, timeOver, withTellingRss } from './race.mjs';
import { COUNTED } from './rows.mjs';

const MIB = 1 << 20;

/** All tables as text. */
export function formatReport({ contestants, rows, instructions, goals, complete }) {
  const parts = [];
  if (rows.length > 0) {
    parts.push(formatTimes(contestants, rows));
    if (complete) parts.push(formatMeans(contestants, rows));
    parts.push(formatMemory(contestants, rows), formatFigures(contestants, rows));
  }
  if (instructions !== null) parts.push(formatInstructions(instructions));
  const judged = complete ? goals : goals.filter(({ value }) => value !== null);
  if (judged.length > 0) parts.push(formatGoals(contestants, judged));
  return parts.filter((part) => part !== '').join('\n\n');
}

/** `0.53 (0.50..0.57)`: median and extremes. */
const spread = (summary, digits) =>
  summary == null
    ? '-'
    : `${summary.median.toFixed(digits)} (${summary.min.toFixed(digits)}..${summary.max.toFixed(digits)})`;

const others = (contestants) => contestants.filter(({ id }) => id !== 'glibc');

function formatTimes(contestants, rows) {
  const columns = [
    { title: 'workload', left: true },
    { title: 'glibc, ms' },
    ...others(contestants).map(({ id }) => ({ title: `${id} / glibc` })),
  ];
  const cells = rows.map(({ name, figures }) => [
    name,
    spread(scaled(figures.glibc?.seconds, 1000), 1),
    ...others(contestants).map(({ id }) => spread(figures[id]?.timeRatio, 2)),
  ]);
  return `Time: median (least..most); ratios round by round.\n${formatTable(columns, cells)}`;
}

function scaled(summary, by) {
  if (summary == null) return null;
  return { median: summary.median * by, min: summary.min * by, max: summary.max * by };
}

function formatMeans(contestants, rows) {
  const [ours] = contestants;
  const suite = rows.filter((row) => row.suite);
  const telling = withTellingRss(suite);
  const cells = contestants.slice(1).map(({ id }) => [
    id,
    figure(
      geomean(suite, (row) => timeOver(row, ours.id, id)),
      2,
    ),
    figure(
      geomean(telling, (row) => {
        const [mine, theirs] = [row.figures[ours.id]?.peakRss, row.figures[id]?.peakRss];
        return mine === undefined || theirs === undefined ? null : mine.median / theirs.median;
      }),
      2,
    ),
  ]);
  const columns = [{ title: 'rival', left: true }, { title: 'time' }, { title: 'peak RSS' }];
  return (
    `Suite, geometric mean of ${ours.id} / rival: time over ${suite.length} rows, peak RSS over the ` +
    `${telling.length} of at least 10 MiB:\n` +
    formatTable(columns, cells)
  );
}

const figure = (value, digits) => (value == null ? '-' : value.toFixed(digits));

function formatMemory(contestants, rows) {
  const columns = [
    { title: 'workload', left: true },
    { title: 'glibc, MiB' },
    ...others(contestants).map(({ id }) => ({ title: `${id} / glibc` })),
    ...contestants.map(({ id }) => ({ title: `faults: ${id}` })),
  ];
  const cells = rows.map(({ name, figures }) => [
    name,
    spread(scaled(figures.glibc?.peakRss, 1 / MIB), 1),
    ...others(contestants).map(({ id }) => figure(figures[id]?.rssRatio?.median, 2)),
    ...contestants.map(({ id }) => figure(figures[id]?.minorFaults?.median, 0)),
  ]);
  return `Peak RSS and minor faults: medians.\n${formatTable(columns, cells)}`;
}

/** What only some workloads tell: the result's name, its unit, how to print it. */
const FIGURES = [
  { row: 'idle', key: 'peakLive', title: 'idle: live bytes, MiB', by: 1 / MIB, digits: 2 },
  { row: 'realloc', key: 'moves', title: 'realloc: moves' },
  { row: 'append', key: 'moves', title: 'append: moves' },
  { row: 'fragment', key: 'liveBytes', title: 'fragment: live, MiB', by: 1 / MIB, digits: 1 },
  { row: 'fragment', key: 'heldBytes', title: 'fragment: held, MiB', by: 1 / MIB, digits: 1 },
  { row: 'talc-efficiency', key: 'efficiency', title: 'talc: live / RSS', digits: 3 },
  { row: 'talc-micro', key: 'allocP50', title: 'talc: allocate, median ticks' },
  { row: 'talc-micro', key: 'allocP99', title: 'talc: allocate, p99 ticks' },
  { row: 'talc-micro', key: 'freeP50', title: 'talc: free, median ticks' },
  { row: 'talc-micro', key: 'freeP99', title: 'talc: free, p99 ticks' },
  { row: 'move', key: 'moved', title: 'move: resizes that moved' },
  { row: 'move', key: 'moveNs', title: 'move: us', by: 1 / 1000 },
  { row: 'move', key: 'copyNs', title: 'move: copy to warm pages, us', by: 1 / 1000 },
  { row: 'move', key: 'freshCopyNs', title: 'move: copy to fresh pages, us', by: 1 / 1000 },
  { row: 'burst', key: 'before', title: 'burst: RSS before, MiB', by: 1 / MIB, digits: 1 },
  { row: 'burst', key: 'burst', title: 'burst: at its height', by: 1 / MIB, digits: 1 },
  { row: 'burst', key: 'freed', title: 'burst: all freed', by: 1 / MIB, digits: 1 },
  { row: 'burst', key: 'after', title: 'burst: after idling', by: 1 / MIB, digits: 1 },
  { row: 'aligned', key: 'misaligned', title: 'aligned: wrong addresses' },
  { row: 'galloc-random', key: 'misaligned', title: 'galloc: wrong addresses' },
];

function formatFigures(contestants, rows) {
  const cells = FIGURES.flatMap(({ row: name, key, title, by = 1, digits = 0 }) => {
    const row = rows.find((one) => one.name === name);
    if (row === undefined) return [];
    const cell = ({ id }) => figure(scaled(row.figures[id]?.[key], by)?.median, digits);
    return [[title, ...contestants.map(cell)]];
  });
  if (cells.length === 0) return '';
  const columns = [
    { title: 'further figures, medians', left: true },
    ...contestants.map(({ id }) => ({ title: id })),
  ];
  return formatTable(columns, cells);
}

function formatInstructions({ skipped, counts }) {
  if (skipped !== undefined) return `Instructions per pair: not counted: ${skipped}.`;
  const columns = [{ title: 'allocator', left: true }, ...COUNTED.map((name) => ({ title: name }))];
  const cells = Object.entries(counts).map(([id, row]) => [
    id,
    ...COUNTED.map((name) => figure(row[name], 1)),
  ]);
  return (
    'Instructions per pair of calls (callgrind; loop and start-up subtracted; - is not in this ' +
    `build):\n${formatTable(columns, cells)}`
  );
}

function formatGoals([ours], goals) {
  const columns = [
    { title: 'goal', left: true },
    { title: 'figure' },
    { title: 'goal' },
    { title: '', left: true },
    { title: 'proud' },
    { title: '', left: true },
    { title: 'beside', left: true },
  ];
  const bound = (sign, value) => (value === null ? '-' : `${sign} ${value}`);
  const cells = goals.map(({ what, value, sign, must, met, proud, proudMet, note }) => [
    what,
    figure(value, 2),
    ...[bound(sign, must), formatGoal(met), bound(sign, proud), formatGoal(proudMet), note],
  ]);
  return `Goals, judged for ${ours.id}:\n${formatTable(columns, cells)}`;
}

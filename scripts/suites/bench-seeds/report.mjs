import { formatGoals } from '../../../bench/report/goals.mjs';
import {
  FULL_HEAP,
  GALLOC,
  INSTRUCTIONS,
  LITERAL,
  SAME_WORK,
  TALC,
} from '../../../bench/report/seeds-peers.mjs';
import { quantile } from '../../../bench/report/stats.mjs';
import { formatTable } from '../../../bench/report/table.mjs';
import { hasTicks } from './goals.mjs';
import { TALC_SIZES } from './parts.mjs';

const HEAP_BYTES = 160 * 2 ** 20;

const FLAWS = `Its flaws, for which no goal is set on it:
  (a) "successful" is the attempts less the frees: it counts failures and leaves out what was freed
  (b) each iteration counts its whole history: the attempts measure the harness, not the allocator
  (c) frees in the order of allocation make the heap a ring, the best case of a next fit
  (d) on a cold heap, allocators with headers in it pay page faults in their times, a bitmap does not
  (e) failures are in the same average: near a full heap it is theirs`;

/** All tables as text. `lasting` says how long what is published for 1 s and 200 ms was run here. */
export function formatSeeds({ checks, results, instructions, goals, lasting }) {
  const unit = hasTicks(results) ? 'ticks' : 'ns';
  const inSecond = `in ${lasting.second}`;
  return [
    formatChecks(checks),
    formatCounter(results),
    formatSameWork(results, unit),
    formatFullHeap(results, unit),
    ...formatLiteral(results, unit, lasting.second),
    formatScores(
      ...[results, 'galloc-random'],
      ...[`galloc's random actions ${inSecond}`, GALLOC.random, 1e6],
    ),
    formatSeries(results, 'galloc-random', 1e6),
    formatScores(
      ...[results, 'galloc-exhaustion'],
      ...[`galloc's heap exhaustion ${inSecond}; glibc ends at 256 MiB`, GALLOC.exhaustion, 1e3],
    ),
    formatSeries(results, 'galloc-exhaustion', 1e3),
    formatTalc(results, '', `talc's random actions in ${lasting.fifth}`, TALC.random),
    formatTalc(
      ...[results, '-plain'],
      ...[`talc's random actions without realloc in ${lasting.fifth}`, TALC.plain],
    ),
    formatEfficiency(results),
    formatMicro(results, unit),
    formatInstructions(instructions),
    formatJudged(goals, unit),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function formatJudged(goals, unit) {
  const met = goals.filter((goal) => goal.met).length;
  const unjudged = unit === 'ticks' ? '' : ' (those in ticks cannot be judged on this machine)';
  return (
    `Goals, for chunks of 256 bytes and next fit where nothing else is said: ${met} of ` +
    `${goals.length} met${unjudged}.\n${formatGoals(goals)}`
  );
}

function formatChecks({ values }) {
  const columns = ['iterations', 'seed', 'hash', 'frees', 'live', 'live bytes', ''];
  const rows = values.map(({ count, seed, checksum, frees, live, liveBytes }) => [
    ...[count, seed, checksum, frees, live, liveBytes].map((value) => String(value ?? '-')),
    checksum === undefined ? 'FAILED' : 'as expected',
  ]);
  return table('Check values of the same work:', columns, rows, 0);
}

function formatCounter(results) {
  const [run] = Object.values(results['same-work']).flat();
  if (run === undefined) return '';
  const { unit, ticksPerNs, emptyP50, step, pinned } = run;
  const rate =
    unit === 'ticks'
      ? `${ticksPerNs.toFixed(3)} ticks a nanosecond`
      : "nanoseconds, where others' figures are ticks";
  return (
    `Counter: ${rate}, in steps of ${step}; an empty measurement takes ${emptyP50} and is not ` +
    `subtracted. ${pinned ? 'Each run is kept on one processor.' : 'Runs could not be pinned.'}\n` +
    'From: `here` is this run; `elsewhere` was measured by us on one other machine, in Rust, its\n' +
    'empty measurement 34; `published` is what the projects say themselves. The heap of glibc is\n' +
    'its own: cold, and without an end.'
  );
}

/** How several runs become one figure: averages hold what else the machine did, so the least. */
const reduceRuns = (list, key) => {
  const values = list.map((one) => one[key]).filter(Number.isFinite);
  if (values.length === 0) return null;
  return /Average$|Min$/.test(key) ? Math.min(...values) : quantile(values, 0.5);
};

const ours = (part, keys) =>
  Object.entries(part).map(([name, list]) => ({
    ...{ name, from: 'here' },
    ...Object.fromEntries(keys.map((key) => [key, reduceRuns(list, key)])),
  }));

/** `columns` are `[key, title, digits, divisor]`. */
function besidePeers(title, columns, measured, peers) {
  const rows = [...measured, ...peers].map((row) => [
    row.name,
    row.from,
    ...columns.map(([key, , digits = 0, by = 1]) => number(row[key], digits, by)),
  ]);
  return table(title, ['allocator', 'from', ...columns.map(([, heading]) => heading)], rows, 2);
}

const number = (value, digits, by = 1) =>
  value === undefined || value === null ? '-' : (value / by).toFixed(digits);

function table(title, headings, rows, leftColumns) {
  const columns = headings.map((heading, at) => ({ title: heading, left: at < leftColumns }));
  return `${title}\n${formatTable(columns, rows)}`;
}

const CALLS = [
  ['allocP50', 'alloc median'],
  ['allocAverage', 'average'],
  ['allocP99', 'p99'],
  ['allocMin', 'min'],
  ['freeP50', 'free median'],
  ['freeP99', 'free p99'],
];

const keysOf = (columns) => columns.map(([key]) => key);

const formatSameWork = (results, unit) =>
  besidePeers(
    `Same work, 50000 iterations, never full, ${unit}: medians over the runs, of averages the least.`,
    ...[CALLS, ours(results['same-work'], keysOf(CALLS)), SAME_WORK],
  );

const FULL = [
  ['failed', 'failed'],
  ['firstFailure', 'first at'],
  ['fullShare', '% full then', 2],
  ['allocP50', 'ok median'],
  ['allocAverage', 'average'],
  ['allocP99', 'p99'],
  ['refusedP50', 'failed median'],
  ['refusedAverage', 'average'],
  ['freeP50', 'free median'],
];

function formatFullHeap(results, unit) {
  const rows = ours(results['full-heap'], [...keysOf(FULL), 'liveAtFailure']).map((row) => ({
    ...row,
    ...(row.failed > 0
      ? { fullShare: (100 * row.liveAtFailure) / HEAP_BYTES }
      : { firstFailure: null }),
  }));
  const title = `Same work, 80000 iterations, the heap gets full, ${unit}; failures apart.`;
  return besidePeers(title, FULL, rows, FULL_HEAP);
}

const LITERALLY = [
  ['done', 'attempts'],
  ['successful', '"successful"'],
  ['ok', 'truly ok'],
  ['failed', 'failed'],
  ['frees', 'freed'],
  ['allocP50', 'median'],
  ['allocAverage', 'average'],
  ['allocP99', 'p99'],
  ['allocMin', 'min'],
  ['allocMax', 'max'],
];

function formatLiteral(results, unit, second) {
  const rows = (key, time) =>
    ours(results[key] ?? {}, keysOf(LITERALLY)).map((row) => ({
      ...row,
      ...{ name: `${row.name}, ${time}`, ok: row.done === null ? null : row.done - row.failed },
    }));
  const cold = [...rows('literal-cold', second), ...rows('literal-cold-10', '10 s')];
  const title = `The seed's own benchmark, literally, on a heap of 160 MiB, ${unit}`;
  return [
    besidePeers(`${title}, cold.\n${FLAWS}`, LITERALLY, cold, LITERAL.cold),
    besidePeers(
      ...[`${title}, touched before.`, LITERALLY],
      ...[rows('literal-touched', second), LITERAL.touched],
    ),
  ];
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function scoresOf(list) {
  const scores = list.map(({ done }) => done);
  return scores.length === 0 ? {} : { mean: mean(scores), best: Math.max(...scores) };
}

function formatScores(results, key, title, peers, by) {
  const unit = by === 1e6 ? 'M' : 'k';
  const rows = Object.entries(results[key]).map(([name, list]) => ({
    ...{ name, from: 'here', ...scoresOf(list) },
    failed: reduceRuns(list, 'failed'),
  }));
  const columns = [
    ['mean', `mean, ${unit}`, 2, by],
    ['best', `best, ${unit}`, 2, by],
    ['failed', 'failed a run'],
  ];
  return besidePeers(`${title}: score.`, columns, rows, peers);
}

/** By duration: a full run only. */
function formatSeries(results, workload, by) {
  const keys = Object.keys(results).filter((key) => key.startsWith(`${workload} `));
  if (keys.length === 0) return '';
  const rows = Object.keys(results[keys[0]]).map((id) => [
    id,
    ...keys.map((key) => number(scoresOf(results[key][id]).mean, 2, by)),
  ]);
  const headings = ['allocator', ...keys.map((key) => key.slice(workload.length + 1))];
  const unit = by === 1e6 ? 'M' : 'k';
  return table(`${workload} by duration: mean score, ${unit}.`, headings, rows, 1);
}

function formatTalc(results, suffix, title, peers) {
  const ids = Object.keys(results[`talc-${TALC_SIZES[0]}${suffix}`]);
  const cell = (id, size, figure) => scoresOf(results[`talc-${size}${suffix}`][id])[figure];
  const rows = ['mean', 'best'].flatMap((figure) =>
    ids.map((id) => ({
      ...{ name: id, from: `here, ${figure}` },
      ...Object.fromEntries(TALC_SIZES.map((size) => [size, cell(id, size, figure)])),
    })),
  );
  const labelled = peers.map((peer) => ({
    ...peer,
    from: peer.from === 'elsewhere' ? 'elsewhere, best' : 'published, mean',
  }));
  const columns = TALC_SIZES.map((size) => [size, `S = ${size}`, 2, 1e6]);
  return besidePeers(`${title}: successful ones, M.`, columns, rows, labelled);
}

function formatEfficiency(results) {
  const rows = ours(results.efficiency, ['efficiency']).map((row) => ({
    ...row,
    efficiency: row.efficiency === null ? null : 100 * row.efficiency,
  }));
  const columns = [['efficiency', '% of the heap', 1]];
  const title = "talc's heap efficiency: what lives in a heap of 128 MiB at the first failure.";
  return besidePeers(title, columns, rows, TALC.efficiency);
}

const QUANTILES = ['P1', 'P25', 'P50', 'P75', 'P99'];
const MICRO = [
  ['allocP50', 'alloc median'],
  ['allocP99', 'p99'],
  ['freeP50', 'free median'],
  ['freeP99', 'p99'],
  ...QUANTILES.map((name) => [`sum${name}`, `sum ${name.toLowerCase()}`]),
];

const sum = (a, b) => (a === null || b === null ? null : a + b);

function formatMicro(results, unit) {
  const keys = QUANTILES.flatMap((name) => [`alloc${name}`, `free${name}`]);
  const rows = ours(results.micro, keys).map((row) => ({
    ...row,
    ...Object.fromEntries(
      QUANTILES.map((name) => [`sum${name}`, sum(row[`alloc${name}`], row[`free${name}`])]),
    ),
  }));
  const title = `talc's microbenchmark, ${unit}; a sum is of an allocation and a free.`;
  return besidePeers(title, MICRO, rows, TALC.micro);
}

function formatInstructions({ counts, skipped }) {
  if (skipped !== undefined) return `Instructions: not counted: ${skipped}.`;
  const rows = (list, from) => Object.entries(list).map(([name, count]) => ({ name, from, count }));
  return besidePeers(
    'Instructions for one allocation and 0.69 frees of the same work, its loop subtracted.',
    ...[[['count', 'instructions']], rows(counts, 'here'), rows(INSTRUCTIONS, 'elsewhere')],
  );
}

import { label } from './instructions.mjs';
import { geomean, timeOver, withTellingRss } from './race.mjs';

/** Instruction counts do not depend on the machine: so far off its goal, something is broken. */
const BROKEN = 3;

/** talc's speed over glibc's where both were measured on one machine: the arena is to match it. */
const TALC_OVER_GLIBC = {
  'galloc-random': 1.48,
  'talc-200': 1.34,
  'talc-1000': 1.32,
  'talc-3000': 1.47,
  'talc-10000': 1.36,
  'talc-30000': 1.32,
};

/** Instructions per pair: at most so many, and what mimalloc 3 takes. */
const PAIR = {
  small: { must: 55, proud: 52 },
  lifo: { must: 60, proud: 58 },
  bulk: { must: 120, proud: 87 },
};

const EXACT_CHECK_MOST = 13;

/**
 * Every goal with its figure and whether it is met; `met` is null where nothing was measured.
 * `view` reads this run's figures: see viewOf.
 */
export function judge(view) {
  return [
    ...Object.entries(PAIR).flatMap(([name, bounds]) => instructionGoals(view, name, bounds)),
    ...['realloc', 'append'].flatMap((name) => growthGoals(view, name)),
    ...footprintGoals(view),
    ...Object.entries(TALC_OVER_GLIBC).map(([name, must]) =>
      atLeast(`${name}: speed over glibc's`, speedOverGlibc(view, name), must),
    ),
    ...suiteGoals(view),
  ];
}

function instructionGoals(view, name, { must, proud }) {
  const plain = view.instructions(name, 'plain');
  const limited = view.instructions(name, 'limit');
  const exact = view.instructions(name, 'exact');
  const note = limited === null ? '' : `${limited.toFixed(1)} with a limit set`;
  const check = plain === null || exact === null ? null : exact - plain;
  return [
    { ...atMost(`${name}: instructions per pair`, plain, must, { proud, note }), counted: true },
    {
      ...atMost(`${name}: exact double-free check, instructions`, check, EXACT_CHECK_MOST),
      counted: true,
    },
  ];
}

function growthGoals(view, name) {
  const row = view.row(name);
  return [
    atMost(`${name}: time over glibc's`, row && timeOver(row, view.id, 'glibc'), 1),
    atMost(`${name}: peak RSS over glibc's`, view.figure(name, 'rssRatio'), 1.1),
  ];
}

function footprintGoals(view) {
  const moveNs = view.figure('move', 'moveNs');
  const fresh = ratio(view.figure('move', 'freshCopyNs'), moveNs);
  const held = ratio(view.figure('fragment', 'heldBytes'), view.figure('fragment', 'liveBytes'));
  return [
    atLeast('64 MiB: a move over a copy to warm pages', warmCopy(view, moveNs), 20, {
      note: fresh === null ? '' : `${fresh.toFixed(0)} over a copy to fresh pages`,
    }),
    atMost('idle: peak RSS (less the program) over live bytes', idleRatio(view), 1.5),
    atMost('burst: RSS after idling over before', afterBurst(view), 1.1, { proud: 1.05 }),
    { ...atMost('fragment: RSS over live bytes', held, null), met: null },
  ];
}

const warmCopy = (view, moveNs) => ratio(view.figure('move', 'copyNs'), moveNs);

const afterBurst = (view) => ratio(view.figure('burst', 'after'), view.figure('burst', 'before'));

function idleRatio(view) {
  const peak = view.figure('idle', 'peakRss');
  const program = view.figure('idle', 'peakRss', 'empty');
  if (peak === null || program === null) return null;
  return ratio(peak - program, view.figure('idle', 'peakLive'));
}

function speedOverGlibc(view, name) {
  const row = view.row(name);
  return row === undefined ? null : timeOver(row, 'glibc', view.id);
}

function suiteGoals(view) {
  const suite = view.suite;
  const timeTo = (rival) => geomean(suite, (row) => timeOver(row, view.id, rival));
  const rss = (id) => geomean(withTellingRss(suite), (row) => row.figures[id]?.rssRatio?.median);
  const others = view.ids.filter((id) => id !== view.id).map(rss);
  const leanest = others.includes(null) || others.length === 0 ? null : Math.min(...others);
  return [
    atMost("suite: geomean of time over jemalloc's", timeTo('jemalloc'), 1),
    atMost("suite: geomean of time over mimalloc's", timeTo('mimalloc'), null, { proud: 1 }),
    atMost('suite: geomean of peak RSS over the leanest', ratio(rss(view.id), leanest), 1.1),
  ];
}

const ratio = (above, below) => (above === null || below === null ? null : above / below);

function atMost(what, value, must, { proud = null, note = '' } = {}) {
  const holds = (bound) => (value == null || bound === null ? null : value <= bound);
  return {
    ...{ what, value: value ?? null, sign: '<=', must, proud, note },
    ...{ met: holds(must), proudMet: holds(proud) },
  };
}

function atLeast(what, value, must, { note = '' } = {}) {
  const met = value == null ? null : value >= must;
  return {
    ...{ what, value: value ?? null, sign: '>=', must, proud: null, note },
    ...{ met, proudMet: null },
  };
}

/** Instruction counts so far off that the build must be wrong. */
export function brokenCeilings(goals) {
  return goals
    .filter(({ counted, value, must }) => counted && value !== null && value > BROKEN * must)
    .map(({ what, value, must }) => `${what}: ${value.toFixed(1)}, more than ${BROKEN} x ${must}`);
}

/** What goals ask of a run: figures of `ours`, medians, null where they were not measured. */
export function viewOf({ contestants, rows, instructions, complete }) {
  const [ours] = contestants;
  const row = (name) => rows.find((one) => one.name === name);
  return {
    id: ours.id,
    ids: contestants.map(({ id }) => id),
    row,
    suite: complete ? rows.filter(({ suite }) => suite) : [],
    figure: (name, key, id = ours.id) => row(name)?.figures[id]?.[key]?.median ?? null,
    instructions: (name, variant) => instructions?.counts?.[label(ours, variant)]?.[name] ?? null,
  };
}

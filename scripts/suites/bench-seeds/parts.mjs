/** Who takes part, in what, and how often. */

const chunk = (size, fit) => ({
  id: `chunk ${size}, ${fit}-fit`,
  args: ['chunk', '--chunk', String(size), ...(fit === 'best' ? ['--best'] : [])],
});

/** The one the goals are for: the seed's default size, our default fit. */
export const OURS = chunk(256, 'next');
export const SMALL = chunk(64, 'next');
export const GLIBC = { id: 'glibc', args: ['malloc'] };
export const EMPTY = { id: 'empty', args: ['empty'] };
const ARENA = { id: 'arena', args: ['arena'] };

const fits = (size) => [chunk(size, 'next'), chunk(size, 'best')];
const ALL = [128, 256, 512].flatMap(fits).concat(ARENA, GLIBC);
/** Chunks that are smaller than most alignments that are asked for. */
const WITH_SMALL = [...fits(64), ...ALL];
/** A short run shows that each kind works. */
const FEW = new Set([...fits(256), SMALL, ARENA, GLIBC].map(({ id }) => id));

export const COUNTED = [chunk(128, 'next'), ...fits(256), chunk(512, 'next'), ARENA, GLIBC];

export const TALC_SIZES = [200, 1000, 3000, 10000, 30000];
const EVERY_100_MS = [100, 200, 300, 400, 500, 600, 700, 800, 900];
const FULL_SECOND = 1000;
const QUICK_MS = 20;

/** What is run for a fixed time: published as `ms`. */
const timed = (name, rounds, ms = FULL_SECOND, { args = [], who = ALL, key = name } = {}) => ({
  ...{ key, workload: name, who, rounds },
  args: { quick: ['--ms', String(QUICK_MS), ...args], plain: ['--ms', String(ms), ...args] },
});

/** What is run for a fixed number of operations. */
const counted = (
  key,
  workload,
  rounds,
  { plain = [], quick = plain, full = plain, who = ALL },
) => ({
  ...{ key, workload, who, rounds },
  args: { quick, plain, full },
});

const gallocSeries = (workload) =>
  EVERY_100_MS.map((ms) => timed(workload, { full: 50 }, ms, { key: `${workload} ${ms} ms` }));

const talc = (name) => timed(name, { plain: 5, full: 7 }, 200);

const PARTS = [
  counted('same-work', 'same-work', { quick: 5, plain: 9, full: 18 }, { who: WITH_SMALL }),
  counted(...['full-heap', 'same-work', { quick: 5, plain: 9, full: 18 }], {
    plain: ['--ops', '80000'],
    who: WITH_SMALL,
  }),
  timed('literal', { plain: 1, full: 3 }, FULL_SECOND, { key: 'literal-cold', args: ['--cold'] }),
  timed('literal', { full: 1 }, 10_000, { key: 'literal-cold-10', args: ['--cold'] }),
  timed('literal', { plain: 1, full: 3 }, FULL_SECOND, { key: 'literal-touched' }),
  timed('galloc-random', { plain: 5, full: 50 }),
  ...gallocSeries('galloc-random'),
  timed('galloc-exhaustion', { plain: 3, full: 50 }),
  ...gallocSeries('galloc-exhaustion'),
  ...TALC_SIZES.map((size) => talc(`talc-${size}`)),
  ...TALC_SIZES.map((size) => talc(`talc-${size}-plain`)),
  counted(...['efficiency', 'talc-efficiency', { plain: 1, full: 1 }], {
    ...{ quick: ['--ops', '1'], plain: ['--ops', '20'], full: ['--ops', '300'] },
    who: ALL.filter((one) => one !== GLIBC),
  }),
  timed('talc-micro', { plain: 3, full: 7 }, FULL_SECOND, { key: 'micro' }),
];

/** How long a run of `extent` takes for what is published for 1 s, and for 200 ms. */
export const lastingOf = (extent) =>
  extent === 'quick'
    ? { second: `${QUICK_MS} ms`, fifth: `${QUICK_MS} ms` }
    : { second: '1 s', fifth: '200 ms' };

/**
 * The parts of a run of `extent` (quick, plain or full): `{ key, workload, args, who, rounds }`.
 * What has no number of rounds for a plain run is only part of a full one.
 */
export function partsOf(extent) {
  return PARTS.flatMap(({ key, workload, who, rounds, args }) => {
    const often = extent === 'full' ? rounds.full : rounds.plain;
    if (often === undefined) return [];
    return {
      ...{ key, workload, args: args[extent] ?? args.plain },
      who: extent === 'quick' ? who.filter(({ id }) => FEW.has(id)) : who,
      // One preemption spoils the average of a run that takes milliseconds.
      rounds: extent === 'quick' ? (rounds.quick ?? 1) : often,
    };
  });
}

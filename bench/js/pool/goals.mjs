/** What pooled Buffers have to reach: ratios, `[must, proud]`. */
import { atLeast, atMost } from '../../report/goals.mjs';
import { ratioByRound } from '../../report/rounds.mjs';

/** Of the pool's time to a bare view's. */
const OVER_BARE_VIEW = [1.6, 1.3];

/** Node cuts small Buffers from a slab of 8 KiB; of 64 KiB in the newest. */
const SMALL_SLAB = 8 << 10;

const BY_SLAB = {
  small: {
    fasterThanBuffer: {
      64: [1.25, 2],
      [1 << 10]: [3, 5],
      [4 << 10]: [20, 25],
      [16 << 10]: [20, 28],
    },
    forgottenSpeed: [1.5, 2],
  },
  large: {
    fasterThanBuffer: { 64: [1.1, 1.3], [1 << 10]: [1.3, 1.6], [4 << 10]: [3, 8] },
    forgottenSpeed: [0.8, 1.1],
  },
};

/** Of peak memory to Buffer's, where every free is forgotten. */
const FORGOTTEN_RSS = [1.5, 1];

/** Nanoseconds. */
const RECYCLING = 10;
const LEASE = 100;

/** The goals of one row of figures. */
export const judgePool = (row) => JUDGES[row.table](row, goalsOf(row));

const goalsOf = ({ poolSize }) => (poolSize <= SMALL_SLAB ? BY_SLAB.small : BY_SLAB.large);

const JUDGES = {
  pairs(row, { fasterThanBuffer }) {
    const { times, size } = row;
    const goals = [
      atMost(
        name(row, 'pool time / bare view'),
        ratioByRound(times.pool, times.bareView),
        ...OVER_BARE_VIEW,
      ),
    ];
    const bounds = fasterThanBuffer[size];
    if (bounds !== undefined) goals.push(fasterThan(row, ...bounds));
    return goals;
  },

  random: (row) => [fasterThan(row, 1)],

  forgotten(row, { forgottenSpeed }) {
    const { peaks } = row;
    const rss = ratioByRound(peaks.pool, peaks.allocUnsafe);
    return [
      fasterThan(row, ...forgottenSpeed),
      atMost(name(row, 'pool peak RSS / allocUnsafe'), rss, ...FORGOTTEN_RSS),
    ];
  },

  zeroed: () => [],

  others: (row) => [
    atMost(name(row, 'RecyclingPool, ns'), row.nanoseconds.recycling, RECYCLING),
    atMost(name(row, 'lease and dispose, ns'), row.nanoseconds.lease, LEASE),
  ],
};

const name = ({ runtime, table, label }, what) => `${runtime}, ${table}, ${label}: ${what}`;

const fasterThan = (row, must, proud) =>
  atLeast(
    name(row, 'pool speed / allocUnsafe'),
    ratioByRound(row.times.allocUnsafe, row.times.pool),
    must,
    proud,
  );

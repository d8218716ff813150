/**
 * What others measured or publish, to be printed beside our figures; the keys are those of our own
 * (bench/native/seeds). None of it was measured here.
 *
 * `elsewhere`: all by us on one other machine, a virtual one with 2 cores of a Xeon whose counter
 * has 2.6 ticks a nanosecond, at loads of 1 to 7, in Rust 1.95: compare these with each other.
 * Medians and p99 are medians over the runs, averages the smallest over the runs, which hold least
 * of what else the machine did. An empty measurement took 34 there.
 *
 * `published`: by the projects themselves, on other machines again.
 */
const elsewhere = (name, figures) => ({ name, from: 'elsewhere', ...figures });
const published = (name, figures) => ({ name, from: 'published', ...figures });
const M = 1e6;

const sameWork = (name, [allocP50, allocAverage, allocP99, allocMin, freeP50, freeP99]) =>
  elsewhere(name, { allocP50, allocAverage, allocP99, allocMin, freeP50, freeP99 });

export const SAME_WORK = [
  sameWork('seed, 128', [700, 709, 1224, 82, 258, 448]),
  sameWork('seed, 256', [404, 411, 672, 78, 162, 260]),
  sameWork('seed, 512', [254, 254, 410, 78, 114, 160]),
  sameWork('linked list', [36514, 132626, 1.73 * M, 54, 19566, 188808]),
  sameWork('galloc', [372, 399, 1706, 54, 182, 1194]),
  sameWork('talc', [350, 355, 1578, 72, 144, 1212]),
  sameWork('glibc (cold)', [878, 5017, 37792, 58, 506, 2636]),
];

const fullHeap = (
  name,
  [failed, firstFailure, fullShare],
  [allocP50, allocAverage, allocP99],
  [refusedP50, refusedAverage],
  freeP50,
) =>
  elsewhere(name, {
    ...{ failed, firstFailure, fullShare, allocP50, allocAverage, allocP99 },
    ...{ refusedP50, refusedAverage, freeP50 },
  });

export const FULL_HEAP = [
  fullHeap('seed, 128', [3566, 65800, 99.23], [706, 1108, 1244], [6.24 * M, 7 * M], 266),
  fullHeap('seed, 256', [3725, 65165, 98.46], [406, 498, 702], [3 * M, 3.36 * M], 166),
  fullHeap('seed, 512', [4012, 64115, 96.95], [256, 357, 440], [1.42 * M, 2.03 * M], 116),
  fullHeap('linked list', [3238, 66401, 99.74], [60624, 161722, 844782], [401018, 690088], 38088),
  fullHeap('galloc', [3082, 65755, 99.17], [352, 1855, 31636], [22450, 43553], 440),
  fullHeap('talc', [3239, 66329, 99.61], [330, 626, 1448], [58, 145], 394),
  fullHeap('glibc (cold)', [0], [758, 2511, 7508], [], 512),
];

/** Per iteration: one allocation and 0.69 frees. */
export const INSTRUCTIONS = { 'seed, 256': 2311, galloc: 186, talc: 169, glibc: 587 };

const literal = (
  done,
  successful,
  failed,
  frees,
  [allocP50, allocAverage, allocP99, min, max],
) => ({
  ...{ done, successful, failed, frees, ok: failed === null ? null : done - failed },
  ...{ allocP50, allocAverage, allocP99, allocMin: min, allocMax: max },
});

/** By how long the heap had been filled for, and whether its pages were there. */
export const LITERAL = {
  cold: [
    elsewhere('seed, 256, 1 s', { done: 48300, allocP50: 438, allocAverage: 1429, allocP99: 802 }),
    elsewhere('linked list, 1 s', {
      ...{ done: 22477, allocP50: 18946, allocAverage: 79649, allocP99: 189336 },
    }),
    elsewhere('galloc, 1 s', {
      ...{ done: 37265, allocP50: 3772, allocAverage: 35652, allocP99: 56534 },
    }),
    elsewhere('talc, 1 s', { done: 51850, allocP50: 198, allocAverage: 3430, allocP99: 7892 }),
    elsewhere('glibc, 1 s', { done: 50892, allocP50: 936, allocAverage: 3829, allocP99: 9980 }),
    elsewhere(
      'seed, 256, 10 s',
      literal(76693, 22583, 2175, 54110, [456, 222708, 4.85 * M, 104, 171 * M]),
    ),
    elsewhere(
      'linked list, 10 s',
      literal(55651, 16647, 0, 39004, [57050, 312756, 6.01 * M, 68, 138 * M]),
    ),
    elsewhere(
      'galloc, 10 s',
      literal(94044, 29007, 6662, 65037, [3196, 117801, 1.55 * M, 56, 95.9 * M]),
    ),
    elsewhere(
      'talc, 10 s',
      literal(112582, 30483, 11175, 79247, [1024, 9984, 96296, 56, 68.9 * M]),
    ),
    elsewhere('glibc, 10 s', literal(105640, 32434, 0, 73206, [2134, 44755, 149718, 80, 447 * M])),
    published('seed, 128', literal(68148, 20233, null, 47915, [955, 1001, null, 126, 57989])),
    published('seed, 256', literal(71842, 20098, null, 51744, [592, 619, null, 121, 53578])),
    published('seed, 512', literal(66672, 19814, null, 46858, [373, 401, null, 111, 54403])),
    published('seed, 1 s', literal(53360, 16211, null, 37149, [878, 1037, null, 158, 7178941])),
    published(
      'linked list, 1 s',
      literal(31627, 9374, null, 22253, [18582, 44524, null, 71, 44126026]),
    ),
    published('seed, 10 s', literal(74909, 23753, null, 51156, [961, 273362, null, 167, 53330953])),
    published(
      'linked list, 10 s',
      literal(81884, 24792, null, 57092, [100196, 179495, null, 69, 43937820]),
    ),
  ],
  touched: [
    elsewhere('seed, 256, 1 s', { allocP50: 436, allocAverage: 758, allocP99: 918 }),
    elsewhere('linked list, 1 s', { allocP50: 14856, allocAverage: 62506, allocP99: 499130 }),
    elsewhere('galloc, 1 s', { allocP50: 386, allocAverage: 615, allocP99: 1978 }),
    elsewhere('talc, 1 s', { allocP50: 196, allocAverage: 662, allocP99: 1838 }),
  ],
};

/** In 1 s; elsewhere the best of 8 to 14 trials, published the mean of 50. */
export const GALLOC = {
  random: [
    elsewhere('seed', { best: 0.56 * M }),
    elsewhere('seed, its leak fixed', { best: 4.12 * M }),
    elsewhere('linked list', { best: 2.89 * M }),
    elsewhere('galloc', { best: 5.25 * M }),
    elsewhere('talc', { best: 9.55 * M }),
    elsewhere('glibc', { best: 6.44 * M }),
    published('seed', { mean: 0.5525 * M }),
    published('linked list', { mean: 0.625 * M }),
    published('galloc', { mean: 8.41 * M }),
  ],
  exhaustion: [
    elsewhere('seed', { best: 37e3 }),
    elsewhere('linked list', { best: 41e3 }),
    elsewhere('galloc', { best: 54e3 }),
    elsewhere('talc', { best: 54e3 }),
    published('seed', { mean: 11.9e3 }),
    published('linked list', { mean: 38.1e3 }),
    published('galloc', { mean: 57.1e3 }),
  ],
};

const bySize = (sizes, scores) =>
  Object.fromEntries(sizes.map((size, at) => [size, scores[at] * M]));
const ALL = [200, 1000, 3000, 10000, 30000];
const SOME = [200, 3000, 30000];

/** In 200 ms by size; elsewhere the best of 8 to 14 trials, published the mean of 7. */
export const TALC = {
  random: [
    elsewhere('seed', bySize(ALL, [5.67, 2.68, 1.15, 0.33, 0.1])),
    elsewhere('seed, its leak fixed', bySize(ALL, [5.34, 2.93, 1.92, 0.98, 0.44])),
    elsewhere('linked list', bySize(ALL, [1.08, 0.66, 0.55, 0.31, 0.26])),
    elsewhere('galloc', bySize(ALL, [5.22, 4.0, 2.57, 2.02, 0.96])),
    elsewhere('talc', bySize(ALL, [8.39, 6.79, 5.73, 3.13, 1.61])),
    elsewhere('glibc', bySize(ALL, [6.27, 5.14, 3.88, 2.31, 1.22])),
    published('talc', bySize(ALL, [8.71, 7.2, 6.03, 4.18, 2.12])),
    published('RLSF', bySize(ALL, [7.71, 6.28, 5.36, 3.79, 1.97])),
    published('buddy', bySize(ALL, [7.28, 5.89, 5.22, 3.4, 1.57])),
    published('dlmalloc', bySize(ALL, [6.53, 4.04, 3.34, 2.34, 1.43])),
    published('galloc', bySize(ALL, [6.07, 5.5, 4.5, 2.88, 1.58])),
  ],
  plain: [
    elsewhere('seed', bySize(SOME, [11.6, 5.81, 1.88])),
    elsewhere('linked list', bySize(SOME, [1.86, 0.69, 0.51])),
    elsewhere('galloc', bySize(SOME, [5.2, 2.92, 2.89])),
    elsewhere('talc', bySize(SOME, [9.47, 5.83, 3.14])),
    elsewhere('glibc', bySize(SOME, [9.14, 5.22, 2.59])),
    published('talc', bySize(ALL, [10.4, 8.54, 7.22, 6.6, 6.06])),
    published('galloc', bySize(ALL, [6.71, 6.31, 6.14, 5.58, 5.3])),
  ],
  /** In percent of the heap. */
  efficiency: [
    elsewhere('seed (falls from round to round)', { efficiency: 61.9 }),
    elsewhere('seed, its leak fixed', { efficiency: 75.8 }),
    elsewhere('linked list', { efficiency: 96.1 }),
    elsewhere('galloc', { efficiency: 81.5 }),
    elsewhere('talc', { efficiency: 95.2 }),
    published('dlmalloc', { efficiency: 97.7 }),
    published('RLSF', { efficiency: 97.3 }),
    published('talc 4', { efficiency: 96.6 }),
    published('talc', { efficiency: 95.2 }),
    published('galloc', { efficiency: 81.5 }),
    published('buddy', { efficiency: 58.9 }),
  ],
  micro: [
    elsewhere('seed', { allocP50: 374, allocP99: 922, freeP50: 140, freeP99: 404 }),
    elsewhere('linked list', { allocP50: 1426, allocP99: 3786, freeP50: 1176, freeP99: 2862 }),
    elsewhere('galloc', { allocP50: 312, allocP99: 1326, freeP50: 120, freeP99: 660 }),
    elsewhere('talc', { allocP50: 112, allocP99: 834, freeP50: 98, freeP99: 240 }),
    elsewhere('glibc', { allocP50: 162, allocP99: 948, freeP50: 110, freeP99: 302 }),
    published('talc', { sumP1: 112, sumP25: 142, sumP50: 168, sumP75: 192, sumP99: 288 }),
    published('dlmalloc', { sumP1: 128, sumP25: 266, sumP50: 326, sumP75: 398, sumP99: 658 }),
  ],
};

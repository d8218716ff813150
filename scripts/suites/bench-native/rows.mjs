/**
 * The workloads of bench/native, in the order of the tables.
 * - `suite`: counts towards the geometric mean
 * - `rounds`: fewer than the others, where one run is long
 * - `quick`: further arguments of a short run
 * - `baseline`: also run with the empty allocator, for what the program itself takes
 */
export const ROWS = [
  { name: 'small', suite: true },
  { name: 'lifo', suite: true },
  { name: 'bulk', suite: true },
  { name: 'producer-consumer', suite: true },
  { name: 'larson', suite: true },
  // A full run is short enough, and what idle threads strand grows with it.
  { name: 'idle', suite: true, baseline: true, quick: ['--divide', '1'] },
  { name: 'mstress', suite: true },
  { name: 'realloc', suite: true },
  { name: 'append', suite: true },
  { name: 'large', suite: true },
  { name: 'calloc', suite: true },
  { name: 'aligned', suite: true },
  { name: 'fragment', suite: true },
  { name: 'galloc-random' },
  { name: 'galloc-exhaustion' },
  { name: 'talc-200' },
  { name: 'talc-1000' },
  { name: 'talc-3000' },
  { name: 'talc-10000' },
  { name: 'talc-30000' },
  { name: 'talc-200-plain' },
  { name: 'talc-3000-plain' },
  { name: 'talc-30000-plain' },
  { name: 'talc-efficiency' },
  { name: 'talc-micro' },
  { name: 'move' },
  { name: 'burst', rounds: 3, quick: ['--idle-ms', '1500'] },
];

/** Those whose instructions are counted, a pair at a time. */
export const COUNTED = ['small', 'lifo', 'bulk'];

/** Every name that --only takes. */
export const PARTS = [...ROWS.map(({ name }) => name), 'instructions'];

/** Nodes over a pool: what a call to each costs, the pool's own share included. */
import { atMost } from '../../report/goals.mjs';

const SIZE = 256;
/** Nanoseconds of a call. */
const CALL = 60;

const BARE = { canary: 0, fill: false, sites: false };
const EVENTS = { allocateSuccess: () => {}, deallocate: () => {} };

/** Each of them over `pool`, by the names of the package. */
const MAKERS = {
  poolCall: ['BufferPool itself', (_hw, pool) => pool],
  fallbackCall: ['Fallback', (hw, pool) => new hw.Fallback(pool, new hw.NullAllocator())],
  segregatorCall: ['Segregator', (hw, pool) => new hw.Segregator(1024, pool, pool)],
  limitedCall: ['Limited', (hw, pool) => new hw.Limited(pool, { bytes: 2 ** 30 })],
  proxyCall: ['ProxyAllocator', (hw, pool) => new hw.ProxyAllocator(pool, EVENTS)],
  statsCall: ['Stats', (hw, pool) => new hw.Stats(pool)],
  checkedCall: [
    'Checked, canaries only',
    (hw, pool) => new hw.Checked(pool, { ...BARE, canary: 16 }),
  ],
  checkedAllCall: ['Checked, all of it', (hw, pool) => new hw.Checked(pool)],
  composedCall: ["compose('pool | limit(1GB)')", (hw) => hw.compose('pool | limit(1GB)')],
};

/** Those that are for tests, or several nodes. */
const NOT_JUDGED = ['poolCall', 'checkedCall', 'checkedAllCall', 'composedCall'];

/** An allocation and a free are two calls. */
async function prepare(make) {
  const hw = await import('../../../dist/index.js');
  const allocator = make(hw, new hw.BufferPool(new hw.ArenaAllocator()));
  const layout = hw.Layout.from(SIZE);
  const options = Object.freeze({ uninitialized: true });
  return (count) => {
    for (let i = 0; i < count; i += 2) {
      const buffer = allocator.allocate(layout, options);
      buffer[0] = 1;
      allocator.deallocate(buffer, layout);
    }
  };
}

export const contenders = Object.fromEntries(
  Object.entries(MAKERS).map(([name, [title, make]]) => [
    name,
    { title, prepare: () => prepare(make) },
  ]),
);

export const groups = [
  {
    ...{ table: 'nodes', label: `a call, ${SIZE} B`, workload: 'nodes' },
    contenders: Object.keys(MAKERS),
  },
];

export function judge({ runtime, label, nanoseconds }) {
  return Object.entries(nanoseconds)
    .filter(([name]) => !NOT_JUDGED.includes(name))
    .map(([name, ns]) => atMost(`${runtime}, ${label}: ${contenders[name].title}, ns`, ns, CALL));
}

/** Free lists of either kind of block, beside what they are made of. */
import { atMost } from '../../report/goals.mjs';

const SIZE = 1024;
/** Nanoseconds of an allocation and a free: of Buffers whose contents do not matter. */
const PAIR = 15;

/** Each of them, by the names of the package. */
const MAKERS = {
  listPair: ['FreeList of Buffers', (hw) => new hw.FreeList(poolOf(hw), { size: SIZE, max: 64 })],
  listedPool: ['BufferPool itself', (hw) => poolOf(hw)],
  listPart: [
    'FreeList of Buffers, of twice the size',
    (hw) => new hw.FreeList(poolOf(hw), { size: 2 * SIZE, max: 64 }),
  ],
  listDedicated: [
    'FreeList of ArrayBuffers',
    (hw) => new hw.FreeList(new hw.SystemAllocator(), { size: SIZE, max: 64 }),
  ],
  listedSystem: ['SystemAllocator itself', (hw) => new hw.SystemAllocator()],
};

function poolOf(hw) {
  return new hw.BufferPool(new hw.ArenaAllocator());
}

async function prepare(make) {
  const hw = await import('../../../dist/index.js');
  const allocator = make(hw);
  const layout = hw.Layout.from(SIZE);
  const options = Object.freeze({ uninitialized: true });
  return (count) => {
    for (let i = 0; i < count; i++) {
      allocator.deallocate(allocator.allocate(layout, options), layout);
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
    ...{ table: 'lists', label: `a pair, ${SIZE} B`, workload: 'lists' },
    contenders: Object.keys(MAKERS),
  },
];

export function judge({ runtime, label, nanoseconds }) {
  const title = `${runtime}, ${label}: ${contenders.listPair.title}, ns`;
  return [atMost(title, nanoseconds.listPair, PAIR)];
}

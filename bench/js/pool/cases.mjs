/** What is raced against what: each group's contenders run next to each other in every round. */
import { formatSize } from '../../report/table.mjs';
import { isThere } from './contenders.mjs';

const SIZES = [64, 256, 1 << 10, 4 << 10, 16 << 10];
const FORGOTTEN_SIZES = [64, 1 << 10, 4 << 10];
const ZEROED_SIZES = [64, 1 << 10, 4 << 10, 16 << 10];
const LIVE = [1000, 50_000];

const PAIR_RIVALS = ['bareView', 'allocUnsafe', 'alloc', 'thing', 'external', 'ffi'];
const RANDOM_RIVALS = ['allocUnsafe', 'allocUnsafeSlow', 'alloc', 'thing', 'external', 'ffi'];

/** Rivals that a goal names. The others sit out the later rounds. */
const JUDGED = ['pool', 'bareView', 'allocUnsafe', 'recycling', 'lease'];

/** Tables, each with the groups of its rows. */
const TABLES = [
  {
    table: 'pairs',
    contenders: ['pool', ...PAIR_RIVALS],
    groups: SIZES.map((size) => ({ label: formatSize(size), workload: 'pairs', size })),
  },
  {
    table: 'random',
    contenders: ['pool', ...RANDOM_RIVALS],
    groups: LIVE.map((live) => ({ label: `${live} live`, workload: 'random', live })),
  },
  {
    table: 'forgotten',
    contenders: ['pool', 'allocUnsafe'],
    groups: FORGOTTEN_SIZES.map((size) => ({
      ...{ label: formatSize(size), workload: 'forgotten', size },
    })),
  },
  {
    table: 'zeroed',
    contenders: ['poolAlloc', 'alloc'],
    groups: ZEROED_SIZES.map((size) => ({ label: formatSize(size), workload: 'pairs', size })),
  },
  {
    table: 'others',
    contenders: ['recycling', 'lease'],
    groups: [{ label: formatSize(1 << 10), workload: 'pairs', size: 1 << 10 }],
  },
];

/** The groups of one runtime: `{ table, label, contenders, ... }` and what the workload asks for. */
export const groupsFor = (runtime) =>
  TABLES.flatMap(({ table, contenders, groups }) =>
    groups.map((group) => ({
      ...{ table, runtime, ...group },
      contenders: contenders.filter((contender) => isThere(contender, runtime)),
    })),
  );

export const contendersOf = (table) => TABLES.find((one) => one.table === table).contenders;

export const isJudged = (contender) => JUDGED.includes(contender);

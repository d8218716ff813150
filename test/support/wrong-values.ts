/** Everything that a call may be given: right, wrong, hostile. Made anew for every stream. */
import {
  type BaseAllocator,
  defineAllocator,
  Layout,
  type Lease,
  SystemAllocator,
} from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { withForced } from './force.js';

/** What the getters and traps below throw: the one error that may pass through. */
export const USERS_OWN = new Error('thrown by code of the caller');

const throwing = (): never => {
  throw USERS_OWN;
};

export const LAYOUTS: readonly Layout[] = [
  Layout.from(0),
  Layout.from(0, 4096),
  Layout.from(1),
  Layout.from(16, 16),
  Layout.from(64, 64),
  Layout.from(100, 8),
  Layout.from(4096, 4096),
  Layout.from(1 << 16),
  Layout.of('f64'),
];

const impossible: readonly Layout[] = [
  Layout.from(64, 2 ** 45),
  Layout.from(1, 2 ** 52),
  Layout.from(2 ** 32 + 1),
  Layout.from(Number.MAX_SAFE_INTEGER),
];

const PATTERN_BYTES = 77;

/** A layout that no stream ever names, so that no call may free what has it. */
const SECRET = Layout.from(PATTERN_BYTES, 32);

export interface World {
  /** The allocator of the patterns. No call may dispose of it. */
  readonly target: SystemAllocator;
  /** Those that calls may dispose of. */
  readonly mortals: BaseAllocator[];
  readonly receivers: readonly unknown[];
  readonly blocks: unknown[];
  readonly options: readonly unknown[];
  readonly others: readonly unknown[];
  readonly leases: Lease[];
  /** Blocks that were handed out, with their layouts, in a ring. */
  readonly live: Map<unknown, Layout>;
  /** How many of the hundred blocks do not hold what was written to them. */
  damaged(): number;
}

function patterns(target: SystemAllocator): ArrayBuffer[] {
  return Array.from({ length: 100 }, (_, at) => {
    const block = target.allocate(SECRET);
    new Uint8Array(block).fill(at);
    return block;
  });
}

/** Blocks of `target` in every state that is not live, and blocks of others. */
function deadBlocks(target: SystemAllocator): unknown[] {
  const layout = LAYOUTS[4] as Layout;
  const freed = target.allocate(layout);
  target.deallocate(freed, layout);
  const abandoned = target.allocate(layout);
  withForced(Force.BUSY, () => target.deallocate(abandoned, layout));
  const leased = target.allocate(layout);
  target.lease(leased);
  const doomed = target.allocate(layout);
  target.lease(doomed);
  target.deallocate(doomed, layout);
  const other = new SystemAllocator();
  const closed = new SystemAllocator();
  const ended = closed.allocate(layout);
  closed.dispose();
  return [freed, abandoned, leased, doomed, other.allocate(layout), ended];
}

function disguised(block: ArrayBuffer): unknown[] {
  return [
    new Uint8Array(block),
    new Uint8Array(block, 8, 8),
    new DataView(block),
    Buffer.from(block),
    new Proxy(block, {}),
    Object.create(block),
    structuredClone(block),
    block.slice(0),
  ];
}

function liars(target: SystemAllocator): unknown[] {
  const make = (): ArrayBuffer => target.allocate(SECRET);
  const loud = { get: throwing };
  return [
    Object.freeze(make()),
    Object.setPrototypeOf(make(), null),
    Object.defineProperties(make(), { byteLength: loud, buffer: loud, constructor: loud }),
    Object.setPrototypeOf(make(), Uint8Array.prototype),
  ];
}

function foreignBuffers(): unknown[] {
  const moved = new ArrayBuffer(64);
  structuredClone(moved, { transfer: [moved] });
  return [
    new ArrayBuffer(64),
    new ArrayBuffer(0),
    new SharedArrayBuffer(64),
    new Uint8Array(new SharedArrayBuffer(64)),
    Buffer.from('a slice of the pool'),
    new Float64Array(4),
    moved,
  ];
}

function anything(): unknown[] {
  const primitives = [undefined, null, true, '', '64', 64n, Symbol('64'), -0, 1, -1, 1.5, 48];
  const numbers = [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 - 1];
  const objects = [{}, [], [64], Object.create(null), new Date(), new Number(64), /x/, new Map()];
  const convertible = { valueOf: throwing, toString: throwing, [Symbol.toPrimitive]: throwing };
  return [
    ...primitives,
    ...numbers,
    ...objects,
    convertible,
    () => 64,
    class {},
    Object.freeze({ size: 64, align: 16 }),
    {
      get size() {
        return throwing();
      },
      get align() {
        return throwing();
      },
    },
    Object.create(Layout.prototype),
    new Proxy(LAYOUTS[4] as Layout, {}),
    new Proxy({}, new Proxy({}, { get: () => throwing })),
    'f64',
    { tag: 'u8', value: 'f64' },
    { tag: 'u8', value: 64 },
    new Error('an error'),
    Promise.resolve(),
  ];
}

/** Options whose getter does something in the middle of a call. */
function bomb(name: string, action: () => unknown): object {
  return Object.defineProperty({}, name, { enumerable: true, get: action });
}

function optionsOf(world: Pick<World, 'target' | 'mortals' | 'live'>): unknown[] {
  const actions: (() => unknown)[] = [
    throwing,
    () => {
      const [block, layout] = [...world.live][0] ?? [];
      if (layout !== undefined) world.live.delete(block);
      // Not always this allocator's, and sometimes freed already: that error is ours to swallow.
      try {
        if (layout !== undefined) world.target.deallocate(block as ArrayBuffer, layout);
      } catch {}
    },
    () => {
      try {
        world.mortals[0]?.dispose();
      } catch {}
    },
    () => {
      const layout = LAYOUTS[3] as Layout;
      const block = world.target.tryAllocate(layout);
      if (block !== null) world.live.set(block, layout);
    },
  ];
  return [
    undefined,
    {},
    { uninitialized: true },
    { uninitialized: false },
    { uninitialized: 1 },
    { whenBusy: 'throw' },
    { whenBusy: 'abandon' },
    { whenBusy: 'later' },
    { unknown: 1 },
    { limit: 1024 },
    { limit: -1 },
    Object.create({ uninitialized: true }),
    ...actions.map((action) => bomb('uninitialized', action)),
    ...actions.map((action) => bomb('whenBusy', action)),
    ...actions.map((action) => bomb('limit', action)),
  ];
}

/** Allocators that a program may have written, good and bad ones. */
function defined(): BaseAllocator[] {
  const good = defineAllocator({
    name: 'good',
    allocate: (layout) => new ArrayBuffer(Math.min(layout.size, 1 << 20)),
    deallocate: () => true,
  });
  const bad = defineAllocator<ArrayBuffer>({
    name: 'bad',
    allocate: throwing,
    deallocate: throwing,
  });
  return [good, bad];
}

export function makeWorld(): World {
  const target = new SystemAllocator({ limit: 1 << 20 });
  const kept = patterns(target);
  const closed = new SystemAllocator();
  closed.dispose();
  const mortals = [new SystemAllocator(), new SystemAllocator({ limit: 64 }), ...defined()];
  const live = new Map<unknown, Layout>();
  const first = kept[0] as ArrayBuffer;
  const leases = [target.lease(first)];
  return {
    target,
    mortals,
    live,
    leases,
    receivers: [new Proxy(target, {}), Object.create(target), closed, first, leases[0]],
    blocks: [
      ...kept.slice(0, 5),
      ...disguised(first),
      ...deadBlocks(target),
      ...liars(target),
      ...foreignBuffers(),
    ],
    options: optionsOf({ target, mortals, live }),
    others: [...anything(), ...impossible],
    damaged: () =>
      kept.filter(
        (block, at) =>
          block.byteLength !== PATTERN_BYTES || new Uint8Array(block).some((byte) => byte !== at),
      ).length,
  };
}

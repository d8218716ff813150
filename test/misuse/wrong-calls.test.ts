import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressOf,
  BaseAllocator,
  defineAllocator,
  explain,
  isHeapwrightError,
  Layout,
  runtimeInfo,
  SystemAllocator,
} from '../../lib/index.js';
import { idle, tick } from '../support/idle.js';
import { LAYOUTS, makeWorld, USERS_OWN, type World } from '../support/wrong-values.js';

const CALLS = Number(process.env.HEAPWRIGHT_WRONG_CALLS ?? 200_000);
const CALLS_PER_STREAM = 1000;
const SEED = Number(process.env.HEAPWRIGHT_SEED ?? Date.now() % 2 ** 31);

/** What the streams reach deep enough to be refused with. */
const CODES = [
  'INVALID_ARG_TYPE',
  'OUT_OF_RANGE',
  'BAD_ALIGN',
  'SIZE_OVERFLOW',
  'OUT_OF_MEMORY',
  'LIMIT',
  'NOT_OWNED',
  'INTERIOR',
  'DETACHED',
  'ABANDONED',
  'LAYOUT_MISMATCH',
  'LEASED',
  'CLOSED',
];

type Kind = 'layout' | 'block' | 'options' | 'any';

/** Methods of allocators, and what each takes. */
const METHODS: readonly [name: PropertyKey, kinds: readonly Kind[]][] = [
  ['allocate', ['layout', 'options']],
  ['allocate', ['layout', 'options']],
  ['tryAllocate', ['layout', 'options']],
  ['deallocate', ['block', 'layout', 'options']],
  ['deallocate', ['block', 'layout', 'options']],
  ['reallocate', ['block', 'layout', 'layout', 'options']],
  ['reallocateInPlace', ['block', 'layout', 'layout']],
  ['grow', ['block', 'layout', 'layout', 'options']],
  ['shrink', ['block', 'layout', 'layout']],
  ['usableSize', ['layout']],
  ['owns', ['block']],
  ['lease', ['block']],
  ['stats', []],
  ['verify', []],
  ['dispose', []],
  [Symbol.dispose, []],
];

const LAYOUT_METHODS = [
  'padToAlign',
  'paddingNeededFor',
  'alignTo',
  'repeat',
  'repeatPacked',
  'extend',
  'extendPacked',
  'equals',
  'toString',
  'toJSON',
] as const;

type Action = (world: World, args: readonly unknown[]) => unknown;

/** Everything public that is not a method of an allocator. */
const FUNCTIONS: readonly [action: Action, kinds: readonly Kind[]][] = [
  [(_world, args) => Reflect.apply(addressOf, undefined, args), ['block']],
  [(_world, args) => explain(args[0]), ['block']],
  [(_world, args) => Reflect.apply(runtimeInfo, args[0], args), ['any']],
  [(_world, args) => Reflect.apply(defineAllocator, undefined, args), ['any']],
  [newAllocator, ['options']],
  [(_world, args) => Reflect.construct(Layout, args), ['any', 'any', 'any']],
  [(_world, args) => Reflect.apply(Layout.from, args[2], args), ['any', 'any']],
  [(_world, args) => Reflect.apply(Layout.try, args[2], args), ['any', 'any']],
  [(_world, args) => Reflect.apply(Layout.of, args[1], args), ['any']],
  [(_world, args) => Reflect.apply(Layout.array, args[2], args), ['layout', 'any']],
  [(_world, args) => Reflect.apply(Layout.struct, args[1], args), ['any']],
  [(_world, args) => Reflect.apply(Layout.forValue, args[1], args), ['block']],
  ...LAYOUT_METHODS.map((name): [Action, Kind[]] => [
    (_world, args) => Reflect.apply(Layout.prototype[name], args[0], args.slice(1)),
    ['layout', 'layout'],
  ]),
  [(world, args) => leaseMethod(world, args), ['any']],
];

function newAllocator(world: World, args: readonly unknown[]): unknown {
  const made = Reflect.construct(SystemAllocator, args);
  world.mortals[0] = made;
  return made;
}

/** The method or the getter of a lease, on a lease or on anything. */
function leaseMethod(world: World, [self]: readonly unknown[]): unknown {
  const prototype = Object.getPrototypeOf(world.leases[0]);
  Reflect.apply(
    Object.getOwnPropertyDescriptor(prototype, 'disposed')?.get as () => void,
    self,
    [],
  );
  return Reflect.apply(prototype.dispose, self, []);
}

/** A call, as numbers to choose by: they mean something only in a world. */
type Choice = readonly [what: number, self: number, picks: readonly number[]];

const choices: fc.Arbitrary<Choice> = fc.tuple(
  fc.nat({ max: 0xffff }),
  fc.nat({ max: 0xffff }),
  fc.array(fc.nat({ max: 0xffffff }), { minLength: 4, maxLength: 4 }),
);

function from<T>(list: readonly T[], pick: number): T {
  return list[pick % list.length] as T;
}

function ofKind(world: World, kind: Kind, pick: number): unknown {
  if (kind === 'layout') return from(LAYOUTS, pick);
  if (kind === 'options') return from(world.options, pick);
  if (kind === 'any') return from(world.others, pick);
  return pick % 3 === 0 ? from([...world.live.keys()], pick >> 2) : from(world.blocks, pick >> 2);
}

/** Six times in ten what the place is for; else anything from anywhere. */
function argument(world: World, kind: Kind, pick: number): unknown {
  if (pick % 10 < 6) return ofKind(world, kind, pick >> 4);
  return ofKind(world, from(['layout', 'block', 'options', 'any'] as const, pick >> 4), pick >> 6);
}

function argumentsOf(world: World, kinds: readonly Kind[], picks: readonly number[]): unknown[] {
  const args = kinds.map((kind, at) => argument(world, kind, picks[at] ?? 0));
  // Left to chance, a block would hardly ever meet its layout.
  const own = world.live.get(args[0]);
  const chance = (picks[3] ?? 0) % 8;
  if (own !== undefined && args.length > 1 && chance < 4) args[1] = own;
  return chance === 7 ? args.slice(0, -1) : args;
}

function receiver(world: World, pick: number): unknown {
  const which = pick % 16;
  if (which < 8) return world.target;
  if (which < 12) return from(world.mortals, pick >> 4);
  return which < 14 ? from(world.receivers, pick >> 4) : from(world.others, pick >> 4);
}

/** The receiver's own method, or one that is borrowed from an allocator of some kind. */
function methodFor(world: World, subject: unknown, name: PropertyKey, pick: number): () => unknown {
  const homes = [SystemAllocator.prototype, BaseAllocator.prototype, world.mortals[2] as object];
  const home = subject instanceof BaseAllocator ? subject : from(homes, pick);
  return Reflect.get(home, name) ?? Reflect.get(SystemAllocator.prototype, name);
}

function callMethod(world: World, [what, self, picks]: Choice): unknown {
  const [name, kinds] = from(METHODS, what);
  const chosen = receiver(world, self);
  const ends = name === 'dispose' || name === Symbol.dispose;
  const subject = ends && chosen === world.target ? from(world.mortals, self >> 4) : chosen;
  const args = argumentsOf(world, kinds, picks);
  const answer = Reflect.apply(methodFor(world, subject, name, self >> 8), subject, args);
  if (answer instanceof ArrayBuffer) adopt(world, answer, args[kinds.lastIndexOf('layout')]);
  else if (name === 'lease') world.leases.push(answer as World['leases'][number]);
  if (world.leases.length > 20) world.leases.splice(1, 1)[0]?.dispose();
  return answer;
}

/** A block was handed out: it has the size that was asked for, and may be written to. */
function adopt(world: World, block: ArrayBuffer, asked: unknown): void {
  const layout = asked as Layout;
  expect(block.byteLength).toBe(layout.size);
  if (layout.size > 0) new Uint8Array(block).fill(0xee);
  world.live.set(block, layout);
  const [oldest] = world.live.keys();
  if (world.live.size > 32) world.live.delete(oldest);
}

/** The code that a call was refused with, or null. Any other end of it is a failure. */
function refusalOf(world: World, [what, self, picks]: Choice): string | null {
  const [action, kinds] = from(FUNCTIONS, what >> 2);
  try {
    if (what % 4 !== 0) callMethod(world, [what >> 2, self, picks]);
    else action(world, argumentsOf(world, kinds, picks));
    return null;
  } catch (error) {
    if (error === USERS_OWN) return null;
    if (isHeapwrightError(error) && /^ERR_HEAPWRIGHT_[A-Z_]+$/.test(error.code)) return error.code;
    throw error;
  }
}

describe('a stream of wrong calls', () => {
  it(`of ${CALLS}, seed ${SEED}, ends each in success or a stable code, and harms no block`, async () => {
    console.info(`wrong calls: HEAPWRIGHT_SEED=${SEED} HEAPWRIGHT_WRONG_CALLS=${CALLS}`);
    const missing = new Set(CODES.map((code) => `ERR_HEAPWRIGHT_${code}`));
    const stream = fc.array(choices, {
      minLength: CALLS_PER_STREAM,
      maxLength: CALLS_PER_STREAM,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(stream, async (calls) => {
        await idle();
        const world = makeWorld();
        for (const choice of calls) {
          missing.delete(refusalOf(world, choice) ?? '');
        }
        expect(world.target.verify()).toBe(true);
        expect(world.damaged()).toBe(0);
        await tick();
      }),
      { seed: SEED, numRuns: Math.ceil(CALLS / CALLS_PER_STREAM), endOnFailure: true },
    );
    expect([...missing]).toEqual([]);
  }, 600_000);
});

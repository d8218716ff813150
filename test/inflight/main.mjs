// The program under test: node --expose-gc main.mjs FREES SEED [KIND [SORT]]
// Runs bursts of every kind, or of one, until each had its share of FREES in flight; with the last
// argument every block is of that sort: dedicated, pooled, listed or scoped. Prints a line before each burst and, last, what it counted.
// Exits 3 after an uncaught error, 4 after a stall.
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ArenaAllocator,
  BufferPool,
  FreeList,
  runtimeInfo,
  SystemAllocator,
} from '../../dist/index.js';
import { LISTED } from './blocks.mjs';
import { burst, drained } from './burst.mjs';
import { Scopes } from './scopes.mjs';
import { openKinds } from './traffic/kinds.mjs';
import { World } from './world.mjs';

const [frees, seed] = process.argv.slice(2, 4).map(Number);
const [only, which] = process.argv.slice(4);
/** So that a pool lets go of slabs, and takes them up again, while requests are in flight. */
const DECAY_MS = 5;
/** A kind that frees fewer in flight has something wrong, and is not waited for. */
const FEWEST_A_BURST = 5;
/** A burst takes milliseconds. */
const STALL_MS = Number(process.env.HW_STALL_MS ?? 60_000);

const say = (word, value) => writeSync(1, `${word} ${JSON.stringify(value)}\n`);

const arena = new ArenaAllocator();
const pool = new BufferPool(arena, { decayMs: DECAY_MS });
const system = new SystemAllocator();
const list = new FreeList(system, LISTED);
const scopes = new Scopes([system, arena]);
const allocators = [system, arena, pool, list, scopes];
const sorts = { dedicated: [system, arena], pooled: [pool], listed: [list], scoped: [scopes] };
const world = new World(sorts[which] ?? allocators, seed, (faults) => say('faults', faults));
let left = null;

function tell(end) {
  const { rows, faults, notes } = world.ledger;
  say('result', { gate: runtimeInfo().gate, rows, faults, notes, left, ...end });
}

process.on('uncaughtException', (error) => {
  tell({ uncaught: `${error?.code ?? error?.name}: ${error?.message}` });
  writeSync(2, `${error?.stack}\n`);
  process.exit(3);
});

let watch;
function watchFor(kind) {
  clearTimeout(watch);
  watch = setTimeout(() => {
    tell({ stalled: kind });
    process.exit(4);
  }, STALL_MS);
}

async function run(kinds) {
  const share = Math.ceil(frees / kinds.length);
  const isDone = ({ name }) => {
    const { freedInFlight, bursts } = world.ledger.rows[name] ?? { freedInFlight: 0, bursts: 0 };
    return freedInFlight >= share || bursts * FEWEST_A_BURST >= share;
  };
  for (let number = 1; !kinds.every(isDone); number++) {
    for (const kind of kinds) {
      if (isDone(kind)) continue;
      say('burst', kind.name);
      watchFor(kind.name);
      await burst(kind, world, number);
    }
  }
}

const sum = (name) => allocators.reduce((total, each) => total + each.stats()[name], 0);

/** What was freed in flight comes back when nothing can reach it, and what is live when freed. */
async function end(kinds) {
  for (const kind of kinds) await kind.close?.();
  await drained();
  world.blocks.end();
  list.trim();
  scopes.trim();
  for (let round = 0; round < 50 && sum('abandonedBlocks') > 0; round++) {
    // What a list looked at for its figures is held until the job ends.
    await pause(DECAY_MS);
    globalThis.gc();
  }
  // The arena knows the slabs as blocks.
  pool.trim();
  const broken = brokenInvariant();
  const names = ['liveBlocks', 'liveBytes', 'abandonedBlocks', 'abandonedBytes'];
  left = { ...Object.fromEntries(names.map((name) => [name, sum(name)])), broken };
}

/** What `verify` finds, or null. */
function brokenInvariant() {
  try {
    for (const allocator of allocators) allocator.verify();
    return null;
  } catch (error) {
    return error.message;
  }
}

const kinds = await openKinds(world);
const chosen = only === undefined ? kinds : kinds.filter(({ name }) => name === only);
if (chosen.length === 0) throw new Error(`no kind of request ${only}`);
await run(chosen);
await end(kinds);
clearTimeout(watch);
tell({});

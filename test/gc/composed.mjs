// Allocates from nodes, lists and scopes, frees, drops, leases and ends at random, and drops nodes,
// lists and scopes themselves, while the collector does as its flags say; and counts that everything
// came back: composed.mjs COUNT SEED. The last line is what the collector did, as JSON.
import { ok, strictEqual } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  ArenaAllocator,
  asBuffers,
  Box,
  BufferPool,
  Checked,
  compose,
  Fallback,
  FreeList,
  Layout,
  Limited,
  PageAllocator,
  ProxyAllocator,
  Scoped,
  Segregator,
  SlabAllocator,
  Stats,
  SystemAllocator,
  Vec,
} from '../../dist/index.js';
import { native } from '../../dist/native.js';
import { watchCollector } from './collector.mjs';
import { makeRandom } from './random.mjs';

const [count, seed] = process.argv.slice(2).map(Number);
const random = makeRandom(seed);

/** Blocks that are live at a time. */
const WINDOW = 512;
/** Allocations between two ticks, in which finalizers run. */
const TICK = 128;
const VERIFY = 5000;
/** Blocks that a node hands out, about, before it is dropped with all of them. */
const LIFE = 400;

const system = new SystemAllocator();
const arena = new ArenaAllocator();
const pool = new BufferPool(arena, { decayMs: 1 });
/** What everything is made of, and must be back there in the end. */
const ground = [system, arena, pool];

const layouts = [1, 16, 100, 1000, 4096, 5000].map((size) => Layout.from(size, 1 << random(5)));
const LISTED = { size: 5000, align: 16, max: 64 };

/** Of each a fresh one, over the same ground. */
const KINDS = {
  fallback: () => new Fallback(new Limited(arena, { bytes: 20_000 }), system),
  segregator: () => new Segregator(1000, asBuffers(system), pool),
  'row of a kernel': () =>
    new Fallback(
      new SlabAllocator({ parent: arena, largest: 1024 }),
      new PageAllocator({ parent: system }),
    ),
  proxy: () => new ProxyAllocator(new Stats(system), { deallocate() {} }),
  checked: () => new Checked(asBuffers(arena), { sites: false }),
  'list of ArrayBuffers': () => new FreeList(system, LISTED),
  'list of Buffers': () => new FreeList(pool, { ...LISTED, min: random(4) }),
  'list over a list': () => new FreeList(new Limited(asBuffers(arena), { blocks: 64 }), LISTED),
  custom: () =>
    new Stats({
      allocate: (layout, options) => arena.allocate(layout, options),
      deallocate: (block, layout, options) => arena.deallocate(block, layout, options),
    }),
  composition: () =>
    compose('segregate(<=500: pooled, else: large) | limit(1MB) | stats', {
      pooled: pool,
      large: asBuffers(system),
    }),
  scoped: () => new Scoped([system, arena, pool][random(3)], { size: 4096, grow: true }),
};
const names = Object.keys(KINDS);
const fates = { free: 0, drop: 0, freeTwice: 0, lease: 0, freeUnderLease: 0, scope: 0, value: 0 };
const dropped = { nodes: 0, disposed: 0 };

const nodes = names.map((name) => KINDS[name]());
const window = Array.from({ length: WINDOW }, () => null);

const bytesOf = (block) => (ArrayBuffer.isView(block) ? block : new Uint8Array(block));

function allocate(serial) {
  const node = nodes[random(nodes.length)];
  const layout = layouts[random(layouts.length)];
  const block = node.tryAllocate(layout, { uninitialized: random(2) === 0 });
  if (block === null) return null; // a list or a limit is used up, by what was dropped too
  const mark = serial % 256;
  const bytes = bytesOf(block);
  bytes[0] = bytes[layout.size - 1] = mark;
  return { node, block, layout, mark };
}

/** No other block may have been given this one's memory. */
function check({ block, layout, mark }) {
  const bytes = bytesOf(block);
  strictEqual(bytes[0], mark);
  strictEqual(bytes[layout.size - 1], mark);
}

const ENDS = {
  free({ node, block, layout }) {
    strictEqual(node.deallocate(block, layout), true);
  },
  drop() {},
  freeTwice({ node, block, layout }) {
    node.deallocate(block, layout);
    let code = null;
    try {
      node.deallocate(block, layout);
    } catch (error) {
      code = error.code;
    }
    strictEqual(code, 'ERR_HEAPWRIGHT_DETACHED');
  },
  lease({ node, block, layout }) {
    node.lease(block).dispose();
    if (random(2) === 0) node.deallocate(block, layout);
  },
  freeUnderLease({ node, block, layout }) {
    const lease = node.lease(block);
    strictEqual(node.deallocate(block, layout), false);
    // One lease in four is forgotten: the collector ends it with its block.
    if (random(4) > 0) lease.dispose();
  },
  /** Scopes within a Scoped of their own: ended, or dropped while they are open. */
  scope({ layout }) {
    const scoped = KINDS.scoped();
    const inner = scoped.open();
    const buffer = inner.allocate(layout);
    inner.open().allocate(layout);
    if (random(2) === 0) inner.lease(buffer);
  },
  value({ layout }) {
    const parent = random(2) === 0 ? system : pool;
    const box = Box.of('f64', layout.size, parent);
    const vec = Vec.of('u32', parent);
    for (let at = 0; at < 50; at++) vec.push(at);
    strictEqual(box.value, layout.size);
    if (random(2) === 0) box.dispose();
    if (random(2) === 0) vec.dispose();
  },
};
const WEIGHTS = {
  free: 40,
  drop: 25,
  freeTwice: 8,
  lease: 8,
  freeUnderLease: 8,
  scope: 2,
  value: 4,
};
const picks = Object.entries(WEIGHTS).flatMap(([name, weight]) => Array(weight).fill(name));

function end(at) {
  const entry = window[at];
  if (entry === null) return;
  window[at] = null;
  check(entry);
  const name = picks[random(picks.length)];
  fates[name] += 1;
  ENDS[name](entry);
}

/** A node goes, with every block that it has: half of them without a word. */
function renew() {
  const at = random(nodes.length);
  const node = nodes[at];
  for (const [slot, entry] of window.entries()) if (entry?.node === node) window[slot] = null;
  dropped.nodes += 1;
  if (random(2) === 0) {
    try {
      node.dispose();
      dropped.disposed += 1;
    } catch (error) {
      strictEqual(error.code, 'ERR_HEAPWRIGHT_LEASED'); // a lease that was forgotten
    }
  }
  nodes[at] = KINDS[names[at]]();
}

function balance(node) {
  const { allocations, deallocations, liveBlocks, abandonedBlocks } = node.stats();
  strictEqual(allocations - deallocations, liveBlocks + abandonedBlocks, node.name);
  strictEqual(node.verify(), true);
}

/** A function of its own: what a loop looked at last is not held by the frame of the module. */
async function churn() {
  for (let serial = 0; serial < count; serial++) {
    const at = random(WINDOW);
    end(at);
    window[at] = allocate(serial);
    if (serial % TICK === 0) await setImmediate();
    if (serial % LIFE === 0) renew();
    if (serial % VERIFY === 0) for (const node of [...ground, ...nodes]) balance(node);
    if (globalThis.gc !== undefined && serial % 2500 === 0) globalThis.gc({ type: 'minor' });
  }
  for (let at = 0; at < WINDOW; at++) end(at);
}

const collector = watchCollector();
await churn();
const collections = await collector.stop();
for (let at = 0; at < nodes.length; at++) nodes[at] = null;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const held = () =>
  ground.reduce((sum, each) => {
    const { liveBlocks, abandonedBlocks } = each.stats();
    return sum + liveBlocks + abandonedBlocks;
  }, 0);
for (let round = 0; round < 100 && native.runtimeState().records > 0; round++) {
  collect();
  await setImmediate();
  pool.trim();
}

strictEqual(held(), 0, 'blocks of the ground that are not back');
strictEqual(native.runtimeState().records, 0, 'records in use after the last collection');
for (const each of ground) {
  balance(each);
  strictEqual(each.stats().orphanedBlocks, 0);
}
ok(dropped.nodes > dropped.disposed && dropped.disposed > 0);
console.log(JSON.stringify({ collections, fates: { ...fates, ...dropped } }));

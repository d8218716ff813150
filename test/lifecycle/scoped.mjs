/**
 * Scopes, and a list of pooled Buffers, brought into the state that a cell of the matrix asks for:
 * what they hand out shares memory with others.
 */
import { ok, strictEqual, throws } from 'node:assert';
import { randomFill } from 'node:crypto';
import { promisify } from 'node:util';
import {
  ArenaAllocator,
  BufferPool,
  FreeList,
  Layout,
  Scoped,
  SystemAllocator,
} from '../../dist/index.js';
import { memoryOf, sum } from './composed.mjs';
import { isMoved } from './matrix.mjs';
import { moveByStream, moveByTransfer } from './moves.mjs';

const PATTERN = 0xa5;
const LISTED = Layout.from(2000);
const SIZE = 10_000;

/** A Scoped with a scope in a scope, each with Buffers; the inner one has grown. */
function fillScoped(parent) {
  const scoped = new Scoped(parent, { size: SIZE, grow: true });
  const outer = [scoped.alloc(100, PATTERN), scoped.alloc(4096, PATTERN)];
  const middle = scoped.open();
  const between = [middle.alloc(1000, PATTERN)];
  const inner = middle.open();
  const within = [inner.alloc(64, PATTERN), inner.alloc(2 * SIZE, PATTERN)];
  strictEqual(scoped.stats().liveBlocks, 5);
  return { scoped, scopes: [inner, middle], buffers: [...outer, ...between, ...within] };
}

const endScopes = ({ scopes }) => {
  for (const scope of scopes) scope.end();
};

/** All ends: nothing of it is left. */
function end(family) {
  endScopes(family);
  strictEqual(family.scoped.stats().liveBlocks, 2);
  family.scoped.dispose();
  ok(family.buffers.every(({ length }) => length === 0));
}

/** The scopes inside end under leases, with each Buffer. */
function lease(family) {
  const { scoped, scopes, buffers } = family;
  const owners = [scoped, scoped, scopes[1], scopes[0], scopes[0]];
  const leases = buffers.map((buffer, at) => owners[at].lease(buffer));
  endScopes(family);
  expectEscaped(family);
  return leases;
}

/** The scopes inside end while requests write to them. */
function abandon(family) {
  const requests = family.buffers.map((buffer) => promisify(randomFill)(buffer));
  endScopes(family);
  expectEscaped(family);
  return Promise.all(requests);
}

/** Three Buffers, in three parts of two regions. */
function expectEscaped({ scoped, buffers }) {
  ok(buffers.every(({ length }) => length > 0));
  strictEqual(scoped.stats().liveBlocks, 2);
  strictEqual(scoped.stats().abandonedBlocks, 3);
  strictEqual(scoped.stats().escapes, 3);
  strictEqual(scoped.verify(), true);
}

function fillList(pool) {
  const list = new FreeList(pool, { size: LISTED.size, max: 8, min: 2 });
  const buffers = Array.from({ length: 6 }, () => list.allocate(LISTED).fill(PATTERN));
  return { list, buffers };
}

/** Half of its Buffers are freed under their lease. */
function leaseListed({ list, buffers }) {
  const leases = buffers.map((buffer) => list.lease(buffer));
  for (const [at, buffer] of buffers.entries()) {
    if (at % 2 === 0) strictEqual(list.deallocate(buffer, LISTED), false);
  }
  strictEqual(list.stats().abandonedBlocks, 3);
  return leases;
}

/** Freed under leases that end with the requests in flight. */
function abandonListed({ list, buffers }) {
  const requests = buffers.map((buffer) => promisify(randomFill)(buffer));
  const leases = leaseListed({ list, buffers });
  for (const each of leases) each.dispose();
  strictEqual(list.stats().liveBlocks, 3);
  strictEqual(list.stats().abandonedBlocks, 3);
  return Promise.all(requests);
}

async function moveAll(buffers, how) {
  const moved = [];
  for (const memory of new Set(buffers.map(memoryOf))) {
    moved.push(how.endsWith('transfer') ? moveByTransfer(memory) : await moveByStream(memory));
  }
  ok(buffers.every(({ length }) => length === 0));
  return moved;
}

/** Two regions of each family, and slabs: two under what the third charges for its regions. */
function owedOf({ system, arena }, families, fate) {
  const owed = sum([system, arena]);
  strictEqual(owed.blocks, fate === 'freed' ? 0 : 4 + 3);
  if (fate === 'freed') return owed;
  // The regions themselves are of none of these allocators.
  const { mappedBytes } = families[2].scoped.stats();
  return { blocks: owed.blocks + 2, bytes: owed.bytes + mappedBytes };
}

/** Brings fresh scopes and lists into the state `fate`: the answer is that of `enact`. */
export async function enactScoped(fate) {
  const [system, arena] = [new SystemAllocator(), new ArenaAllocator()];
  const pool = new BufferPool(arena);
  const families = [fillScoped(system), fillScoped(arena), fillScoped(pool)];
  const listed = fillList(pool);
  const buffers = [...families.flatMap((family) => family.buffers), ...listed.buffers];

  const leases = fate === 'leased' ? [...families.map(lease), leaseListed(listed)] : null;
  const settled = fate === 'abandoned' ? [...families.map(abandon), abandonListed(listed)] : [];
  if (fate === 'freed') {
    for (const family of families) end(family);
    for (const buffer of listed.buffers) listed.list.deallocate(buffer, LISTED);
    listed.list.dispose();
    pool.trim();
  }
  const moved = isMoved(fate) ? await moveAll(buffers, fate) : [];
  if (isMoved(fate)) throws(() => pool.verify(), { code: 'ERR_HEAPWRIGHT_CORRUPTED' });
  const open = fate === 'freed' ? [] : [...families.map(({ scoped }) => scoped), listed.list];
  for (const each of open) strictEqual(each.verify(), true);
  return {
    allocators: [system, arena, pool, ...open],
    families,
    listed,
    leases,
    moved,
    owed: owedOf({ system, arena }, families, fate),
    settled: Promise.all(settled),
  };
}

/** A pool with Buffers of every sort, brought into the state that a cell of the matrix asks for. */
import { ok, strictEqual, throws } from 'node:assert';
import { randomFill } from 'node:crypto';
import { promisify } from 'node:util';
import { ArenaAllocator, BufferPool, RecyclingPool } from '../../dist/index.js';
import { isMoved } from './matrix.mjs';
import { moveByStream, moveByTransfer } from './moves.mjs';

/** What every Buffer is filled with, so that a byte that was not zeroed shows. */
const PATTERN = 0xa5;

/** `[size, count]`: part of a slab, or one slab whole and part of another; the last ones alone. */
const SIZES = [
  [100, 10],
  [1500, 200],
  [65_536, 6],
  [100_000, 2],
];
const LARGEST_SHARED = 65_536;
/** Of a class that no other Buffer is of. */
const RECYCLED = 3000;

const slabsOf = (buffers) => [...new Set(buffers.map(({ buffer }) => buffer))];

/** Buffers of which every other one is forgotten beside a live neighbour, but for the large. */
function fill(pool) {
  return SIZES.flatMap(([size, count]) => {
    const all = Array.from({ length: count }, () => pool.alloc(size, PATTERN));
    return all.filter((_, at) => at % 2 === 0 || size > LARGEST_SHARED);
  });
}

function count(pool, buffers) {
  const forgotten = SIZES.filter(([size]) => size <= LARGEST_SHARED);
  const all = buffers.length + forgotten.reduce((sum, [, each]) => sum + each / 2, 0);
  strictEqual(pool.stats().liveBlocks, all);
}

/** Everything goes back, and what was forgotten with the pool's own end. */
function free(pool, buffers) {
  for (const buffer of buffers) strictEqual(pool.free(buffer), true);
  pool.trim();
  pool.reset();
}

/** Half of the Buffers are freed under their lease. */
function lease(pool, buffers) {
  const leases = buffers.map((buffer) => pool.lease(buffer));
  for (const [at, buffer] of buffers.entries()) {
    if (at % 2 === 0) strictEqual(pool.free(buffer), false);
  }
  strictEqual(pool.stats().leases, buffers.length);
  strictEqual(pool.stats().abandonedBlocks, Math.ceil(buffers.length / 2));
  return leases;
}

/**
 * Frees while requests write to a Buffer of each size: under a lease that ends in flight what shares
 * a slab, and what is alone without one.
 */
function abandon(pool, buffers) {
  const used = SIZES.map(([size]) => buffers.find(({ length }) => length === size));
  const requests = used.map((buffer) => promisify(randomFill)(buffer));
  for (const buffer of buffers) {
    const held = buffer.length <= LARGEST_SHARED ? pool.lease(buffer) : undefined;
    strictEqual(pool.free(buffer), false);
    held?.dispose();
  }
  strictEqual(pool.stats().abandonedBlocks, buffers.length);
  return Promise.all(requests);
}

/** Every slab is moved away; the pool notices, and goes on with another. */
async function move(pool, buffers, how) {
  const moved = [];
  for (const slab of slabsOf(buffers)) {
    moved.push(how.endsWith('transfer') ? moveByTransfer(slab) : await moveByStream(slab));
  }
  ok(buffers.every(({ length }) => length === 0));
  throws(() => pool.verify(), { code: 'ERR_HEAPWRIGHT_CORRUPTED' });
  return moved;
}

/** Brings a fresh pool into the state `fate`: the answer is that of `enact` in fates.mjs. */
export async function enactPooled(fate) {
  const arena = new ArenaAllocator();
  const pool = new BufferPool(arena);
  const buffers = fill(pool);
  count(pool, buffers);
  const settled = fate === 'abandoned' ? abandon(pool, buffers) : null;
  const leases = fate === 'leased' ? lease(pool, buffers) : null;
  if (fate === 'freed') free(pool, buffers);

  const recycling = new RecyclingPool(pool, RECYCLED);
  const recycled = [recycling.alloc().fill(PATTERN), recycling.alloc().fill(PATTERN)];
  recycling.free(recycled[0]);
  if (fate === 'freed') {
    recycling.free(recycled.pop());
    recycling.dispose();
    pool.trim();
    strictEqual(pool.stats().mappedBytes, 0);
  } else {
    buffers.push(...recycled);
  }

  const slabs = fate === 'freed' ? 0 : slabsOf(buffers).length;
  const moved = isMoved(fate) ? await move(pool, buffers, fate) : [];
  const next = isMoved(fate) ? [pool.alloc(100, PATTERN)] : [];
  const owed = checkFigures(arena, slabs + next.length);
  strictEqual(pool.verify(), true);
  return { allocators: [arena, pool], buffers, next, leases, recycling, moved, owed, settled };
}

/** What the thread leaves behind if it ends now: the slabs, which only the arena knows as blocks. */
function checkFigures(arena, slabs) {
  const stats = arena.stats();
  const blocks = stats.liveBlocks + stats.abandonedBlocks;
  strictEqual(blocks, slabs, 'blocks of the arena that are slabs');
  return { blocks, bytes: stats.liveBytes + stats.abandonedBytes };
}

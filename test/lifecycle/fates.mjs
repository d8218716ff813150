/**
 * Blocks of several sizes, a pool with Buffers, nodes and scopes, brought into the state that a cell of the matrix
 * asks for.
 */
import { strictEqual } from 'node:assert';
import { randomFill } from 'node:crypto';
import { promisify } from 'node:util';
import { ArenaAllocator, addressOf, Layout, SystemAllocator } from '../../dist/index.js';
import { enactComposed } from './composed.mjs';
import { isMoved } from './matrix.mjs';
import { moveByStream, moveByTransfer } from './moves.mjs';
import { enactPooled } from './pooled.mjs';
import { enactScoped } from './scoped.mjs';

const PAGE = 4096;
const MiB = 2 ** 20;

/** Less than a page, one, many; over-aligned; and with edges that share a page with others. */
const LAYOUTS = [
  [64, 1],
  [64, 64],
  [PAGE, 1],
  [PAGE, 16 * PAGE],
  [3 * PAGE + 5, 8],
  [100, PAGE],
  [MiB, 1],
  [MiB + 1, 64 * 1024],
].map(([size, align]) => Layout.from(size, align));

/** What every block is filled with, so that a byte that was not zeroed shows. */
export const PATTERN = 0xa5;

/** A block of every layout, of either allocator: `{ allocator, block, layout }`. */
function fill(allocators) {
  return allocators.flatMap((allocator) =>
    LAYOUTS.map((layout) => {
      const block = allocator.allocate(layout);
      strictEqual(addressOf(block) % BigInt(layout.align), 0n);
      new Uint8Array(block).fill(PATTERN);
      return { allocator, block, layout };
    }),
  );
}

/** Frees every block; `answer` is what each free must say. */
function free(blocks, answer) {
  for (const { allocator, block, layout } of blocks) {
    strictEqual(allocator.deallocate(block, layout), answer);
  }
}

/** Frees while requests write to the largest. They end within a few ticks, or with the thread. */
function abandon(blocks) {
  const used = blocks.filter(({ layout }) => layout.size === MiB);
  const requests = used.map(({ block }) => promisify(randomFill)(new Uint8Array(block)));
  free(blocks, false);
  return Promise.all(requests);
}

/** Half of the blocks are freed under their lease. */
function lease(blocks) {
  const leases = blocks.map(({ allocator, block }) => allocator.lease(block));
  for (const [at, { allocator, block, layout }] of blocks.entries()) {
    if (at % 2 === 0) strictEqual(allocator.deallocate(block, layout), false);
  }
  return leases;
}

/**
 * Brings fresh blocks into the state `fate`, and a pool, nodes and scopes.
 *
 * `beforeMove` is called with memory that is still attached, for a read that shall be in flight
 * while the thread ends. `settled` waits for every other request.
 *
 * Whoever keeps the answer keeps the garbage collector out of the cell. `owed` is what the thread
 * leaves behind if it ends now.
 */
export async function enact(fate, beforeMove = () => {}) {
  // First: the read of `beforeMove` would be in flight, and what is freed here not be back at once.
  const others = [await enactComposed(fate), await enactScoped(fate), await enactPooled(fate)];
  const allocators = [new SystemAllocator(), new ArenaAllocator()];
  const blocks = fill(allocators);

  let leases = null;
  let settled = null;
  if (fate === 'freed') free(blocks, true);
  if (fate === 'leased') leases = lease(blocks);
  if (fate === 'abandoned') settled = abandon(blocks);
  // The third of the last allocator: the arena's.
  beforeMove(fate === 'freed' ? new ArrayBuffer(PAGE) : blocks.at(2 - LAYOUTS.length).block);

  const moved = [];
  for (const { block } of isMoved(fate) ? blocks : []) {
    moved.push(fate.endsWith('transfer') ? moveByTransfer(block) : await moveByStream(block));
    strictEqual(block.byteLength, 0);
  }
  const owed = { blocks: 0, bytes: 0 };
  for (const allocator of allocators) {
    const mine = fate === 'freed' ? [] : LAYOUTS.map((layout) => allocator.usableSize(layout));
    const bytes = mine.reduce((sum, size) => sum + size, 0);
    checkFigures(allocator, fate, { blocks: mine.length, bytes });
    owed.blocks += mine.length;
    owed.bytes += bytes;
  }
  for (const other of others) {
    owed.blocks += other.owed.blocks;
    owed.bytes += other.owed.bytes;
  }
  return {
    allocators: [...allocators, ...others.flatMap((other) => other.allocators)],
    held: { blocks, leases, others },
    moved: [...moved, ...others.flatMap((other) => other.moved)],
    owed,
    settled: Promise.all([settled, ...others.map((other) => other.settled)]),
  };
}

/** The owner's own figures account for all that it holds. */
function checkFigures(allocator, fate, owed) {
  const stats = allocator.stats();
  strictEqual(stats.liveBlocks + stats.abandonedBlocks, owed.blocks);
  strictEqual(stats.liveBytes + stats.abandonedBytes, owed.bytes);
  if (fate === 'abandoned') strictEqual(stats.liveBlocks, 0);
  if (fate === 'leased') strictEqual(stats.liveBlocks, stats.abandonedBlocks);
  strictEqual(stats.allocations - stats.deallocations, owed.blocks);
  strictEqual(allocator.verify(), true);
}

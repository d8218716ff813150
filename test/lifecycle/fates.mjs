/** Blocks of several sizes, brought into the state that a cell of the matrix asks for. */
import { strictEqual } from 'node:assert';
import { randomFill } from 'node:crypto';
import { promisify } from 'node:util';
import { addressOf, Layout, SystemAllocator } from '../../dist/index.js';
import { isMoved } from './matrix.mjs';
import { moveByStream, moveByTransfer } from './moves.mjs';

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

function fill(allocator) {
  return LAYOUTS.map((layout) => {
    const block = allocator.allocate(layout);
    strictEqual(addressOf(block) % BigInt(layout.align), 0n);
    new Uint8Array(block).fill(PATTERN);
    return block;
  });
}

/** Frees every block; `answer` is what each free must say. */
function free(allocator, blocks, answer) {
  for (const [at, layout] of LAYOUTS.entries()) {
    strictEqual(allocator.deallocate(blocks[at], layout), answer);
  }
}

/** Frees while a request writes to one of them. It ends within a few ticks, or with the thread. */
function abandon(allocator, blocks) {
  const request = promisify(randomFill)(new Uint8Array(blocks[6]));
  free(allocator, blocks, false);
  return request;
}

/** Half of the blocks are freed under their lease. */
function lease(allocator, blocks) {
  const leases = blocks.map((block) => allocator.lease(block));
  for (const [at, layout] of LAYOUTS.entries()) {
    if (at % 2 === 0) strictEqual(allocator.deallocate(blocks[at], layout), false);
  }
  return leases;
}

/**
 * Brings fresh blocks into the state `fate`.
 *
 * `beforeMove` is called with memory that is still attached, for a read that shall be in flight
 * while the thread ends. `settled` waits for every other request.
 *
 * Whoever keeps the answer keeps the garbage collector out of the cell. `owed` is what the thread
 * leaves behind if it ends now.
 */
export async function enact(fate, beforeMove = () => {}) {
  const allocator = new SystemAllocator();
  const blocks = fill(allocator);

  let leases = null;
  let settled = null;
  if (fate === 'freed') free(allocator, blocks, true);
  if (fate === 'leased') leases = lease(allocator, blocks);
  if (fate === 'abandoned') settled = abandon(allocator, blocks);
  beforeMove(fate === 'freed' ? new ArrayBuffer(PAGE) : blocks[2]);

  const moved = [];
  for (const block of isMoved(fate) ? blocks : []) {
    moved.push(fate.endsWith('transfer') ? moveByTransfer(block) : await moveByStream(block));
    strictEqual(block.byteLength, 0);
  }
  const owed = { blocks: 0, bytes: 0 };
  if (fate !== 'freed') {
    owed.blocks = LAYOUTS.length;
    owed.bytes = LAYOUTS.reduce((sum, { size }) => sum + size, 0);
  }
  checkFigures(allocator, fate, owed);
  return { allocator, blocks, leases, moved, owed, settled };
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

/** What this runtime does where others differ: rows of docs/runtimes.md. Nothing is judged here. */
import { setImmediate } from 'node:timers/promises';
import { Layout, runtimeInfo, SystemAllocator } from '../../dist/index.js';
import { native } from '../../dist/native.js';
import { hasTransfer, moveByStream, moveByTransfer } from '../lifecycle/moves.mjs';
import { collect, collectNow } from './garbage.mjs';

const layout = Layout.from(4096);
const records = () => native.runtimeState().records;

/** What a way to move a block does: `move` resolves to the buffer that has its bytes now. */
async function outcomeOf(move) {
  const allocator = new SystemAllocator();
  let block = allocator.allocate(layout);
  let moved;
  try {
    moved = await move(block);
  } catch {
    return 'refused';
  }
  if (block.byteLength > 0) return 'copies';
  block = null;
  const copied = await collect(() => allocator.stats().liveBlocks === 0);
  return copied && moved.byteLength > 0 ? 'copies, detaches' : 'moves the memory';
}

const clone = (block) => structuredClone(block, { transfer: [block] });

/** When the finalizers run of blocks that `end` leaves with nothing to hold them. */
async function timingOf(end) {
  const before = records();
  const blocks = await makeBlocks();
  end(blocks);
  if (records() <= before) return 'at once';
  for (let tick = 1; tick <= 3; tick++) {
    await setImmediate();
    if (records() <= before) return 'in a later tick';
  }
  return (await collect(() => records() <= before)) ? 'with a later collection' : 'never';
}

/** The list is the only one that holds them, from the next job on. */
async function makeBlocks() {
  const allocator = new SystemAllocator();
  const blocks = Array.from({ length: 8 }, () => ({
    allocator,
    block: allocator.allocate(layout),
  }));
  await setImmediate();
  return blocks;
}

function detachAll(blocks) {
  for (const { allocator, block } of blocks) {
    if (!allocator.deallocate(block, layout)) block.transfer(2 * layout.size);
  }
}

function dropAndCollect(blocks) {
  blocks.length = 0;
  collectNow();
}

export async function gatherFacts() {
  const { gate, detach } = runtimeInfo();
  return {
    version: process.versions.bun ?? globalThis.Deno?.version.deno ?? process.versions.node,
    engine: process.versions.bun ? 'JavaScriptCore' : `V8 ${process.versions.v8}`,
    gate,
    'detached by': detach,
    'structuredClone with transfer': await outcomeOf(clone),
    'read into by a byte stream': await outcomeOf(moveByStream),
    'ArrayBuffer.prototype.transfer': hasTransfer ? await outcomeOf(moveByTransfer) : 'absent',
    'finalizer after a detach': await timingOf(detachAll),
    'finalizer after a collection': await timingOf(dropAndCollect),
  };
}

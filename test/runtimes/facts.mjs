/** What this runtime does where others differ: rows of docs/runtimes.md. Nothing is judged here. */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Layout, runtimeInfo, SystemAllocator } from '../../dist/index.js';
import { native } from '../../dist/native.js';
import { hasTransfer, moveByStream, moveByTransfer } from '../lifecycle/moves.mjs';
import { collect, collectNow } from './garbage.mjs';

const layout = Layout.from(4096);
const COUNT = 8;
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

/** When the finalizers run of blocks that were detached. */
async function timingOfDetach() {
  const before = records();
  for (const { allocator, block } of await makeBlocks()) {
    if (!allocator.deallocate(block, layout)) block.transfer(2 * layout.size);
  }
  if (records() <= before) return 'at once';
  await setImmediate();
  await setImmediate();
  return records() <= before ? 'in a later tick' : 'with a collection';
}

/** Whether blocks come back once they were collected. Half of them will do: stacks hold some. */
async function timingOfCollection() {
  const before = records();
  const blocks = await makeBlocks();
  blocks.length = 0;
  collectNow();
  for (let wait = 0; wait < 100; wait++) {
    if (records() <= before + COUNT / 2) return 'within a second';
    await setTimeout(10);
  }
  return 'later';
}

/** The list is the only one that holds them, from the next job on. */
async function makeBlocks() {
  const allocator = new SystemAllocator();
  const blocks = Array.from({ length: COUNT }, () => ({
    allocator,
    block: allocator.allocate(layout),
  }));
  await setImmediate();
  return blocks;
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
    'finalizer after a detach': await timingOfDetach(),
    'finalizer after a collection': await timingOfCollection(),
  };
}

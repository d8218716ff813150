/** Blocks of every node, brought into the state that a cell of the matrix asks for. */
import { ok, strictEqual } from 'node:assert';
import { randomFill } from 'node:crypto';
import { promisify } from 'node:util';
import {
  ArenaAllocator,
  asBuffers,
  Box,
  Checked,
  compose,
  explain,
  Fallback,
  FreeList,
  Layout,
  Limited,
  NullAllocator,
  PageAllocator,
  ProxyAllocator,
  runtimeInfo,
  Segregator,
  SlabAllocator,
  Stats,
  SystemAllocator,
  Vec,
} from '../../dist/index.js';
import { isMoved } from './matrix.mjs';
import { moveByStream, moveByTransfer } from './moves.mjs';

const PAGE = 4096;
const PATTERN = 0xa5;

/** Less than a page, a whole one at its own address, and many with an edge. */
const LAYOUTS = [
  [64, 1],
  [PAGE, PAGE],
  [3 * PAGE + 5, 8],
].map(([size, align]) => Layout.from(size, align));

/** Room for each of them. */
const LISTED = { size: 4 * PAGE, align: PAGE, max: 8 };

export const memoryOf = (block) => (ArrayBuffer.isView(block) ? block.buffer : block);
const bytesOf = (block) => (ArrayBuffer.isView(block) ? block : new Uint8Array(block));

/** The row of a kernel: the last layout is for pages. */
function makeSlabThenPage(arena, system) {
  const slab = new SlabAllocator({ parent: arena, largest: PAGE });
  return new Fallback(slab, new PageAllocator({ parent: system }));
}

/** A node for each class: every block of theirs is one of the two allocators. */
function makeNodes(system, arena) {
  const parts = { small: asBuffers(arena), large: asBuffers(system) };
  return [
    new Fallback(new Limited(arena, { bytes: 2 * PAGE }), system),
    new Fallback(new NullAllocator(), arena),
    new Segregator(PAGE, arena, system),
    new ProxyAllocator(new Stats(new Checked(system)), { deallocate() {} }),
    new Checked(asBuffers(arena)),
    makeSlabThenPage(arena, system),
    new SlabAllocator({ parent: system }),
    new PageAllocator({ parent: arena }),
    new FreeList(arena, LISTED),
    new FreeList(asBuffers(system), LISTED),
    compose('segregate(<=256: small, else: large) | limit(1MB) | checked | stats', parts),
    new Stats({
      allocate: (layout, options) => system.allocate(layout, options),
      deallocate: (block, layout, options) => system.deallocate(block, layout, options),
    }),
  ];
}

/** A block, its free and its lease. */
function ask(node, layout) {
  const block = node.allocate(layout);
  bytesOf(block).fill(PATTERN);
  return {
    block,
    free: () => node.deallocate(block, layout),
    lease: () => node.lease(block),
  };
}

/** The block under a Box or a Vec, which nobody else sees, freed by the end of the value. */
function wrapValue(inner, make) {
  let block = null;
  const proxy = new ProxyAllocator(inner, {
    allocateSuccess: (made) => {
      block = made;
    },
    reallocateSuccess: (_old, made) => {
      block = made;
    },
  });
  const value = make(proxy);
  return {
    block,
    free() {
      value.dispose();
      return explain(block).state === 'freed';
    },
    lease: () => proxy.lease(block),
  };
}

function fill(nodes, system, arena) {
  const blocks = nodes.flatMap((node) => LAYOUTS.map((layout) => ask(node, layout)));
  blocks.push(wrapValue(system, (proxy) => Box.of('u64', 2n ** 60n, proxy)));
  const grow = (proxy) => {
    const vec = Vec.of('u32', proxy);
    for (let at = 0; at < 2000; at++) vec.push(at);
    return vec;
  };
  blocks.push(wrapValue(arena, grow));
  return blocks;
}

function free(blocks, answer) {
  for (const [at, block] of blocks.entries()) strictEqual(block.free(), answer, `block ${at}`);
}

/** Frees while requests write to one of each node's. */
function abandon(blocks) {
  const used = blocks.filter((_, at) => at % LAYOUTS.length === 0);
  const requests = used.map(({ block }) => promisify(randomFill)(bytesOf(block)));
  free(blocks, false);
  return Promise.all(requests);
}

/** Half of the blocks are freed under their lease. */
function lease(blocks) {
  const leases = blocks.map((block) => block.lease());
  free(
    blocks.filter((_, at) => at % 2 === 0),
    false,
  );
  return leases;
}

async function move(blocks, how) {
  const moved = [];
  for (const { block } of blocks) {
    const memory = memoryOf(block);
    moved.push(how.endsWith('transfer') ? moveByTransfer(memory) : await moveByStream(memory));
    strictEqual(block.byteLength, 0);
  }
  return moved;
}

/** Brings fresh blocks of every node into the state `fate`: the answer is that of `enact`. */
export async function enactComposed(fate) {
  const [system, arena] = [new SystemAllocator(), new ArenaAllocator()];
  const nodes = makeNodes(system, arena);
  const blocks = fill(nodes, system, arena);
  if (fate === 'freed') free(blocks, true);
  const leases = fate === 'leased' ? lease(blocks) : null;
  const settled = fate === 'abandoned' ? abandon(blocks) : null;
  const moved = isMoved(fate) ? await move(blocks, fate) : [];

  for (const node of nodes) checkFigures(node, fate);
  if (fate === 'freed') for (const node of nodes) node.dispose();
  const owed = sum([system, arena]);
  // Where every free waits for the collector, what a Vec grew out of is still held.
  const isExact = runtimeInfo().gate === 'proved';
  const expected = fate === 'freed' ? 0 : blocks.length;
  ok(owed.blocks === expected || (!isExact && owed.blocks > expected), `${owed.blocks} blocks`);
  const open = fate === 'freed' ? [] : nodes;
  return { allocators: [system, arena, ...open], blocks, leases, moved, owed, settled };
}

/** The node's own figures account for all that it handed out. */
function checkFigures(node, fate) {
  const { liveBlocks, abandonedBlocks } = node.stats();
  const held = fate === 'freed' ? 0 : LAYOUTS.length;
  strictEqual(liveBlocks + abandonedBlocks, held, `blocks of ${node.name}`);
  if (fate === 'abandoned') strictEqual(liveBlocks, 0, `live blocks of ${node.name}`);
  strictEqual(node.verify(), true);
}

/** What these allocators leave behind if the thread ends now. */
export function sum(allocators) {
  const owed = { blocks: 0, bytes: 0 };
  for (const allocator of allocators) {
    const { liveBlocks, abandonedBlocks, liveBytes, abandonedBytes } = allocator.stats();
    owed.blocks += liveBlocks + abandonedBlocks;
    owed.bytes += liveBytes + abandonedBytes;
  }
  return owed;
}

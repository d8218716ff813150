/** Freeing every block of a heap, for `dispose` and `reset`. */
import { generationOf } from '../block.js';
import { heapwrightError } from '../errors.js';
import { forget, recall } from '../live-blocks.js';
import { Code, native } from '../native.js';
import { refuseCall } from '../refusal.js';

/** The heap's live blocks: index and generation, in turn. LEASED if a lease is open. */
export function liveBlocksOf(heap: number): readonly number[] {
  const blocks = native.liveBlocks(heap);
  if (typeof blocks !== 'number') return blocks;
  throw blocks === Code.LEASED ? heapwrightError('ERR_HEAPWRIGHT_LEASED') : refuseCall(blocks);
}

/** Frees the blocks that the program still has, each through the gate. */
export function endBlocks(blocks: readonly number[]): void {
  for (let at = 0; at < blocks.length; at += 2) {
    const [index, generation] = [blocks[at] as number, blocks[at + 1] as number];
    const block = recall(index);
    if (block === undefined || generationOf(block) !== generation) continue;
    // What stays behind (busy, moved or not detachable) ends with its finalizer.
    if (native.endBlock(index, generation, block) === Code.OK) forget(index);
  }
}

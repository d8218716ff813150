import { describe, expect, it } from 'vitest';
import type { Block } from '../../lib/index.js';
import { idle } from '../support/idle.js';
import { Random } from '../support/random.js';
import { blockTree, bufferTree, type Tree } from '../support/tree.js';
import { TreeModel } from '../support/tree-model.js';

const OPERATIONS = Number(process.env.HEAPWRIGHT_TREE_OPERATIONS ?? 50_000);
const OPERATIONS_PER_TREE = 250;
const MOST_NODES = 6;
const SEED = Number(process.env.HEAPWRIGHT_SEED ?? Date.now() % 2 ** 31);
/** What 1000 operations may take at most, by far, in milliseconds. */
const MS_PER_THOUSAND = 5000;

type Make = (random: Random, most: number) => Tree<Block>;

const KINDS: readonly [kind: string, make: unknown][] = [
  ['dedicated blocks', blockTree],
  ['Buffers', bufferTree],
];

describe.each(KINDS)(`random trees of allocators of %s (seed ${SEED})`, (_kind, make) => {
  const trees = Math.ceil(OPERATIONS / KINDS.length / OPERATIONS_PER_TREE);

  it(
    `do what a plain model says, over ${trees * OPERATIONS_PER_TREE} operations`,
    async () => {
      await idle();
      let served = 0;
      let refused = 0;
      for (let at = 0; at < trees; at++) {
        const random = new Random(SEED + at);
        const tree = (make as Make)(random, MOST_NODES);
        const model = new TreeModel(tree, random);
        try {
          for (let count = 0; count < OPERATIONS_PER_TREE; count++) model.step();
          model.end();
        } catch (cause) {
          throw new Error(`seed ${SEED + at}: ${tree.name}`, { cause });
        }
        served += model.served;
        refused += model.refused;
        await idle();
      }
      expect([served > trees, refused > trees]).toEqual([true, true]);
    },
    20_000 + (OPERATIONS / 1000) * MS_PER_THOUSAND,
  );
});

/** What came before and was wrong, put back: see docs/seeds.md. */
import { unit } from '../../scripts/suites/mutants/tests.mjs';

const list = 'lib/compose/free-list.ts';
const stock = 'lib/compose/list-stock.ts';
const blocks = 'a FreeList of ArrayBuffers';

export default [
  {
    name: 'a free list that cannot be made keeps what it has',
    guards: 'the blocks of its parent',
    file: list,
    find: '      this.#stock.end();\n      throw error;',
    replace: '      throw error;',
    test: unit('free-list', `${blocks} gives all blocks back when it cannot be made`),
  },
  {
    name: 'a free list has one block more',
    guards: 'the most blocks of a free list',
    file: stock,
    find: '    if (blocks.count >= this.max) return null;',
    replace: '    if (blocks.count > this.max) return null;',
    test: unit(
      'free-list',
      `${blocks} serves 10 rounds of 64, refuses the 65th, and reuses the same 64 addresses`,
    ),
  },
  {
    name: 'a free list hands out what waits longest',
    guards: 'the order of a free list',
    file: stock,
    find: 'const block = this.waiting.pop();',
    replace: 'const block = this.waiting.shift();',
    test: unit('free-list', `${blocks} hands out the very object that was freed last`),
  },
  {
    name: 'the hooks of a scope run from the last',
    guards: 'creation order',
    file: 'lib/compose/scope/ending.ts',
    find: 'for (const hook of core.hooks) {',
    replace: 'for (const hook of [...core.hooks].reverse()) {',
    test: unit(
      'seed-001',
      'a scoped allocator with a kilobyte of memory holds 100 bombs in a Vec of a scope, which go off in order at its end',
    ),
  },
  {
    name: 'the usable size of an arena is what was asked for',
    guards: 'exact usable sizes',
    file: 'lib/allocators/native-allocator.ts',
    find: '  if (usable < 0) throw refuseCall(usable);\n  return usable;',
    replace: '  if (usable < 0) throw refuseCall(usable);\n  return size;',
    test: unit(
      'seed-000',
      'usableSize(layout) of an arena is the exact class size (100 -> 112) and what a real block reports',
    ),
  },
  {
    name: 'a slab is asked for the size alone',
    guards: 'alignments above that of a slab',
    file: 'lib/compose/aligned-slab-size.ts',
    find: 'return layout.align > align ? powerOfTwoFrom(size) : size;',
    replace: 'return layout.align > align ? layout.size + 0 * powerOfTwoFrom(size) : size;',
    test: unit(
      'kernel-row',
      'alignedSlabSize of 96 bytes aligned to 64, with slabs aligned to 8, is 128',
    ),
  },
];

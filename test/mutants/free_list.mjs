/** Free lists, the kernel row, and flags of a request. */
import { misuse, unit } from '../../scripts/suites/mutants/tests.mjs';

const list = 'lib/compose/free-list.ts';
const stock = 'lib/compose/list-stock.ts';
const blocks = 'lib/compose/list-blocks.ts';
const options = 'lib/options.ts';
const inFlight = (name) => misuse('free-list', `with an operation in flight ${name}`);

export default [
  {
    name: 'a block that was moved away is handed out',
    guards: 'blocks that were moved away while they waited',
    file: stock,
    find: 'if (this.isWhole(block)) return block;',
    replace: 'if (this.isWhole(block) || this.max > 0) return block;',
    test: misuse(
      'free-list',
      'a block that was moved away 5.3/71 by a byte stream is dropped while it waits',
    ),
  },
  {
    name: 'a dedicated block in flight waits for the next owner',
    guards: 'the gate of the parent',
    file: stock,
    find: 'const isInUse = isWhole && isDedicated(carrier) && isBusy();',
    replace: 'const isInUse = isWhole && isDedicated(carrier) && isBusy() && refuses;',
    test: inFlight('ArrayBuffers go to the gate of the parent and are never handed out again'),
  },
  {
    name: 'only ArrayBuffers count as dedicated',
    guards: 'Buffers with memory of their own',
    file: blocks,
    find: 'return offsetOf(block) === 0 && byteLengthOf(arrayBufferOf(block)) === lengthOf(block);',
    replace:
      'return offsetOf(block) < 0 && byteLengthOf(arrayBufferOf(block)) === lengthOf(block);',
    test: inFlight(
      'Buffers with memory of their own go to the gate of the parent and are never handed out again',
    ),
  },
  {
    name: 'a lease that ends in flight lets the block wait',
    guards: 'the gate at the end of a lease',
    file: stock,
    find: 'if (isBusy()) blocks.giveBackLeased(carrier);\n    else if (own',
    replace: 'if (own',
    test: inFlight(
      'blocks under a lease go back with it, pooled ones too, and are not handed out again',
    ),
  },
  {
    name: 'the parent is told of no lease',
    guards: 'pooled Buffers under a lease in flight',
    file: blocks,
    find: '      return this.#parent.lease(carrier);',
    replace: '      return carrier === null ? this.#parent.lease(carrier) : null;',
    test: inFlight(
      'blocks under a lease go back with it, pooled ones too, and are not handed out again',
    ),
  },
  {
    name: 'a freed block stays with the program',
    guards: 'the second free',
    file: stock,
    find: 'putPlace(block, this.idle);\n    if (isWhole && !isInUse) {',
    replace: 'if (isWhole && !isInUse) {',
    test: misuse(
      'free-list',
      'a FreeList over SystemAllocator frees a block of Layout(1024, align 1) once: DETACHED from then on',
    ),
  },
  {
    name: 'a smaller block is not counted',
    guards: 'the most blocks in existence',
    file: stock,
    find: 'if (layout.size > 0 && blocks.count >= this.max) {',
    replace: 'if (layout.size < 0 && blocks.count >= this.max) {',
    test: unit(
      'free-list',
      'a FreeList of ArrayBuffers counts smaller blocks towards `max`, and empty ones not',
    ),
  },
  {
    name: 'one block more than there may be',
    guards: 'the most blocks in existence',
    file: stock,
    find: 'if (blocks.count >= this.max) return null;',
    replace: 'if (blocks.count > this.max) return null;',
    test: unit(
      'free-list',
      'a FreeList of Buffers serves 10 rounds of 64, refuses the 65th, and reuses the same 64 addresses',
    ),
  },
  {
    name: 'what a constructor could not finish stays with the parent',
    guards: 'a list that can only be made in part',
    file: list,
    find: '      this.#stock.end();\n      throw error;',
    replace: '      throw error;',
    test: unit('free-list', 'a FreeList of Buffers gives all blocks back when it cannot be made'),
  },
  {
    name: 'new bytes of a view are those of the last owner',
    guards: 'zeroed reallocations',
    file: stock,
    find: 'zeroFrom(next as Buffer, layout.size);',
    replace: 'zeroFrom(next as Buffer, newLayout.size);',
    test: unit(
      'free-list',
      'a FreeList of Buffers has new bytes zero after a reallocation, and the old block dead',
    ),
  },
  {
    name: 'a used block is not zeroed again',
    guards: 'zeroed blocks',
    file: list,
    find: 'if ((asked & MUST_ZERO) !== 0) zero(block as Buffer);',
    replace: 'if ((asked & MUST_ZERO) > MUST_ZERO) zero(block as Buffer);',
    test: unit(
      'free-list',
      'a FreeList of Buffers zeroes a block again, but for who says that it need not be',
    ),
  },
  {
    name: 'blocks go back in the order in which they came',
    guards: 'a scope under a list',
    file: blocks,
    find: '[...this.#all].reverse()',
    replace: '[...this.#all]',
    test: unit(
      'free-list',
      'a FreeList of Buffers FreeList.from(scoped): blocks lie inside the range of the scope, and go back to it',
    ),
  },
  {
    name: 'what the program forgets counts for ever',
    guards: 'forgotten blocks',
    file: blocks,
    find: 'if (!block.isAbandoned) this.leave(block);',
    replace: 'if (block.isAbandoned) this.leave(block);',
    test: misuse('free-list', 'what the program forgets counts until the collector has found it'),
  },
  {
    name: 'a list that ends keeps its leased blocks from nobody',
    guards: 'LEASED at the end of a list',
    file: list,
    find: "if (isLeased) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');",
    replace: "if (isLeased && this.name === '') throw heapwrightError('ERR_HEAPWRIGHT_LEASED');",
    test: misuse(
      'free-list',
      'a FreeList over BufferPool keeps a leased block of Layout(1024, align 1) until the last lease ends',
    ),
  },
  {
    name: 'an alignment beyond that of slabs changes nothing',
    guards: 'the size to ask a slab allocator for',
    file: 'lib/compose/aligned-slab-size.ts',
    find: 'return layout.align > align ? powerOfTwoFrom(size) : size;',
    replace: 'return layout.align > 2 * align ? powerOfTwoFrom(size) : size;',
    test: unit(
      'kernel-row',
      'alignedSlabSize of 24 bytes aligned to 16, with slabs aligned to 8, is 32',
    ),
  },
  {
    name: 'a slab is aligned as it was asked for',
    guards: 'the alignment of slabs',
    file: 'lib/compose/slab-allocator.ts',
    find: 'return size <= this.#largest ? size : null;',
    replace: 'return size <= this.#largest ? layout.align : null;',
    test: unit(
      'kernel-row',
      'a SlabAllocator has classes of powers of two, and aligns each block to its class',
    ),
  },
  {
    name: 'pages are aligned as they were asked for',
    guards: 'the alignment of pages',
    file: 'lib/compose/page-allocator.ts',
    find: 'Math.max(align, this.pageSize)',
    replace: 'Math.max(align, 1)',
    test: unit('kernel-row', 'a PageAllocator has pages of another size where it is told so'),
  },
  {
    name: 'uninitialized is stronger than ZEROED',
    guards: 'the flags of a request',
    file: options,
    find: 'return uninitialized === true ? given : given | ZEROED;',
    replace: 'return uninitialized === true ? given & ~ZEROED : given | ZEROED;',
    test: unit(
      'request-flags',
      'flags of a request to SystemAllocator ZEROED and uninitialized: the memory reads zero',
    ),
  },
  {
    name: 'unknown bits are left alone',
    guards: 'the flags of a request',
    file: options,
    find: 'if (value >>> 0 === value && value <= ALL_FLAGS) return value;',
    replace: 'if (value >>> 0 === value) return value & ALL_FLAGS;',
    test: unit(
      'request-flags',
      'flags of a request to BufferPool that are an unknown bit are refused without effect',
    ),
  },
  {
    name: 'a pool gives slabs back for who must not wait',
    guards: 'NOWAIT',
    file: 'lib/pool/slab-store.ts',
    find: 'const mayWait = (flags & NOWAIT) === 0;\n    if (mayWait) this.#pushEarly();\n    let code',
    replace: 'const mayWait = flags >= 0;\n    let code',
    test: unit('request-flags', 'NOWAIT gives no slab of a pool back to make room'),
  },
];

/** Pools over memory of the program's: the shares behind them, their functions, their TypeScript. */
import { misuse, of, unit } from '../../scripts/suites/mutants/tests.mjs';

const shares = 'native/binding/chunk_share.c';
const blocks = 'native/binding/chunk_blocks.c';
const functions = 'native/binding/chunk_functions.c';
const views = 'lib/pool/chunk-blocks.ts';
const memory = 'lib/pool/chunk-memory.ts';
const making = 'lib/pool/chunk-pool-options.ts';
const vocabulary = 'lib/pool/buffer-allocator.ts';
const options = 'lib/allocators/chunk-options.ts';
const core = of('chunk_share');
const forks = of('chunk_share_fork');

const REFUSES = 'a ChunkPool over an ArrayBuffer refuses';
const TAKEN = 'memory that was taken from under a pool 5.3/71 by a byte stream';

export default [
  {
    name: 'a handle keeps its generation when its block is freed',
    guards: 'handles, which name one block only',
    file: blocks,
    find: 'uint64_t next = hw_chunk_word(hw_share_next(share, word), 0, HW_CHUNK_FREE);',
    replace: 'uint64_t next = hw_chunk_word(word >> 24, 0, HW_CHUNK_FREE);',
    test: core('a_handle_frees_once'),
  },
  {
    name: 'the generation of a handle is not compared',
    guards: 'handles of blocks that were freed',
    file: blocks,
    find: 'if (word >> 24 != generation) return HW_CODE_DETACHED;',
    replace: 'if (word >> 24 > generation + 1000000) return HW_CODE_DETACHED;',
    test: core('a_handle_frees_once'),
  },
  {
    name: 'a free asks for no layout',
    guards: 'the layout of a free',
    file: blocks,
    find: 'if (!same) return HW_CODE_LAYOUT_MISMATCH;',
    replace: 'if (!same && own.size == 0) return HW_CODE_LAYOUT_MISMATCH;',
    test: core('a_free_with_another_layout_changes_nothing'),
  },
  {
    name: 'a leased block of chunks is freed at once',
    guards: 'leases over frees of another thread',
    file: blocks,
    find: '  if (leases > 0) {\n    count_doomed',
    replace: '  if (leases > 1000) {\n    count_doomed',
    test: core('a_lease_holds_what_anyone_frees'),
  },
  {
    name: 'a member leaves its leases behind',
    guards: 'blocks that a worker held when it ended',
    file: shares,
    find: 'while (member->lease_count > 0) {',
    replace: 'while (member->lease_count > 1000) {',
    test: core('a_lease_holds_what_anyone_frees'),
  },
  {
    name: 'a resized block keeps its handle',
    guards: 'the old Buffer of a reallocation in place',
    file: blocks,
    find: '    generation = hw_share_next(share, word);\n',
    replace: '',
    test: core('a_resized_block_is_another_one'),
  },
  {
    name: 'any region may join a share',
    guards: 'the address of the memory that joins',
    file: shares,
    find: 'share->region != region || share->size != size',
    replace: 'region == NULL || size == 0',
    test: core('a_stale_id_or_another_region_is_refused'),
  },
  {
    name: 'the blocks of a living member are reclaimed',
    guards: 'members that have not ended',
    file: shares,
    find: '    code = HW_CODE_BUSY;\n',
    replace: '    *blocks = end_blocks(share, number);\n',
    test: core('reclaim_frees_what_a_member_left'),
  },
  {
    name: 'reclaim frees what anybody has',
    guards: 'blocks of others than the worker that has gone',
    file: blocks,
    find: '    if (hw_chunk_owner(load(&share->records[index].shape)) != owner) return false;\n',
    replace: '    (void)owner;\n',
    test: core('reclaim_frees_what_a_member_left'),
  },
  {
    name: 'alignment is judged from the begin of the memory',
    guards: 'real addresses',
    file: blocks,
    find: 'address = hw_align_up(address, layout.align);',
    replace: 'address += 0;',
    test: core('every_alignment_is_served_at_any_address'),
  },
  {
    name: 'what could never fit is called fragmented',
    guards: 'the reason of a refusal',
    file: functions,
    find: 'if (layout.size > info->capacity) return false;',
    replace: 'if (layout.size > info->capacity) return true;',
    test: unit('chunk-seed', 'a search refuses 33 of 32 chunks and finds 32'),
  },
  {
    name: 'memory that was taken away is not noticed',
    guards: 'the memory under a pool',
    file: views,
    find: 'if (this.#bytes.length === 0 || this.#member === CLOSED) {',
    replace: 'if (this.#member === CLOSED) {',
    test: misuse('chunk-memory', `${TAKEN} makes every call DETACHED, and none touches it`),
  },
  {
    name: 'a bitmap that was taken away is not noticed',
    guards: 'the bitmap of a pool',
    file: memory,
    find: 'if (this.#bits.length > 0) return;',
    replace: 'if (this.#bits.length >= 0) return;',
    test: misuse('chunk-memory', `${TAKEN} is noticed for a bitmap too`),
  },
  {
    name: 'memory may change its length',
    guards: 'memory of a fixed length',
    file: memory,
    find: 'if (ask(isResizable, memory) === true || ask(isGrowable, memory) === true) {',
    replace: 'if (ask(isResizable, memory) === 7) {',
    test: misuse(
      'chunk-construction',
      'a ChunkPool is not made over memory that can change its length: INVALID_ARG_TYPE',
    ),
  },
  {
    name: 'two pools may lie over the same memory',
    guards: 'bytes that two pools would give out',
    file: making,
    find: '  if (isClaimed(memory)) throw refuseClaimed();\n',
    replace: '',
    test: misuse(
      'chunk-two-pools',
      'twice over the same memory is BUSY, until the first pool is disposed',
    ),
  },
  {
    name: 'any view of the memory is a block',
    guards: 'views of blocks',
    file: views,
    find: "    return this.holdsView(value)\n      ? heapwrightError('ERR_HEAPWRIGHT_INTERIOR')\n      : refuseForeign(value);",
    replace: '    return refuseForeign(value);',
    test: misuse(
      'chunk-frees',
      `${REFUSES} a view of a block, also at the border of a chunk: INTERIOR`,
    ),
  },
  {
    name: 'any size of a chunk will do',
    guards: 'the size of a chunk',
    file: options,
    find: 'if (isPower && value >= LEAST_CHUNK && value <= LARGEST_CHUNK) return value;',
    replace: 'if (value > 0) return value;',
    test: misuse(
      'chunk-construction',
      'a ChunkAllocator is not made with chunks of 100 bytes: OUT_OF_RANGE',
    ),
  },
  {
    name: 'two shares may lie over the same bytes',
    guards: 'bytes that pools of two threads, or of two objects, would give out',
    file: shares,
    find: 'if (share->joinable && overlaps) return true;',
    replace: 'if (share->joinable && overlaps && size == 0) return true;',
    test: misuse('chunk-two-pools', 'over a clone of shared memory is BUSY: it has the same bytes'),
  },
  {
    name: 'a share covers its first byte alone',
    guards: 'shared memory that has grown under another object',
    file: shares,
    find: 'bool overlaps = share->region < region + size && region < share->region + share->size;',
    replace: 'bool overlaps = share->region == region && share->size == size;',
    test: misuse(
      'chunk-two-pools',
      'over shared memory that has grown under another object is BUSY',
    ),
  },
  {
    name: 'a disposed pool keeps its claim',
    guards: 'memory whose pool was disposed',
    file: views,
    find: '    endClaim(this.memory);\n',
    replace: '',
    test: misuse(
      'chunk-two-pools',
      'twice over the same memory is BUSY, until the first pool is disposed',
    ),
  },
  {
    name: 'what fills a Buffer is read when there is one',
    guards: 'the memory under Node while it fills',
    file: vocabulary,
    find: "const value = typeof size === 'number' && size > 0 ? readFill(fill) : 0;",
    replace: 'const value = readFill === undefined ? 0 : fill;',
    test: misuse('chunk-reentry', 'what fills a new Buffer disposes the pool: CLOSED'),
  },
  {
    name: 'a Buffer that cannot be made keeps its chunks',
    guards: 'chunks of an allocation that fails halfway',
    file: views,
    find: '      giveBlock(member, handle, 0); // no Buffer could be made of it\n',
    replace: '',
    test: misuse(
      'chunk-reentry',
      'a pool without a bitmap keeps no chunk where no Buffer could be made of it',
    ),
  },
  {
    name: 'a lease too many is called a corruption',
    guards: 'the error for a lease that cannot be counted',
    file: views,
    find: '    if (code !== Code.OUT_OF_MEMORY) throw refuseBlockOf(code, this.#member, handleOf(buffer));\n',
    replace: '    if (code !== OK) throw refuseBlockOf(code, this.#member, handleOf(buffer));\n',
    test: misuse(
      'chunk-reentry',
      '65,535 leases hold a block, and one more is refused: OUT_OF_MEMORY',
    ),
  },
  {
    name: 'a fork does not wait for the list of shares',
    guards: 'shares in a child',
    file: shares,
    find: '(void)pthread_atfork(before_fork, in_parent, in_child);',
    replace: '(void)before_fork, (void)in_parent, (void)in_child;',
    test: forks('children_of_busy_threads_make_shares'),
  },
];

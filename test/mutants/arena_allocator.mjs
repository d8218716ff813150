/** Arenas as JavaScript has them: what is counted, what is given up when, and when memory goes back. */
import { of, unit } from '../../scripts/suites/mutants/tests.mjs';

const reallocation = 'native/binding/heap_reallocation.c';
const blocks = 'native/binding/block_functions.c';
const native = 'lib/allocators/native-allocator.ts';
const arena = 'lib/allocators/arena-allocator.ts';
const timer = 'lib/allocators/decay-timer.ts';
const heap = of('heap_arena');

export default [
  {
    name: 'abandoned blocks of an arena count what was asked for',
    guards: 'usable bytes of abandoned blocks',
    file: 'native/binding/heap.h',
    find: '  return hw_usable_size(record->heap->allocator, hw_record_layout(whole));',
    replace: '  return record->size;',
    test: heap('abandoned_blocks_count_what_they_take'),
  },
  {
    name: 'a range counts what its layout would take',
    guards: 'the bytes of a range',
    file: 'native/binding/heap.h',
    find: 'hw_record_is_range(record) ? record->parent : record;',
    replace: 'hw_record_is_range(record) ? record : record;',
    test: heap('an_abandoned_range_counts_what_the_whole_takes'),
  },
  {
    name: 'an arena cuts a block before its old buffer has gone',
    guards: 'the bytes of a shrink that fails',
    file: reallocation,
    find: '  record->shrinks = status == HW_OK;\n  if (status == HW_ERR_INVALID) status',
    replace:
      '  record->shrinks = false;\n  if (status == HW_ERR_INVALID || status == HW_OK) status',
    test: unit(
      'arena-reallocation',
      'a shrink in place that gets no buffer leaves the block with every byte',
    ),
  },
  {
    name: 'the arena never hears of a shrink',
    guards: 'the layout that the allocator knows after a shrink',
    file: reallocation,
    find: '  } else if (record->shrinks) {',
    replace: '  } else if (record->shrinks && other == NULL) {',
    test: heap('a_change_in_place_is_done_or_undone'),
  },
  {
    name: 'a move that is undone leaves the bytes behind',
    guards: 'the bytes of a move that fails',
    file: reallocation,
    find: '    if (other->gave_memory) memcpy(',
    replace: '    if (other->gave_memory && false) memcpy(',
    test: heap('a_move_is_undone_with_every_byte'),
  },
  {
    name: 'a move keeps the old memory',
    guards: 'one release for each memory of a move',
    file: reallocation,
    find: '    hw_heap_end_memory(record, retire);\n  } else if',
    replace: '    if (other->gave_memory) hw_heap_end_memory(record, retire);\n  } else if',
    test: heap('a_move_ends_with_the_old_record'),
  },
  {
    name: 'pages move without being asked',
    guards: 'reallocateInPlace: the same memory',
    file: blocks,
    find: 'if (code != HW_CODE_NOT_IN_PLACE || (flags & MAY_MOVE) == 0) return code;',
    replace: 'if (code != HW_CODE_NOT_IN_PLACE) return code;',
    test: unit(
      'arena-reallocation',
      'reallocateInPlace of an arena is null where the block would have to move',
    ),
  },
  {
    name: 'a reallocation never moves pages',
    guards: 'moves by page tables',
    file: native,
    find: 'const mayMove = flags | MAY_MOVE;',
    replace: 'const mayMove = flags;',
    test: unit(
      'arena-reallocation',
      'reallocate of a large block of an arena that cannot grow where it is moves its pages and reads zero behind them',
    ),
  },
  {
    name: 'an arena is reset under its pools',
    guards: 'reset: BUSY',
    file: arena,
    find: 'if (dependentsOf(this).length > 0) {',
    replace: 'if (dependentsOf(this).length > 100) {',
    test: unit(
      'arena-reset',
      'an allocator with dependents is BUSY to reset until the last one is detached',
    ),
  },
  {
    name: 'pools are not asked for their leases',
    guards: 'dispose: LEASED by a dependent',
    file: native,
    find: 'if (dependents.some((each) => each.hasLeases()))',
    replace: 'if (dependents.some((each) => each.hasLeases() && false))',
    test: unit(
      'arena-reset',
      'an allocator with dependents asks all of them for leases before it disposes any',
    ),
  },
  {
    name: 'the timer keeps the process alive',
    guards: 'a process that may end',
    file: timer,
    find: '    this.#timer.unref();\n',
    replace: '',
    test: unit('decay-timer', 'DecayTimer never keeps the process alive'),
  },
  {
    name: 'the timer never waits longer',
    guards: 'few wakes while nothing can be given back',
    file: timer,
    find: 'const isStuck = bytes === this.#mappedBytes;',
    replace: 'const isStuck = false && bytes === this.#mappedBytes;',
    test: unit(
      'decay-timer',
      'DecayTimer waits longer and longer while nothing changes, and not for ever',
    ),
  },
  {
    name: 'a free does not start the timer',
    guards: 'freed memory of an idle program',
    file: native,
    find: 'if (decay !== null && !decay.isRunning) decay.start();',
    replace: 'if (decay?.isRunning) decay.start();',
    test: unit(
      'arena-pages',
      'freed memory of an ArenaAllocator goes back by itself some time after a free',
    ),
  },
];

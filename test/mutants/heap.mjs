/** The memory behind records, ranges of it, reallocation and verify: the rest of the heap. */
import { of } from '../../scripts/suites/mutants/tests.mjs';

const file = 'native/binding/heap.c';
const reallocation = 'native/binding/heap_reallocation.c';
const heap = of('heap');
const end = of('heap_end');
const ranges = of('heap_ranges');
const inPlace = of('heap_in_place');
const verify = of('heap_verify');

/** verify() without one of its comparisons. */
const overlooks = (what, comparison, name) => ({
  name: `verify overlooks ${what}`,
  guards: `verify: ${what}`,
  file: 'native/binding/heap_verify.c',
  find: `if (${comparison}) *broken`,
  replace: `if (broken == NULL && ${comparison}) *broken`,
  test: verify(name),
});

export default [
  {
    name: 'a closed heap gives memory',
    guards: 'the end of a heap',
    file,
    find: '  if (heap->closed) return HW_CODE_CLOSED;\n',
    replace: '',
    test: end('a_closed_heap_gives_no_memory'),
  },
  {
    name: 'a closed heap ends before its last block',
    guards: 'the end of a heap',
    file,
    find: 'if (!heap->closed || heap->held != 0) return;',
    replace: 'if (!heap->closed) return;',
    test: end('a_closed_heap_ends_with_its_last_block'),
  },
  {
    name: 'a heap is closed twice',
    guards: 'the end of a heap, once',
    file,
    find: '  if (heap->closed) return;\n',
    replace: '',
    test: end('closing_twice_ends_once'),
  },
  {
    name: 'memory without a record is lost',
    guards: 'the memory when no record can be had',
    file,
    find: 'hw_status_t status = hw_deallocate(heap->allocator, address, layout);',
    replace: 'hw_status_t status = HW_OK;',
    test: heap('without_a_record_the_memory_goes_back'),
  },
  {
    name: 'LIMIT is taken for OUT_OF_MEMORY',
    guards: 'the code of a refusal',
    file,
    find: 'return HW_CODE_LIMIT;',
    replace: 'return HW_CODE_OUT_OF_MEMORY;',
    test: heap('every_refusal_of_the_allocator_has_its_code'),
  },
  {
    name: 'half the headroom is no pressure',
    guards: 'the push towards a collection',
    file,
    find: 'heap->abandoned_bytes > headroom / 2 ?',
    replace: 'heap->abandoned_bytes > headroom ?',
    test: heap('more_than_half_the_headroom_abandoned_is_pressure'),
  },
  {
    name: 'the same pressure is acted on again and again',
    guards: 'the push towards a collection, once',
    file,
    find: 'if (pressure != HW_PRESSURE_HIGH || before == 0) return pressure;',
    replace: 'if (before < UINT64_MAX) return pressure;',
    test: heap('high_pressure_is_acted_on_again_only_when_it_grew'),
  },
  {
    name: 'pressure that nobody acted on is taken as acted on',
    guards: 'pushes that came too early',
    file,
    find: 'void hw_heap_forget_pressure(hw_heap_t *heap) {\n  heap->pressed_bytes = 0;\n',
    replace: 'void hw_heap_forget_pressure(hw_heap_t *heap) {\n  (void)heap;\n',
    test: heap('high_pressure_that_was_not_acted_on_is_said_again'),
  },
  {
    name: 'the end of an environment orphans nothing',
    guards: '-> ORPHAN: memory of an ended environment',
    file,
    find: 'if (holds && record->kind != HW_KIND_RAW) hw_block_finalize(record, true);',
    replace: '(void)holds;',
    test: end('the_end_of_an_environment_orphans_what_holds_memory'),
  },
  {
    name: 'the end of an environment keeps raw memory',
    guards: 'raw memory of an ended environment',
    file,
    find: '    if (record->kind == HW_KIND_RAW) hw_raw_release(record);\n',
    replace: '    (void)record;\n',
    test: end('the_end_of_an_environment_gives_back_raw_memory_without_orphans'),
  },
  {
    name: 'a range begins behind its raw memory',
    guards: 'the bounds of a range',
    file,
    find: 'if (offset > raw->size || size > raw->size - offset)',
    replace: 'if (size > raw->size - offset)',
    test: ranges('ranges_stay_inside_the_raw_memory'),
  },
  {
    name: 'a range ends behind its raw memory',
    guards: 'the bounds of a range',
    file,
    find: 'if (offset > raw->size || size > raw->size - offset)',
    replace: 'if (offset > raw->size || size > raw->size)',
    test: ranges('ranges_stay_inside_the_raw_memory'),
  },
  {
    name: 'a block has ranges',
    guards: 'the kind of a record',
    file,
    find: 'if (raw->kind != HW_KIND_RAW || hw_word_state(word) != HW_RECORD_LIVE) return HW_CODE_NOT_OWNED;',
    replace: 'if (hw_word_state(word) != HW_RECORD_LIVE) return HW_CODE_NOT_OWNED;',
    test: ranges('only_live_raw_memory_has_ranges'),
  },
  {
    name: 'released raw memory has ranges',
    guards: 'the state of raw memory',
    file,
    find: 'if (raw->kind != HW_KIND_RAW || hw_word_state(word) != HW_RECORD_LIVE) return HW_CODE_NOT_OWNED;',
    replace: '(void)word;\n  if (raw->kind != HW_KIND_RAW) return HW_CODE_NOT_OWNED;',
    test: ranges('only_live_raw_memory_has_ranges'),
  },
  {
    name: 'raw memory ends before its last range',
    guards: 'raw memory under ranges',
    file,
    find: ' || raw->ranges != 0) return;',
    replace: ') return;',
    test: ranges('memory_released_first_ends_with_its_last_range'),
  },
  {
    name: 'bytes that two abandoned ranges share count twice',
    guards: 'the figures under scopes in scopes',
    file: 'native/binding/heap.c',
    find: 'if (hw_record_is_range(record) && record->parent->abandoned_ranges++ > 0) return',
    replace: 'if (hw_record_is_range(record) && record->parent->abandoned_ranges++ > 9) return',
    test: ranges('abandoned_ranges_that_overlap_count_once'),
  },
  {
    name: 'an orphaned range lets the whole be used again',
    guards: 'raw memory under an orphan',
    file,
    find: '    other->has_orphans |= retire;\n',
    replace: '',
    test: ranges('an_orphaned_range_retires_the_whole'),
  },
  {
    name: 'a block is released as raw memory',
    guards: 'the kind of a record',
    file,
    find: '  if (raw->kind != HW_KIND_RAW || hw_word_state(word) != HW_RECORD_LIVE) return;\n',
    replace: '  if (hw_word_state(word) != HW_RECORD_LIVE) return;\n',
    test: ranges('only_raw_memory_is_released'),
  },
  {
    name: 'a refused reallocation in place keeps its record',
    guards: 'the record of a refused reallocation in place',
    file: reallocation,
    find: '    hw_heap_drop_record(successor);\n    return hw_heap_code_of(status);',
    replace: '    return hw_heap_code_of(status);',
    test: inPlace('what_the_allocator_cannot_do_changes_nothing'),
  },
  {
    name: 'both buffers of a reallocation in place give the memory back',
    guards: 'one release for a block',
    file: reallocation,
    find: '  other->parent = NULL;\n',
    replace: '  hw_heap_end_memory(record, retire);\n  other->parent = NULL;\n',
    test: inPlace('both_collected_in_either_order_give_back_once'),
  },
  {
    name: 'a block that was undone in place is not counted',
    guards: 'live bytes during a reallocation in place',
    file: reallocation,
    find: '  other->parent = NULL;\n',
    replace: '',
    test: inPlace('undone_after_the_detach_was_refused'),
  },
  overlooks('a record', 'held != heap->held', 'it_finds_a_wrong_count_of_records'),
  overlooks('a leased record', 'leased != heap->leased', 'it_finds_a_wrong_count_of_leases'),
  overlooks(
    'an abandoned block',
    'abandoned_blocks != heap->abandoned_blocks',
    'it_finds_a_wrong_count_of_abandoned_blocks',
  ),
  overlooks(
    'an abandoned range',
    'abandoned_ranges != counted_ranges',
    'it_finds_a_wrong_count_of_abandoned_ranges',
  ),
  overlooks(
    'an abandoned byte',
    'abandoned_bytes != heap->abandoned_bytes',
    'it_finds_wrong_abandoned_bytes',
  ),
  overlooks(
    'memory without a record',
    'bytes != stats.live_bytes',
    'it_finds_memory_without_a_record',
  ),
];

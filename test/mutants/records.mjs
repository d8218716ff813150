/** Records and their table: native/binding/record.h and record_table.c. */
import { of } from '../../scripts/suites/mutants/tests.mjs';

const file = 'native/binding/record_table.c';
const test = of('record_table');

export default [
  {
    name: 'the generation is not raised',
    guards: 'old stamps, which never name a new block',
    file,
    find: 'hw_word_make(hw_word_generation(word) + 1, 0, HW_RECORD_LIVE)',
    replace: 'hw_word_make(hw_word_generation(word), 0, HW_RECORD_LIVE)',
    test: test('every_claim_has_the_next_generation'),
  },
  {
    name: 'a record that used all generations is used again',
    guards: 'the last generation of a record',
    file,
    find: 'if (hw_word_generation(seen) < HW_MAX_GENERATION) {',
    replace: '{',
    test: test('a_record_that_used_all_generations_is_never_used_again'),
  },
  {
    name: 'the record table is freed while busy',
    guards: 'the table, which outlives every finalizer',
    file,
    find: '  if (table->busy != 0) return HW_ERR_BUSY;\n',
    replace: '',
    test: test('a_table_with_a_record_in_use_cannot_be_destroyed'),
  },
  {
    name: 'a recycle does not compare',
    guards: 'a record that somebody else changed first',
    file,
    find: '  if (!hw_record_step(record, seen, 0, HW_RECORD_FREE)) return false;\n',
    replace:
      '  atomic_store(&record->word, hw_word_make(hw_word_generation(seen), 0, HW_RECORD_FREE));\n',
    test: test('a_recycle_that_lost_the_race_changes_nothing'),
  },
  {
    name: 'a recycled record stays in use',
    guards: 'the count of records in use',
    file,
    find: '  table->busy--;\n',
    replace: '',
    test: test('a_recycle_that_lost_the_race_changes_nothing'),
  },
  {
    name: 'a step does not compare',
    guards: 'every transition, one compare-and-swap',
    file: 'native/binding/record.h',
    find: /return atomic_compare_exchange_strong_explicit\(&record->word, &seen, next[^;]*;/,
    replace: 'return atomic_exchange(&record->word, next), true;',
    test: test('a_step_keeps_the_generation_and_only_the_first_of_two_wins'),
  },
  {
    name: 'a step forgets the generation',
    guards: 'the generation over a transition',
    file: 'native/binding/record.h',
    find: 'hw_word_make(hw_word_generation(seen), leases, to)',
    replace: 'hw_word_make(0, leases, to)',
    test: test('a_step_keeps_the_generation_and_only_the_first_of_two_wins'),
  },
  {
    name: 'an index that was never claimed has a record',
    guards: 'the index of a stamp',
    file,
    find: 'return index < table->used ? slot(table, index) : NULL;',
    replace: 'return index < table->capacity ? slot(table, index) : NULL;',
    test: test('an_index_that_was_never_claimed_has_no_record'),
  },
  {
    name: 'a record begins with the parent of the last',
    guards: 'a record that is used again',
    file,
    find: '  record->parent = NULL;\n',
    replace: '',
    test: test('a_record_starts_clean'),
  },
  {
    name: 'a record begins as a giver',
    guards: 'a record that is used again',
    file,
    find: '  record->gave_memory = false;\n',
    replace: '',
    test: test('a_record_starts_clean'),
  },
  {
    name: 'only the last record that was left is found',
    guards: 'finalizers of other threads',
    file,
    find: 'record->next_free = last; /*',
    replace: 'record->next_free = HW_NO_RECORD; /*',
    test: { core: 'record_left', name: 'left_blocks_are_finalized_in_whatever_state_they_are' },
  },
  {
    name: 'what was left is taken again and again',
    guards: 'one finalizer for a block',
    file,
    find: 'atomic_exchange_explicit(&table->left, HW_NO_RECORD, memory_order_acquire)',
    replace: 'atomic_load_explicit(&table->left, memory_order_acquire)',
    test: { core: 'record_left', name: 'what_was_left_is_taken_once' },
  },
  {
    name: 'an orphan has no bytes',
    guards: 'the orphaned bytes of the process',
    file: 'native/binding/orphans.c',
    find: 'atomic_fetch_add_explicit(&orphan_bytes, bytes, memory_order_relaxed);',
    replace: '(void)bytes;',
    test: { core: 'orphans', name: 'orphans_add_up' },
  },
];

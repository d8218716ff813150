/* Records by index, each time with a new generation, in segments that are mapped as needed. */
#include "binding/record_table.h"

#include "base/config.h"
#include "fake_os.h"
#include "harness.h"

#define RECORDS_PER_SEGMENT (HW_RECORD_SEGMENT_BYTES / sizeof(hw_record_t))

static hw_record_table_t table;

static int open_table(void **state) {
  (void)state;
  fake_os_begin();
  assert_ok(hw_record_table_init(&table, fake_os()));
  return 0;
}

/* The test has recycled every record. */
static int close_table(void **state) {
  (void)state;
  assert_ok(hw_record_table_destroy(&table));
  assert_int_equal(fake_os_mappings(), 0);
  return 0;
}

static hw_record_t *claim(void) {
  hw_record_t *record = hw_record_claim(&table);
  assert_non_null(record);
  assert_int_equal(hw_word_state(hw_record_word(record)), HW_RECORD_LIVE);
  assert_int_equal(hw_word_leases(hw_record_word(record)), 0);
  return record;
}

static void recycle(hw_record_t *record) {
  assert_true(hw_record_recycle(&table, record, hw_record_word(record)));
  assert_int_equal(hw_word_state(hw_record_word(record)), HW_RECORD_FREE);
}

static uint32_t generation_of(const hw_record_t *record) {
  return hw_word_generation(hw_record_word(record));
}

static void an_index_that_was_never_claimed_has_no_record(void **state) {
  (void)state;
  assert_null(hw_record_at(&table, 0));
  hw_record_t *record = claim();
  assert_ptr_equal(hw_record_at(&table, 0), record);
  assert_null(hw_record_at(&table, 1)); /* mapped already, and still nobody's */
  assert_null(hw_record_at(&table, UINT32_MAX));
  recycle(record);
  assert_ptr_equal(hw_record_at(&table, 0), record);
}

static void a_record_starts_clean(void **state) {
  (void)state;
  hw_record_t *record = claim();
  assert_int_equal(record->index, 0);
  assert_int_equal(generation_of(record), 1);
  record->parent = record;
  record->ranges = 9;
  record->has_orphans = true;
  record->gave_memory = true;
  recycle(record);
  assert_ptr_equal(claim(), record);
  assert_ptr_equal(record->table, &table);
  assert_null(record->parent);
  assert_int_equal(record->ranges, 0);
  assert_false(record->has_orphans);
  assert_false(record->gave_memory);
  recycle(record);
}

static void the_last_recycled_record_is_claimed_first(void **state) {
  (void)state;
  hw_record_t *records[4];
  for (uint32_t i = 0; i < 4; i++) {
    records[i] = claim();
    assert_int_equal(records[i]->index, i);
  }
  recycle(records[2]);
  recycle(records[0]);
  assert_ptr_equal(claim(), records[0]);
  assert_ptr_equal(claim(), records[2]);
  assert_int_equal(claim()->index, 4);
  for (uint32_t i = 0; i < 5; i++) recycle(hw_record_at(&table, i));
}

static void every_claim_has_the_next_generation(void **state) {
  (void)state;
  for (uint32_t generation = 1; generation <= 1000; generation++) {
    hw_record_t *record = claim();
    assert_int_equal(record->index, 0);
    assert_int_equal(generation_of(record), generation);
    recycle(record);
    assert_int_equal(generation_of(record), generation);
  }
}

static void a_record_that_used_all_generations_is_never_used_again(void **state) {
  (void)state;
  hw_record_t *record = claim();
  atomic_store(&record->word, hw_word_make(HW_MAX_GENERATION - 1, 0, HW_RECORD_LIVE));
  recycle(record);
  assert_ptr_equal(claim(), record);
  assert_int_equal(generation_of(record), HW_MAX_GENERATION);
  recycle(record);
  hw_record_t *other = claim();
  assert_int_equal(other->index, 1);
  assert_int_equal(generation_of(record), HW_MAX_GENERATION);
  assert_int_equal(hw_word_state(hw_record_word(record)), HW_RECORD_FREE);
  recycle(other);
}

static void a_recycle_that_lost_the_race_changes_nothing(void **state) {
  (void)state;
  hw_record_t *record = claim();
  uint64_t seen = hw_record_word(record);
  assert_true(hw_record_step(record, seen, 1, HW_RECORD_LIVE));
  assert_false(hw_record_recycle(&table, record, seen));
  assert_int_equal(hw_word_leases(hw_record_word(record)), 1);
  assert_int_equal(table.busy, 1);
  assert_status(HW_ERR_BUSY, hw_record_table_destroy(&table));
  recycle(record);
  assert_int_equal(table.busy, 0);
}

static void a_step_keeps_the_generation_and_only_the_first_of_two_wins(void **state) {
  (void)state;
  hw_record_t *record = claim();
  uint64_t seen = hw_word_make(77, 5, HW_RECORD_LIVE);
  atomic_store(&record->word, seen);
  assert_true(hw_record_step(record, seen, HW_MAX_LEASES, HW_RECORD_DOOMED));
  uint64_t now = hw_record_word(record);
  assert_int_equal(hw_word_generation(now), 77);
  assert_int_equal(hw_word_leases(now), HW_MAX_LEASES);
  assert_int_equal(hw_word_state(now), HW_RECORD_DOOMED);
  assert_false(hw_record_step(record, seen, 0, HW_RECORD_FREE));
  assert_true(hw_record_word(record) == now);
  recycle(record);
}

static void segments_are_mapped_as_they_are_needed(void **state) {
  (void)state;
  assert_int_equal(fake_os_mappings(), 1); /* the directory */
  const uint32_t count = 3 * RECORDS_PER_SEGMENT + 1;
  for (uint32_t i = 0; i < count; i++) {
    hw_record_t *record = claim();
    assert_int_equal(record->index, i);
    record->size = i;
    assert_int_equal(fake_os_mappings(), 2 + i / RECORDS_PER_SEGMENT);
  }
  assert_int_equal(table.busy, count);
  for (uint32_t i = 0; i < count; i++) {
    assert_int_equal(hw_record_at(&table, i)->size, i);
    recycle(hw_record_at(&table, i));
  }
  assert_null(hw_record_at(&table, count));
  assert_int_equal(table.busy, 0);
}

static void a_table_with_a_record_in_use_cannot_be_destroyed(void **state) {
  (void)state;
  hw_record_t *first = claim(), *second = claim();
  recycle(first);
  assert_status(HW_ERR_BUSY, hw_record_table_destroy(&table));
  assert_int_equal(fake_os_mappings(), 2);
  assert_ptr_equal(hw_record_at(&table, 1), second);
  recycle(second);
}

static void a_destroyed_table_knows_no_record(void **state) {
  (void)state;
  recycle(claim());
  assert_ok(hw_record_table_destroy(&table));
  assert_null(hw_record_at(&table, 0));
  assert_int_equal(fake_os_mappings(), 0);
  assert_ok(hw_record_table_init(&table, fake_os()));
}

static void claiming_out_of_memory_changes_nothing(void **state) {
  (void)state;
  for (uint32_t segment = 0; segment < 3; segment++) {
    hw_record_table_t before = table;
    size_t mappings = fake_os_mappings();
    const fake_hook_t hooks[] = {FAKE_MAP, FAKE_PROTECT};
    for (size_t i = 0; i < COUNT_OF(hooks); i++) {
      fake_os_fail(hooks[i], 1);
      assert_null(hw_record_claim(&table));
      assert_memory_equal(&table, &before, sizeof table);
      assert_int_equal(fake_os_mappings(), mappings);
    }
    for (uint32_t i = 0; i < RECORDS_PER_SEGMENT; i++) claim();
  }
  for (uint32_t i = 0; i < 3 * RECORDS_PER_SEGMENT; i++) recycle(hw_record_at(&table, i));
}

static void a_full_directory_is_out_of_memory(void **state) {
  (void)state;
  size_t whole = table.directory.size;
  table.directory.size = 2 * sizeof(hw_record_t *); /* 268 million records would take long */
  for (uint32_t i = 0; i < 2 * RECORDS_PER_SEGMENT; i++) claim();
  assert_null(hw_record_claim(&table));
  recycle(hw_record_at(&table, 5));
  assert_int_equal(claim()->index, 5);
  assert_null(hw_record_claim(&table));
  table.directory.size = whole;
  for (uint32_t i = 0; i < 2 * RECORDS_PER_SEGMENT; i++) recycle(hw_record_at(&table, i));
}

static void a_table_without_memory_is_not_made(void **state) {
  (void)state;
  fake_os_begin();
  for (unsigned nth = 1; nth <= 3; nth++) {
    fake_os_fail(FAKE_ANY, nth);
    assert_status(HW_ERR_OUT_OF_MEMORY, hw_record_table_init(&table, fake_os()));
    assert_int_equal(fake_os_mappings(), 0);
  }
}

#define ON_A_TABLE(test) cmocka_unit_test_setup_teardown(test, open_table, close_table)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_A_TABLE(an_index_that_was_never_claimed_has_no_record),
      ON_A_TABLE(a_record_starts_clean),
      ON_A_TABLE(the_last_recycled_record_is_claimed_first),
      ON_A_TABLE(every_claim_has_the_next_generation),
      ON_A_TABLE(a_record_that_used_all_generations_is_never_used_again),
      ON_A_TABLE(a_recycle_that_lost_the_race_changes_nothing),
      ON_A_TABLE(a_step_keeps_the_generation_and_only_the_first_of_two_wins),
      ON_A_TABLE(segments_are_mapped_as_they_are_needed),
      ON_A_TABLE(a_table_with_a_record_in_use_cannot_be_destroyed),
      ON_A_TABLE(a_destroyed_table_knows_no_record),
      ON_A_TABLE(claiming_out_of_memory_changes_nothing),
      ON_A_TABLE(a_full_directory_is_out_of_memory),
      cmocka_unit_test(a_table_without_memory_is_not_made),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

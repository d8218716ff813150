/* A heap gives memory with a record, tells which stamp it owns, and says when the collector should
 * hurry. The states of one block, ranges, and the end of a heap have files of their own. */
#include "heap_fixture.h"

#include "base/align.h"
#include "binding/orphans.h"
#include "strict_allocator.h"

static heap_fixture_t fixture;

static int open_unlimited(void **state) {
  (void)state;
  heap_fixture_open(&fixture, HW_NO_LIMIT);
  return 0;
}

static int open_limited(void **state) {
  (void)state;
  heap_fixture_open(&fixture, 1000);
  return 0;
}

static int close_heap(void **state) {
  (void)state;
  heap_fixture_close(&fixture);
  return 0;
}

static hw_code_t try_allocate(size_t size, size_t align, uint32_t flags) {
  uint8_t mark = 0;
  hw_record_t *record = (hw_record_t *)(void *)&mark;
  hw_code_t code =
      hw_heap_allocate(&fixture.heap, layout_of(size, align), flags, HW_KIND_BLOCK, &record);
  assert_ptr_equal(record, &mark);
  return code;
}

static void a_block_comes_with_a_record_of_its_layout(void **state) {
  (void)state;
  const hw_layout_t layouts[] = {{0, 1}, {1, 1}, {100, 8}, {100, 4096}, {4096, 1 << 20}};
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    hw_record_t *record = allocate_block(&fixture, layouts[i].size, layouts[i].align);
    hw_layout_t layout = hw_record_layout(record);
    assert_memory_equal(&layout, &layouts[i], sizeof layout);
    assert_true(hw_is_aligned(record->address, layout.align));
    assert_ptr_equal(record->heap, &fixture.heap);
    assert_int_equal(record->kind, HW_KIND_BLOCK);
    assert_null(record->parent);
    assert_int_equal(state_of(record), HW_RECORD_LIVE);
    assert_heap_valid(&fixture);
    free_block(record);
  }
}

static void flags_reach_the_allocator(void **state) {
  (void)state;
  hw_record_t *record = NULL;
  assert_code(HW_CODE_OK, hw_heap_allocate(&fixture.heap, layout_of(5000, 8), HW_ZEROED,
                                           HW_KIND_BLOCK, &record));
  assert_true(is_zero(record->address, 5000));
  free_block(record);
  assert_code(HW_CODE_NOWAIT, try_allocate(10, 1, HW_NOWAIT));
}

static void every_refusal_of_the_allocator_has_its_code(void **state) {
  (void)state;
  assert_code(HW_CODE_LIMIT, try_allocate(1001, 1, 0));
  assert_code(HW_CODE_NOWAIT, try_allocate(1, 1, HW_NOWAIT));
  assert_code(HW_CODE_INVALID_ARG, try_allocate(1, 3, 0));
  assert_code(HW_CODE_INVALID_ARG, try_allocate(1, 1, 1u << 31));
  fake_os_fail(FAKE_ALLOCATE, 1);
  assert_code(HW_CODE_OUT_OF_MEMORY, try_allocate(10, 1, 0));
  assert_int_equal(fixture.heap.held, 0);
  assert_int_equal(fixture.table.busy, 0);
}

static void a_status_that_makes_no_sense_is_corruption(void **state) {
  (void)state;
  fake_os_begin();
  strict_allocator_t strict;
  strict_init(&strict);
  heap_fixture_open_over(&fixture, &strict.base);
  const hw_status_t strange[] = {HW_ERR_NOT_OWNED, HW_ERR_BUSY, HW_ERR_CORRUPTED};
  for (size_t i = 0; i < COUNT_OF(strange); i++) {
    strict.refuse_allocate = strange[i];
    assert_code(HW_CODE_CORRUPTED, try_allocate(10, 1, 0));
  }
  strict.refuse_allocate = HW_ERR_NOT_IN_PLACE;
  assert_code(HW_CODE_NOT_IN_PLACE, try_allocate(10, 1, 0));
  heap_fixture_close(&fixture);
}

static void without_a_record_the_memory_goes_back(void **state) {
  (void)state;
  fake_os_fail(FAKE_MAP, 1);
  assert_code(HW_CODE_OUT_OF_MEMORY, try_allocate(100, 8, 0));
  assert_int_equal(fake_os_blocks(), 1); /* the allocator itself */
  assert_int_equal(allocator_stats(&fixture).live_blocks, 0);
  assert_int_equal(allocator_stats(&fixture).live_bytes, 0);
  assert_int_equal(fixture.heap.held, 0);
  free_block(allocate_block(&fixture, 1000, 8));
}

static void a_stamp_names_its_block_while_it_lives(void **state) {
  (void)state;
  hw_record_t *record = allocate_block(&fixture, 100, 8), *found = NULL;
  const hw_layout_t own = {100, 8};
  uint32_t index = record->index, generation = generation_of(record);
  assert_code(HW_CODE_OK,
              hw_block_check(&fixture.heap, &fixture.table, index, generation, &own, &found));
  assert_ptr_equal(found, record);
  found = NULL;
  assert_code(HW_CODE_OK,
              hw_block_check(&fixture.heap, &fixture.table, index, generation, NULL, &found));
  assert_ptr_equal(found, record);
  free_block(record);
}

static void an_abandoned_block_is_still_found(void **state) {
  (void)state;
  hw_record_t *record = allocate_block(&fixture, 100, 8), *found = NULL;
  assert_code(HW_CODE_KEPT, hw_block_begin_free(record, true, false));
  assert_code(HW_CODE_ABANDONED, hw_block_check(&fixture.heap, &fixture.table, record->index,
                                                generation_of(record), NULL, &found));
  assert_ptr_equal(found, record);
  hw_block_finalize(record, false);
}

static void a_stamp_that_names_nothing_is_not_owned(void **state) {
  (void)state;
  hw_record_t *record = allocate_block(&fixture, 100, 8), *found = NULL;
  const uint32_t indexes[] = {record->index + 1, 5000, UINT32_MAX};
  for (size_t i = 0; i < COUNT_OF(indexes); i++) {
    assert_code(HW_CODE_NOT_OWNED,
                hw_block_check(&fixture.heap, &fixture.table, indexes[i], 1, NULL, &found));
  }
  assert_null(found);
  free_block(record);
}

static void an_old_stamp_never_names_a_new_block(void **state) {
  (void)state;
  hw_record_t *record = allocate_block(&fixture, 100, 8), *found = NULL;
  uint32_t index = record->index;
  for (uint32_t generation = 1; generation < 5; generation++) {
    free_block(record);
    record = allocate_block(&fixture, 100, 8);
    assert_int_equal(record->index, index);
    for (uint32_t old = 0; old <= generation; old++) {
      assert_code(HW_CODE_DETACHED,
                  hw_block_check(&fixture.heap, &fixture.table, index, old, NULL, &found));
    }
    assert_code(HW_CODE_DETACHED,
                hw_block_check(&fixture.heap, &fixture.table, index, generation + 2, NULL, &found));
  }
  assert_null(found);
  free_block(record);
}

static void another_heaps_block_is_not_owned(void **state) {
  (void)state;
  hw_heap_t other;
  hw_allocator_t *system = NULL;
  hw_record_t *record = NULL, *found = NULL;
  assert_ok(hw_create("system", NULL, &system));
  hw_heap_init(&other, system, &fixture.table);
  assert_code(HW_CODE_OK, hw_heap_allocate(&other, layout_of(10, 1), 0, HW_KIND_BLOCK, &record));
  hw_record_t *own = allocate_block(&fixture, 10, 1);
  assert_code(HW_CODE_NOT_OWNED, check_block(&fixture, record));
  assert_code(HW_CODE_NOT_OWNED,
              hw_block_check(&other, &fixture.table, own->index, generation_of(own), NULL, &found));
  const char *broken = NULL;
  assert_code(HW_CODE_OK, hw_heap_verify(&other, &broken)); /* each counts its own records only */
  assert_heap_valid(&fixture);
  free_block(record);
  free_block(own);
  hw_heap_close(&other);
}

static void a_layout_that_is_not_the_blocks_own_is_a_mismatch(void **state) {
  (void)state;
  hw_record_t *record = allocate_block(&fixture, 100, 8), *found = NULL;
  const hw_layout_t wrong[] = {{99, 8}, {101, 8}, {100, 4}, {100, 16}, {0, 1}};
  for (size_t i = 0; i < COUNT_OF(wrong); i++) {
    assert_code(HW_CODE_LAYOUT_MISMATCH,
                hw_block_check(&fixture.heap, &fixture.table, record->index, generation_of(record),
                               &wrong[i], &found));
  }
  assert_null(found);
  free_block(record);
}

static void raw_memory_and_ranges_are_no_blocks(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 100);
  hw_record_t *range = open_range(raw, 0, 100);
  assert_code(HW_CODE_INTERIOR, check_block(&fixture, raw));
  assert_code(HW_CODE_INTERIOR, check_block(&fixture, range));
  hw_raw_release(raw);
  free_block(range);
}

static void the_last_possible_lease_is_refused(void **state) {
  (void)state;
  hw_record_t *record = allocate_block(&fixture, 100, 8);
  assert_code(HW_CODE_OK, hw_block_lease(record));
  uint64_t word = hw_record_word(record);
  assert_true(hw_record_step(record, word, HW_MAX_LEASES - 1, HW_RECORD_LIVE));
  assert_code(HW_CODE_OK, hw_block_lease(record));
  assert_code(HW_CODE_OUT_OF_MEMORY, hw_block_lease(record));
  assert_int_equal(hw_word_leases(hw_record_word(record)), HW_MAX_LEASES);
  assert_int_equal(generation_of(record), 1);
  assert_heap_valid(&fixture);
  hw_block_finalize(record, false);
  assert_int_equal(fixture.heap.leased, 0);
}

static void an_abort_ends_only_the_generation_it_names(void **state) {
  (void)state;
  hw_record_t *record = allocate_block(&fixture, 100, 8);
  hw_block_finalize(record, false); /* the runtime was faster */
  assert_ptr_equal(allocate_block(&fixture, 50, 8), record);
  hw_block_abort(record, 1, false);
  assert_int_equal(state_of(record), HW_RECORD_LIVE);
  assert_int_equal(allocator_stats(&fixture).live_bytes, 50);
  hw_block_abort(record, 2, false);
  assert_int_equal(state_of(record), HW_RECORD_FREE);
  assert_int_equal(allocator_stats(&fixture).live_bytes, 0);
}

/* Live and abandoned bytes are made, of a limit of 1000. */
static hw_pressure_t pressure_of(size_t live, size_t abandoned) {
  hw_record_t *kept = allocate_block(&fixture, live, 1);
  hw_record_t *freed = allocate_block(&fixture, abandoned, 1);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(freed, true, false));
  hw_pressure_t pressure = hw_heap_pressure(&fixture.heap);
  hw_block_finalize(freed, false);
  hw_block_finalize(kept, false);
  return pressure;
}

static void more_than_half_the_headroom_abandoned_is_pressure(void **state) {
  (void)state;
  assert_int_equal(hw_heap_pressure(&fixture.heap), HW_PRESSURE_NONE);
  assert_int_equal(pressure_of(0, 500), HW_PRESSURE_NONE);
  assert_int_equal(pressure_of(0, 501), HW_PRESSURE_HALF);
  assert_int_equal(pressure_of(600, 200), HW_PRESSURE_NONE);
  assert_int_equal(pressure_of(600, 201), HW_PRESSURE_HALF);
  assert_int_equal(pressure_of(1000, 0), HW_PRESSURE_NONE);
}

static void more_than_three_quarters_of_the_headroom_is_high_pressure(void **state) {
  (void)state;
  assert_int_equal(pressure_of(0, 750), HW_PRESSURE_HALF);
  assert_int_equal(pressure_of(0, 751), HW_PRESSURE_HIGH);
  assert_int_equal(pressure_of(600, 300), HW_PRESSURE_HALF);
  assert_int_equal(pressure_of(600, 301), HW_PRESSURE_HIGH);
}

static void high_pressure_is_acted_on_again_only_when_it_grew(void **state) {
  (void)state;
  hw_record_t *most = allocate_block(&fixture, 800, 1);
  hw_record_t *little = allocate_block(&fixture, 100, 1);
  hw_record_t *more = allocate_block(&fixture, 50, 1);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(most, true, false));
  assert_int_equal(hw_heap_act_on_pressure(&fixture.heap), HW_PRESSURE_HIGH);
  assert_int_equal(hw_heap_act_on_pressure(&fixture.heap), HW_PRESSURE_NONE);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(more, true, false));
  assert_int_equal(hw_heap_act_on_pressure(&fixture.heap), HW_PRESSURE_NONE); /* 850 of 900 */
  hw_block_finalize(most, false);
  assert_int_equal(hw_heap_act_on_pressure(&fixture.heap), HW_PRESSURE_NONE);
  most = allocate_block(&fixture, 800, 1);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(most, true, false));
  assert_int_equal(hw_heap_act_on_pressure(&fixture.heap), HW_PRESSURE_HIGH); /* fell meanwhile */
  assert_code(HW_CODE_KEPT, hw_block_begin_free(little, true, false));
  assert_int_equal(hw_heap_act_on_pressure(&fixture.heap), HW_PRESSURE_HIGH); /* 850 to 950 */
  assert_heap_valid(&fixture);
  hw_record_t *const all[] = {most, little, more};
  for (size_t at = 0; at < COUNT_OF(all); at++) hw_block_finalize(all[at], false);
}

static void high_pressure_that_was_not_acted_on_is_said_again(void **state) {
  (void)state;
  hw_record_t *most = allocate_block(&fixture, 800, 1);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(most, true, false));
  assert_int_equal(hw_heap_act_on_pressure(&fixture.heap), HW_PRESSURE_HIGH);
  hw_heap_forget_pressure(&fixture.heap);
  assert_int_equal(hw_heap_act_on_pressure(&fixture.heap), HW_PRESSURE_HIGH);
  assert_int_equal(hw_heap_act_on_pressure(&fixture.heap), HW_PRESSURE_NONE);
  hw_block_finalize(most, false);
}

static void without_a_limit_there_is_no_pressure(void **state) {
  (void)state;
  assert_int_equal(pressure_of(0, 1 << 20), HW_PRESSURE_NONE);
}

#define UNLIMITED(test) cmocka_unit_test_setup_teardown(test, open_unlimited, close_heap)
#define LIMITED(test) cmocka_unit_test_setup_teardown(test, open_limited, close_heap)

int main(void) {
  const struct CMUnitTest tests[] = {
      UNLIMITED(a_block_comes_with_a_record_of_its_layout),
      UNLIMITED(flags_reach_the_allocator),
      LIMITED(every_refusal_of_the_allocator_has_its_code),
      cmocka_unit_test(a_status_that_makes_no_sense_is_corruption),
      LIMITED(without_a_record_the_memory_goes_back),
      UNLIMITED(a_stamp_names_its_block_while_it_lives),
      UNLIMITED(an_abandoned_block_is_still_found),
      UNLIMITED(a_stamp_that_names_nothing_is_not_owned),
      UNLIMITED(an_old_stamp_never_names_a_new_block),
      UNLIMITED(another_heaps_block_is_not_owned),
      UNLIMITED(a_layout_that_is_not_the_blocks_own_is_a_mismatch),
      UNLIMITED(raw_memory_and_ranges_are_no_blocks),
      UNLIMITED(the_last_possible_lease_is_refused),
      UNLIMITED(an_abort_ends_only_the_generation_it_names),
      LIMITED(more_than_half_the_headroom_abandoned_is_pressure),
      LIMITED(more_than_three_quarters_of_the_headroom_is_high_pressure),
      LIMITED(high_pressure_is_acted_on_again_only_when_it_grew),
      LIMITED(high_pressure_that_was_not_acted_on_is_said_again),
      UNLIMITED(without_a_limit_there_is_no_pressure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

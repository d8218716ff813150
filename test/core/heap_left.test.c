/* Finalizers that come where nothing may be touched: on another thread, or while a call runs. */
#include <pthread.h>

#include "heap_fixture.h"

#define THREADS 4
#define BLOCKS 500

static heap_fixture_t fixture;

static int open_heap(void **state) {
  (void)state;
  heap_fixture_open(&fixture, HW_NO_LIMIT);
  return 0;
}

static int close_heap(void **state) {
  (void)state;
  heap_fixture_close(&fixture);
  return 0;
}

static void a_record_that_was_left_changes_when_it_is_taken(void **state) {
  (void)state;
  hw_record_t *live = allocate_block(&fixture, 100, 8);
  hw_record_t *abandoned = allocate_block(&fixture, 200, 8);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(abandoned, true, false));
  assert_false(hw_record_any_left(&fixture.table));

  hw_record_leave(live);
  hw_record_leave(abandoned);
  assert_true(hw_record_any_left(&fixture.table));
  assert_int_equal(state_of(live), HW_RECORD_LIVE);
  assert_int_equal(state_of(abandoned), HW_RECORD_ABANDONED);
  assert_heap_valid(&fixture);

  hw_heap_finalize_left(&fixture.table);
  assert_false(hw_record_any_left(&fixture.table));
  assert_int_equal(state_of(live), HW_RECORD_FREE);
  assert_int_equal(state_of(abandoned), HW_RECORD_FREE);
  assert_int_equal(allocator_stats(&fixture).live_blocks, 0);
  assert_heap_valid(&fixture);
  hw_heap_finalize_left(&fixture.table); /* none: nothing happens */
}

static void a_record_may_be_left_again_in_its_next_life(void **state) {
  (void)state;
  for (uint32_t life = 1; life <= 3; life++) {
    hw_record_t *record = allocate_block(&fixture, 64, 8);
    assert_int_equal(generation_of(record), life);
    hw_record_leave(record);
    hw_heap_finalize_left(&fixture.table);
  }
}

static void a_freed_block_that_was_left_is_released_once(void **state) {
  (void)state;
  hw_record_t *record = allocate_block(&fixture, 64, 8);
  assert_code(HW_CODE_DETACH, hw_block_begin_free(record, false, false));
  hw_record_leave(record); /* inside the detach */
  hw_block_finish_free(record);
  assert_int_equal(allocator_stats(&fixture).deallocations, 1);
  hw_heap_finalize_left(&fixture.table);
  assert_int_equal(allocator_stats(&fixture).deallocations, 1);
  assert_int_equal(state_of(record), HW_RECORD_FREE);
}

typedef struct leaver {
  pthread_t thread;
  hw_record_t *records[BLOCKS];
} leaver_t;

static void *leave_all(void *argument) {
  leaver_t *leaver = argument;
  for (size_t i = 0; i < BLOCKS; i++) hw_record_leave(leaver->records[i]);
  return NULL;
}

static void threads_leave_while_the_owner_takes(void **state) {
  (void)state;
  static leaver_t leavers[THREADS];
  for (size_t i = 0; i < THREADS; i++) {
    for (size_t k = 0; k < BLOCKS; k++) {
      leavers[i].records[k] = allocate_block(&fixture, 16 + k % 64, 8);
    }
  }
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&leavers[i].thread, NULL, leave_all, &leavers[i]), 0);
  }
  for (size_t round = 0; round < 1000; round++) {
    hw_heap_finalize_left(&fixture.table);
    free_block(allocate_block(&fixture, 32, 8));
  }
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(leavers[i].thread, NULL), 0);
  }
  hw_heap_finalize_left(&fixture.table);
  assert_int_equal(fixture.table.busy, 0);
  assert_int_equal(allocator_stats(&fixture).live_blocks, 0);
  assert_heap_valid(&fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_heap, close_heap)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_record_that_was_left_changes_when_it_is_taken),
      TEST(a_record_may_be_left_again_in_its_next_life),
      TEST(a_freed_block_that_was_left_is_released_once),
      TEST(threads_leave_while_the_owner_takes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

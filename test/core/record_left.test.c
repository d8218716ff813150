/* Finalizers that come on a thread of the collector leave their record; the next call on the
 * environment's own thread finalizes what was left, once. */
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

static void nothing_is_left_at_first(void **state) {
  (void)state;
  assert_false(hw_record_any_left(&fixture.table));
  assert_null(hw_record_take_left(&fixture.table));
  hw_heap_finalize_left(&fixture.table);
}

static void what_was_left_is_taken_once(void **state) {
  (void)state;
  hw_record_t *first = allocate_block(&fixture, 10, 1), *last = allocate_block(&fixture, 20, 1);
  hw_record_leave(first);
  hw_record_leave(last);
  assert_true(hw_record_any_left(&fixture.table));
  assert_int_equal(state_of(first), HW_RECORD_LIVE); /* a mark only: nothing has ended */
  hw_record_t *taken = hw_record_take_left(&fixture.table);
  assert_ptr_equal(taken, last);
  assert_ptr_equal(hw_record_at(&fixture.table, taken->next_free), first);
  assert_null(hw_record_at(&fixture.table, first->next_free));
  assert_false(hw_record_any_left(&fixture.table));
  assert_null(hw_record_take_left(&fixture.table));
  free_block(first);
  free_block(last);
}

static void left_blocks_are_finalized_in_whatever_state_they_are(void **state) {
  (void)state;
  hw_record_t *live = allocate_block(&fixture, 10, 1);
  hw_record_t *abandoned = allocate_block(&fixture, 20, 1);
  hw_record_t *leased = allocate_block(&fixture, 30, 1);
  hw_record_t *revoked = allocate_block(&fixture, 40, 1);
  hw_record_t *kept = allocate_block(&fixture, 50, 1);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(abandoned, true, false));
  assert_code(HW_CODE_OK, hw_block_lease(leased));
  assert_code(HW_CODE_DETACH, hw_block_begin_free(revoked, false, false));
  hw_record_leave(revoked); /* inside the detach */
  hw_block_finish_free(revoked);
  hw_record_leave(live);
  hw_record_leave(abandoned);
  hw_record_leave(leased);

  hw_heap_finalize_left(&fixture.table);

  hw_record_t *const ended[] = {live, abandoned, leased, revoked};
  for (size_t i = 0; i < COUNT_OF(ended); i++) {
    assert_int_equal(state_of(ended[i]), HW_RECORD_FREE);
  }
  assert_false(hw_record_any_left(&fixture.table));
  assert_int_equal(allocator_stats(&fixture).live_bytes, 50);
  assert_int_equal(allocator_stats(&fixture).retired_blocks, 0); /* the environment goes on */
  assert_int_equal(fixture.table.busy, 1);
  assert_heap_valid(&fixture);
  free_block(kept);
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

#define ON_A_HEAP(test) cmocka_unit_test_setup_teardown(test, open_heap, close_heap)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_A_HEAP(nothing_is_left_at_first),
      ON_A_HEAP(what_was_left_is_taken_once),
      ON_A_HEAP(left_blocks_are_finalized_in_whatever_state_they_are),
      ON_A_HEAP(a_record_may_be_left_again_in_its_next_life),
      ON_A_HEAP(a_freed_block_that_was_left_is_released_once),
      ON_A_HEAP(threads_leave_while_the_owner_takes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

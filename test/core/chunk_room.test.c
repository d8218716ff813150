/* Heaps of chunks that were full: room that was made since is found, wherever it is, and nothing
 * else is. */
#include "chunk_fixture.h"

static void free_each(hw_allocator_t *heap, size_t from, size_t end) {
  for (size_t i = from; i < end; i++) chunk_free(heap, i, 1);
}

/* Two chunks are free and not side by side, so that a request for two has to look at every group,
 * and finds nothing there. */
static hw_allocator_t *begin_looked_through(size_t chunks, size_t first) {
  hw_allocator_t *heap = chunk_begin(chunks + 3, 8);
  assert_int_equal(chunk_claim(heap, first, 1), 0);
  for (size_t i = first; i < chunks + 3; i++) assert_int_equal(chunk_claim(heap, 1, 1), i);
  free_each(heap, chunks, chunks + 1);
  free_each(heap, chunks + 2, chunks + 3);
  assert_full(heap, 16, 1);
  return heap;
}

/* A long block that covers whole groups is freed; what is left of its room in the middle is found.
 */
static void room_in_the_middle_of_a_freed_block_is_found(void **state) {
  (void)state;
  hw_allocator_t *heap = begin_looked_through(5 * 4096, 5 * 4096);
  chunk_free(heap, 0, 5 * 4096);
  assert_int_equal(chunk_claim(heap, 2 * 4096, 1), 0);
  assert_int_equal(chunk_claim(heap, 100, 1), 2 * 4096);
  assert_int_equal(chunk_claim(heap, 3 * 4096 - 100, 1), 2 * 4096 + 100);
  assert_full(heap, 16, 1);
  chunk_close_all(heap);
}

static void room_on_either_side_of_a_border_is_found(void **state) {
  (void)state;
  hw_allocator_t *heap = begin_looked_through(2 * 4096, 1);
  free_each(heap, 4090, 4100);
  assert_int_equal(chunk_claim(heap, 10, 1), 4090);
  assert_full(heap, 16, 1);
  chunk_free(heap, 4090, 10);
  assert_int_equal(chunk_claim(heap, 4, 4096 * 8), 4096);
  assert_int_equal(chunk_claim(heap, 6, 1), 4090);
  chunk_close_all(heap);
}

/* The first half is freed and found too short, then the second. */
static void a_run_that_grows_over_a_border_is_found(void **state) {
  (void)state;
  hw_allocator_t *heap = begin_looked_through(2 * 4096, 1);
  /* So that it is not the sum of what is free that is too small. */
  for (size_t i = 100; i < 140; i += 2) free_each(heap, i, i + 1);
  free_each(heap, 4090, 4096);
  assert_full(heap, 12 * 8, 1);
  free_each(heap, 4096, 4102);
  assert_full(heap, 13 * 8, 1);
  assert_int_equal(chunk_claim(heap, 12, 1), 4090);
  chunk_close_all(heap);
}

static void what_fails_at_an_alignment_may_do_at_a_lower(void **state) {
  (void)state;
  hw_allocator_t *heap = begin_looked_through(65, 1);
  chunk_free(heap, 5, 1);
  assert_full(heap, 8, 16);
  assert_full(heap, 8, 32);
  assert_int_equal(chunk_claim(heap, 1, 8), 5);
  assert_int_equal(chunk_claim(heap, 1, 8), 65);
  chunk_close_all(heap);
}

/* More in a row than a free looks at, in a heap that stays more than half full. */
static void a_run_whose_ends_are_out_of_sight_is_found(void **state) {
  (void)state;
  hw_allocator_t *heap = begin_looked_through(20000, 1);
  free_each(heap, 3000, 8000);
  assert_full(heap, 5001 * 8, 1);
  assert_int_equal(chunk_claim(heap, 5000, 1), 3000);
  assert_full(heap, 16, 1);
  chunk_close_all(heap);
}

/* When it was half empty again, and a search has not failed since. */
static void room_in_a_group_that_had_none_is_found(void **state) {
  (void)state;
  hw_allocator_t *heap = begin_looked_through(3 * 4096, 1);
  free_each(heap, 0, 2 * 4096);
  free_each(heap, 2 * 4096 + 100, 2 * 4096 + 110);
  assert_int_equal(chunk_claim(heap, 2 * 4096, 1), 0);
  assert_int_equal(chunk_claim(heap, 10, 1), 2 * 4096 + 100);
  assert_full(heap, 16, 1);
  chunk_close_all(heap);
}

/* Blocks that end in the middle of 64 chunks. */
static void what_is_left_behind_a_block_is_found(void **state) {
  (void)state;
  for (size_t length = 66; length <= 140; length++) {
    hw_allocator_t *heap = begin_looked_through(1000, 1);
    free_each(heap, 100, 400);
    assert_full(heap, 301 * 8, 1);
    assert_int_equal(chunk_claim(heap, length, 1), 100);
    assert_int_equal(chunk_claim(heap, length, 1), 100 + length);
    assert_full(heap, (301 - 2 * length) * 8, 1);
    assert_int_equal(chunk_claim(heap, 300 - 2 * length, 1), 100 + 2 * length);
    assert_full(heap, 16, 1);
    chunk_close_all(heap);
  }
}

/* Chunks before an aligned block, in the 64 where it begins. */
static void what_is_left_before_an_aligned_block_is_found(void **state) {
  (void)state;
  hw_allocator_t *heap = begin_looked_through(1000, 1);
  free_each(heap, 100, 400);
  assert_int_equal(chunk_claim(heap, 70, 16 * 8), 112);
  assert_int_equal(chunk_claim(heap, 218, 1), 182);
  assert_int_equal(chunk_claim(heap, 12, 1), 100);
  chunk_close_all(heap);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(room_in_the_middle_of_a_freed_block_is_found),
      cmocka_unit_test(room_on_either_side_of_a_border_is_found),
      cmocka_unit_test(a_run_that_grows_over_a_border_is_found),
      cmocka_unit_test(what_fails_at_an_alignment_may_do_at_a_lower),
      cmocka_unit_test(a_run_whose_ends_are_out_of_sight_is_found),
      cmocka_unit_test(room_in_a_group_that_had_none_is_found),
      cmocka_unit_test(what_is_left_behind_a_block_is_found),
      cmocka_unit_test(what_is_left_before_an_aligned_block_is_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

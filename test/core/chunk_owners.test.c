/* Who has a block: what an owner left is freed at once, and nothing else. */
#include "chunk_fixture.h"

static void *take_as(hw_allocator_t *heap, uint32_t owner, size_t size) {
  void *block = NULL;
  assert_ok(hw_chunk_allocate_as(heap, owner, layout_of(size, 8), 0, &block));
  return block;
}

static void what_an_owner_left_is_reclaimed(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(64, 64);
  void *plain = chunk_take(heap, 100, 8), *first = take_as(heap, 1, 200);
  void *second = take_as(heap, HW_CHUNK_OWNER_MOST, 300), *other = take_as(heap, 1, 1);
  void *empty = take_as(heap, 1, 0), *kept_empty = take_as(heap, 2, 0);
  (void)other;
  size_t blocks = 0;
  assert_ok(hw_chunk_reclaim(heap, 1, &blocks));
  assert_int_equal(blocks, 3);
  assert_int_equal(chunk_stats(heap).live_blocks, 3);
  assert_int_equal(chunk_stats(heap).live_bytes, 400);
  hw_stats_t before = chunk_stats(heap);
  assert_refused(heap, HW_ERR_NOT_LIVE, hw_deallocate(heap, first, layout_of(200, 8)), &before, 0);
  assert_refused(heap, HW_ERR_NOT_LIVE, hw_deallocate(heap, empty, layout_of(0, 8)), &before, 0);
  assert_ok(hw_chunk_reclaim(heap, 1, &blocks));
  assert_int_equal(blocks, 0);
  chunk_give(heap, plain, 100, 8);
  chunk_give(heap, second, 300, 8);
  chunk_give(heap, kept_empty, 0, 8);
  chunk_close(heap);
}

/* A chunk's next block does not inherit the owner of its last one. */
static void a_place_forgets_its_last_owner(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(1, 64);
  size_t blocks = 9;
  void *block = take_as(heap, 5, 10);
  chunk_give(heap, block, 10, 8);
  block = chunk_take(heap, 10, 8);
  void *empty = take_as(heap, 5, 0);
  chunk_give(heap, empty, 0, 8);
  assert_ok(hw_chunk_reclaim(heap, 5, &blocks));
  assert_int_equal(blocks, 0);
  chunk_give(heap, block, 10, 8);
  chunk_close(heap);
}

static void a_reallocated_block_keeps_its_owner(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(64, 64);
  void *block = take_as(heap, 3, 64), *wall = chunk_take(heap, 1, 8), *out = NULL;
  assert_ok(hw_reallocate(heap, block, layout_of(64, 8), layout_of(500, 8), 0, &out));
  assert_ptr_not_equal(out, block);
  void *empty = take_as(heap, 3, 0);
  assert_ok(hw_reallocate(heap, empty, layout_of(0, 8), layout_of(10, 8), 0, &out));
  size_t blocks = 0;
  assert_ok(hw_chunk_reclaim(heap, 3, &blocks));
  assert_int_equal(blocks, 2);
  chunk_give(heap, wall, 1, 8);
  chunk_close(heap);
}

static void a_reset_ends_all(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(400, 64);
  for (size_t i = 0; i < 60; i++) (void)take_as(heap, (uint32_t)i % 3, i * 10);
  assert_ok(hw_chunk_reset(heap));
  assert_int_equal(chunk_longest(heap), 400);
  chunk_close(heap);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_an_owner_left_is_reclaimed),
      cmocka_unit_test(a_place_forgets_its_last_owner),
      cmocka_unit_test(a_reallocated_block_keeps_its_owner),
      cmocka_unit_test(a_reset_ends_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

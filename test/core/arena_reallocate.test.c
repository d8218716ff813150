/* Reallocation: contents, places, and failures that change nothing. */
#include "arena_fixture.h"

#include <string.h>

#include "base/align.h"

static void contents_are_kept_between_all_pairs_of_classes(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  static size_t sizes[HW_CLASS_COUNT + 5] = {0, 40000, 100000, MIB, 2 * MIB};
  for (size_t i = 0; i < HW_CLASS_COUNT; i++) sizes[i + 5] = hw_size_classes[i].size - 1;
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    for (size_t j = 0; j < COUNT_OF(sizes); j++) {
      if (sizes[i] + sizes[j] > 3 * MIB) continue;
      hw_allocator_t *self = (i + j) % 2 ? arena : cache;
      uint8_t *block = take(self, sizes[i]);
      size_t kept = hw_min(sizes[i], sizes[j]);
      fill_pattern(block, kept, i);
      block = resize(self, block, sizes[i], sizes[j]);
      assert_true(has_pattern(block, kept, i));
      give(self, block, sizes[j]);
    }
  }
  assert_int_equal(stats_of(arena).live_blocks, 0);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void within_its_class_a_block_stays(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_with(HW_ARENA_EXACT);
  void *block = take(arena, 1030);
  assert_ptr_equal(resize(arena, block, 1030, 1280), block);
  assert_ptr_equal(resize(arena, block, 1280, 1025), block);
  assert_ok(hw_reallocate_in_place(arena, block, layout_of(1025, 16), layout_of(1100, 16)));
  assert_status(HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(arena, block, layout_of(1100, 16), layout_of(1300, 16)));
  assert_status(HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(arena, block, layout_of(1100, 16), layout_of(500, 16)));
  give(arena, block, 1100);
  arena_end_all(arena);
}

static void a_large_block_grows_into_free_pages_behind_it(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint8_t *block = take(arena, 100000);
  fill_pattern(block, 100000, 1);
  assert_ptr_equal(resize(arena, block, 100000, 3 * MIB), block);
  assert_true(has_pattern(block, 100000, 1));
  memset(block, 1, 3 * MIB);
  void *second = take(arena, 40000);
  assert_true((uint8_t *)second >= block + 3 * MIB);
  assert_status(HW_ERR_NOT_IN_PLACE, hw_reallocate_in_place(arena, block, layout_of(3 * MIB, 16),
                                                            layout_of(3 * MIB + 4096, 16)));
  give(arena, block, 3 * MIB);
  give(arena, second, 40000);
  arena_end_all(arena);
}

static void a_large_block_that_shrinks_gives_its_tail_back(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint8_t *block = take(arena, MIB);
  fill_pattern(block, 40000, 2);
  assert_ptr_equal(resize(arena, block, MIB, 40000), block);
  assert_int_equal(stats_of(arena).live_bytes, 40960);
  assert_int_equal(pages_of(arena).dirty_bytes, MIB - 40960);
  uint8_t *tail = take(arena, MIB - 40960);
  assert_ptr_equal(tail, block + 40960);
  memset(tail, 0xEE, MIB - 40960);
  assert_true(has_pattern(block, 40000, 2));
  give(arena, block, 40000);
  give(arena, tail, MIB - 40960);
  arena_end_all(arena);
}

static void a_layout_alone_says_where_a_block_lies(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint8_t *block = take(arena, 40000);
  fill_pattern(block, 20000, 3);
  uint8_t *small = resize(arena, block, 40000, 20000);
  assert_ptr_not_equal(small, block);
  assert_true(has_pattern(small, 20000, 3));
  assert_int_equal(run_of(arena, small)->size_class, hw_class_of(layout_of(20000, 16)));
  give(arena, small, 20000);
  arena_end_all(arena);
}

static void a_block_of_no_byte_grows_and_shrinks(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  void *block = take(arena, 0);
  block = resize(arena, block, 0, 10000);
  block = resize(arena, block, 10000, 0);
  block = resize(arena, block, 0, MIB);
  block = resize(arena, block, MIB, 0);
  assert_int_equal(stats_of(arena).live_bytes, 16);
  give(arena, block, 0);
  arena_end_all(arena);
}

static void alignment_is_kept_by_every_move(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  for (size_t align = 16; align <= 16 * MIB; align *= 4) {
    size_t size = 10;
    void *block = take_as(arena, layout_of(size, align), 0);
    for (size_t next = 10; next <= 3 * MIB; next *= 3) {
      void *fence = take(arena, 40000);
      fill_pattern(block, size, align);
      assert_ok(
          hw_reallocate(arena, block, layout_of(size, align), layout_of(next, align), 0, &block));
      assert_true(hw_is_aligned(block, align));
      assert_true(has_pattern(block, size, align));
      size = next;
      give(arena, fence, 40000);
    }
    give_as(arena, block, layout_of(size, align));
  }
  arena_end_all(arena);
}

static void a_block_moves_where_the_new_alignment_asks_for_it(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  void *fence = take(arena, 40000), *out = NULL;
  void *block = take(arena, MIB);
  fill_pattern(block, MIB, 4);
  hw_layout_t wide = layout_of(MIB, 4 * MIB);
  assert_status(HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(arena, block, layout_of(MIB, 16), wide));
  assert_ok(hw_reallocate(arena, block, layout_of(MIB, 16), wide, 0, &out));
  assert_true(hw_is_aligned(out, 4 * MIB));
  assert_true(has_pattern(out, MIB, 4));
  give_as(arena, out, wide);
  give(arena, fence, 40000);
  arena_end_all(arena);
}

static void assert_failure_keeps(hw_allocator_t *arena, size_t size, size_t next, hw_status_t why) {
  uint8_t *block = take(arena, size);
  fill_pattern(block, size, 6);
  hw_stats_t before = stats_of(arena);
  uint8_t mark = 0;
  void *out = &mark;
  assert_status(why,
                hw_reallocate(arena, block, layout_of(size, 16), layout_of(next, 16), 0, &out));
  assert_ptr_equal(out, &mark);
  assert_true(has_pattern(block, size, 6));
  assert_int_equal(stats_of(arena).live_blocks, before.live_blocks);
  assert_int_equal(stats_of(arena).live_bytes, before.live_bytes);
  assert_int_equal(stats_of(arena).failures, before.failures + 1);
  assert_sound(arena);
  give(arena, block, size);
}

static void a_failure_leaves_the_block_as_it_was(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  static const size_t sizes[] = {10, 5000, 40000, MIB};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    assert_failure_keeps(arena, sizes[i], HW_MAX_SIZE - 15, HW_ERR_OUT_OF_MEMORY);
  }
  arena_end_all(arena);
  arena = arena_begin_as(2 * MIB, HW_NO_LIMIT, HW_DECAY_MS, 0);
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    assert_failure_keeps(arena, sizes[i], 2 * MIB + 1, HW_ERR_LIMIT);
  }
  arena_end_all(arena);
}

static void misuse_is_told_before_anything_happens(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_with(HW_ARENA_EXACT);
  uint8_t *block = take(arena, 100), *large = take(arena, MIB);
  uint8_t stack[32];
  hw_layout_t next = layout_of(200, 16), huge = layout_of(2 * MIB, 16);
  void *out = NULL;
  assert_status(HW_ERR_NOT_OWNED, hw_reallocate(arena, stack, layout_of(32, 1), next, 0, &out));
  assert_status(HW_ERR_LAYOUT_MISMATCH,
                hw_reallocate(arena, block, layout_of(300, 16), next, 0, &out));
  assert_status(HW_ERR_INTERIOR,
                hw_reallocate(arena, block + 16, layout_of(100, 16), next, 0, &out));
  assert_status(HW_ERR_LAYOUT_MISMATCH,
                hw_reallocate(arena, large, layout_of(MIB + 5000, 16), huge, 0, &out));
  assert_status(HW_ERR_INTERIOR,
                hw_reallocate_in_place(arena, large + 4096, layout_of(MIB, 16), huge));
  give(arena, block, 100);
  give(arena, large, MIB);
  assert_status(HW_ERR_NOT_LIVE, hw_reallocate(arena, block, layout_of(100, 16), next, 0, &out));
  assert_status(HW_ERR_NOT_LIVE, hw_reallocate(arena, large, layout_of(MIB, 16), huge, 0, &out));
  assert_null(out);
  arena_end_all(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(contents_are_kept_between_all_pairs_of_classes),
      cmocka_unit_test(within_its_class_a_block_stays),
      cmocka_unit_test(a_large_block_grows_into_free_pages_behind_it),
      cmocka_unit_test(a_large_block_that_shrinks_gives_its_tail_back),
      cmocka_unit_test(a_layout_alone_says_where_a_block_lies),
      cmocka_unit_test(a_block_of_no_byte_grows_and_shrinks),
      cmocka_unit_test(alignment_is_kept_by_every_move),
      cmocka_unit_test(a_block_moves_where_the_new_alignment_asks_for_it),
      cmocka_unit_test(a_failure_leaves_the_block_as_it_was),
      cmocka_unit_test(misuse_is_told_before_anything_happens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

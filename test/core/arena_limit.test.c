/* The limit of usable bytes, which is exact, and that of pages, which gives memory back first. */
#include "arena_fixture.h"

static void the_limit_is_met_to_the_byte(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(10 * KIB, HW_NO_LIMIT, HW_DECAY_MS, 0);
  hw_allocator_t *cache = cache_open(arena);
  void *blocks[10];
  for (size_t i = 0; i < 10; i++) blocks[i] = take(i % 2 ? arena : cache, KIB);
  assert_status(HW_ERR_LIMIT, try_take(arena, 1));
  assert_status(HW_ERR_LIMIT, try_take(cache, 1));
  assert_status(HW_ERR_LIMIT, try_take(cache, 40000));
  hw_stats_t stats = stats_of(arena);
  assert_int_equal(stats.limit, 10 * KIB);
  assert_int_equal(stats.live_bytes, 10 * KIB);
  assert_int_equal(stats.peak_bytes, 10 * KIB);
  assert_int_equal(stats.failures, 3);
  give(cache, blocks[0], KIB);
  assert_status(HW_ERR_LIMIT, try_take(arena, KIB + 1));
  blocks[0] = take(arena, KIB);
  for (size_t i = 0; i < 10; i++) give(i % 3 ? arena : cache, blocks[i], KIB);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void a_limit_of_0_leaves_no_block_because_each_has_bytes(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(0, HW_NO_LIMIT, HW_DECAY_MS, 0);
  assert_status(HW_ERR_LIMIT, try_take(arena, 0));
  assert_status(HW_ERR_LIMIT, try_take(arena, 1));
  arena_end_all(arena);
}

static void what_lies_in_caches_does_not_count(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(KIB, HW_NO_LIMIT, HW_DECAY_MS, 0);
  hw_allocator_t *cache = cache_open(arena);
  void *block = take(cache, KIB);
  give(cache, block, KIB);
  assert_int_equal(stats_of(arena).live_bytes, 0);
  for (size_t i = 0; i < 64; i++) give(cache, take(cache, 16), 16);
  assert_int_equal(stats_of(arena).peak_bytes, KIB);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void a_large_block_grows_in_place_within_the_limit(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(MIB, HW_NO_LIMIT, HW_DECAY_MS, 0);
  void *block = take(arena, 600 * KIB), *out = NULL;
  block = resize(arena, block, 600 * KIB, MIB);
  hw_layout_t now = layout_of(MIB, 16), next = layout_of(MIB + 1, 16);
  assert_status(HW_ERR_LIMIT, hw_reallocate(arena, block, now, next, 0, &out));
  assert_status(HW_ERR_NOT_IN_PLACE, hw_reallocate_in_place(arena, block, now, next));
  assert_int_equal(stats_of(arena).live_bytes, MIB);
  give(arena, block, MIB);
  arena_end_all(arena);
}

static void what_was_trimmed_may_be_taken_again(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(MIB, HW_NO_LIMIT, HW_DECAY_MS, 0);
  void *block = resize(arena, take(arena, MIB), MIB, 512 * KIB);
  void *other = take(arena, 512 * KIB);
  assert_status(HW_ERR_LIMIT, try_take(arena, 1));
  give(arena, block, 512 * KIB);
  give(arena, other, 512 * KIB);
  arena_end_all(arena);
}

static void an_arena_works_again_after_it_met_its_limit(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(MIB, HW_NO_LIMIT, HW_DECAY_MS, HW_ARENA_EXACT);
  for (unsigned round = 0; round < 3; round++) {
    static void *blocks[2000];
    size_t count = 0;
    while (hw_allocate(arena, layout_of(1000, 8), 0, &blocks[count]) == HW_OK) count++;
    assert_int_equal(count, MIB / KIB);
    for (size_t i = 0; i < count; i++) give(arena, blocks[i], 1000);
  }
  arena_end_all(arena);
}

static uint64_t mapped(hw_allocator_t *arena) {
  return stats_of(arena).mapped_bytes;
}

static void the_mapped_limit_holds_for_pages_in_use_and_dirty_ones(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(HW_NO_LIMIT, 4 * MIB, HW_DECAY_MS, 0);
  void *block = take(arena, 3 * MIB);
  assert_status(HW_ERR_LIMIT, try_take(arena, MIB + 1));
  void *rest = take(arena, MIB);
  assert_int_equal(mapped(arena), 4 * MIB);
  assert_status(HW_ERR_LIMIT, try_take(arena, 16));
  assert_int_equal(stats_of(arena).failures, 2);
  give(arena, block, 3 * MIB);
  assert_int_equal(mapped(arena), 4 * MIB);
  give(arena, take(arena, 16), 16);
  assert_true(mapped(arena) <= 4 * MIB);
  give(arena, rest, MIB);
  arena_end_all(arena);
}

static void dirty_pages_and_depots_go_back_before_a_request_is_refused(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(HW_NO_LIMIT, 4 * MIB, -1, 0);
  hw_allocator_t *cache = cache_open(arena);
  static void *blocks[4096];
  size_t count = 0;
  while (hw_allocate(cache, layout_of(1000, 8), 0, &blocks[count]) == HW_OK) count++;
  assert_true(count > 3900);
  for (size_t i = 0; i < count; i++) give(cache, blocks[i], 1000);
  /* All of it lies in the depot and the cache. */
  void *other = take(cache, 2000);
  assert_true(mapped(arena) <= 4 * MIB);
  give(cache, other, 2000);
  void *large = take(arena, 3 * MIB);
  assert_sound(cache);
  give(arena, large, 3 * MIB);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void a_cache_empties_itself_before_a_request_is_refused(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(HW_NO_LIMIT, 128 * KIB, -1, 0);
  hw_allocator_t *cache = cache_open(arena);
  void *blocks[4];
  for (size_t i = 0; i < 4; i++) blocks[i] = take(cache, 16000);
  for (size_t i = 0; i < 4; i++) give(cache, blocks[i], 16000);
  void *block = take(cache, 100);
  give(cache, block, 100);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void growth_beyond_the_mapped_limit_is_refused(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(HW_NO_LIMIT, 2 * MIB, HW_DECAY_MS, 0);
  void *block = take(arena, MIB), *out = NULL;
  hw_layout_t now = layout_of(MIB, 16);
  assert_status(HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(arena, block, now, layout_of(2 * MIB + 1, 16)));
  assert_status(HW_ERR_LIMIT,
                hw_reallocate(arena, block, now, layout_of(2 * MIB + 1, 16), 0, &out));
  block = resize(arena, block, MIB, 2 * MIB);
  give(arena, block, 2 * MIB);
  arena_end_all(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_limit_is_met_to_the_byte),
      cmocka_unit_test(a_limit_of_0_leaves_no_block_because_each_has_bytes),
      cmocka_unit_test(what_lies_in_caches_does_not_count),
      cmocka_unit_test(a_large_block_grows_in_place_within_the_limit),
      cmocka_unit_test(what_was_trimmed_may_be_taken_again),
      cmocka_unit_test(an_arena_works_again_after_it_met_its_limit),
      cmocka_unit_test(the_mapped_limit_holds_for_pages_in_use_and_dirty_ones),
      cmocka_unit_test(dirty_pages_and_depots_go_back_before_a_request_is_refused),
      cmocka_unit_test(a_cache_empties_itself_before_a_request_is_refused),
      cmocka_unit_test(growth_beyond_the_mapped_limit_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* HW_NOWAIT: no call of the system, whatever happens. */
#include "arena_fixture.h"

#include <string.h>

static unsigned calls(void) {
  unsigned count = 0;
  for (fake_hook_t hook = FAKE_MAP; hook < FAKE_HOOKS; hook++) count += fake_os_calls(hook);
  return count;
}

static void *nowait(hw_allocator_t *self, size_t size) {
  void *block = NULL;
  assert_ok(hw_allocate(self, layout_of(size, 16), HW_NOWAIT, &block));
  return block;
}

static hw_status_t try_nowait(hw_allocator_t *self, size_t size) {
  void *out = NULL;
  hw_status_t status = hw_allocate(self, layout_of(size, 16), HW_NOWAIT, &out);
  assert_null(out);
  return status;
}

static void a_new_arena_has_nothing_to_give(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  unsigned before = calls();
  assert_status(HW_ERR_NOWAIT, try_nowait(arena, 10));
  assert_status(HW_ERR_NOWAIT, try_nowait(cache, 10));
  assert_status(HW_ERR_NOWAIT, try_nowait(arena, MIB));
  assert_int_equal(calls(), before);
  assert_int_equal(stats_of(arena).failures, 3);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void what_segments_hold_is_given(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  give(arena, take(arena, 3 * MIB), 3 * MIB);
  unsigned before = calls();
  void *a = nowait(arena, 10), *b = nowait(cache, 5000), *c = nowait(arena, MIB);
  assert_status(HW_ERR_NOWAIT, try_nowait(arena, 4 * MIB));
  assert_int_equal(calls(), before);
  give(arena, a, 10);
  give(cache, b, 5000);
  give(arena, c, MIB);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void zeros_are_written_by_hand(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint8_t *block = take(arena, 12 * MIB);
  memset(block, 0xEE, 12 * MIB);
  give(arena, block, 12 * MIB);
  unsigned before = calls();
  void *out = NULL;
  assert_ok(hw_allocate(arena, layout_of(12 * MIB, 16), HW_NOWAIT | HW_ZEROED, &out));
  assert_int_equal(calls(), before);
  assert_true(is_zero(out, 12 * MIB));
  give(arena, out, 12 * MIB);
  arena_end_all(arena);
}

static void no_tick_is_due_however_long_ago_the_last_was(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_with(HW_ARENA_EXACT), *cache = cache_open(arena);
  give(arena, take(arena, 3 * MIB), 3 * MIB);
  unsigned before = 0;
  for (unsigned i = 0; i < 3 * HW_TICK_TRIPS; i++) {
    fake_os_advance(HW_DECAY_MS);
    before = calls();
    void *a = nowait(arena, 16), *b = nowait(arena, MIB), *c = nowait(cache, 32768);
    assert_int_equal(calls(), before);
    give(arena, a, 16);
    give(arena, b, MIB);
    give(arena, c, 32768);
  }
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void the_limit_of_pages_is_kept_without_a_purge(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(HW_NO_LIMIT, 2 * MIB, -1, 0);
  give(arena, take(arena, MIB), MIB);
  void *block = take(arena, 100);
  unsigned before = calls();
  assert_status(HW_ERR_NOWAIT, try_nowait(arena, MIB + 512 * KIB));
  assert_int_equal(calls(), before);
  give(arena, block, 100);
  arena_end_all(arena);
}

static void a_block_that_must_move_is_copied(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  give(arena, take(arena, 16 * MIB), 16 * MIB);
  uint8_t *block = take(arena, MIB), *fence = take(arena, 40000);
  fill_pattern(block, MIB, 1);
  unsigned before = calls();
  void *out = NULL;
  assert_ok(
      hw_reallocate(arena, block, layout_of(MIB, 16), layout_of(2 * MIB, 16), HW_NOWAIT, &out));
  assert_int_equal(calls(), before);
  assert_true(has_pattern(out, MIB, 1));
  give(arena, out, 2 * MIB);
  give(arena, fence, 40000);
  arena_end_all(arena);
}

static void a_block_that_came_by_a_move_moves_on_without_the_system(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  give(arena, take(arena, 16 * MIB), 16 * MIB);
  uint8_t *block = take(arena, MIB), *fence = take(arena, 40000);
  block = resize(arena, block, MIB, 2 * MIB);
  assert_int_equal(pages_of(arena).moved_ranges, 1);
  fill_pattern(block, 2 * MIB, 1);
  void *second = take(arena, 40000), *third = take(arena, 2 * MIB);
  unsigned before = calls();
  void *out = NULL;
  assert_ok(
      hw_reallocate(arena, block, layout_of(2 * MIB, 16), layout_of(4 * MIB, 16), HW_NOWAIT, &out));
  assert_int_equal(calls(), before);
  assert_true(has_pattern(out, 2 * MIB, 1));
  assert_sound(arena);
  give(arena, out, 4 * MIB);
  give(arena, fence, 40000);
  give(arena, second, 40000);
  give(arena, third, 2 * MIB);
  arena_end_all(arena);
}

static void memory_that_comes_free_waits_where_it_would_go_back_at_once(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(HW_NO_LIMIT, HW_NO_LIMIT, 0, 0);
  uint8_t *block = take(arena, 3 * MIB);
  unsigned before = calls();
  void *out = NULL;
  assert_ok(
      hw_reallocate(arena, block, layout_of(3 * MIB, 16), layout_of(MIB, 16), HW_NOWAIT, &out));
  assert_int_equal(calls(), before);
  assert_int_equal(pages_of(arena).dirty_bytes, 2 * MIB);
  assert_ok(hw_arena_tick(arena, NULL));
  assert_int_equal(pages_of(arena).dirty_bytes, 0);
  give(arena, out, MIB);
  arena_end_all(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_arena_has_nothing_to_give),
      cmocka_unit_test(what_segments_hold_is_given),
      cmocka_unit_test(zeros_are_written_by_hand),
      cmocka_unit_test(no_tick_is_due_however_long_ago_the_last_was),
      cmocka_unit_test(the_limit_of_pages_is_kept_without_a_purge),
      cmocka_unit_test(a_block_that_must_move_is_copied),
      cmocka_unit_test(a_block_that_came_by_a_move_moves_on_without_the_system),
      cmocka_unit_test(memory_that_comes_free_waits_where_it_would_go_back_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

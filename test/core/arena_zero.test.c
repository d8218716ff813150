/* HW_ZEROED: every byte reads zero, whatever the memory's past. */
#include "arena_fixture.h"

#include <string.h>

static const size_t sizes[] = {1, 100, 4096, 32768, 32769, 100000, MIB, 9 * MIB};

static void assert_zeroed(hw_allocator_t *self, size_t size) {
  uint8_t *block = take_zeroed(self, size);
  assert_true(is_zero(block, size));
  memset(block, 0xEE, hw_usable_size(self, layout_of(size, 16)));
  give(self, block, size);
}

static void fresh_memory_reads_zero(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    hw_allocator_t *arena = arena_begin();
    assert_zeroed(arena, sizes[i]);
    arena_end_all(arena);
  }
}

static void memory_that_was_written_and_freed_is_zeroed(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
    for (unsigned round = 0; round < 3; round++) {
      assert_zeroed(arena, sizes[i]);
      assert_zeroed(cache, sizes[i]);
    }
    assert_ok(hw_destroy(cache));
    arena_end_all(arena);
  }
}

static void purged_memory_reads_zero(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    assert_zeroed(arena, sizes[i]);
    assert_ok(hw_arena_purge(arena));
    assert_zeroed(arena, sizes[i]);
  }
  arena_end_all(arena);
}

static void long_dirty_runs_are_purged_and_not_filled(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  memset(take(arena, 8 * MIB), 0xEE, 8 * MIB);
  uint8_t *base = hw_arena_of(arena)->space->regions[0].base;
  give(arena, base, 8 * MIB);
  assert_true(pages_of(arena).dirty_bytes >= 8 * MIB);
  uint8_t *block = take_zeroed(arena, 8 * MIB);
  assert_ptr_equal(block, base);
  assert_int_equal(fake_os_last_size(FAKE_PURGE), 8 * MIB);
  assert_true(is_zero(block, 8 * MIB));
  give(arena, block, 8 * MIB);
  arena_end_all(arena);
}

static void what_the_system_does_not_purge_is_filled(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint8_t *block = take(arena, 8 * MIB);
  memset(block, 0xEE, 8 * MIB);
  give(arena, block, 8 * MIB);
  fake_os_fail(FAKE_PURGE, 1);
  block = take_zeroed(arena, 8 * MIB);
  assert_true(fake_os_has_failed());
  assert_true(is_zero(block, 8 * MIB));
  give(arena, block, 8 * MIB);
  arena_end_all(arena);
}

static void a_mixture_of_clean_and_dirty_pages_reads_zero(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint8_t *blocks[40];
  for (size_t i = 0; i < 40; i++) {
    blocks[i] = take(arena, 40000);
    memset(blocks[i], 0xEE, 40000);
  }
  for (size_t i = 0; i < 40; i += 2) give(arena, blocks[i], 40000);
  assert_ok(hw_arena_purge(arena));
  for (size_t i = 1; i < 40; i += 2) give(arena, blocks[i], 40000);
  uint8_t *all = take_zeroed(arena, 40 * 40960);
  assert_ptr_equal(all, blocks[0]);
  assert_true(is_zero(all, 40 * 40960));
  give(arena, all, 40 * 40960);
  arena_end_all(arena);
}

static void memory_that_moved_elsewhere_left_zeros_behind(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint8_t *block = take(arena, MIB), *fence = take(arena, 40000);
  memset(block, 0xEE, MIB);
  uint8_t *moved = resize(arena, block, MIB, 2 * MIB);
  assert_int_equal(pages_of(arena).moved_ranges, 1);
  assert_int_equal(pages_of(arena).dirty_bytes, 0);
  uint8_t *again = take_zeroed(arena, MIB);
  assert_ptr_equal(again, block);
  assert_true(is_zero(again, MIB));
  give(arena, again, MIB);
  give(arena, moved, 2 * MIB);
  give(arena, fence, 40000);
  arena_end_all(arena);
}

/* From `size` to `next`, over memory that is dirty wherever it can be. */
static void assert_growth_is_zero(size_t size, size_t next, bool in_place) {
  hw_allocator_t *arena = arena_begin();
  size_t most = hw_usable_size(arena, layout_of(next, 16)) + MIB;
  uint8_t *dirty = take(arena, 4 * most);
  memset(dirty, 0xEE, 4 * most);
  give(arena, dirty, 4 * most);
  uint8_t *block = take(arena, size);
  void *fence = in_place ? NULL : take(arena, 40000), *out = NULL;
  memset(block, 0xEE, hw_usable_size(arena, layout_of(size, 16)));
  fill_pattern(block, size, 5);
  assert_ok(hw_reallocate(arena, block, layout_of(size, 16), layout_of(next, 16), HW_ZEROED, &out));
  assert_true(has_pattern(out, size, 5));
  assert_true(is_zero((uint8_t *)out + size, next - size));
  give(arena, out, next);
  if (fence != NULL) give(arena, fence, 40000);
  arena_end_all(arena);
}

static void a_block_that_grows_has_a_zeroed_tail(void **state) {
  (void)state;
  static const size_t pairs[][2] = {{1, 15},           {10, 100},        {100, 5000},
                                    {5000, 32768},     {30000, 40000},   {40000, 40001},
                                    {40000, 100000},   {600000, 900000}, {600001, 3000000},
                                    {100000, 9 * MIB}, {MIB, 20 * MIB}};
  for (size_t i = 0; i < COUNT_OF(pairs); i++) {
    assert_growth_is_zero(pairs[i][0], pairs[i][1], true);
    assert_growth_is_zero(pairs[i][0], pairs[i][1], false);
  }
}

static void bytes_cut_off_do_not_come_back_with_growth(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  static const size_t pairs[][2] = {{16, 3}, {5000, 4500}, {40000, 33000}, {MIB, 600000}};
  for (size_t i = 0; i < COUNT_OF(pairs); i++) {
    size_t size = pairs[i][0], less = pairs[i][1];
    uint8_t *block = take(arena, size);
    memset(block, 0xEE, size);
    void *out = resize(arena, block, size, less);
    assert_ok(hw_reallocate(arena, out, layout_of(less, 16), layout_of(size, 16), HW_ZEROED, &out));
    assert_true(is_zero((uint8_t *)out + less, size - less));
    give(arena, out, size);
  }
  arena_end_all(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fresh_memory_reads_zero),
      cmocka_unit_test(memory_that_was_written_and_freed_is_zeroed),
      cmocka_unit_test(purged_memory_reads_zero),
      cmocka_unit_test(long_dirty_runs_are_purged_and_not_filled),
      cmocka_unit_test(what_the_system_does_not_purge_is_filled),
      cmocka_unit_test(a_mixture_of_clean_and_dirty_pages_reads_zero),
      cmocka_unit_test(memory_that_moved_elsewhere_left_zeros_behind),
      cmocka_unit_test(a_block_that_grows_has_a_zeroed_tail),
      cmocka_unit_test(bytes_cut_off_do_not_come_back_with_growth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

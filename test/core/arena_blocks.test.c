/* What a block of an arena is: unique, large enough, aligned, zeroed where asked. */
#include "arena_fixture.h"

#include <string.h>

#include "base/align.h"

static void blocks_of_no_byte_are_blocks(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  void *a = take(arena, 0), *b = take(arena, 0);
  void *c = take_as(arena, layout_of(0, 8192), 0);
  assert_ptr_not_equal(a, b);
  assert_true(hw_is_aligned(c, 8192));
  assert_int_equal(stats_of(arena).live_blocks, 3);
  give(arena, a, 0);
  give(arena, b, 0);
  give_as(arena, c, layout_of(0, 8192));
  arena_end_all(arena);
}

static void sizes_that_no_system_has_are_refused(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint64_t failures = 0;
  for (size_t size = (size_t)1 << 62; size > HW_LARGE_MOST; size /= 2) {
    assert_status(HW_ERR_OUT_OF_MEMORY, try_take(arena, size));
    assert_status(HW_ERR_OUT_OF_MEMORY, try_take(arena, size - 16));
    failures += 2;
  }
  assert_status(HW_ERR_OUT_OF_MEMORY, try_take(arena, HW_MAX_SIZE - 15));
  assert_status(HW_ERR_INVALID, try_take(arena, HW_MAX_SIZE + 1));
  assert_status(HW_ERR_INVALID, try_take(arena, SIZE_MAX));
  assert_int_equal(stats_of(arena).failures, failures + 1);
  assert_int_equal(stats_of(arena).live_blocks, 0);
  arena_end_all(arena);
}

/* The largest alignments cost addresses, the largest sizes memory: nothing is written but ends. */
static void blocks_are_aligned_up_to_a_gibibyte(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 16, 100, 4096, 5000, 32768, 32769, 100000, 2 * MIB};
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  for (size_t align = 1; align <= GIB; align *= 2) {
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
      hw_layout_t layout = layout_of(sizes[i], align);
      hw_allocator_t *self = i % 2 ? arena : cache;
      uint8_t *block = take_as(self, layout, 0);
      assert_true(hw_is_aligned(block, align));
      size_t usable = hw_usable_size(self, layout);
      assert_true(usable >= sizes[i]);
      if (usable > 0) block[0] = block[usable - 1] = 1;
      give_as(self, block, layout);
    }
  }
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void larger_alignments_and_ones_that_are_no_power_of_two_are_refused(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  void *out = NULL;
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_allocate(arena, layout_of(1, 2 * GIB), 0, &out));
  static const size_t bad[] = {0, 3, 24, 4097};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    assert_status(HW_ERR_INVALID, hw_allocate(arena, layout_of(1, bad[i]), 0, &out));
  }
  assert_null(out);
  arena_end_all(arena);
}

static void every_usable_byte_may_be_written(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  static const size_t sizes[] = {1, 17, 129, 1000, 4097, 20000, 32769, 300000};
  uint8_t *blocks[3 * COUNT_OF(sizes)];
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    size_t size = sizes[i / 3];
    blocks[i] = take(arena, size);
    fill_pattern(blocks[i], hw_usable_size(arena, layout_of(size, 16)), i);
  }
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    size_t size = sizes[i / 3];
    assert_true(has_pattern(blocks[i], hw_usable_size(arena, layout_of(size, 16)), i));
    give(arena, blocks[i], size);
  }
  arena_end_all(arena);
}

static void the_usable_size_follows_from_the_layout(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  assert_int_equal(hw_usable_size(arena, layout_of(0, 1)), 16);
  assert_int_equal(hw_usable_size(arena, layout_of(129, 1)), 160);
  assert_int_equal(hw_usable_size(arena, layout_of(129, 64)), 192);
  assert_int_equal(hw_usable_size(arena, layout_of(32769, 1)), 36864);
  assert_int_equal(hw_usable_size(arena, layout_of(1, 3)), 0);
  arena_end_all(arena);
}

static void what_is_written_over_all_payload_steers_nothing(void **state) {
  (void)state;
  static const uint32_t modes[] = {0, HW_ARENA_EXACT};
  static const size_t sizes[] = {16, 48, 500, 4096, 20000, 40000, MIB};
  for (size_t mode = 0; mode < COUNT_OF(modes); mode++) {
    hw_allocator_t *arena = arena_begin_with(modes[mode]), *cache = cache_open(arena);
    uint8_t *blocks[COUNT_OF(sizes) * 20];
    for (size_t i = 0; i < COUNT_OF(blocks); i++) blocks[i] = take(cache, sizes[i / 20]);
    for (size_t i = 0; i < COUNT_OF(blocks); i += 2) give(cache, blocks[i], sizes[i / 20]);
    /* All memory there is, in blocks live and free and between them. */
    hw_region_t *region = &hw_arena_of(arena)->space->regions[0];
    memset(region->base, 0xFF, region->committed);
    assert_sound(cache);
    for (size_t i = 0; i < COUNT_OF(blocks); i += 2) blocks[i] = take(cache, sizes[i / 20]);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) give(cache, blocks[i], sizes[i / 20]);
    assert_ok(hw_destroy(cache));
    arena_end_all(arena);
  }
}

static void an_arena_owns_its_live_blocks_and_nothing_else(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_with(HW_ARENA_EXACT);
  uint8_t *small = take(arena, 100), *large = take(arena, MIB);
  assert_int_equal(hw_owns(arena, small), HW_OWNS_YES);
  assert_int_equal(hw_owns(arena, small + 99), HW_OWNS_YES);
  assert_int_equal(hw_owns(arena, large), HW_OWNS_YES);
  assert_int_equal(hw_owns(arena, large + MIB - 1), HW_OWNS_YES);
  assert_int_equal(hw_owns(arena, large + MIB), HW_OWNS_NO);
  assert_int_equal(hw_owns(arena, small + 112), HW_OWNS_NO);
  assert_int_equal(hw_owns(arena, &small), HW_OWNS_NO);
  give(arena, small, 100);
  give(arena, large, MIB);
  assert_int_equal(hw_owns(arena, small), HW_OWNS_NO);
  assert_int_equal(hw_owns(arena, large), HW_OWNS_NO);
  arena_end_all(arena);
}

static unsigned advised_with(uint32_t flags) {
  hw_allocator_t *arena = arena_begin_with(flags);
  give(arena, take(arena, MIB), MIB);
  unsigned calls = fake_os_calls(FAKE_ADVISE);
  arena_end_all(arena);
  return calls;
}

static void huge_pages_are_asked_for_or_against_where_the_options_say_so(void **state) {
  (void)state;
  assert_int_equal(advised_with(0), 0);
  assert_int_equal(advised_with(HW_ARENA_HUGE_PAGES), 1);
  assert_int_equal(advised_with(HW_ARENA_NO_HUGE_PAGES), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_of_no_byte_are_blocks),
      cmocka_unit_test(sizes_that_no_system_has_are_refused),
      cmocka_unit_test(blocks_are_aligned_up_to_a_gibibyte),
      cmocka_unit_test(larger_alignments_and_ones_that_are_no_power_of_two_are_refused),
      cmocka_unit_test(every_usable_byte_may_be_written),
      cmocka_unit_test(the_usable_size_follows_from_the_layout),
      cmocka_unit_test(what_is_written_over_all_payload_steers_nothing),
      cmocka_unit_test(an_arena_owns_its_live_blocks_and_nothing_else),
      cmocka_unit_test(huge_pages_are_asked_for_or_against_where_the_options_say_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

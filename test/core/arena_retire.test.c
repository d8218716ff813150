/* Blocks that somebody may still read or write for ever. */
#include "arena_fixture.h"

#include <string.h>

/* What was retired keeps its addresses for ever by design. */
static void end(hw_allocator_t *arena) {
  arena_end(arena);
  assert_int_not_equal(fake_os_mappings(), 0);
  fake_os_reclaim();
}

static const size_t sizes[] = {1, 100, 5000, 32768, 40000, 5 * MIB};

static void a_retired_block_reads_zero_and_may_be_written(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    uint8_t *block = take(arena, sizes[i]);
    memset(block, 0xEE, sizes[i]);
    assert_ok(hw_retire(arena, block, layout_of(sizes[i], 16)));
    assert_true(is_zero(block, sizes[i]));
    memset(block, 0xEE, sizes[i]);
    assert_sound(arena);
  }
  end(arena);
}

static void its_whole_pages_go_back(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint8_t *block = take(arena, 5 * MIB);
  assert_ok(hw_retire(arena, block, layout_of(5 * MIB, 16)));
  assert_int_equal(fake_os_last_size(FAKE_PURGE), 5 * MIB);
  end(arena);
}

static bool overlaps(const uint8_t *a, size_t size, const uint8_t *b, size_t other) {
  return a < b + other && b < a + size;
}

static void its_addresses_are_never_handed_out_again(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
    uint8_t *retired = take(cache, sizes[i]);
    assert_ok(hw_retire(cache, retired, layout_of(sizes[i], 16)));
    uint8_t *blocks[300];
    for (unsigned round = 0; round < 3; round++) {
      for (size_t j = 0; j < COUNT_OF(blocks); j++) {
        blocks[j] = take(cache, sizes[i]);
        assert_false(overlaps(blocks[j], sizes[i], retired, sizes[i]));
      }
      for (size_t j = 0; j < COUNT_OF(blocks); j++) give(cache, blocks[j], sizes[i]);
      assert_ok(hw_cache_flush(cache));
      assert_ok(hw_arena_purge(arena));
      if (round == 1) assert_ok(hw_arena_reset(arena));
    }
    assert_sound(cache);
    assert_ok(hw_destroy(cache));
    end(arena);
  }
}

static void retired_blocks_are_counted_and_not_live(void **state) {
  (void)state;
  for (uint32_t flags = 0; flags <= HW_ARENA_TRACKED; flags += HW_ARENA_TRACKED) {
    hw_allocator_t *arena = arena_begin_with(flags);
    uint64_t bytes = 0;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
      hw_layout_t layout = layout_of(sizes[i], 16);
      assert_ok(hw_retire(arena, take(arena, sizes[i]), layout));
      bytes += hw_usable_size(arena, layout);
      hw_stats_t stats = stats_of(arena);
      assert_int_equal(stats.live_blocks, 0);
      assert_int_equal(stats.live_bytes, 0);
      assert_int_equal(stats.retired_blocks, i + 1);
      assert_int_equal(stats.retired_bytes, bytes);
      assert_int_equal(stats.deallocations, 0);
    }
    end(arena);
  }
}

static void what_was_retired_does_not_raise_the_peak(void **state) {
  (void)state;
  for (uint32_t flags = 0; flags <= HW_ARENA_TRACKED; flags += HW_ARENA_TRACKED) {
    hw_allocator_t *arena = arena_begin_with(flags);
    for (unsigned i = 0; i < 100; i++) {
      assert_ok(hw_retire(arena, take(arena, 1024), layout_of(1024, 16)));
    }
    assert_int_equal(stats_of(arena).peak_bytes, 1024);
    end(arena);
  }
}

static void slabs_around_retired_blocks_go_on(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_with(HW_ARENA_EXACT);
  void *blocks[100];
  for (size_t i = 0; i < 100; i++) blocks[i] = take(arena, 1000);
  for (size_t i = 0; i < 100; i += 3) {
    assert_ok(hw_retire(arena, blocks[i], layout_of(1000, 16)));
  }
  assert_ok(hw_arena_reset(arena));
  assert_sound(arena);
  assert_int_equal(stats_of(arena).live_blocks, 0);
  assert_int_equal(stats_of(arena).retired_blocks, 34);
  for (size_t i = 0; i < 100; i++) blocks[i] = take(arena, 1000);
  assert_sound(arena);
  for (size_t i = 0; i < 100; i++) give(arena, blocks[i], 1000);
  end(arena);
}

static void a_space_with_retired_blocks_outlives_its_arena(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint8_t *small = take(arena, 100), *large = take(arena, 5 * MIB);
  assert_ok(hw_retire(arena, small, layout_of(100, 16)));
  assert_ok(hw_retire(arena, large, layout_of(5 * MIB, 16)));
  arena_end(arena);
  assert_false(write_faults(small));
  assert_false(write_faults(large + 5 * MIB - 1));
  assert_true(is_zero(large, 5 * MIB));
  fake_os_reclaim();
}

static void in_shared_space_no_other_arena_gets_the_addresses(void **state) {
  (void)state;
  hw_allocator_t *arena = NULL;
  assert_ok(hw_create("arena", NULL, &arena));
  uint8_t *retired = take(arena, 5 * MIB);
  assert_ok(hw_retire(arena, retired, layout_of(5 * MIB, 16)));
  arena_end(arena);
  assert_ok(hw_create("arena", NULL, &arena));
  uint8_t *blocks[20];
  for (size_t i = 0; i < 20; i++) {
    blocks[i] = take(arena, MIB);
    assert_false(overlaps(blocks[i], MIB, retired, 5 * MIB));
  }
  assert_true(is_zero(retired, 5 * MIB));
  for (size_t i = 0; i < 20; i++) give(arena, blocks[i], MIB);
  arena_end(arena);
}

static void where_the_system_refuses_a_block_is_filled_with_zeros(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  uint8_t *block = take(arena, 100000);
  memset(block, 0xEE, 100000);
  fake_os_refuse(FAKE_PURGE);
  assert_ok(hw_retire(arena, block, layout_of(100000, 16)));
  assert_true(is_zero(block, 100000));
  end(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_retired_block_reads_zero_and_may_be_written),
      cmocka_unit_test(its_whole_pages_go_back),
      cmocka_unit_test(its_addresses_are_never_handed_out_again),
      cmocka_unit_test(retired_blocks_are_counted_and_not_live),
      cmocka_unit_test(what_was_retired_does_not_raise_the_peak),
      cmocka_unit_test(slabs_around_retired_blocks_go_on),
      cmocka_unit_test(a_space_with_retired_blocks_outlives_its_arena),
      cmocka_unit_test(in_shared_space_no_other_arena_gets_the_addresses),
      cmocka_unit_test(where_the_system_refuses_a_block_is_filled_with_zeros),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

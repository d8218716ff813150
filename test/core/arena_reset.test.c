/* Resets end every block at once; arenas that share address space take over from each other. */
#include "arena_fixture.h"

#include <string.h>

static const size_t sizes[] = {1, 100, 1000, 5000, 32768, 40000, MIB, 5 * MIB};

static void fill(hw_allocator_t *arena, hw_allocator_t *cache) {
  for (size_t i = 0; i < COUNT_OF(sizes) * 20; i++) {
    hw_allocator_t *self = i % 2 ? arena : cache;
    void *block = take(self, sizes[i / 20]);
    memset(block, 0xEE, sizes[i / 20]);
    if (i % 3 == 0) give(i % 5 ? arena : cache, block, sizes[i / 20]);
  }
}

static void a_reset_ends_every_block_at_once(void **state) {
  (void)state;
  for (uint32_t flags = 0; flags <= (HW_ARENA_EXACT | HW_ARENA_TRACKED); flags++) {
    hw_allocator_t *arena = arena_begin_with(flags), *cache = cache_open(arena);
    for (unsigned round = 0; round < 3; round++) {
      fill(arena, cache);
      assert_int_not_equal(stats_of(arena).live_blocks, 0);
      assert_ok(hw_arena_reset(arena));
      assert_sound(cache);
      hw_stats_t stats = stats_of(arena);
      assert_int_equal(stats.live_blocks, 0);
      assert_int_equal(stats.live_bytes, 0);
      assert_int_equal(stats.allocations, stats.deallocations);
      assert_int_equal(pages_of(arena).active_bytes, 0);
    }
    assert_ok(hw_destroy(cache));
    arena_end_all(arena);
  }
}

static void a_block_of_before_a_reset_is_not_live(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_with(HW_ARENA_EXACT), *cache = cache_open(arena);
  void *before[COUNT_OF(sizes)];
  for (size_t i = 0; i < COUNT_OF(sizes); i++) before[i] = take(cache, sizes[i]);
  assert_ok(hw_arena_reset(arena));
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    assert_status(HW_ERR_NOT_LIVE, try_give(arena, before[i], sizes[i]));
    assert_status(HW_ERR_NOT_LIVE, try_give(cache, before[i], sizes[i]));
  }
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void an_arena_with_live_blocks_is_not_destroyed(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    hw_allocator_t *arena = arena_begin();
    void *block = take(arena, sizes[i]);
    fill_pattern(block, sizes[i], i);
    assert_status(HW_ERR_BUSY, hw_destroy(arena));
    assert_true(has_pattern(block, sizes[i], i));
    assert_sound(arena);
    give(arena, block, sizes[i]);
    arena_end_all(arena);
  }
}

static void only_arenas_are_reset(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  assert_status(HW_ERR_INVALID, hw_arena_reset(cache));
  assert_status(HW_ERR_INVALID, hw_arena_reset(NULL));
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static hw_allocator_t *open_shared(uint32_t flags) {
  const hw_arena_options_t options = {HW_NO_LIMIT, HW_DECAY_MS, flags};
  const hw_config_t config = {.limit = HW_NO_LIMIT, .arena = &options};
  hw_allocator_t *arena = NULL;
  assert_ok(hw_create("arena", &config, &arena));
  return arena;
}

static void the_next_arena_takes_over_the_addresses_and_they_read_zero(void **state) {
  (void)state;
  hw_allocator_t *first = open_shared(HW_ARENA_EXACT);
  uint8_t *block = take(first, 3 * MIB);
  memset(block, 0xEE, 3 * MIB);
  give(first, block, 3 * MIB);
  size_t committed = region_of_block(first, block)->committed;
  arena_end(first);
  hw_allocator_t *second = open_shared(0);
  uint8_t *again = take(second, 3 * MIB);
  assert_ptr_equal(again, block);
  assert_true(is_zero(again, 3 * MIB));
  assert_int_equal(region_of_block(second, again)->committed, committed);
  give(second, again, 3 * MIB);
  arena_end(second);
}

static void arenas_side_by_side_keep_to_their_own_segments(void **state) {
  (void)state;
  hw_allocator_t *arenas[4];
  void *blocks[4][100];
  for (size_t i = 0; i < 4; i++) arenas[i] = open_shared((uint32_t)(i % 2));
  for (size_t j = 0; j < 100; j++) {
    for (size_t i = 0; i < 4; i++) {
      blocks[i][j] = take(arenas[i], sizes[j % 6]);
      fill_pattern(blocks[i][j], sizes[j % 6], i * 100 + j);
    }
  }
  assert_ok(hw_arena_reset(arenas[1]));
  arena_end(arenas[1]);
  arenas[1] = open_shared(0);
  for (size_t j = 0; j < 100; j++) blocks[1][j] = take_zeroed(arenas[1], sizes[j % 6]);
  for (size_t i = 0; i < 4; i++) {
    assert_sound(arenas[i]);
    for (size_t j = 0; j < 100; j++) {
      if (i != 1) assert_true(has_pattern(blocks[i][j], sizes[j % 6], i * 100 + j));
      assert_int_equal(hw_owns(arenas[(i + 1) % 4], blocks[i][j]), HW_OWNS_NO);
      give(arenas[i], blocks[i][j], sizes[j % 6]);
    }
  }
  for (size_t i = 0; i < 4; i++) arena_end(arenas[i]);
}

static void a_reset_arena_gives_its_segments_to_the_next(void **state) {
  (void)state;
  hw_allocator_t *first = open_shared(0), *cache = cache_open(first);
  fill(first, cache);
  assert_ok(hw_arena_reset(first));
  assert_ok(hw_destroy(cache));
  size_t committed = hw_arena_of(first)->space->regions[0].committed;
  arena_end(first);
  hw_allocator_t *second = open_shared(HW_ARENA_EXACT);
  cache = cache_open(second);
  fill(second, cache);
  assert_sound(cache);
  assert_int_equal(hw_arena_of(second)->space->regions[0].committed, committed);
  assert_ok(hw_arena_reset(second));
  assert_ok(hw_destroy(cache));
  arena_end(second);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_reset_ends_every_block_at_once),
      cmocka_unit_test(a_block_of_before_a_reset_is_not_live),
      cmocka_unit_test(an_arena_with_live_blocks_is_not_destroyed),
      cmocka_unit_test(only_arenas_are_reset),
      cmocka_unit_test(the_next_arena_takes_over_the_addresses_and_they_read_zero),
      cmocka_unit_test(arenas_side_by_side_keep_to_their_own_segments),
      cmocka_unit_test(a_reset_arena_gives_its_segments_to_the_next),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

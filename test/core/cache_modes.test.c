/* The four tables of caches, plain or exact and tracked or not, behave alike where none of them may
 * differ. */
#include "arena_fixture.h"

#include "base/align.h"

static hw_allocator_t *arena, *cache;

static void begin(uint32_t flags, size_t limit) {
  fake_os_begin();
  fake_os_bound_reservations(HW_REGION_LEAST_BYTES);
  const hw_arena_options_t options = {HW_NO_LIMIT, HW_DECAY_MS, flags};
  const hw_config_t config = {.limit = limit, .os = fake_os(), .arena = &options};
  assert_ok(hw_create("arena", &config, &arena));
  cache = cache_open(arena);
}

static void end(void) {
  assert_sound(cache);
  assert_int_equal(stats_of(arena).live_blocks, 0);
  assert_int_equal(stats_of(arena).live_bytes, 0);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

/* Runs the test once in each mode. */
static void in_every_mode(void (*test)(void)) {
  for (uint32_t flags = 0; flags <= (HW_ARENA_EXACT | HW_ARENA_TRACKED); flags++) {
    begin(flags, HW_NO_LIMIT);
    test();
    end();
  }
}

static void serve_every_kind(void) {
  static const hw_layout_t layouts[] = {{0, 1},      {100, 16},    {100, 64},   {4096, 16},
                                        {5000, 16},  {5000, 4096}, {32768, 16}, {40000, 16},
                                        {16, 65536}, {4097, 1},    {2000, 512}};
  for (unsigned round = 0; round < 3; round++) {
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
      uint32_t flags = (round + i) % 2 ? HW_ZEROED : 0;
      uint8_t *block = take_as(cache, layouts[i], flags);
      assert_true(hw_is_aligned(block, layouts[i].align));
      if (flags) assert_true(is_zero(block, layouts[i].size));
      fill_pattern(block, layouts[i].size, i);
      assert_int_equal(stats_of(cache).live_blocks, 1);
      give_as(cache, block, layouts[i]);
    }
  }
}

static void every_kind_of_block_is_served(void **state) {
  (void)state;
  in_every_mode(serve_every_kind);
}

static void overflow_magazines(void) {
  static void *blocks[3 * HW_MAGAZINE_MOST];
  static const size_t sizes[] = {16, 1000, 4096, 20000};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    for (size_t j = 0; j < COUNT_OF(blocks); j++) blocks[j] = take(cache, sizes[i]);
    assert_int_equal(stats_of(arena).live_blocks, COUNT_OF(blocks));
    for (size_t j = 0; j < COUNT_OF(blocks); j++) give(cache, blocks[j], sizes[i]);
    assert_sound(cache);
  }
}

static void magazines_overflow_into_depots(void **state) {
  (void)state;
  in_every_mode(overflow_magazines);
}

static void refuse_misuse(void) {
  uint8_t on_the_stack[64];
  uint8_t *block = take(cache, 100), *wide = take_as(cache, layout_of(100, 64), 0);
  /* Twice: before and after the cache knows how far the region goes. */
  for (unsigned i = 0; i < 2; i++) {
    assert_status(HW_ERR_NOT_OWNED, try_give(cache, on_the_stack, 64));
    assert_status(HW_ERR_LAYOUT_MISMATCH, try_give(cache, block, 1000));
    assert_status(HW_ERR_LAYOUT_MISMATCH, try_give(cache, block, 5000));
    assert_status(HW_ERR_LAYOUT_MISMATCH, try_give(cache, block, 50000));
    give(cache, take(cache, 100), 100);
  }
  give(cache, block, 100);
  give_as(cache, wide, layout_of(100, 64));
}

static void what_is_no_block_of_its_class_is_refused(void **state) {
  (void)state;
  in_every_mode(refuse_misuse);
}

static void go_through_regions(void) {
  static uint8_t *blocks[2000];
  void *filler = take(arena, 15 * MIB);
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    blocks[i] = take(cache, 2000);
    fill_pattern(blocks[i], 2000, i);
  }
  assert_true(hw_arena_of(arena)->space->region_count > 1);
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    assert_true(has_pattern(blocks[i], 2000, i));
    give(cache, blocks[i], 2000);
  }
  /* From the magazine, and from a depot. */
  for (size_t i = 0; i < 100; i++) blocks[i] = take(cache, 2000);
  for (size_t i = 0; i < 100; i++) give(cache, blocks[i], 2000);
  give(arena, filler, 15 * MIB);
}

static void blocks_of_every_region_are_served(void **state) {
  (void)state;
  in_every_mode(go_through_regions);
}

static void a_limit_is_met_on_the_fast_path_and_on_the_slow_one(void **state) {
  (void)state;
  for (uint32_t flags = 0; flags <= HW_ARENA_EXACT; flags++) {
    begin(flags, MIB);
    give(cache, take(cache, 1000), 1000);
    void *large = take(cache, MIB);
    assert_status(HW_ERR_LIMIT, try_take(cache, 1000));
    assert_status(HW_ERR_LIMIT, try_take(cache, 100));
    assert_status(HW_ERR_LIMIT, try_take(cache, 20000));
    assert_int_equal(stats_of(cache).failures, 3);
    give(cache, large, MIB);
    give(cache, take(cache, 1000), 1000);
    end();
  }
}

static void a_refill_that_fails_is_a_failure_and_no_more(void **state) {
  (void)state;
  for (uint32_t flags = 0; flags <= (HW_ARENA_EXACT | HW_ARENA_TRACKED); flags++) {
    begin(flags, HW_NO_LIMIT);
    fake_os_refuse(FAKE_COMMIT);
    assert_status(HW_ERR_OUT_OF_MEMORY, try_take(cache, 100));
    assert_status(HW_ERR_OUT_OF_MEMORY, try_take(cache, 20000));
    assert_int_equal(stats_of(cache).failures, 2);
    end();
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_of_block_is_served),
      cmocka_unit_test(magazines_overflow_into_depots),
      cmocka_unit_test(what_is_no_block_of_its_class_is_refused),
      cmocka_unit_test(blocks_of_every_region_are_served),
      cmocka_unit_test(a_limit_is_met_on_the_fast_path_and_on_the_slow_one),
      cmocka_unit_test(a_refill_that_fails_is_a_failure_and_no_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

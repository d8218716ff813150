/* What an arena that idles gives back beyond dirty pages. */
#include "arena_fixture.h"

#include <string.h>

#define STEP (HW_DECAY_MS / HW_DECAY_STEPS)
#define BLOCKS 200u

static hw_allocator_t *arena, *cache;

static void begin(int64_t decay_ms) {
  arena = arena_begin_as(HW_NO_LIMIT, HW_NO_LIMIT, decay_ms, HW_ARENA_EXACT);
  cache = cache_open(arena);
}

static void end(void) {
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

/* Ticks once a step for six times the decay, for short dirty runs wait for four; whether the last
 * said that there is more to come. */
static bool idle(hw_allocator_t *self) {
  bool more = true;
  for (size_t i = 0; i < 6 * HW_DECAY_STEPS; i++) {
    fake_os_advance(STEP);
    assert_ok(hw_arena_tick(self, &more));
    assert_sound(cache);
  }
  return more;
}

static void use(void) {
  void *blocks[BLOCKS];
  for (size_t i = 0; i < BLOCKS; i++) blocks[i] = take(cache, 100);
  for (size_t i = 0; i < BLOCKS; i++) give(cache, blocks[i], 100);
}

static void a_tick_through_a_cache_gives_back_what_lies_idle_in_it(void **state) {
  (void)state;
  begin(HW_DECAY_MS);
  use();
  assert_true(class_stats_of(arena, 100).cached_blocks > 0);
  assert_false(idle(cache));
  assert_int_equal(class_stats_of(arena, 100).cached_blocks, 0);
  assert_int_equal(pages_of(arena).active_bytes, 0);
  end();
}

static void a_tick_of_the_arena_leaves_caches_alone(void **state) {
  (void)state;
  begin(HW_DECAY_MS);
  give(cache, take(cache, 100), 100);
  uint64_t cached = class_stats_of(arena, 100).cached_blocks;
  assert_false(idle(arena));
  assert_int_equal(class_stats_of(arena, 100).cached_blocks, cached);
  end();
}

static void an_empty_slab_goes_back_when_it_lay_idle(void **state) {
  (void)state;
  begin(HW_DECAY_MS);
  use();
  assert_ok(hw_cache_flush(cache));
  assert_true(class_stats_of(arena, 100).slabs > 0);
  assert_false(idle(arena));
  assert_int_equal(class_stats_of(arena, 100).slabs, 0);
  end();
}

static void the_arrays_of_a_segment_that_lay_idle_go_back_and_serve_again(void **state) {
  (void)state;
  begin(HW_DECAY_MS);
  use();
  const hw_page_segment_t *segment = hw_arena_of(arena)->runs.first;
  assert_false(segment->trimmed);
  assert_false(idle(cache));
  assert_true(segment->trimmed);
  unsigned purges = fake_os_calls(FAKE_PURGE);
  assert_false(idle(cache));
  assert_int_equal(fake_os_calls(FAKE_PURGE), purges);

  uint8_t *block = take_zeroed(cache, 100);
  assert_false(segment->trimmed);
  assert_true(is_zero(block, 100));
  assert_sound(cache);
  give(cache, block, 100);
  assert_status(HW_ERR_NOT_LIVE, try_give(cache, block, 100));
  end();
}

static void a_segment_in_use_keeps_its_arrays(void **state) {
  (void)state;
  begin(HW_DECAY_MS);
  void *block = take(cache, 100);
  (void)idle(cache);
  assert_false(hw_arena_of(arena)->runs.first->trimmed);
  give(cache, block, 100);
  end();
}

static void a_decay_of_minus_1_keeps_all_of_it(void **state) {
  (void)state;
  begin(-1);
  use();
  uint64_t cached = class_stats_of(arena, 100).cached_blocks;
  assert_false(idle(cache));
  assert_int_equal(class_stats_of(arena, 100).cached_blocks, cached);
  assert_false(hw_arena_of(arena)->runs.first->trimmed);
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_tick_through_a_cache_gives_back_what_lies_idle_in_it),
      cmocka_unit_test(a_tick_of_the_arena_leaves_caches_alone),
      cmocka_unit_test(an_empty_slab_goes_back_when_it_lay_idle),
      cmocka_unit_test(the_arrays_of_a_segment_that_lay_idle_go_back_and_serve_again),
      cmocka_unit_test(a_segment_in_use_keeps_its_arrays),
      cmocka_unit_test(a_decay_of_minus_1_keeps_all_of_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Freed memory that goes back to the system by itself. */
#include "arena_fixture.h"

#include <string.h>

#define STEP (HW_DECAY_MS / HW_DECAY_STEPS)
#define COUNT 64u

static hw_allocator_t *arena;
static void *fences[COUNT];

/* 64 freed runs of 1 MiB, each by itself: 64 units to decay. */
static void begin_with_dirty_runs(int64_t decay_ms) {
  arena = arena_begin_as(HW_NO_LIMIT, HW_NO_LIMIT, decay_ms, 0);
  void *blocks[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    blocks[i] = take(arena, MIB);
    memset(blocks[i], 1, MIB);
    fences[i] = take(arena, 8192 * 5);
  }
  for (size_t i = 0; i < COUNT; i++) give(arena, blocks[i], MIB);
}

static void end(void) {
  for (size_t i = 0; i < COUNT; i++) give(arena, fences[i], 8192 * 5);
  arena_end_all(arena);
}

static size_t dirty_after(uint64_t milliseconds) {
  fake_os_advance(milliseconds);
  assert_ok(hw_arena_tick(arena, NULL));
  return pages_of(arena).dirty_bytes / MIB;
}

static void freed_memory_goes_back_in_eight_steps_along_a_curve(void **state) {
  (void)state;
  static const size_t left[] = {1008, 918, 742, 512, 282, 106, 16, 0};
  begin_with_dirty_runs(HW_DECAY_MS);
  assert_int_equal(pages_of(arena).dirty_bytes, COUNT * MIB);
  size_t before = COUNT;
  for (size_t i = 0; i < COUNT_OF(left); i++) {
    size_t dirty = dirty_after(STEP);
    assert_true(dirty <= before);
    /* Whole runs go, and they may be cut by the end of a segment. */
    size_t allowed = left[i] * COUNT / 1024;
    assert_in_range(dirty, allowed < 3 ? 0 : allowed - 3, allowed);
    before = dirty;
  }
  assert_int_equal(before, 0);
  end();
}

static void a_decay_of_0_keeps_nothing(void **state) {
  (void)state;
  begin_with_dirty_runs(0);
  assert_int_equal(pages_of(arena).dirty_bytes, 0);
  bool more = true;
  assert_ok(hw_arena_tick(arena, &more));
  assert_false(more);
  end();
}

static void a_decay_of_minus_1_keeps_everything_until_asked(void **state) {
  (void)state;
  begin_with_dirty_runs(-1);
  assert_int_equal(dirty_after(1000 * HW_DECAY_MS), COUNT);
  bool more = true;
  assert_ok(hw_arena_tick(arena, &more));
  assert_false(more);
  assert_ok(hw_arena_purge(arena));
  assert_int_equal(pages_of(arena).dirty_bytes, 0);
  end();
}

static void a_tick_says_when_there_is_nothing_left(void **state) {
  (void)state;
  arena = arena_begin();
  bool more = true;
  assert_ok(hw_arena_tick(arena, &more));
  assert_false(more);
  for (size_t i = 0; i < 100; i++) fences[i % COUNT] = take(arena, 1000);
  assert_ok(hw_arena_reset(arena));
  give(arena, take(arena, 1000), 1000);
  unsigned ticks = 0;
  for (more = true; more && ticks < 1000; ticks++) {
    fake_os_advance(250);
    assert_ok(hw_arena_tick(arena, &more));
  }
  assert_in_range(ticks, 2, 100);
  /* But for the one empty slab that a bin keeps. */
  assert_true(pages_of(arena).active_bytes <= 16384);
  assert_int_equal(pages_of(arena).dirty_bytes, 0);
  arena_end_all(arena);
}

static void an_arena_in_use_ticks_by_itself(void **state) {
  (void)state;
  begin_with_dirty_runs(HW_DECAY_MS);
  for (size_t i = 0; i < HW_TICK_TRIPS * (HW_DECAY_STEPS + 1); i++) {
    if (i % HW_TICK_TRIPS == 0) fake_os_advance(STEP);
    give(arena, take(arena, 100), 100);
  }
  assert_int_equal(pages_of(arena).dirty_bytes, 0);
  end();
}

static void every_address_that_was_handed_out_stays_mapped(void **state) {
  (void)state;
  arena = arena_begin();
  static const size_t sizes[] = {16, 1000, 32768, 40000, MIB, 9 * MIB};
  uint8_t *blocks[COUNT_OF(sizes)];
  for (size_t i = 0; i < COUNT_OF(sizes); i++) blocks[i] = take(arena, sizes[i]);
  for (size_t i = 0; i < COUNT_OF(sizes); i++) give(arena, blocks[i], sizes[i]);
  fake_os_advance(100 * HW_DECAY_MS);
  assert_ok(hw_arena_tick(arena, NULL));
  assert_ok(hw_arena_purge(arena));
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    assert_false(write_faults(blocks[i]));
    assert_false(write_faults(blocks[i] + sizes[i] - 1));
  }
  assert_int_equal(fake_os_calls(FAKE_UNMAP), 0);
  arena_end_all(arena);
}

static void ticks_and_purges_are_for_arenas(void **state) {
  (void)state;
  arena = arena_begin();
  hw_allocator_t *cache = cache_open(arena);
  assert_ok(hw_arena_tick(cache, NULL));
  assert_status(HW_ERR_INVALID, hw_arena_tick(NULL, NULL));
  assert_status(HW_ERR_INVALID, hw_arena_purge(cache));
  assert_status(HW_ERR_INVALID, hw_arena_purge(NULL));
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(freed_memory_goes_back_in_eight_steps_along_a_curve),
      cmocka_unit_test(a_decay_of_0_keeps_nothing),
      cmocka_unit_test(a_decay_of_minus_1_keeps_everything_until_asked),
      cmocka_unit_test(a_tick_says_when_there_is_nothing_left),
      cmocka_unit_test(an_arena_in_use_ticks_by_itself),
      cmocka_unit_test(every_address_that_was_handed_out_stays_mapped),
      cmocka_unit_test(ticks_and_purges_are_for_arenas),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Reallocation of the system allocator: contents, alignment, empty blocks, and failures that leave
 * the old block byte for byte. */
#include "system/system.h"

#include "base/align.h"
#include "fake_os.h"
#include "harness.h"

static hw_allocator_t *open_system(const hw_os_t *os) {
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = os};
  hw_allocator_t *system = NULL;
  assert_ok(hw_create("system", &config, &system));
  return system;
}

static void assert_live(hw_allocator_t *system, uint64_t blocks, uint64_t bytes) {
  hw_stats_t stats;
  assert_ok(hw_stats(system, &stats));
  assert_int_equal(stats.live_blocks, blocks);
  assert_int_equal(stats.live_bytes, bytes);
  assert_ok(hw_verify(system, NULL));
}

static void assert_reallocates(hw_allocator_t *system, hw_layout_t from, hw_layout_t to,
                               uint32_t flags) {
  void *block = NULL, *moved = NULL;
  assert_ok(hw_allocate(system, from, 0, &block));
  fill_pattern(block, from.size, 9);
  assert_ok(hw_reallocate(system, block, from, to, flags, &moved));
  size_t kept = hw_min(from.size, to.size);
  assert_non_null(moved);
  assert_true(hw_is_aligned(moved, to.align));
  assert_true(has_pattern(moved, kept, 9));
  if (flags & HW_ZEROED) assert_true(is_zero((uint8_t *)moved + kept, to.size - kept));
  fill_pattern(moved, to.size, 10);
  assert_live(system, 1, to.size);
  assert_ok(hw_deallocate(system, moved, to));
  assert_live(system, 0, 0);
}

static void assert_reallocates_the_grid(const hw_os_t *os) {
  static const size_t sizes[] = {0, 1, 8, 16, 17, 100, 4096, 70000};
  static const size_t aligns[] = {1, 8, 16, 32, 4096};
  hw_allocator_t *system = open_system(os);
  for (size_t cell = 0; cell < 8 * 8 * 5 * 5; cell++) {
    hw_layout_t from = layout_of(sizes[cell % 8], aligns[cell / 64 % 5]);
    hw_layout_t to = layout_of(sizes[cell / 8 % 8], aligns[cell / 320]);
    assert_reallocates(system, from, to, 0);
    assert_reallocates(system, from, to, HW_ZEROED);
  }
  assert_ok(hw_destroy(system));
}

static void every_layout_becomes_every_other(void **state) {
  (void)state;
  assert_reallocates_the_grid(NULL);
}

static void contents_survive_a_c_library_that_always_moves(void **state) {
  (void)state;
  fake_os_begin();
  assert_reallocates_the_grid(fake_os());
  assert_int_equal(fake_os_blocks(), 0);
}

static void an_over_aligned_block_keeps_its_alignment(void **state) {
  (void)state;
  hw_allocator_t *system = open_system(NULL);
  hw_layout_t layout = layout_of(10, 4096);
  void *block = NULL;
  assert_ok(hw_allocate(system, layout, 0, &block));
  fill_pattern(block, 10, 3);
  for (size_t size = 100; size < 1u << 20; size = size * 3 + 7) {
    hw_layout_t next = layout_of(size, 4096);
    assert_ok(hw_reallocate(system, block, layout, next, 0, &block));
    assert_true(hw_is_aligned(block, 4096));
    assert_true(has_pattern(block, 10, 3));
    layout = next;
  }
  assert_ok(hw_deallocate(system, block, layout));
  assert_ok(hw_destroy(system));
}

static void realloc_serves_what_malloc_aligns(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(fake_os());
  assert_reallocates(system, layout_of(100, 8), layout_of(200, 16), 0);
  assert_reallocates(system, layout_of(200, 8), layout_of(16, 16), HW_ZEROED);
  assert_reallocates(system, layout_of(100, 4096), layout_of(100, 8), 0);
  assert_int_equal(fake_os_calls(FAKE_RESIZE), 3);
  assert_reallocates(system, layout_of(100, 8), layout_of(200, 32), 0);
  assert_reallocates(system, layout_of(100, 8), layout_of(15, 16), 0);
  assert_reallocates(system, layout_of(100, 8), layout_of(0, 1), 0);
  assert_reallocates(system, layout_of(0, 8), layout_of(100, 1), 0);
  assert_int_equal(fake_os_calls(FAKE_RESIZE), 3);
  assert_ok(hw_destroy(system));
}

static void size_zero_gives_the_memory_back(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(fake_os());
  const hw_layout_t layout = layout_of(100, 8), empty = layout_of(0, 64);
  void *block = NULL, *moved = NULL;
  assert_ok(hw_allocate(system, layout, 0, &block));
  assert_int_equal(fake_os_blocks(), 2);
  assert_ok(hw_reallocate(system, block, layout, empty, HW_ZEROED, &moved));
  assert_int_equal(fake_os_blocks(), 1);
  assert_true(hw_is_aligned(moved, 64));
  assert_live(system, 1, 0);
  assert_ok(hw_reallocate(system, moved, empty, layout, HW_ZEROED, &block));
  assert_true(is_zero(block, 100));
  assert_live(system, 1, 100);
  assert_ok(hw_deallocate(system, block, layout));
  assert_ok(hw_destroy(system));
}

/* The call fails with `expected`, and nothing but `failures` is different afterwards. */
static void assert_unchanged_by_failure(hw_allocator_t *system, hw_layout_t from, hw_layout_t to,
                                        uint32_t flags, hw_status_t expected) {
  void *block = NULL;
  assert_ok(hw_allocate(system, from, 0, &block));
  fill_pattern(block, from.size, 5);
  hw_stats_t before, after;
  assert_ok(hw_stats(system, &before));
  size_t blocks = fake_os_blocks();

  fake_os_fail(FAKE_ANY, expected == HW_ERR_OUT_OF_MEMORY ? 1 : 0);
  uint8_t mark = 0;
  void *out = &mark;
  assert_status(expected, hw_reallocate(system, block, from, to, flags, &out));
  fake_os_fail(FAKE_ANY, 0);

  assert_ptr_equal(out, &mark);
  assert_true(has_pattern(block, from.size, 5));
  assert_int_equal(fake_os_blocks(), blocks);
  assert_ok(hw_stats(system, &after));
  assert_int_equal(after.live_bytes, before.live_bytes);
  assert_int_equal(after.live_blocks, before.live_blocks);
  assert_int_equal(after.allocations, before.allocations);
  assert_int_equal(after.deallocations, before.deallocations);
  assert_int_equal(after.failures, before.failures + 1);
  assert_ok(hw_verify(system, NULL));
  assert_ok(hw_deallocate(system, block, from));
}

static void a_failed_reallocate_leaves_the_old_block_byte_for_byte(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(fake_os());
  const hw_layout_t from[] = {{100, 8}, {100, 4096}, {0, 8}};
  const hw_layout_t to[] = {{200, 8}, {50, 8}, {200, 64}, {50, 64}, {100, 128}};
  for (size_t i = 0; i < COUNT_OF(from); i++) {
    for (size_t j = 0; j < COUNT_OF(to); j++) {
      assert_unchanged_by_failure(system, from[i], to[j], 0, HW_ERR_OUT_OF_MEMORY);
      assert_unchanged_by_failure(system, from[i], to[j], HW_ZEROED, HW_ERR_OUT_OF_MEMORY);
    }
  }
  assert_live(system, 0, 0);
  assert_ok(hw_destroy(system));
}

static void nowait_is_refused_and_changes_nothing(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(fake_os());
  const hw_layout_t to[] = {{200, 8}, {50, 8}, {100, 8}, {200, 64}, {0, 1}};
  for (size_t i = 0; i < COUNT_OF(to); i++) {
    assert_unchanged_by_failure(system, layout_of(100, 8), to[i], HW_NOWAIT, HW_ERR_NOWAIT);
  }
  assert_ok(hw_destroy(system));
}

static void in_place_is_the_same_size_only(void **state) {
  (void)state;
  hw_allocator_t *system = open_system(NULL);
  const hw_layout_t layout = layout_of(4096, 4096);
  void *block = NULL;
  assert_ok(hw_allocate(system, layout, 0, &block));
  assert_ok(hw_reallocate_in_place(system, block, layout, layout));
  assert_ok(hw_reallocate_in_place(system, block, layout, layout_of(4096, 8)));
  assert_status(HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(system, block, layout, layout_of(4095, 1)));
  assert_status(HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(system, block, layout, layout_of(4097, 1)));
  size_t aligned_beyond = (size_t)1 << 62;
  assert_status(HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(system, block, layout, layout_of(4096, aligned_beyond)));
  assert_live(system, 1, 4096);
  assert_ok(hw_deallocate(system, block, layout));
  assert_ok(hw_destroy(system));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_layout_becomes_every_other),
      cmocka_unit_test(contents_survive_a_c_library_that_always_moves),
      cmocka_unit_test(an_over_aligned_block_keeps_its_alignment),
      cmocka_unit_test(realloc_serves_what_malloc_aligns),
      cmocka_unit_test(size_zero_gives_the_memory_back),
      cmocka_unit_test(a_failed_reallocate_leaves_the_old_block_byte_for_byte),
      cmocka_unit_test(nowait_is_refused_and_changes_nothing),
      cmocka_unit_test(in_place_is_the_same_size_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The limit of the system allocator counts the sizes of the layouts, exactly. */
#include "system/system.h"

#include "fake_os.h"
#include "harness.h"

#define LIMIT 1000

static hw_allocator_t *system_allocator;

static int open_limited(void **state) {
  (void)state;
  fake_os_begin();
  const hw_config_t config = {.limit = LIMIT, .os = fake_os()};
  assert_ok(hw_create("system", &config, &system_allocator));
  return 0;
}

static int close_limited(void **state) {
  (void)state;
  assert_ok(hw_verify(system_allocator, NULL));
  assert_ok(hw_destroy(system_allocator));
  assert_int_equal(fake_os_blocks(), 0);
  return 0;
}

static void *allocate(size_t size, size_t align) {
  void *block = NULL;
  assert_ok(hw_allocate(system_allocator, layout_of(size, align), 0, &block));
  return block;
}

static void deallocate(void *block, size_t size, size_t align) {
  assert_ok(hw_deallocate(system_allocator, block, layout_of(size, align)));
}

static hw_stats_t stats_now(void) {
  hw_stats_t stats;
  assert_ok(hw_stats(system_allocator, &stats));
  return stats;
}

static void refuse(size_t size, size_t align) {
  unsigned calls = fake_os_calls(FAKE_ALLOCATE) + fake_os_calls(FAKE_ALLOCATE_ALIGNED);
  uint64_t failures = stats_now().failures;
  uint8_t mark = 0;
  void *block = &mark;
  assert_status(HW_ERR_LIMIT, hw_allocate(system_allocator, layout_of(size, align), 0, &block));
  assert_ptr_equal(block, &mark);
  assert_int_equal(fake_os_calls(FAKE_ALLOCATE) + fake_os_calls(FAKE_ALLOCATE_ALIGNED), calls);
  assert_int_equal(stats_now().failures, failures + 1);
}

static void exactly_the_limit_is_given_and_no_byte_more(void **state) {
  (void)state;
  refuse(LIMIT + 1, 1);
  void *all = allocate(LIMIT, 1);
  refuse(1, 1);
  void *none = allocate(0, 4096);
  deallocate(none, 0, 4096);
  deallocate(all, LIMIT, 1);
  void *most = allocate(LIMIT - 1, 64);
  void *last = allocate(1, 64);
  refuse(1, 64);
  deallocate(most, LIMIT - 1, 64);
  deallocate(last, 1, 64);
  assert_int_equal(stats_now().peak_bytes, LIMIT);
}

static void memory_that_could_not_be_had_is_not_charged(void **state) {
  (void)state;
  for (int i = 0; i < 10; i++) {
    fake_os_fail(FAKE_ANY, 1);
    void *block = NULL;
    const hw_layout_t layout = layout_of(600, i % 2 ? 64 : 1);
    assert_status(HW_ERR_OUT_OF_MEMORY, hw_allocate(system_allocator, layout, 0, &block));
    assert_null(block);
  }
  assert_int_equal(stats_now().live_bytes, 0);
  assert_int_equal(stats_now().peak_bytes, 0);
  assert_int_equal(stats_now().allocations, 0);
  assert_int_equal(stats_now().failures, 10);
  deallocate(allocate(LIMIT, 1), LIMIT, 1);
}

static void a_resize_is_charged_its_growth_only(void **state) {
  (void)state;
  void *block = allocate(600, 8);
  const hw_layout_t layout = layout_of(600, 8);
  void *out = NULL;
  assert_status(HW_ERR_LIMIT,
                hw_reallocate(system_allocator, block, layout, layout_of(LIMIT + 1, 8), 0, &out));
  assert_null(out);
  assert_int_equal(stats_now().live_bytes, 600);
  assert_ok(hw_reallocate(system_allocator, block, layout, layout_of(LIMIT, 8), 0, &out));
  assert_int_equal(stats_now().live_bytes, LIMIT);
  assert_int_equal(stats_now().peak_bytes, LIMIT);
  assert_ok(hw_reallocate(system_allocator, out, layout_of(LIMIT, 8), layout, 0, &out));
  assert_int_equal(stats_now().live_bytes, 600);
  void *rest = allocate(400, 8);
  deallocate(rest, 400, 8);
  deallocate(out, 600, 8);
}

static void a_resize_that_fails_is_refunded(void **state) {
  (void)state;
  void *block = allocate(600, 8), *out = NULL;
  fake_os_fail(FAKE_RESIZE, 1);
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_reallocate(system_allocator, block, layout_of(600, 8),
                                                    layout_of(900, 8), 0, &out));
  assert_int_equal(stats_now().live_bytes, 600);
  fake_os_fail(FAKE_RESIZE, 1);
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_reallocate(system_allocator, block, layout_of(600, 8),
                                                    layout_of(100, 8), 0, &out));
  assert_int_equal(stats_now().live_bytes, 600);
  assert_int_equal(stats_now().peak_bytes, 600);
  deallocate(block, 600, 8);
}

static void a_moving_reallocate_counts_both_blocks(void **state) {
  (void)state;
  void *block = allocate(600, 64), *out = NULL;
  const hw_layout_t layout = layout_of(600, 64);
  assert_status(HW_ERR_LIMIT,
                hw_reallocate(system_allocator, block, layout, layout_of(401, 64), 0, &out));
  assert_null(out);
  assert_ok(hw_reallocate(system_allocator, block, layout, layout_of(400, 64), 0, &out));
  assert_int_equal(stats_now().live_bytes, 400);
  assert_int_equal(stats_now().peak_bytes, LIMIT);
  deallocate(out, 400, 64);
}

static void a_retired_block_no_longer_counts(void **state) {
  (void)state;
  void *block = allocate(LIMIT, 1);
  assert_ok(hw_retire(system_allocator, block, layout_of(LIMIT, 1)));
  deallocate(allocate(LIMIT, 1), LIMIT, 1);
  assert_int_equal(stats_now().retired_bytes, LIMIT);
  fake_os()->heap_free(block);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(exactly_the_limit_is_given_and_no_byte_more, open_limited,
                                      close_limited),
      cmocka_unit_test_setup_teardown(memory_that_could_not_be_had_is_not_charged, open_limited,
                                      close_limited),
      cmocka_unit_test_setup_teardown(a_resize_is_charged_its_growth_only, open_limited,
                                      close_limited),
      cmocka_unit_test_setup_teardown(a_resize_that_fails_is_refunded, open_limited, close_limited),
      cmocka_unit_test_setup_teardown(a_moving_reallocate_counts_both_blocks, open_limited,
                                      close_limited),
      cmocka_unit_test_setup_teardown(a_retired_block_no_longer_counts, open_limited,
                                      close_limited),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "segment/segment.h"

#include "fake_os.h"
#include "harness.h"

static size_t page_size(void) {
  return hw_os_default()->page_size();
}

static void a_segment_has_whole_zeroed_writable_pages(void **state) {
  (void)state;
  const size_t sizes[] = {1, page_size() - 1, page_size(), page_size() + 1, 3 * page_size()};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    hw_segment_t segment = {0};
    assert_ok(hw_segment_map(hw_os_default(), sizes[i], &segment));
    assert_int_equal(segment.size, (sizes[i] + page_size() - 1) / page_size() * page_size());
    assert_int_equal((uintptr_t)segment.base % page_size(), 0);
    assert_true(is_zero(segment.base, segment.size));
    fill_pattern(segment.base, segment.size, i);
    assert_true(has_pattern(segment.base, segment.size, i));
    hw_segment_unmap(hw_os_default(), &segment);
  }
}

static void the_pages_on_either_side_fault(void **state) {
  (void)state;
  hw_segment_t segment = {0};
  assert_ok(hw_segment_map(hw_os_default(), 2 * page_size(), &segment));
  uint8_t *base = segment.base;
  assert_true(write_faults(base - 1));
  assert_true(read_faults(base - page_size()));
  assert_true(write_faults(base + segment.size));
  assert_true(read_faults(base + segment.size + page_size() - 1));
  assert_false(write_faults(base));
  assert_false(write_faults(base + segment.size - 1));
  hw_segment_unmap(hw_os_default(), &segment);
}

static void unmapping_gives_everything_back_and_clears_the_segment(void **state) {
  (void)state;
  fake_os_begin();
  hw_segment_t segment = {0};
  assert_ok(hw_segment_map(fake_os(), 5, &segment));
  assert_int_equal(fake_os_mappings(), 1);
  assert_int_equal(fake_os_last_size(FAKE_MAP), 3 * page_size());
  hw_segment_unmap(fake_os(), &segment);
  assert_int_equal(fake_os_mappings(), 0);
  assert_null(segment.base);
  assert_int_equal(segment.size, 0);
}

/* `hook` fails at its `nth` call inside one hw_segment_map. */
static void assert_clean_failure(fake_hook_t hook, unsigned nth) {
  fake_os_begin();
  fake_os_fail(hook, nth);
  uint8_t mark = 0;
  hw_segment_t segment = {&mark, 77};
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_segment_map(fake_os(), 100, &segment));
  assert_true(fake_os_has_failed());
  assert_int_equal(fake_os_mappings(), 0);
  assert_ptr_equal(segment.base, &mark);
  assert_int_equal(segment.size, 77);
}

static void a_failed_map_leaves_nothing_mapped_and_the_segment_as_it_was(void **state) {
  (void)state;
  assert_clean_failure(FAKE_MAP, 1);
}

static void a_failed_first_guard_leaves_nothing_mapped(void **state) {
  (void)state;
  assert_clean_failure(FAKE_PROTECT, 1);
}

static void a_failed_second_guard_leaves_nothing_mapped(void **state) {
  (void)state;
  assert_clean_failure(FAKE_PROTECT, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_segment_has_whole_zeroed_writable_pages),
      cmocka_unit_test(the_pages_on_either_side_fault),
      cmocka_unit_test(unmapping_gives_everything_back_and_clears_the_segment),
      cmocka_unit_test(a_failed_map_leaves_nothing_mapped_and_the_segment_as_it_was),
      cmocka_unit_test(a_failed_first_guard_leaves_nothing_mapped),
      cmocka_unit_test(a_failed_second_guard_leaves_nothing_mapped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

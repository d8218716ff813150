/* Each hook of the real system does what "os/os.h" says. */
#define _DEFAULT_SOURCE /* fork, clock_gettime */

#include "os/os.h"

#include <time.h>
#include <unistd.h>

#include "base/align.h"
#include "harness.h"

static const hw_os_t *os(void) {
  return hw_os_default();
}

static void the_page_size_is_the_systems(void **state) {
  (void)state;
  assert_int_equal(os()->page_size(), sysconf(_SC_PAGESIZE));
  assert_true(hw_is_power_of_two(os()->page_size()));
}

static void the_clock_never_goes_back(void **state) {
  (void)state;
  uint64_t last = os()->milliseconds();
  assert_true(last > 0);
  for (int i = 0; i < 100000; i++) {
    uint64_t now = os()->milliseconds();
    assert_true(now >= last);
    last = now;
  }
}

static void the_clock_counts_milliseconds(void **state) {
  (void)state;
  struct timespec before, after;
  assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
  uint64_t between = os()->milliseconds();
  assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
  assert_true(between >= (uint64_t)before.tv_sec * 1000 + (uint64_t)before.tv_nsec / 1000000);
  assert_true(between <= (uint64_t)after.tv_sec * 1000 + (uint64_t)after.tv_nsec / 1000000);
}

static void mapped_pages_are_zeroed_and_writable(void **state) {
  (void)state;
  size_t size = 5 * os()->page_size();
  uint8_t *base = os()->map(size);
  assert_non_null(base);
  assert_true(hw_is_aligned(base, os()->page_size()));
  assert_true(is_zero(base, size));
  fill_pattern(base, size, 1);
  assert_true(has_pattern(base, size, 1));
  os()->unmap(base, size);
}

static void a_map_that_cannot_be_answers_null(void **state) {
  (void)state;
  assert_null(os()->map(HW_MAX_SIZE & ~(os()->page_size() - 1)));
}

static void unmapped_pages_fault_and_their_neighbours_stay(void **state) {
  (void)state;
  size_t page = os()->page_size();
  uint8_t *base = os()->map(3 * page);
  assert_non_null(base);
  fill_pattern(base, 3 * page, 2);
  os()->unmap(base + page, page);
  assert_true(read_faults(base + page));
  assert_false(read_faults(base + page - 1));
  assert_false(read_faults(base + 2 * page));
  assert_true(has_pattern(base, page, 2));
  os()->unmap(base, page);
  os()->unmap(base + 2 * page, page);
}

static void purged_pages_read_zero_and_stay_writable(void **state) {
  (void)state;
  size_t page = os()->page_size();
  uint8_t *base = os()->map(4 * page);
  assert_non_null(base);
  fill_pattern(base, 4 * page, 3);
  uint8_t last = base[4 * page - 1];
  assert_true(os()->purge(base + page, 2 * page));
  assert_true(has_pattern(base, page, 3));
  assert_true(is_zero(base + page, 2 * page));
  assert_int_equal(base[4 * page - 1], last);
  fill_pattern(base + page, 2 * page, 4);
  assert_true(has_pattern(base + page, 2 * page, 4));
  os()->unmap(base, 4 * page);
}

static void a_purge_of_no_mapping_is_refused(void **state) {
  (void)state;
  size_t page = os()->page_size();
  uint8_t *base = os()->map(page);
  assert_non_null(base);
  assert_false(os()->purge(base + 1, page)); /* not a page */
  os()->unmap(base, page);
}

static void protected_pages_fault_on_every_access(void **state) {
  (void)state;
  size_t page = os()->page_size();
  uint8_t *base = os()->map(3 * page);
  assert_non_null(base);
  assert_true(os()->protect(base + page, page));
  assert_true(read_faults(base + page));
  assert_true(write_faults(base + page));
  assert_true(read_faults(base + 2 * page - 1));
  assert_false(write_faults(base + page - 1));
  assert_false(write_faults(base + 2 * page));
  os()->unmap(base, 3 * page);
}

static void a_protect_of_no_mapping_is_refused(void **state) {
  (void)state;
  size_t page = os()->page_size();
  uint8_t *base = os()->map(page);
  assert_non_null(base);
  assert_false(os()->protect(base + 1, page));
  os()->unmap(base, page);
}

static void heap_blocks_hold_what_is_written(void **state) {
  (void)state;
  for (size_t size = 1; size <= 1u << 20; size = size * 3 + 1) {
    uint8_t *block = os()->heap_allocate(size);
    assert_non_null(block);
    fill_pattern(block, size, size);
    uint8_t *resized = os()->heap_resize(block, 2 * size);
    assert_non_null(resized);
    assert_true(has_pattern(resized, size, size));
    os()->heap_free(resized);
  }
}

static void zeroed_heap_blocks_are_zero_also_when_recycled(void **state) {
  (void)state;
  for (int i = 0; i < 100; i++) {
    uint8_t *block = os()->heap_allocate_zeroed(500);
    assert_non_null(block);
    assert_true(is_zero(block, 500));
    fill_pattern(block, 500, 5);
    os()->heap_free(block);
  }
}

static void aligned_heap_blocks_are_aligned(void **state) {
  (void)state;
  for (size_t align = sizeof(void *); align <= 1u << 21; align *= 2) {
    uint8_t *block = os()->heap_allocate_aligned(align, 24);
    assert_non_null(block);
    assert_true(hw_is_aligned(block, align));
    fill_pattern(block, 24, align);
    os()->heap_free(block);
  }
}

static void a_heap_block_that_cannot_be_is_null(void **state) {
  (void)state;
  volatile size_t too_large = HW_MAX_SIZE; /* hidden from the compiler, which would warn */
  assert_null(os()->heap_allocate(too_large));
  assert_null(os()->heap_allocate_zeroed(too_large));
  assert_null(os()->heap_allocate_aligned(64, too_large));
  uint8_t *block = os()->heap_allocate(10);
  assert_non_null(block);
  fill_pattern(block, 10, 6);
  assert_null(os()->heap_resize(block, too_large));
  assert_true(has_pattern(block, 10, 6));
  os()->heap_free(block);
}

static void the_hooks_are_one_constant_table(void **state) {
  (void)state;
  assert_ptr_equal(hw_os_default(), hw_os_default());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_page_size_is_the_systems),
      cmocka_unit_test(the_clock_never_goes_back),
      cmocka_unit_test(the_clock_counts_milliseconds),
      cmocka_unit_test(mapped_pages_are_zeroed_and_writable),
      cmocka_unit_test(a_map_that_cannot_be_answers_null),
      cmocka_unit_test(unmapped_pages_fault_and_their_neighbours_stay),
      cmocka_unit_test(purged_pages_read_zero_and_stay_writable),
      cmocka_unit_test(a_purge_of_no_mapping_is_refused),
      cmocka_unit_test(protected_pages_fault_on_every_access),
      cmocka_unit_test(a_protect_of_no_mapping_is_refused),
      cmocka_unit_test(heap_blocks_hold_what_is_written),
      cmocka_unit_test(zeroed_heap_blocks_are_zero_also_when_recycled),
      cmocka_unit_test(aligned_heap_blocks_are_aligned),
      cmocka_unit_test(a_heap_block_that_cannot_be_is_null),
      cmocka_unit_test(the_hooks_are_one_constant_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

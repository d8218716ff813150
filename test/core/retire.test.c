/* A retired range reads zero, its neighbours keep their bytes, and as many whole pages as lie in it
 * go back to the system. */
#include "segment/retire.h"

#include "base/align.h"
#include "fake_os.h"
#include "harness.h"

#define PAGES 6

static size_t page_size(void) {
  return hw_os_default()->page_size();
}

/* Retires [from, to) of a patterned mapping; everything around it must stay. */
static void retire_part(size_t from, size_t to) {
  size_t size = PAGES * page_size();
  uint8_t *base = fake_os()->map(size);
  uint8_t *expected = fake_os()->map(size);
  assert_non_null(base);
  assert_non_null(expected);
  fill_pattern(base, size, 1);
  fill_pattern(expected, size, 1);
  for (size_t i = from; i < to; i++) expected[i] = 0;

  hw_retire_range(fake_os(), base + from, to - from);

  assert_memory_equal(base, expected, size);
  base[from] = 1; /* still mapped, still writable: a late writer must not fault */
  fake_os()->unmap(base, size);
  fake_os()->unmap(expected, size);
}

static void whole_pages_are_purged_and_nothing_is_filled(void **state) {
  (void)state;
  fake_os_begin();
  retire_part(page_size(), 4 * page_size());
  assert_int_equal(fake_os_calls(FAKE_PURGE), 1);
  assert_int_equal(fake_os_last_size(FAKE_PURGE), 3 * page_size());
}

static void inner_pages_are_purged_and_the_edges_filled(void **state) {
  (void)state;
  const size_t edges[] = {1, 100, page_size() - 1};
  for (size_t i = 0; i < COUNT_OF(edges); i++) {
    fake_os_begin();
    retire_part(page_size() - edges[i], 3 * page_size() + edges[i]);
    assert_int_equal(fake_os_calls(FAKE_PURGE), 1);
    assert_int_equal(fake_os_last_size(FAKE_PURGE), 2 * page_size());
  }
}

static void one_ragged_edge_is_enough_to_be_filled(void **state) {
  (void)state;
  fake_os_begin();
  retire_part(page_size(), 2 * page_size() + 9);
  assert_int_equal(fake_os_last_size(FAKE_PURGE), page_size());
  retire_part(page_size() - 9, 2 * page_size());
  assert_int_equal(fake_os_last_size(FAKE_PURGE), page_size());
}

static void a_range_without_a_whole_page_is_only_filled(void **state) {
  (void)state;
  fake_os_begin();
  retire_part(0, 1);
  retire_part(10, page_size() - 10);
  retire_part(page_size() - 1, page_size());
  retire_part(0, page_size() - 1);
  retire_part(1, page_size());
  retire_part(page_size() - 5, page_size() + 5);
  retire_part(1, 2 * page_size() - 1);
  assert_int_equal(fake_os_calls(FAKE_PURGE), 0);
}

static void a_refused_purge_is_replaced_by_filling(void **state) {
  (void)state;
  fake_os_begin();
  fake_os_refuse(FAKE_PURGE);
  retire_part(page_size(), 4 * page_size());
  retire_part(page_size() - 7, 4 * page_size() + 7);
  assert_int_equal(fake_os_calls(FAKE_PURGE), 2);
}

static void an_empty_range_is_not_touched(void **state) {
  (void)state;
  fake_os_begin();
  hw_retire_range(fake_os(), (void *)(uintptr_t)64, 0);
  assert_int_equal(fake_os_calls(FAKE_PURGE), 0);
}

static void a_heap_block_is_retired_without_harm_to_its_neighbours(void **state) {
  (void)state;
  fake_os_begin();
  size_t size = 5 * page_size() + 24;
  uint8_t *blocks[3];
  for (size_t i = 0; i < 3; i++) {
    blocks[i] = fake_os()->heap_allocate(size);
    assert_non_null(blocks[i]);
    fill_pattern(blocks[i], size, i);
  }
  hw_retire_range(fake_os(), blocks[1], size);
  assert_int_equal(fake_os_calls(FAKE_PURGE), 1);
  assert_true(is_zero(blocks[1], size));
  assert_true(has_pattern(blocks[0], size, 0));
  assert_true(has_pattern(blocks[2], size, 2));
  for (size_t i = 0; i < 3; i++) fake_os()->heap_free(blocks[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_pages_are_purged_and_nothing_is_filled),
      cmocka_unit_test(inner_pages_are_purged_and_the_edges_filled),
      cmocka_unit_test(one_ragged_edge_is_enough_to_be_filled),
      cmocka_unit_test(a_range_without_a_whole_page_is_only_filled),
      cmocka_unit_test(a_refused_purge_is_replaced_by_filling),
      cmocka_unit_test(an_empty_range_is_not_touched),
      cmocka_unit_test(a_heap_block_is_retired_without_harm_to_its_neighbours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

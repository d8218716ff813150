/* Ranges of addresses, against a map of bytes. */
#include "binding/range_tree.h"

#include <stdlib.h>

#include "harness.h"

#define SPAN 2000u
#define MOST 400u

static hw_range_tree_t tree;
static hw_range_t nodes[MOST];
static bool is_used[SPAN];
static bool is_live[MOST];

static int begin(void **state) {
  (void)state;
  hw_range_tree_init(&tree);
  for (size_t i = 0; i < SPAN; i++) is_used[i] = false;
  for (size_t i = 0; i < MOST; i++) is_live[i] = false;
  return 0;
}

static void add(size_t at, uintptr_t start, size_t size) {
  nodes[at] = (hw_range_t){.start = start, .size = size};
  hw_range_insert(&tree, &nodes[at]);
}

static bool model_overlaps(size_t start, size_t size) {
  for (size_t i = start; i < start + size; i++) {
    if (is_used[i]) return true;
  }
  return false;
}

static void mark(size_t at, bool used) {
  is_live[at] = used;
  for (size_t i = 0; i < nodes[at].size; i++) is_used[nodes[at].start + i] = used;
}

static void ranges_end_before_their_end(void **state) {
  (void)state;
  add(0, 100, 50);
  assert_true(hw_range_overlaps(&tree, 149, 1, NULL));
  assert_false(hw_range_overlaps(&tree, 150, 50, NULL));
  assert_false(hw_range_overlaps(&tree, 50, 50, NULL));
  assert_true(hw_range_overlaps(&tree, 50, 51, NULL));
  assert_true(hw_range_overlaps(&tree, 0, 1000, NULL));
  assert_true(hw_range_overlaps(&tree, 120, 1, NULL));
}

static void a_range_does_not_overlap_itself(void **state) {
  (void)state;
  add(0, 100, 50);
  add(1, 200, 50);
  assert_false(hw_range_overlaps(&tree, 100, 100, &nodes[0]));
  assert_true(hw_range_overlaps(&tree, 100, 101, &nodes[0]));
}

static void neighbours_are_found_by_address(void **state) {
  (void)state;
  add(0, 100, 50);
  add(1, 200, 50);
  assert_null(hw_range_up_to(&tree, 99));
  assert_ptr_equal(hw_range_up_to(&tree, 100), &nodes[0]);
  assert_ptr_equal(hw_range_up_to(&tree, 199), &nodes[0]);
  assert_ptr_equal(hw_range_after(&tree, 99), &nodes[0]);
  assert_ptr_equal(hw_range_after(&tree, 100), &nodes[1]);
  assert_null(hw_range_after(&tree, 200));
}

static void the_end_of_memory_is_no_border(void **state) {
  (void)state;
  add(0, UINTPTR_MAX - 9, 9);
  assert_true(hw_range_overlaps(&tree, UINTPTR_MAX - 1, 1, NULL));
  assert_false(hw_range_overlaps(&tree, UINTPTR_MAX - 19, 10, NULL));
  assert_true(hw_range_overlaps(&tree, UINTPTR_MAX - 19, 11, NULL));
}

static void it_agrees_with_a_map_of_bytes(void **state) {
  (void)state;
  random_source_t random = random_begin();
  for (size_t round = 0; round < 60000; round++) {
    size_t at = random_below(&random, MOST);
    if (is_live[at]) {
      mark(at, false);
      hw_range_remove(&tree, &nodes[at]);
      continue;
    }
    size_t size = 1 + random_below(&random, 12);
    size_t start = random_below(&random, SPAN - size);
    bool overlaps = hw_range_overlaps(&tree, start, size, NULL);
    assert_int_equal(overlaps, model_overlaps(start, size));
    if (overlaps) continue;
    add(at, start, size);
    mark(at, true);
  }
  size_t live = 0;
  for (size_t at = 0; at < MOST; at++) live += is_live[at];
  assert_int_equal(tree.count, live);
}

static size_t depth_of(const hw_range_t *node) {
  if (node == NULL) return 0;
  size_t left = depth_of(node->left), right = depth_of(node->right);
  return 1 + (left > right ? left : right);
}

static void it_stays_flat_when_addresses_rise(void **state) {
  (void)state;
  enum { COUNT = 100000 };
  hw_range_t *many = calloc(COUNT, sizeof *many);
  assert_non_null(many);
  for (size_t i = 0; i < COUNT; i++) {
    many[i] = (hw_range_t){.start = 16 * (i + 1), .size = 16};
    hw_range_insert(&tree, &many[i]);
  }
  assert_in_range(depth_of(tree.root), 17, 80);
  for (size_t i = 0; i < COUNT; i++) hw_range_remove(&tree, &many[i]);
  assert_null(tree.root);
  assert_int_equal(tree.count, 0);
  free(many);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(ranges_end_before_their_end, begin),
      cmocka_unit_test_setup(a_range_does_not_overlap_itself, begin),
      cmocka_unit_test_setup(neighbours_are_found_by_address, begin),
      cmocka_unit_test_setup(the_end_of_memory_is_no_border, begin),
      cmocka_unit_test_setup(it_agrees_with_a_map_of_bytes, begin),
      cmocka_unit_test_setup(it_stays_flat_when_addresses_rise, begin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

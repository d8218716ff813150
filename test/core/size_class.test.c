#include "arena/size_class.h"

#include "harness.h"

#define GROUP(step) (step) * 5, (step) * 6, (step) * 7, (step) * 8

static const size_t table[] = {16,         32,          48,          64,
                               80,         96,          112,         128,
                               GROUP(32),  GROUP(64),   GROUP(128),  GROUP(256),
                               GROUP(512), GROUP(1024), GROUP(2048), GROUP(4096)};

static void the_classes_are_those_of_the_table(void **state) {
  (void)state;
  assert_int_equal(COUNT_OF(table), HW_CLASS_COUNT);
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    assert_int_equal(hw_size_classes[i].size, table[i]);
  }
}

static void every_size_gets_the_least_class_that_holds_it(void **state) {
  (void)state;
  unsigned expected = 0;
  for (size_t size = 0; size <= HW_SMALL_MOST; size++) {
    if (size > table[expected]) expected++;
    assert_int_equal(hw_class_of_size(size), expected);
    assert_int_equal(hw_class_of(layout_of(size, 1)), expected);
    assert_int_equal(hw_class_of(layout_of(size, 16)), expected);
  }
}

static void the_table_and_the_arithmetic_agree(void **state) {
  (void)state;
  for (size_t size = 129; size <= HW_CLASS_TABLE_MOST; size++) {
    assert_int_equal(hw_class_table[(size + 15) / 16], hw_class_by_log(size));
  }
}

static void above_128_bytes_less_than_a_fifth_of_a_block_is_waste(void **state) {
  (void)state;
  for (size_t size = 129; size <= HW_SMALL_MOST; size++) {
    size_t block = hw_size_classes[hw_class_of_size(size)].size;
    assert_true((block - size) * 5 < block);
  }
}

static void a_larger_block_is_large(void **state) {
  (void)state;
  assert_int_equal(hw_class_of(layout_of(HW_SMALL_MOST + 1, 1)), HW_CLASS_LARGE);
  assert_int_equal(hw_class_of(layout_of(HW_MAX_SIZE, 1)), HW_CLASS_LARGE);
  assert_int_equal(hw_class_of(layout_of(0, 2 * HW_PAGE_BYTES)), HW_CLASS_LARGE);
  assert_int_equal(hw_class_of(layout_of(HW_SMALL_MOST + 1, 4096)), HW_CLASS_LARGE);
}

static void an_aligned_layout_gets_the_least_class_that_keeps_its_alignment(void **state) {
  (void)state;
  for (size_t align = 1; align <= HW_PAGE_BYTES; align *= 2) {
    for (size_t size = 0; size <= HW_SMALL_MOST; size += size < 600 ? 1 : 37) {
      unsigned expected = 0;
      while (table[expected] < size || table[expected] % align != 0) expected++;
      assert_int_equal(hw_class_of(layout_of(size, align)), expected);
    }
  }
}

static void an_aligned_block_is_less_than_twice_its_size_and_alignment(void **state) {
  (void)state;
  for (size_t align = 1; align <= HW_PAGE_BYTES; align *= 2) {
    for (size_t size = 1; size <= HW_SMALL_MOST; size += 13) {
      size_t least = size > align ? size : align;
      if (least < 16) least = 16;
      assert_true(hw_usable_bytes(layout_of(size, align)) < 2 * least);
    }
  }
}

static void a_slab_has_at_least_8_regions_and_a_tail_of_at_most_a_64th(void **state) {
  (void)state;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    const hw_size_class_t *sc = &hw_size_classes[i];
    size_t bytes = sc->npages * HW_PAGE_BYTES;
    size_t tail = bytes - (size_t)sc->nregions * sc->size;
    assert_in_range(sc->nregions, sc->size > 16384 ? 4 : 8, HW_SLAB_REGIONS_MOST);
    assert_true(tail < sc->size);
    assert_true(tail * 1000 <= bytes * 16);
    assert_true(i == 0 || bytes >= 16384);
    assert_true(sc->npages >= HW_RUN_LEAST_PAGES);
  }
}

static void a_magazine_holds_at_most_64_kib_of_a_class_from_640_bytes_on(void **state) {
  (void)state;
  size_t all = 0;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    const hw_size_class_t *sc = &hw_size_classes[i];
    assert_in_range(sc->magazine, 2, HW_MAGAZINE_MOST);
    assert_int_equal(sc->refill, sc->magazine / 2);
    if (sc->size <= 512) assert_int_equal(sc->magazine, HW_MAGAZINE_MOST);
    if (sc->size > 512) assert_true((size_t)sc->magazine * sc->size <= HW_MAGAZINE_BYTES);
    all += (size_t)sc->magazine * sc->size;
  }
  /* What one idle cache can strand. */
  assert_true(all <= (size_t)1720 * 1024);
}

static void a_large_block_has_whole_pages_and_two_at_least(void **state) {
  (void)state;
  assert_int_equal(hw_large_pages(0), 2);
  assert_int_equal(hw_large_pages(1), 2);
  assert_int_equal(hw_large_pages(8192), 2);
  assert_int_equal(hw_large_pages(8193), 3);
  assert_int_equal(hw_usable_bytes(layout_of(32769, 1)), 36864);
  assert_int_equal(hw_usable_bytes(layout_of(1, 8192)), 8192);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_classes_are_those_of_the_table),
      cmocka_unit_test(every_size_gets_the_least_class_that_holds_it),
      cmocka_unit_test(the_table_and_the_arithmetic_agree),
      cmocka_unit_test(above_128_bytes_less_than_a_fifth_of_a_block_is_waste),
      cmocka_unit_test(a_larger_block_is_large),
      cmocka_unit_test(an_aligned_layout_gets_the_least_class_that_keeps_its_alignment),
      cmocka_unit_test(an_aligned_block_is_less_than_twice_its_size_and_alignment),
      cmocka_unit_test(a_slab_has_at_least_8_regions_and_a_tail_of_at_most_a_64th),
      cmocka_unit_test(a_magazine_holds_at_most_64_kib_of_a_class_from_640_bytes_on),
      cmocka_unit_test(a_large_block_has_whole_pages_and_two_at_least),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "arena/slab.h"

#include <string.h>

#include "base/bitmap.h"
#include "harness.h"

/* A slab that no run stands behind: only its descriptor is looked at. */
static hw_run_t slab_of(unsigned size_class) {
  static uint8_t somewhere[1];
  hw_run_t slab;
  memset(&slab, 0, sizeof slab);
  slab.base = somewhere;
  slab.size_class = (uint8_t)size_class;
  slab.npages = hw_size_classes[size_class].npages;
  slab.nfree = hw_size_classes[size_class].nregions;
  hw_bits_set(slab.free, 0, slab.nfree);
  return slab;
}

static uint8_t *at(const hw_run_t *slab, size_t offset) {
  return (uint8_t *)((uintptr_t)slab->base + offset);
}

static void multiplying_by_the_inverse_is_division_for_every_offset(void **state) {
  (void)state;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    const hw_size_class_t *sc = &hw_size_classes[i];
    hw_run_t slab = slab_of(i);
    for (size_t offset = 0; offset < sc->npages * HW_PAGE_BYTES; offset++) {
      size_t index = offset / sc->size;
      bool begins = offset % sc->size == 0 && index < sc->nregions;
      assert_int_equal(hw_slab_index(&slab, at(&slab, offset)), begins ? index : HW_NO_REGION);
    }
  }
}

static void the_lowest_free_region_goes_first(void **state) {
  (void)state;
  hw_run_t slab = slab_of(3);
  void *out[8];
  assert_int_equal(hw_slab_take(&slab, out, 8), 8);
  for (uint32_t i = 0; i < 8; i++) assert_ptr_equal(out[i], hw_slab_region(&slab, i));
  hw_slab_give(&slab, 5);
  hw_slab_give(&slab, 2);
  assert_int_equal(hw_slab_take(&slab, out, 3), 3);
  assert_ptr_equal(out[0], hw_slab_region(&slab, 2));
  assert_ptr_equal(out[1], hw_slab_region(&slab, 5));
  assert_ptr_equal(out[2], hw_slab_region(&slab, 8));
}

static void all_regions_are_handed_out_once_and_none_behind_the_last(void **state) {
  (void)state;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    const hw_size_class_t *sc = &hw_size_classes[i];
    hw_run_t slab = slab_of(i);
    void *out[HW_SLAB_REGIONS_MOST + 1];
    assert_int_equal(hw_slab_take(&slab, out, COUNT_OF(out)), sc->nregions);
    for (uint32_t j = 0; j < sc->nregions; j++) {
      assert_ptr_equal(out[j], at(&slab, (size_t)j * sc->size));
      assert_false(hw_slab_is_free(&slab, j));
    }
    assert_int_equal(slab.nfree, 0);
    assert_int_equal(hw_bits_count(slab.free, 0, HW_SLAB_REGIONS_MOST), 0);
    assert_int_equal(hw_slab_take(&slab, out, 1), 0);
  }
}

static void regions_in_several_words_of_the_bitmap_come_in_one_go(void **state) {
  (void)state;
  hw_run_t slab = slab_of(0);
  void *out[HW_SLAB_REGIONS_MOST];
  assert_int_equal(hw_slab_take(&slab, out, HW_SLAB_REGIONS_MOST), HW_SLAB_REGIONS_MOST);
  for (uint32_t i = 60; i < 512; i += 63) hw_slab_give(&slab, i);
  assert_int_equal(slab.nfree, 8);
  assert_int_equal(hw_slab_take(&slab, out, 8), 8);
  for (uint32_t i = 0; i < 8; i++) assert_ptr_equal(out[i], hw_slab_region(&slab, 60 + 63 * i));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(multiplying_by_the_inverse_is_division_for_every_offset),
      cmocka_unit_test(the_lowest_free_region_goes_first),
      cmocka_unit_test(all_regions_are_handed_out_once_and_none_behind_the_last),
      cmocka_unit_test(regions_in_several_words_of_the_bitmap_come_in_one_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

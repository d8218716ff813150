#include "base/align.h"

#include "harness.h"

static void exactly_the_powers_of_two_are_powers_of_two(void **state) {
  (void)state;
  assert_false(hw_is_power_of_two(0));
  for (size_t value = 1; value < 1u << 16; value++) {
    assert_int_equal(hw_is_power_of_two(value), __builtin_popcountll(value) == 1);
  }
  for (unsigned bit = 16; bit < 64; bit++) {
    assert_true(hw_is_power_of_two((size_t)1 << bit));
    assert_false(hw_is_power_of_two(((size_t)1 << bit) - 1));
    assert_false(hw_is_power_of_two(((size_t)1 << bit) + 1));
  }
}

static void rounding_gives_the_nearest_multiple_on_either_side(void **state) {
  (void)state;
  for (size_t align = 1; align <= 256; align *= 2) {
    for (size_t value = 0; value <= 1024; value++) {
      size_t down = value / align * align;
      size_t up = down == value ? value : down + align;
      assert_int_equal(hw_align_down(value, align), down);
      assert_int_equal(hw_align_up(value, align), up);
      assert_int_equal(hw_is_aligned((const void *)value, align), down == value);
    }
  }
}

static void the_smaller_of_two_is_the_minimum(void **state) {
  (void)state;
  assert_int_equal(hw_min(1, 2), 1);
  assert_int_equal(hw_min(2, 1), 1);
  assert_int_equal(hw_min(SIZE_MAX, SIZE_MAX), SIZE_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exactly_the_powers_of_two_are_powers_of_two),
      cmocka_unit_test(rounding_gives_the_nearest_multiple_on_either_side),
      cmocka_unit_test(the_smaller_of_two_is_the_minimum),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

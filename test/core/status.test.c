/* Statuses have names; layouts are judged by wide arithmetic. */
#include "harness.h"

#include <string.h>

static const struct {
  hw_status_t status;
  const char *name;
} statuses[] = {
    {HW_OK, "OK"},
    {HW_ERR_INVALID, "INVALID"},
    {HW_ERR_OUT_OF_MEMORY, "OUT_OF_MEMORY"},
    {HW_ERR_LIMIT, "LIMIT"},
    {HW_ERR_NOWAIT, "NOWAIT"},
    {HW_ERR_NOT_IN_PLACE, "NOT_IN_PLACE"},
    {HW_ERR_NOT_OWNED, "NOT_OWNED"},
    {HW_ERR_INTERIOR, "INTERIOR"},
    {HW_ERR_NOT_LIVE, "NOT_LIVE"},
    {HW_ERR_LAYOUT_MISMATCH, "LAYOUT_MISMATCH"},
    {HW_ERR_BUSY, "BUSY"},
    {HW_ERR_CORRUPTED, "CORRUPTED"},
};

static void every_status_has_the_name_of_its_constant(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(statuses); i++) {
    assert_string_equal(hw_status_name(statuses[i].status), statuses[i].name);
  }
}

static void a_status_out_of_range_is_unknown(void **state) {
  (void)state;
  const int strange[] = {-1, (int)COUNT_OF(statuses), 1000, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < COUNT_OF(strange); i++) {
    hw_status_t status = HW_OK;
    memcpy(&status, &strange[i], sizeof status);
    assert_string_equal(hw_status_name(status), "UNKNOWN");
  }
}

/* The rule in arithmetic that cannot wrap. */
static hw_status_t naive_check(hw_layout_t layout) {
  if (__builtin_popcountll(layout.align) != 1) return HW_ERR_INVALID;
  if (layout.align > HW_MAX_SIZE) return HW_ERR_INVALID;
  unsigned __int128 rounded =
      ((unsigned __int128)layout.size + layout.align - 1) / layout.align * layout.align;
  return rounded <= HW_MAX_SIZE ? HW_OK : HW_ERR_INVALID;
}

static void assert_agrees(size_t size, size_t align) {
  hw_layout_t layout = layout_of(size, align);
  if (hw_layout_check(layout) != naive_check(layout)) {
    fail_msg("size %zu, align %zu: %s", size, align, hw_status_name(hw_layout_check(layout)));
  }
}

static void all_small_layouts_are_judged_rightly(void **state) {
  (void)state;
  for (size_t align = 0; align <= 600; align++) {
    for (size_t size = 0; size <= 600; size++) assert_agrees(size, align);
  }
}

static void no_alignment_but_a_power_of_two_is_a_layout(void **state) {
  (void)state;
  assert_status(HW_ERR_INVALID, hw_layout_check(layout_of(0, 0)));
  for (unsigned bit = 2; bit < 64; bit++) {
    size_t power = (size_t)1 << bit;
    assert_status(HW_ERR_INVALID, hw_layout_check(layout_of(0, power - 1)));
    assert_status(HW_ERR_INVALID, hw_layout_check(layout_of(0, power + 1)));
  }
  assert_status(HW_ERR_INVALID, hw_layout_check(layout_of(0, SIZE_MAX)));
}

static void the_rounded_size_may_reach_the_maximum_and_not_pass_it(void **state) {
  (void)state;
  for (unsigned bit = 0; bit < 63; bit++) {
    size_t align = (size_t)1 << bit;
    size_t largest = HW_MAX_SIZE - (align - 1);
    assert_ok(hw_layout_check(layout_of(largest, align)));
    assert_status(HW_ERR_INVALID, hw_layout_check(layout_of(largest + 1, align)));
    assert_status(HW_ERR_INVALID, hw_layout_check(layout_of(SIZE_MAX, align)));
    for (size_t below = 0; below < 70; below++) {
      assert_agrees(HW_MAX_SIZE - below, align);
      assert_agrees(HW_MAX_SIZE + 1 + below, align);
      assert_agrees(SIZE_MAX - below, align);
    }
  }
  assert_status(HW_ERR_INVALID, hw_layout_check(layout_of(0, (size_t)1 << 63)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_status_has_the_name_of_its_constant),
      cmocka_unit_test(a_status_out_of_range_is_unknown),
      cmocka_unit_test(all_small_layouts_are_judged_rightly),
      cmocka_unit_test(no_alignment_but_a_power_of_two_is_a_layout),
      cmocka_unit_test(the_rounded_size_may_reach_the_maximum_and_not_pass_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "binding/orphans.h"

#include "harness.h"

static void orphans_add_up(void **state) {
  (void)state;
  assert_int_equal(hw_orphan_blocks(), 0);
  assert_int_equal(hw_orphan_bytes(), 0);
  hw_orphans_add(100);
  hw_orphans_add(0);
  hw_orphans_add(7);
  assert_int_equal(hw_orphan_blocks(), 3);
  assert_int_equal(hw_orphan_bytes(), 107);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(orphans_add_up)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

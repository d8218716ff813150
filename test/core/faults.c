#include "faults.h"

void fail_every_call(scenario_t scenario, unsigned least_failures) {
  unsigned failures = 0;
  for (fake_hook_t hook = FAKE_MAP; hook <= FAKE_ANY; hook++) {
    for (unsigned nth = 1;; nth++) {
      fake_os_begin();
      fake_os_fail(hook, nth);
      scenario();
      bool met = fake_os_has_failed();
      assert_int_equal(fake_os_mappings(), 0);
      assert_int_equal(fake_os_blocks(), 0);
      if (!met) break;
      failures++;
    }
  }
  print_message("  %u failures injected\n", failures);
  assert_true(failures >= least_failures);
}

bool failed_cleanly(hw_status_t status) {
  if (status == HW_OK) return false;
  assert_status(HW_ERR_OUT_OF_MEMORY, status);
  assert_true(fake_os_has_failed());
  return true;
}

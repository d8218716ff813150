/* The gate where there is no libuv: this program has none. */
#include "binding/gate.h"

#include <string.h>

#include "harness.h"

static void without_a_loop_it_is_always_busy(void **state) {
  (void)state;
  hw_gate_t gate;
  memset(&gate, 0xFF, sizeof gate);
  hw_gate_init(&gate, NULL);
  assert_null(gate.loop);
  assert_false(gate.proved);
  assert_true(hw_gate_is_busy(&gate));
  assert_int_equal(hw_gate_active_requests(&gate), 0);
  assert_int_equal(hw_gate_tick(&gate), 0);
}

static void without_libuv_the_loop_is_never_read(void **state) {
  (void)state;
  hw_gate_t gate;
  /* Reading it would fault. */
  void *no_loop = (void *)(uintptr_t)64;
  hw_gate_init(&gate, no_loop);
  assert_ptr_equal(gate.loop, no_loop);
  assert_false(gate.proved);
  assert_true(hw_gate_is_busy(&gate));
  assert_int_equal(hw_gate_active_requests(&gate), 0);
  assert_int_equal(hw_gate_tick(&gate), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_a_loop_it_is_always_busy),
      cmocka_unit_test(without_libuv_the_loop_is_never_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

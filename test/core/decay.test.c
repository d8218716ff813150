/* Decay is arithmetic on a clock that is handed in; what the pages do is in arena_decay.test.c. */
#include "arena/decay.h"

#include "harness.h"

#define STEP (HW_DECAY_MS / HW_DECAY_STEPS)

/* 1,024 pages dirty from the start; what may stay after each step. */
static void freed_pages_go_along_a_smooth_curve_in_eight_steps(void **state) {
  (void)state;
  static const size_t left[HW_DECAY_STEPS + 1] = {1008, 918, 742, 512, 282, 106, 16, 0, 0};
  hw_decay_t decay;
  hw_decay_init(&decay, HW_DECAY_MS, 5000);
  size_t ndirty = 1024;
  for (size_t i = 0; i < COUNT_OF(left); i++) {
    ndirty = hw_decay_allow(&decay, 5000 + (i + 1) * STEP, ndirty);
    assert_int_equal(ndirty, left[i]);
    decay.ndirty = ndirty;
  }
}

static void nothing_goes_within_the_first_step(void **state) {
  (void)state;
  hw_decay_t decay;
  hw_decay_init(&decay, HW_DECAY_MS, 0);
  assert_int_equal(hw_decay_allow(&decay, 0, 100), 100);
  assert_int_equal(hw_decay_allow(&decay, STEP - 1, 100), 100);
}

static void a_long_pause_lets_everything_go(void **state) {
  (void)state;
  hw_decay_t decay;
  hw_decay_init(&decay, HW_DECAY_MS, 0);
  (void)hw_decay_allow(&decay, STEP, 1000);
  assert_int_equal(hw_decay_allow(&decay, 100 * HW_DECAY_MS, 1000), 0);
}

static void what_comes_later_decays_from_then_on(void **state) {
  (void)state;
  hw_decay_t decay;
  hw_decay_init(&decay, HW_DECAY_MS, 0);
  (void)hw_decay_allow(&decay, STEP, 1024);
  assert_int_equal(hw_decay_allow(&decay, 4 * STEP, 1024), 512);
  decay.ndirty = 512;
  /* 1,024 more: all of them are allowed until their epoch ends. */
  assert_int_equal(hw_decay_allow(&decay, 4 * STEP, 512 + 1024), 512 + 1024);
  assert_int_equal(hw_decay_allow(&decay, 5 * STEP, 512 + 1024), 282 + 1008);
}

static void pages_that_are_used_again_are_not_missed(void **state) {
  (void)state;
  hw_decay_t decay;
  hw_decay_init(&decay, HW_DECAY_MS, 0);
  (void)hw_decay_allow(&decay, STEP, 1024);
  size_t allowed = hw_decay_allow(&decay, 2 * STEP, 10);
  assert_true(allowed >= 10);
}

static void minus_one_keeps_everything_and_0_nothing(void **state) {
  (void)state;
  hw_decay_t never;
  hw_decay_init(&never, -1, 0);
  assert_true(hw_decay_allow(&never, (uint64_t)1 << 40, 1000) == SIZE_MAX);
  hw_decay_t at_once;
  hw_decay_init(&at_once, 0, 0);
  assert_int_equal(hw_decay_allow(&at_once, 0, 1000), 0);
}

static void a_decay_shorter_than_its_steps_takes_a_millisecond_each(void **state) {
  (void)state;
  hw_decay_t decay;
  hw_decay_init(&decay, 3, 0);
  assert_int_equal(hw_decay_allow(&decay, 1, 1024), 1008);
  decay.ndirty = 1024;
  assert_int_equal(hw_decay_allow(&decay, 8, 1024), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(freed_pages_go_along_a_smooth_curve_in_eight_steps),
      cmocka_unit_test(nothing_goes_within_the_first_step),
      cmocka_unit_test(a_long_pause_lets_everything_go),
      cmocka_unit_test(what_comes_later_decays_from_then_on),
      cmocka_unit_test(pages_that_are_used_again_are_not_missed),
      cmocka_unit_test(minus_one_keeps_everything_and_0_nothing),
      cmocka_unit_test(a_decay_shorter_than_its_steps_takes_a_millisecond_each),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "fake_os.h"
#include "harness.h"

static void system_is_a_kind(void **state) {
  (void)state;
  hw_allocator_t *allocator = NULL;
  assert_ok(hw_create("system", NULL, &allocator));
  assert_non_null(allocator);
  assert_int_equal(allocator->ops->abi_version, HW_ABI_VERSION);
  assert_string_equal(allocator->ops->name, "system");
  assert_ok(hw_destroy(allocator));
}

static void without_a_config_there_is_no_limit(void **state) {
  (void)state;
  hw_allocator_t *allocator = NULL;
  hw_stats_t stats;
  assert_ok(hw_create("system", NULL, &allocator));
  assert_ok(hw_stats(allocator, &stats));
  assert_true(stats.limit == HW_NO_LIMIT);
  assert_ok(hw_destroy(allocator));
}

static void the_limit_of_the_config_counts(void **state) {
  (void)state;
  const size_t limits[] = {0, 1, 1000, HW_NO_LIMIT};
  for (size_t i = 0; i < COUNT_OF(limits); i++) {
    const hw_config_t config = {.limit = limits[i]};
    hw_allocator_t *allocator = NULL;
    hw_stats_t stats;
    assert_ok(hw_create("system", &config, &allocator));
    assert_ok(hw_stats(allocator, &stats));
    assert_true(stats.limit == limits[i]);
    assert_ok(hw_destroy(allocator));
  }
}

static void the_system_of_the_config_is_used(void **state) {
  (void)state;
  fake_os_begin();
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os()};
  hw_allocator_t *allocator = NULL;
  assert_ok(hw_create("system", &config, &allocator));
  assert_int_equal(fake_os_blocks(), 1);
  assert_ok(hw_destroy(allocator));
  assert_int_equal(fake_os_blocks(), 0);
}

static void an_unknown_kind_is_refused(void **state) {
  (void)state;
  const char *const kinds[] = {"", "System", "system ", "syste", "systems", "arena2"};
  for (size_t i = 0; i < COUNT_OF(kinds); i++) {
    uint8_t mark = 0;
    hw_allocator_t *allocator = (hw_allocator_t *)(void *)&mark;
    assert_status(HW_ERR_INVALID, hw_create(kinds[i], NULL, &allocator));
    assert_ptr_equal(allocator, &mark);
  }
}

static void null_arguments_are_refused(void **state) {
  (void)state;
  hw_allocator_t *allocator = NULL;
  assert_status(HW_ERR_INVALID, hw_create(NULL, NULL, &allocator));
  assert_null(allocator);
  assert_status(HW_ERR_INVALID, hw_create("system", NULL, NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(system_is_a_kind),
      cmocka_unit_test(without_a_config_there_is_no_limit),
      cmocka_unit_test(the_limit_of_the_config_counts),
      cmocka_unit_test(the_system_of_the_config_is_used),
      cmocka_unit_test(an_unknown_kind_is_refused),
      cmocka_unit_test(null_arguments_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "allocator/account.h"

#include "harness.h"

static hw_stats_t stats_of(const hw_account_t *account) {
  hw_stats_t stats;
  hw_account_stats(account, &stats);
  return stats;
}

static void assert_intact(const hw_account_t *account) {
  const char *broken = "untouched";
  assert_ok(hw_account_verify(account, &broken));
  assert_null(broken);
}

static void a_new_account_is_all_zero_and_knows_its_limit(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, 1000);
  hw_stats_t stats = stats_of(&account);
  const hw_stats_t expected = {.limit = 1000};
  assert_memory_equal(&stats, &expected, sizeof stats);
  assert_intact(&account);
}

static void exactly_the_limit_may_be_charged(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, 100);
  assert_status(HW_ERR_LIMIT, hw_account_charge(&account, 101));
  assert_ok(hw_account_charge(&account, 100));
  assert_status(HW_ERR_LIMIT, hw_account_charge(&account, 1));
  assert_ok(hw_account_charge(&account, 0));
  assert_status(HW_ERR_LIMIT, hw_account_charge(&account, SIZE_MAX));
  assert_int_equal(stats_of(&account).live_bytes, 100);
  assert_int_equal(stats_of(&account).failures, 3);
  hw_account_refund(&account, 1);
  assert_ok(hw_account_charge(&account, 1));
  assert_intact(&account);
}

static void a_limit_of_zero_allows_only_nothing(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, 0);
  assert_ok(hw_account_charge(&account, 0));
  assert_status(HW_ERR_LIMIT, hw_account_charge(&account, 1));
  assert_intact(&account);
}

static void without_a_limit_the_sum_still_cannot_wrap(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, HW_NO_LIMIT);
  assert_ok(hw_account_charge(&account, HW_MAX_SIZE));
  assert_ok(hw_account_charge(&account, HW_MAX_SIZE));
  assert_ok(hw_account_charge(&account, 1));
  assert_status(HW_ERR_LIMIT, hw_account_charge(&account, 1));
  assert_int_equal(stats_of(&account).live_bytes, SIZE_MAX);
}

static void the_peak_is_the_most_ever_in_use_and_never_falls(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, 1000);
  assert_ok(hw_account_charge(&account, 300));
  hw_account_open(&account);
  hw_account_refund(&account, 200);
  assert_ok(hw_account_charge(&account, 150));
  hw_account_raise_peak(&account);
  assert_int_equal(stats_of(&account).peak_bytes, 300);
  assert_ok(hw_account_charge(&account, 51));
  hw_account_raise_peak(&account);
  assert_int_equal(stats_of(&account).peak_bytes, 301);
  assert_status(HW_ERR_LIMIT, hw_account_charge(&account, 1000));
  assert_int_equal(stats_of(&account).peak_bytes, 301);
  assert_intact(&account);
}

static void a_charge_that_came_to_nothing_leaves_no_peak(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, 1000);
  assert_ok(hw_account_charge(&account, 100));
  hw_account_open(&account);
  assert_ok(hw_account_charge(&account, 500));
  hw_account_refund(&account, 500);
  assert_int_equal(stats_of(&account).live_bytes, 100);
  assert_int_equal(stats_of(&account).peak_bytes, 100);
  assert_intact(&account);
}

static void blocks_are_counted_from_open_to_close(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, 1000);
  for (int i = 0; i < 3; i++) {
    assert_ok(hw_account_charge(&account, 10));
    hw_account_open(&account);
  }
  hw_account_close(&account, 10);
  hw_stats_t stats = stats_of(&account);
  assert_int_equal(stats.live_blocks, 2);
  assert_int_equal(stats.live_bytes, 20);
  assert_int_equal(stats.mapped_bytes, 20);
  assert_int_equal(stats.allocations, 3);
  assert_int_equal(stats.deallocations, 1);
  assert_int_equal(stats.failures, 0);
  assert_intact(&account);
}

static void a_retired_block_is_neither_live_nor_deallocated(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, 1000);
  assert_ok(hw_account_charge(&account, 64));
  hw_account_open(&account);
  hw_account_retire(&account, 64);
  hw_stats_t stats = stats_of(&account);
  assert_int_equal(stats.live_blocks, 0);
  assert_int_equal(stats.live_bytes, 0);
  assert_int_equal(stats.retired_blocks, 1);
  assert_int_equal(stats.retired_bytes, 64);
  assert_int_equal(stats.allocations, 1);
  assert_int_equal(stats.deallocations, 0);
  assert_intact(&account);
}

static void failures_are_counted_by_themselves(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, 1000);
  hw_account_fail(&account);
  hw_account_fail(&account);
  const hw_stats_t expected = {.failures = 2, .limit = 1000};
  hw_stats_t stats = stats_of(&account);
  assert_memory_equal(&stats, &expected, sizeof stats);
}

static void assert_broken(const hw_account_t *account, const char *invariant) {
  const char *broken = NULL;
  assert_status(HW_ERR_CORRUPTED, hw_account_verify(account, &broken));
  assert_string_equal(broken, invariant);
}

static void verify_finds_live_bytes_above_the_limit(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, 100);
  atomic_store(&account.peak_bytes, 101);
  atomic_store(&account.live_bytes, 100);
  assert_intact(&account);
  atomic_store(&account.live_bytes, 101);
  assert_broken(&account, "live bytes are within the limit");
}

static void verify_finds_a_refund_too_many(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, HW_NO_LIMIT);
  hw_account_refund(&account, 1);
  assert_broken(&account, "no more bytes ended than began");
}

static void verify_finds_more_ends_than_beginnings(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, 100);
  hw_account_open(&account);
  hw_account_close(&account, 0);
  assert_intact(&account);
  hw_account_close(&account, 0);
  assert_broken(&account, "no more blocks ended than began");
  hw_account_open(&account);
  assert_intact(&account);
  hw_account_retire(&account, 0);
  assert_broken(&account, "no more blocks ended than began");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_account_is_all_zero_and_knows_its_limit),
      cmocka_unit_test(exactly_the_limit_may_be_charged),
      cmocka_unit_test(a_limit_of_zero_allows_only_nothing),
      cmocka_unit_test(without_a_limit_the_sum_still_cannot_wrap),
      cmocka_unit_test(the_peak_is_the_most_ever_in_use_and_never_falls),
      cmocka_unit_test(a_charge_that_came_to_nothing_leaves_no_peak),
      cmocka_unit_test(blocks_are_counted_from_open_to_close),
      cmocka_unit_test(a_retired_block_is_neither_live_nor_deallocated),
      cmocka_unit_test(failures_are_counted_by_themselves),
      cmocka_unit_test(verify_finds_live_bytes_above_the_limit),
      cmocka_unit_test(verify_finds_a_refund_too_many),
      cmocka_unit_test(verify_finds_more_ends_than_beginnings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Dirty pages: which go back to the system, and when. */
#include "runs_fixture.h"

#include <string.h>

#include "base/align.h"

#define BYTES(npages) ((size_t)(npages) << HW_PAGE_SHIFT)

/* A run whose every byte was written, freed. */
static uint8_t *dirty(size_t npages) {
  hw_run_t *run = claim(npages);
  uint8_t *base = run->base;
  memset(base, 0xEE, BYTES(npages));
  release(run);
  return base;
}

/* Two used pages between dirty runs, which would merge. */
static hw_run_t *fence(void) {
  return claim(2);
}

static void freed_pages_keep_their_bytes_until_they_are_purged(void **state) {
  (void)state;
  runs_begin();
  uint8_t *base = dirty(40);
  assert_int_equal(runs.ndirty, 40);
  assert_int_equal(base[BYTES(40) - 1], 0xEE);
  hw_runs_purge(&runs);
  assert_int_equal(runs.ndirty, 0);
  assert_true(is_zero(base, BYTES(40)));
  assert_int_equal(fake_os_calls(FAKE_PURGE), 1);
  runs_end();
}

static void the_stale_pages_of_a_claim_are_named(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *a = claim(10), *b = claim(10), *c = claim(10);
  release(b);
  hw_runs_purge(&runs);
  release(a);
  release(c);
  hw_run_request_t request = {.npages = 40, .align = 1, .size_class = HW_CLASS_LARGE};
  hw_stale_t stale;
  hw_run_t *all = NULL;
  assert_ok(hw_runs_claim(&runs, &request, &all, &stale));
  assert_int_equal(stale.count, 2);
  assert_int_equal(stale.at[0].first, 0);
  assert_int_equal(stale.at[0].end, 10);
  assert_int_equal(stale.at[1].first, 20);
  assert_int_equal(stale.at[1].end, 30);
  assert_int_equal(runs.ndirty, 0);
  release(all);
  runs_end();
}

static void the_last_stale_entry_stretches_over_all_that_remain(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *run[30];
  for (size_t i = 0; i < 30; i++) run[i] = claim(2);
  for (size_t i = 0; i < 30; i += 2) release(run[i]);
  hw_runs_purge(&runs);
  for (size_t i = 1; i < 30; i += 2) release(run[i]);
  hw_run_request_t request = {.npages = 60, .align = 1, .size_class = HW_CLASS_LARGE};
  hw_stale_t stale;
  hw_run_t *all = NULL;
  assert_ok(hw_runs_claim(&runs, &request, &all, &stale));
  assert_int_equal(stale.count, HW_STALE_MOST);
  assert_int_equal(stale.at[HW_STALE_MOST - 2].end, 28);
  assert_int_equal(stale.at[HW_STALE_MOST - 1].first, 30);
  assert_int_equal(stale.at[HW_STALE_MOST - 1].end, 60);
  release(all);
  runs_end();
}

static void a_clean_release_leaves_nothing_dirty(void **state) {
  (void)state;
  runs_begin();
  hw_runs_release(&runs, claim(50), true, false);
  assert_int_equal(runs.ndirty, 0);
  runs_end();
}

static void runs_below_64_kib_wait_for_four_times_the_decay(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *small = claim(HW_PURGE_PAGES - 1), *between = fence();
  hw_run_t *long_run = claim(HW_PURGE_PAGES), *behind = fence();
  release(small);
  release(long_run);
  assert_true(hw_runs_tick(&runs, 1000 + 2 * HW_DECAY_MS));
  assert_true(hw_runs_tick(&runs, 1000 + 4 * HW_DECAY_MS - 1));
  assert_int_equal(runs.ndirty, HW_PURGE_PAGES - 1);
  assert_false(hw_runs_tick(&runs, 1000 + 4 * HW_DECAY_MS));
  assert_int_equal(runs.ndirty, 0);
  release(between);
  release(behind);
  runs_end();
}

static void the_highest_addresses_go_first(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *low = claim(100), *between = fence(), *high = claim(100), *behind = fence();
  release(low);
  release(high);
  hw_runs_tick(&runs, 1000 + HW_DECAY_MS / 8);
  assert_int_equal(runs.ndirty, 100);
  hw_run_t *again = claim(100);
  assert_ptr_equal(again, low);
  assert_int_equal(runs.ndirty, 0);
  release(again);
  release(between);
  release(behind);
  runs_end();
}

static void what_the_system_does_not_take_back_stays_dirty(void **state) {
  (void)state;
  runs_begin();
  uint8_t *base = dirty(40);
  fake_os_fail(FAKE_PURGE, 1);
  hw_runs_purge(&runs);
  assert_int_equal(runs.ndirty, 40);
  assert_int_equal(base[0], 0xEE);
  hw_runs_purge(&runs);
  assert_int_equal(runs.ndirty, 0);
  runs_end();
}

static void a_decay_of_0_gives_back_at_once(void **state) {
  (void)state;
  runs_begin_as(SIZE_MAX >> HW_PAGE_SHIFT, 0);
  hw_run_t *run = claim(40);
  hw_runs_trim(&runs, run, 20, false, false);
  assert_int_equal(runs.ndirty, 0);
  release(run);
  assert_int_equal(runs.ndirty, 0);
  assert_false(hw_runs_tick(&runs, 1000));
  runs_end();
}

static void a_decay_of_minus_1_gives_back_when_asked_only(void **state) {
  (void)state;
  runs_begin_as(SIZE_MAX >> HW_PAGE_SHIFT, -1);
  (void)dirty(HW_OVERSIZE_PAGES + HW_DIRTY_CAP_PAGES);
  assert_false(hw_runs_tick(&runs, 1000 + 100 * HW_DECAY_MS));
  assert_int_equal(fake_os_calls(FAKE_PURGE), 0);
  hw_runs_purge(&runs);
  assert_int_equal(runs.ndirty, 0);
  runs_end();
}

static void beyond_the_cap_an_oversize_run_goes_back_at_once(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *oversize = claim(HW_OVERSIZE_PAGES), *between = fence();
  hw_run_t *at_the_cap = claim(HW_DIRTY_CAP_PAGES), *behind = fence();
  hw_run_t *short_run = claim(HW_OVERSIZE_PAGES - 1), *last = fence();
  release(at_the_cap);
  assert_int_equal(fake_os_calls(FAKE_PURGE), 0);
  release(short_run);
  assert_int_equal(fake_os_calls(FAKE_PURGE), 0);
  release(oversize);
  assert_true(fake_os_calls(FAKE_PURGE) > 0);
  assert_true(runs.ndirty <= HW_DIRTY_CAP_PAGES + HW_OVERSIZE_PAGES);
  release(between);
  release(behind);
  release(last);
  runs_end();
}

static void the_limit_counts_active_and_dirty_pages(void **state) {
  (void)state;
  runs_begin_as(100, HW_DECAY_MS);
  hw_run_t *run = claim(60);
  assert_status(HW_ERR_LIMIT, try_claim(41, false));
  assert_status(HW_ERR_LIMIT, try_claim(101, false));
  assert_ok(try_claim(40, false));
  assert_int_equal(runs.ndirty, 40);
  assert_int_equal(fake_os_calls(FAKE_PURGE), 0);
  assert_false(extends_to(run, 101));
  release(run);
  runs_end();
}

static void dirty_pages_make_room_below_the_limit(void **state) {
  (void)state;
  runs_begin_as(100, HW_DECAY_MS);
  hw_run_t *run = claim(60), *between = fence();
  release(run);
  assert_status(HW_ERR_NOWAIT, try_claim(61, true));
  hw_run_t *long_run = claim(61);
  assert_int_equal(fake_os_calls(FAKE_PURGE), 1);
  assert_int_equal(runs.ndirty, 0);
  release(long_run);
  fake_os_refuse(FAKE_PURGE);
  assert_status(HW_ERR_LIMIT, try_claim(90, false));
  release(between);
  runs_end();
}

static void begin_with_pages_of(size_t npages) {
  fake_os_begin();
  fake_os_pretend_page_size(BYTES(npages));
  assert_ok(hw_space_init(&runs_space, fake_os()));
  hw_runs_init(&runs, &runs_space, OWNER, SIZE_MAX >> HW_PAGE_SHIFT, HW_DECAY_MS);
}

/* Of pages of 16 and 64 KiB. */
static void what_shares_a_page_of_the_system_with_a_block_stays_dirty(void **state) {
  (void)state;
  for (size_t pages = 4; pages <= 16; pages *= 4) {
    begin_with_pages_of(pages);
    hw_run_t *before = claim(pages + 2), *run = claim(3 * pages - 4), *behind = fence();
    memset(run->base, 0xEE, BYTES(3 * pages - 4));
    uint8_t *base = run->base;
    release(run);
    hw_runs_purge(&runs);
    assert_int_equal(fake_os_last_size(FAKE_PURGE), BYTES(pages));
    assert_int_equal(runs.ndirty, 2 * pages - 4);
    assert_int_equal(base[BYTES(pages - 2) - 1], 0xEE);
    assert_true(is_zero(base + BYTES(pages - 2), BYTES(pages)));
    assert_int_equal(base[BYTES(2 * pages - 2)], 0xEE);
    release(before);
    release(behind);
    runs_end();
  }
}

static void free_pages_that_share_one_of_the_system_go_together(void **state) {
  (void)state;
  begin_with_pages_of(16);
  uint8_t *base = dirty(3);
  hw_runs_purge(&runs);
  assert_int_equal(fake_os_last_size(FAKE_PURGE), BYTES(16));
  assert_int_equal(runs.ndirty, 0);
  assert_true(is_zero(base, BYTES(16)));
  fake_os_refuse(FAKE_PURGE);
  (void)dirty(3);
  hw_runs_purge(&runs);
  assert_in_range(runs.ndirty, 3, 16);
  assert_int_equal(runs.ndirty, runs.first->ndirty);
  runs_end();
}

static void what_is_left_dirty_at_the_end_is_filled_with_zeros(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *low = claim(20), *between = fence(), *high = claim(20);
  uint8_t *at_low = low->base, *at_high = high->base;
  memset(at_low, 0xEE, BYTES(20));
  memset(at_high, 0xEE, BYTES(20));
  release(low);
  release(high);
  hw_runs_release(&runs, between, true, false);
  fake_os_refuse(FAKE_PURGE);
  hw_runs_leave(&runs);
  assert_true(is_zero(at_low, BYTES(20)));
  assert_true(is_zero(at_high, BYTES(20)));
  hw_space_destroy(&runs_space);
  assert_int_equal(fake_os_mappings(), 0);
}

static void pages_smaller_than_the_systems_are_no_reason_to_keep_a_segment(void **state) {
  (void)state;
  begin_with_pages_of(16);
  uint8_t *base = dirty(3);
  hw_runs_leave(&runs);
  assert_true(is_zero(base, BYTES(3)));
  assert_int_equal(runs_space.regions[0].segments[0].owner, HW_NO_OWNER);
  hw_space_destroy(&runs_space);
  assert_int_equal(fake_os_mappings(), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(freed_pages_keep_their_bytes_until_they_are_purged),
      cmocka_unit_test(the_stale_pages_of_a_claim_are_named),
      cmocka_unit_test(the_last_stale_entry_stretches_over_all_that_remain),
      cmocka_unit_test(a_clean_release_leaves_nothing_dirty),
      cmocka_unit_test(runs_below_64_kib_wait_for_four_times_the_decay),
      cmocka_unit_test(the_highest_addresses_go_first),
      cmocka_unit_test(what_the_system_does_not_take_back_stays_dirty),
      cmocka_unit_test(a_decay_of_0_gives_back_at_once),
      cmocka_unit_test(a_decay_of_minus_1_gives_back_when_asked_only),
      cmocka_unit_test(beyond_the_cap_an_oversize_run_goes_back_at_once),
      cmocka_unit_test(the_limit_counts_active_and_dirty_pages),
      cmocka_unit_test(dirty_pages_make_room_below_the_limit),
      cmocka_unit_test(what_shares_a_page_of_the_system_with_a_block_stays_dirty),
      cmocka_unit_test(free_pages_that_share_one_of_the_system_go_together),
      cmocka_unit_test(what_is_left_dirty_at_the_end_is_filled_with_zeros),
      cmocka_unit_test(pages_smaller_than_the_systems_are_no_reason_to_keep_a_segment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

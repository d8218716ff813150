/* Address space: regions, segments and their owners. */
#include "segment/space.h"

#include "arena_fixture.h"

#define LEAST HW_REGION_LEAST_BYTES
#define SEGMENTS(bytes) ((bytes) >> HW_SEGMENT_SHIFT)

/* Too large for the stack. */
static hw_space_t space;

static void begin(void) {
  fake_os_begin();
  assert_ok(hw_space_init(&space, fake_os()));
}

/* With regions of the least size. */
static void begin_small(void) {
  fake_os_begin();
  fake_os_bound_reservations(LEAST);
  assert_ok(hw_space_init(&space, fake_os()));
}

static void end(void) {
  hw_space_destroy(&space);
  assert_int_equal(fake_os_mappings(), 0);
}

static hw_page_segment_t *take_segments(uint32_t owner, size_t count, size_t align) {
  hw_page_segment_t *segment = NULL;
  assert_ok(hw_space_take(&space, owner, count, align, false, &segment));
  for (size_t i = 0; i < count; i++) assert_int_equal(segment[i].owner, owner);
  return segment;
}

static hw_page_segment_t *take_segment(uint32_t owner) {
  return take_segments(owner, 1, HW_SEGMENT_BYTES);
}

static uint8_t *base_of(const hw_page_segment_t *segment) {
  return hw_page_address(hw_region_of(&space, segment), hw_segment_page(segment));
}

static void a_new_space_reserves_one_region_and_commits_nothing(void **state) {
  (void)state;
  begin();
  assert_int_equal(space.region_count, 1);
  assert_true(space.regions[0].size >= LEAST);
  assert_int_equal(fake_os_mappings(), 2);
  assert_int_equal(fake_os_calls(FAKE_COMMIT), 0);
  end();
}

static void the_reservation_is_quartered_until_the_system_agrees(void **state) {
  (void)state;
  fake_os_begin();
  fake_os_bound_reservations((size_t)5 << 30);
  assert_ok(hw_space_init(&space, fake_os()));
  assert_int_equal(space.regions[0].size, (size_t)4 << 30);
  end();
}

static void a_system_without_room_for_the_least_region_has_no_space(void **state) {
  (void)state;
  fake_os_begin();
  fake_os_bound_reservations(LEAST - 1);
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_space_init(&space, fake_os()));
  assert_int_equal(fake_os_mappings(), 0);
}

static void a_region_whose_arrays_find_no_room_is_given_back(void **state) {
  (void)state;
  fake_os_begin();
  fake_os_fail(FAKE_RESERVE, 2);
  assert_ok(hw_space_init(&space, fake_os()));
  assert_true(fake_os_has_failed());
  assert_int_equal(space.regions[0].size, HW_REGION_MOST_BYTES / 4);
  end();
}

static void segments_come_lowest_address_first_and_read_zero(void **state) {
  (void)state;
  begin();
  for (uint32_t i = 0; i < 3; i++) {
    hw_page_segment_t *segment = take_segment(7);
    uint8_t *base = base_of(segment);
    assert_ptr_equal(base, space.regions[0].base + i * HW_SEGMENT_BYTES);
    assert_int_equal((uintptr_t)base % HW_SEGMENT_BYTES, 0);
    assert_true(is_zero(base, HW_SEGMENT_BYTES));
    assert_int_equal(segment->longest, HW_SEGMENT_PAGES);
    assert_int_equal(space.regions[0].committed, (i + 1) * HW_SEGMENT_BYTES);
  }
  end();
}

static void the_lowest_segments_given_back_are_taken_again_without_the_system(void **state) {
  (void)state;
  begin();
  hw_page_segment_t *segments[4];
  for (unsigned i = 0; i < 4; i++) segments[i] = take_segment(1);
  unsigned calls = fake_os_calls(FAKE_COMMIT);
  hw_space_give(&space, segments[2], false);
  hw_space_give(&space, segments[1], false);
  hw_page_segment_t *again = NULL;
  assert_ok(hw_space_take(&space, 2, 1, HW_SEGMENT_BYTES, true, &again));
  assert_ptr_equal(again, segments[1]);
  assert_ptr_equal(take_segment(2), segments[2]);
  assert_int_equal(fake_os_calls(FAKE_COMMIT), calls);
  end();
}

static void a_retired_segment_is_never_taken_again_and_its_space_stays(void **state) {
  (void)state;
  begin();
  hw_page_segment_t *first = take_segment(1);
  hw_space_give(&space, first, true);
  assert_int_equal(first->owner, HW_OWNER_RETIRED);
  assert_ptr_not_equal(take_segment(1), first);
  hw_space_destroy(&space);
  assert_int_equal(fake_os_mappings(), 2);
  fake_os_reclaim();
}

static void consecutive_segments_are_found_between_others(void **state) {
  (void)state;
  begin();
  hw_page_segment_t *segments = take_segments(1, 6, HW_SEGMENT_BYTES);
  hw_space_give(&space, &segments[0], false);
  hw_space_give(&space, &segments[2], false);
  hw_space_give(&space, &segments[3], false);
  assert_ptr_equal(take_segments(2, 2, HW_SEGMENT_BYTES), &segments[2]);
  assert_ptr_equal(take_segments(2, 1, HW_SEGMENT_BYTES), &segments[0]);
  end();
}

static void segments_are_taken_at_multiples_of_an_alignment(void **state) {
  (void)state;
  begin();
  (void)take_segment(1);
  for (size_t align = HW_SEGMENT_BYTES; align <= (size_t)1 << 30; align *= 4) {
    assert_int_equal((uintptr_t)base_of(take_segments(1, 1, align)) % align, 0);
  }
  end();
}

static void nothing_is_asked_of_the_system_with_nowait(void **state) {
  (void)state;
  begin();
  hw_page_segment_t *out = NULL;
  unsigned calls = fake_os_calls(FAKE_COMMIT) + fake_os_calls(FAKE_RESERVE);
  assert_status(HW_ERR_NOWAIT, hw_space_take(&space, 1, 1, HW_SEGMENT_BYTES, true, &out));
  assert_status(HW_ERR_NOWAIT, hw_space_take(&space, 1, SEGMENTS(HW_REGION_MOST_BYTES) + 1,
                                             HW_SEGMENT_BYTES, true, &out));
  assert_int_equal(fake_os_calls(FAKE_COMMIT) + fake_os_calls(FAKE_RESERVE), calls);
  assert_null(out);
  end();
}

static void the_edges_of_what_is_committed_are_the_edges_of_what_is_found(void **state) {
  (void)state;
  begin();
  uint8_t *base = space.regions[0].base;
  assert_null(hw_space_find(&space, base));
  (void)take_segment(1);
  uint8_t on_the_stack = 0;
  assert_null(hw_space_find(&space, NULL));
  assert_null(hw_space_find(&space, &on_the_stack));
  assert_null(hw_space_find(&space, base - 1));
  assert_ptr_equal(hw_space_find(&space, base), &space.regions[0]);
  assert_ptr_equal(hw_space_find(&space, base + HW_SEGMENT_BYTES - 1), &space.regions[0]);
  assert_null(hw_space_find(&space, base + HW_SEGMENT_BYTES));
  assert_null(hw_space_find(&space, base + space.regions[0].size));
  end();
}

static void a_second_region_follows_when_the_first_is_full(void **state) {
  (void)state;
  begin_small();
  for (size_t i = 0; i < SEGMENTS(LEAST); i++) assert_int_equal(take_segment(1)->region, 0);
  hw_page_segment_t *segment = take_segment(1);
  assert_int_equal(segment->region, 1);
  assert_int_equal(segment->index, 0);
  assert_ptr_equal(hw_space_find(&space, base_of(segment)), &space.regions[1]);
  assert_int_equal(fake_os_mappings(), 4);
  end();
}

static void a_region_is_made_as_large_as_what_is_asked(void **state) {
  (void)state;
  begin_small();
  fake_os_bound_reservations((size_t)1 << 30);
  size_t count = 3 * SEGMENTS(LEAST);
  hw_page_segment_t *segments = take_segments(1, count, HW_SEGMENT_BYTES);
  assert_int_equal(segments->region, 1);
  assert_int_equal(space.regions[1].size, count * HW_SEGMENT_BYTES);
  assert_int_equal(take_segment(1)->region, 0);
  end();
}

static void regions_come_to_an_end(void **state) {
  (void)state;
  begin_small();
  for (size_t i = 0; i < HW_REGION_MOST; i++) {
    (void)take_segments(1, SEGMENTS(LEAST), HW_SEGMENT_BYTES);
  }
  hw_page_segment_t *out = NULL;
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_space_take(&space, 1, 1, HW_SEGMENT_BYTES, false, &out));
  assert_null(out);
  hw_space_give(&space, &space.regions[HW_REGION_MOST - 1].segments[1], false);
  assert_int_equal(take_segment(1)->region, HW_REGION_MOST - 1);
  end();
}

static void more_than_there_are_addresses_is_refused(void **state) {
  (void)state;
  begin();
  hw_page_segment_t *out = NULL;
  assert_status(HW_ERR_OUT_OF_MEMORY,
                hw_space_take(&space, 1, SEGMENTS(HW_MAX_SIZE), HW_SEGMENT_BYTES, false, &out));
  assert_int_equal(space.region_count, 1);
  end();
}

static void a_commit_that_fails_is_made_up_for_by_the_next(void **state) {
  (void)state;
  /* Seven arrays and the memory itself. */
  for (unsigned nth = 1; nth <= 8; nth++) {
    begin();
    fake_os_fail(FAKE_COMMIT, nth);
    hw_page_segment_t *segment = NULL;
    assert_status(HW_ERR_OUT_OF_MEMORY,
                  hw_space_take(&space, 1, 1, HW_SEGMENT_BYTES, false, &segment));
    assert_int_equal(space.region_count, 1);
    assert_int_equal(space.regions[0].committed, 0);
    segment = take_segment(1);
    assert_true(is_zero(base_of(segment), HW_SEGMENT_BYTES));
    end();
  }
}

static void no_fork(hw_member_t *member, hw_fork_t moment) {
  (void)member;
  (void)moment;
}

static void members_get_the_lowest_free_id(void **state) {
  (void)state;
  begin();
  hw_member_t members[4];
  for (uint32_t i = 0; i < 4; i++) {
    members[i].fork = no_fork;
    assert_ok(hw_space_join(&space, &members[i]));
    assert_int_equal(members[i].owner, i + 1);
  }
  hw_space_leave(&space, &members[1]);
  hw_space_leave(&space, &members[3]);
  hw_space_leave(&space, &members[0]);
  assert_ok(hw_space_join(&space, &members[3]));
  assert_int_equal(members[3].owner, 1);
  hw_space_leave(&space, &members[3]);
  hw_space_leave(&space, &members[2]);
  assert_null(space.members);
  end();
}

static void a_space_has_a_most_of_members(void **state) {
  (void)state;
  begin();
  for (size_t i = 0; i < HW_ARENAS_MOST / 64; i++) space.owners[i] = ~(uint64_t)0;
  hw_member_t member = {.fork = no_fork};
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_space_join(&space, &member));
  assert_null(space.members);
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_space_reserves_one_region_and_commits_nothing),
      cmocka_unit_test(the_reservation_is_quartered_until_the_system_agrees),
      cmocka_unit_test(a_system_without_room_for_the_least_region_has_no_space),
      cmocka_unit_test(a_region_whose_arrays_find_no_room_is_given_back),
      cmocka_unit_test(segments_come_lowest_address_first_and_read_zero),
      cmocka_unit_test(the_lowest_segments_given_back_are_taken_again_without_the_system),
      cmocka_unit_test(a_retired_segment_is_never_taken_again_and_its_space_stays),
      cmocka_unit_test(consecutive_segments_are_found_between_others),
      cmocka_unit_test(segments_are_taken_at_multiples_of_an_alignment),
      cmocka_unit_test(nothing_is_asked_of_the_system_with_nowait),
      cmocka_unit_test(the_edges_of_what_is_committed_are_the_edges_of_what_is_found),
      cmocka_unit_test(a_second_region_follows_when_the_first_is_full),
      cmocka_unit_test(a_region_is_made_as_large_as_what_is_asked),
      cmocka_unit_test(regions_come_to_an_end),
      cmocka_unit_test(more_than_there_are_addresses_is_refused),
      cmocka_unit_test(a_commit_that_fails_is_made_up_for_by_the_next),
      cmocka_unit_test(members_get_the_lowest_free_id),
      cmocka_unit_test(a_space_has_a_most_of_members),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Shares of chunks at their edges: numbers that run out, records in every state, books that do not
 * agree. */
#include "binding/chunk_parts.h"
#include "binding/chunk_share.h"
#include "harness.h"

#define CHUNKS 64
#define CHUNK 64

static _Alignas(4096) uint8_t memory[3][CHUNKS * CHUNK];
static const char ids[3][HW_SHARE_ID_LENGTH + 1] = {"0123456789abcdef0123456789abcdef",
                                                    "1123456789abcdef0123456789abcdef",
                                                    "2123456789abcdef0123456789abcdef"};
static const hw_layout_t layout = {100, 1};

static hw_chunk_options_t options_over(void *region, size_t size) {
  hw_chunk_options_t options = HW_CHUNK_OPTIONS;
  options.region = region;
  options.region_size = size;
  options.chunk_size = CHUNK;
  return options;
}

static hw_member_t *share(unsigned at) {
  hw_chunk_options_t options = options_over(memory[at], sizeof memory[at]);
  hw_member_t *member = NULL;
  assert_int_equal(hw_share_create(&options, ids[at], 77, &member), HW_CODE_OK);
  return member;
}

static hw_member_t *join(unsigned at) {
  hw_member_t *member = NULL;
  assert_int_equal(hw_share_join(ids[at], memory[at], sizeof memory[at], &member), HW_CODE_OK);
  return member;
}

static uint64_t take(hw_member_t *member, hw_layout_t wanted) {
  uint64_t handle = 0, offset = 0;
  assert_int_equal(hw_share_allocate(member, wanted, &handle, &offset), HW_CODE_OK);
  return handle;
}

static hw_chunk_record_t *first_record(hw_member_t *member) {
  return &member->share->records[0];
}

static void shares_end_in_any_order(void **state) {
  (void)state;
  for (unsigned first = 0; first < 3; first++) {
    hw_member_t *members[3] = {share(0), share(1), share(2)};
    assert_int_equal(hw_share_count(), 3);
    for (unsigned i = 0; i < 3; i++) hw_share_leave(members[(first + i) % 3]);
    assert_int_equal(hw_share_count(), 0);
  }
  hw_member_t *member = NULL;
  assert_int_equal(hw_share_join(ids[0], memory[0], sizeof memory[0], &member), HW_CODE_CLOSED);
}

/* A private one is not asked: its memory may have been taken away, and lie elsewhere now. */
static void no_two_shares_to_join_have_the_same_bytes(void **state) {
  (void)state;
  const struct {
    size_t from, bytes;
    hw_code_t code;
  } cases[] = {
      {0, sizeof memory[0], HW_CODE_BUSY},   {sizeof memory[0] - CHUNK, 2 * CHUNK, HW_CODE_BUSY},
      {CHUNK, CHUNK, HW_CODE_BUSY},          {0, 2 * sizeof memory[0], HW_CODE_BUSY},
      {sizeof memory[0], CHUNK, HW_CODE_OK},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    hw_member_t *member = share(0), *other = NULL, *hidden = NULL;
    hw_chunk_options_t options = options_over(&memory[0][cases[i].from], cases[i].bytes);
    assert_int_equal(hw_share_create(&options, ids[1], 7, &other), cases[i].code);
    assert_int_equal(hw_share_create(&options, NULL, 7, &hidden), HW_CODE_OK);
    assert_int_equal(hw_share_count(), other == NULL ? 2 : 3);
    hw_share_leave(member);
    hw_share_leave(hidden);
    if (other != NULL) hw_share_leave(other);
    assert_int_equal(hw_share_create(&options, ids[1], 7, &other), HW_CODE_OK);
    hw_share_leave(other);
  }
}

static void another_size_of_the_region_is_refused(void **state) {
  (void)state;
  hw_member_t *member = share(0), *other = NULL;
  assert_int_equal(hw_share_join(ids[0], memory[0], CHUNK, &other), HW_CODE_NOT_OWNED);
  assert_int_equal(hw_share_join(ids[0], memory[1], sizeof memory[0], &other), HW_CODE_NOT_OWNED);
  hw_share_leave(member);
}

static void what_is_no_region_makes_no_share(void **state) {
  (void)state;
  hw_member_t *member = NULL;
  hw_chunk_options_t none = options_over(NULL, 0);
  hw_chunk_options_t huge = options_over(memory, HW_SHARE_MOST);
  hw_chunk_options_t many = options_over(memory, HW_SHARE_MOST);
  hw_chunk_options_t uneven = options_over(memory, sizeof memory);
  hw_chunk_options_t part = options_over(memory, CHUNK + 1);
  huge.chunk_size = CHUNK << 12; /* few enough chunks */
  many.chunk_size = 8;
  uneven.chunk_size = 48;
  assert_int_equal(hw_share_create(&none, NULL, 0, &member), HW_CODE_INVALID_ARG);
  assert_int_equal(hw_share_create(&huge, NULL, 0, &member), HW_CODE_INVALID_ARG);
  assert_int_equal(hw_share_create(&many, NULL, 0, &member), HW_CODE_INVALID_ARG);
  assert_int_equal(hw_share_create(&uneven, NULL, 0, &member), HW_CODE_INVALID_ARG);
  assert_int_equal(hw_share_create(&part, NULL, 0, &member), HW_CODE_INVALID_ARG);
  assert_int_equal(hw_share_count(), 0);
}

/* Numbers come again, but for those of members that left blocks. */
static void numbers_of_members_do_not_run_out(void **state) {
  (void)state;
  hw_member_t *member = share(0);
  hw_member_t *left = join(0);
  uint32_t number = left->number;
  uint64_t handle = take(left, layout);
  hw_share_leave(left);
  for (unsigned i = 0; i < 2 * HW_MEMBER_MOST; i++) {
    hw_member_t *next = join(0);
    assert_true(next->number != number && next->number != member->number);
    hw_share_leave(next);
  }
  size_t blocks = 0;
  assert_int_equal(hw_share_reclaim(member, number, &blocks), HW_CODE_OK);
  assert_int_equal(blocks, 1);
  assert_int_equal(hw_share_free(member, handle, NULL, false), HW_CODE_DETACHED);
  hw_share_leave(member);
}

static void so_many_members_there_may_be(void **state) {
  (void)state;
  static hw_member_t *members[HW_MEMBER_MOST];
  members[0] = share(0);
  for (unsigned i = 1; i < HW_MEMBER_MOST; i++) members[i] = join(0);
  hw_member_t *next = NULL;
  assert_int_equal(hw_share_join(ids[0], memory[0], sizeof memory[0], &next), HW_CODE_LIMIT);
  for (unsigned i = 0; i < HW_MEMBER_MOST; i++) hw_share_leave(members[i]);
  assert_int_equal(hw_share_count(), 0);
}

static void reclaiming_who_never_was_changes_nothing(void **state) {
  (void)state;
  hw_member_t *member = share(0);
  size_t blocks = 1;
  take(member, layout);
  assert_int_equal(hw_share_reclaim(member, 0, &blocks), HW_CODE_INVALID_ARG);
  assert_int_equal(hw_share_reclaim(member, HW_MEMBER_MOST + 1, &blocks), HW_CODE_INVALID_ARG);
  assert_int_equal(hw_share_reclaim(member, HW_MEMBER_MOST, &blocks), HW_CODE_OK);
  assert_int_equal(blocks, 0);
  assert_int_equal(hw_share_reclaim(member, member->number, &blocks), HW_CODE_BUSY);
  hw_share_leave(member);
}

static void a_handle_of_no_record_is_not_owned(void **state) {
  (void)state;
  hw_member_t *member = share(0);
  hw_share_block_t block;
  uint64_t handle = 0;
  const uint64_t foreign[] = {(uint64_t)1 << 53, UINT64_MAX, member->share->slots};
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
    assert_int_equal(hw_share_free(member, foreign[i], NULL, false), HW_CODE_NOT_OWNED);
    assert_int_equal(hw_share_look(member, foreign[i], &block), HW_CODE_NOT_OWNED);
    assert_int_equal(hw_share_resize(member, foreign[i], layout, &handle), HW_CODE_NOT_OWNED);
    assert_int_equal(hw_share_lease(member, foreign[i]), HW_CODE_NOT_OWNED);
    assert_int_equal(hw_share_end_lease(member, foreign[i]), HW_CODE_DETACHED);
  }
  hw_share_leave(member);
}

/* For the length of a call a record is claimed; who comes meanwhile is told or waits. */
static void a_claimed_record_is_left_alone(void **state) {
  (void)state;
  hw_member_t *member = share(0);
  uint64_t handle = take(member, layout), next = 0;
  hw_share_block_t block;
  uint64_t live = first_record(member)->word;
  first_record(member)->word = hw_chunk_word(live >> 24, 0, HW_CHUNK_CLAIMED);
  assert_int_equal(hw_share_free(member, handle, NULL, false), HW_CODE_BUSY);
  assert_int_equal(hw_share_look(member, handle, &block), HW_CODE_BUSY);
  assert_int_equal(hw_share_resize(member, handle, layout, &next), HW_CODE_BUSY);
  assert_int_equal(hw_share_lease(member, handle), HW_CODE_BUSY);
  first_record(member)->word = live;
  assert_int_equal(hw_share_free(member, handle, NULL, false), HW_CODE_OK);
  hw_share_leave(member);
}

static void leases_are_counted_to_their_end(void **state) {
  (void)state;
  hw_member_t *member = share(0);
  uint64_t handle = take(member, layout), other = take(member, layout), next = 0;
  for (unsigned i = 0; i < HW_CHUNK_LEASES_MOST; i++) {
    assert_int_equal(hw_share_lease(member, handle), HW_CODE_OK);
  }
  assert_int_equal(hw_share_lease(member, handle), HW_CODE_OUT_OF_MEMORY);
  assert_int_equal(hw_share_end_lease(member, other), HW_CODE_DETACHED);
  assert_int_equal(hw_share_resize(member, handle, layout, &next), HW_CODE_LEASED);
  assert_int_equal(hw_share_free(member, handle, NULL, true), HW_CODE_LEASED);
  assert_int_equal(hw_share_free(member, handle, NULL, false), HW_CODE_KEPT);
  assert_int_equal(hw_share_free(member, handle, NULL, false), HW_CODE_ABANDONED);
  assert_int_equal(hw_share_lease(member, handle), HW_CODE_ABANDONED);
  assert_int_equal(hw_share_resize(member, handle, layout, &next), HW_CODE_ABANDONED);
  uint64_t blocks = 0, bytes = 0;
  hw_share_doomed(member, &blocks, &bytes);
  assert_int_equal(blocks, 1);
  assert_int_equal(bytes, layout.size);
  hw_share_reset(member); /* what is doomed waits for its leases */
  for (unsigned i = 1; i < HW_CHUNK_LEASES_MOST; i++) {
    assert_int_equal(hw_share_end_lease(member, handle), HW_CODE_KEPT);
  }
  assert_int_equal(hw_share_end_lease(member, handle), HW_CODE_OK);
  hw_share_doomed(member, &blocks, &bytes);
  assert_int_equal(blocks, 0);
  hw_share_leave(member);
}

static void a_block_that_has_no_room_stays(void **state) {
  (void)state;
  hw_member_t *member = share(0);
  uint64_t handle = take(member, layout), next = 0;
  take(member, layout);
  hw_layout_t longer = {CHUNK * 3, 1}, aligned = {100, 4096};
  assert_int_equal(hw_share_resize(member, handle, longer, &next), HW_CODE_NOT_IN_PLACE);
  assert_int_equal(hw_share_resize(member, handle, aligned, &next), HW_CODE_OK);
  assert_int_equal(hw_share_free(member, handle, NULL, false), HW_CODE_DETACHED);
  assert_int_equal(hw_share_resize(member, handle, layout, &next), HW_CODE_DETACHED);
  hw_layout_t all = {sizeof memory[0], 1};
  uint64_t offset = 0;
  assert_int_equal(hw_share_allocate(member, all, &handle, &offset), HW_CODE_OUT_OF_MEMORY);
  hw_share_leave(member);
}

static void empty_blocks_have_places_too(void **state) {
  (void)state;
  hw_member_t *member = share(0);
  hw_share_block_t block;
  uint64_t handles[3] = {take(member, (hw_layout_t){0, 1}), take(member, (hw_layout_t){0, 4096}),
                         take(member, (hw_layout_t){0, (size_t)1 << 40})};
  for (unsigned i = 0; i < 3; i++) {
    assert_int_equal(hw_share_look(member, handles[i], &block), HW_CODE_OK);
    assert_int_equal(block.layout.size, 0);
    assert_true(block.offset <= sizeof memory[0]);
  }
  assert_int_equal(hw_share_free(member, handles[0], NULL, false), HW_CODE_OK);
  assert_int_equal(hw_share_free(member, handles[0], NULL, false), HW_CODE_DETACHED);
  assert_false(hw_share_owns(member, 0));
  assert_false(hw_share_owns(member, sizeof memory[0]));
  hw_share_leave(member);
}

static void expect_corrupted(hw_member_t *member, const char *name) {
  const char *broken = NULL;
  assert_int_equal(hw_share_verify(member, &broken), HW_CODE_CORRUPTED);
  assert_string_equal(broken, name);
}

static void verify_compares_records_and_heap(void **state) {
  (void)state;
  hw_member_t *member = share(0);
  hw_allocator_t *heap = hw_share_allocator(member);
  void *block = NULL;
  take(member, layout);
  assert_int_equal(hw_allocate(heap, layout, 0, &block), HW_OK);
  expect_corrupted(member, "each block has a record");
  assert_int_equal(hw_deallocate(heap, block, layout), HW_OK);
  assert_int_equal(hw_deallocate(heap, memory[0], layout), HW_OK);
  expect_corrupted(member, "each record is of a block");
  assert_int_equal(hw_allocate(heap, layout, 0, &block), HW_OK);
  hw_share_leave(member);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shares_end_in_any_order),
      cmocka_unit_test(no_two_shares_to_join_have_the_same_bytes),
      cmocka_unit_test(another_size_of_the_region_is_refused),
      cmocka_unit_test(what_is_no_region_makes_no_share),
      cmocka_unit_test(numbers_of_members_do_not_run_out),
      cmocka_unit_test(so_many_members_there_may_be),
      cmocka_unit_test(reclaiming_who_never_was_changes_nothing),
      cmocka_unit_test(a_handle_of_no_record_is_not_owned),
      cmocka_unit_test(a_claimed_record_is_left_alone),
      cmocka_unit_test(leases_are_counted_to_their_end),
      cmocka_unit_test(a_block_that_has_no_room_stays),
      cmocka_unit_test(empty_blocks_have_places_too),
      cmocka_unit_test(verify_compares_records_and_heap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

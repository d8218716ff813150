#include "binding/chunk_share.h"

#include <pthread.h>
#include <string.h>

#include "harness.h"

#define CHUNKS 64
#define CHUNK 64
#define ID "0123456789abcdef0123456789abcdef"

static _Alignas(4096) uint8_t memory[CHUNKS * CHUNK];
static const hw_layout_t layout = {100, 1};

static hw_member_t *share_over(void *region, size_t size, const char *id) {
  hw_chunk_options_t options = HW_CHUNK_OPTIONS;
  hw_member_t *member = NULL;
  options.region = region;
  options.region_size = size;
  options.chunk_size = CHUNK;
  assert_int_equal(hw_share_create(&options, id, 77, &member), HW_CODE_OK);
  return member;
}

static hw_member_t *join(void) {
  hw_member_t *member = NULL;
  assert_int_equal(hw_share_join(ID, memory, sizeof memory, &member), HW_CODE_OK);
  return member;
}

static uint64_t take(hw_member_t *member, hw_layout_t wanted) {
  uint64_t handle = 0, offset = 0;
  assert_int_equal(hw_share_allocate(member, wanted, &handle, &offset), HW_CODE_OK);
  return handle;
}

static void is_sound(hw_member_t *member) {
  const char *broken = NULL;
  assert_int_equal(hw_share_verify(member, &broken), HW_CODE_OK);
}

static uint64_t live_blocks(hw_member_t *member) {
  hw_stats_t stats;
  assert_int_equal(hw_stats(hw_share_allocator(member), &stats), HW_OK);
  return stats.live_blocks;
}

static void a_handle_frees_once(void **state) {
  (void)state;
  hw_member_t *member = share_over(memory, sizeof memory, NULL);
  uint64_t handle = take(member, layout);
  assert_int_equal(hw_share_free(member, handle, NULL, false), HW_CODE_OK);
  assert_int_equal(hw_share_free(member, handle, NULL, false), HW_CODE_DETACHED);
  for (unsigned i = 0; i < 3 * CHUNKS; i++) {
    assert_true(take(member, layout) != handle);
    hw_share_reset(member);
  }
  /* Now with a live block at every chunk. */
  for (unsigned i = 0; i < CHUNKS; i++) take(member, (hw_layout_t){CHUNK, 1});
  assert_int_equal(hw_share_free(member, handle, NULL, false), HW_CODE_DETACHED);
  assert_int_equal(live_blocks(member), CHUNKS);
  is_sound(member);
  hw_share_leave(member);
}

static void a_free_with_another_layout_changes_nothing(void **state) {
  (void)state;
  hw_member_t *member = share_over(memory, sizeof memory, NULL);
  uint64_t handle = take(member, layout);
  hw_layout_t larger = {101, 1}, aligned = {100, 2};
  assert_int_equal(hw_share_free(member, handle, &larger, false), HW_CODE_LAYOUT_MISMATCH);
  assert_int_equal(hw_share_free(member, handle, &aligned, false), HW_CODE_LAYOUT_MISMATCH);
  assert_int_equal(hw_share_free(member, handle, &layout, false), HW_CODE_OK);
  hw_share_leave(member);
}

static void a_number_that_is_no_handle_names_nothing(void **state) {
  (void)state;
  hw_member_t *member = share_over(memory, sizeof memory, NULL);
  uint64_t handle = take(member, layout);
  hw_share_block_t block;
  assert_int_equal(hw_share_look(member, UINT64_MAX, &block), HW_CODE_NOT_OWNED);
  assert_int_equal(hw_share_look(member, handle | ((uint64_t)1 << 53), &block), HW_CODE_NOT_OWNED);
  assert_int_equal(hw_share_free(member, handle + 1, NULL, false), HW_CODE_DETACHED);
  assert_int_equal(hw_share_look(member, 0, &block), HW_CODE_DETACHED);
  hw_share_leave(member);
}

static void any_member_frees_and_looks(void **state) {
  (void)state;
  hw_member_t *one = share_over(memory, sizeof memory, ID), *other = join();
  uint64_t handle = take(one, (hw_layout_t){64, 64});
  hw_share_block_t block;
  assert_int_equal(hw_share_look(other, handle, &block), HW_CODE_OK);
  assert_int_equal(block.layout.size, 64);
  assert_int_equal(block.layout.align, 64);
  assert_int_equal(block.owner, one->number);
  assert_int_equal(hw_share_free(other, handle, NULL, false), HW_CODE_OK);
  assert_int_equal(hw_share_free(one, handle, NULL, false), HW_CODE_DETACHED);
  hw_share_leave(one);
  is_sound(other);
  hw_share_leave(other);
}

static void a_stale_id_or_another_region_is_refused(void **state) {
  (void)state;
  hw_member_t *member = share_over(memory, sizeof memory, ID), *none = NULL;
  assert_int_equal(hw_share_join(ID, memory + CHUNK, sizeof memory - CHUNK, &none),
                   HW_CODE_NOT_OWNED);
  assert_int_equal(hw_share_join(ID, memory, sizeof memory - CHUNK, &none), HW_CODE_NOT_OWNED);
  assert_int_equal(hw_share_join("f123456789abcdef0123456789abcdef", memory, sizeof memory, &none),
                   HW_CODE_CLOSED);
  hw_share_leave(member);
  assert_int_equal(hw_share_join(ID, memory, sizeof memory, &none), HW_CODE_CLOSED);
  assert_int_equal(hw_share_count(), 0);
}

static void reclaim_frees_what_a_member_left(void **state) {
  (void)state;
  hw_member_t *one = share_over(memory, sizeof memory, ID), *other = join();
  uint32_t number = other->number;
  size_t blocks = 0;
  uint64_t kept = take(one, layout);
  for (unsigned i = 0; i < 5; i++) take(other, (hw_layout_t){i * 30, 1}); /* one of them empty */
  assert_int_equal(hw_share_reclaim(one, number, &blocks), HW_CODE_BUSY);
  hw_share_leave(other);
  assert_int_equal(live_blocks(one), 6);
  assert_int_equal(hw_share_reclaim(one, number, &blocks), HW_CODE_OK);
  assert_int_equal(blocks, 5);
  assert_int_equal(hw_share_reclaim(one, number, &blocks), HW_CODE_OK);
  assert_int_equal(blocks, 0);
  assert_int_equal(hw_share_reclaim(one, 0, &blocks), HW_CODE_INVALID_ARG);
  assert_int_equal(hw_share_free(one, kept, NULL, false), HW_CODE_OK);
  is_sound(one);
  hw_share_leave(one);
}

static void a_lease_holds_what_anyone_frees(void **state) {
  (void)state;
  hw_member_t *one = share_over(memory, sizeof memory, ID), *other = join();
  uint64_t handle = take(one, layout), blocks = 0, bytes = 0;
  hw_share_block_t block;
  assert_int_equal(hw_share_lease(other, handle), HW_CODE_OK);
  assert_int_equal(hw_share_free(one, handle, NULL, true), HW_CODE_LEASED);
  assert_int_equal(hw_share_free(one, handle, NULL, false), HW_CODE_KEPT);
  assert_int_equal(hw_share_free(one, handle, NULL, false), HW_CODE_ABANDONED);
  assert_int_equal(hw_share_look(one, handle, &block), HW_CODE_ABANDONED);
  hw_share_doomed(one, &blocks, &bytes);
  assert_int_equal(blocks, 1);
  assert_int_equal(bytes, layout.size);
  assert_int_equal(live_blocks(one), 1);
  hw_share_leave(other); /* ends its leases */
  assert_int_equal(live_blocks(one), 0);
  assert_int_equal(hw_share_look(one, handle, &block), HW_CODE_DETACHED);
  hw_share_leave(one);
}

static void a_resized_block_is_another_one(void **state) {
  (void)state;
  hw_member_t *member = share_over(memory, sizeof memory, NULL);
  uint64_t handle = take(member, layout), next = 0;
  assert_int_equal(hw_share_resize(member, handle, (hw_layout_t){300, 1}, &next), HW_CODE_OK);
  assert_int_equal(hw_share_free(member, handle, NULL, false), HW_CODE_DETACHED);
  uint64_t wall = take(member, layout), none = 0;
  assert_int_equal(hw_share_resize(member, next, (hw_layout_t){400, 1}, &none),
                   HW_CODE_NOT_IN_PLACE);
  assert_int_equal(hw_share_free(member, next, &(hw_layout_t){300, 1}, false), HW_CODE_OK);
  assert_int_equal(hw_share_lease(member, wall), HW_CODE_OK);
  assert_int_equal(hw_share_resize(member, wall, (hw_layout_t){50, 1}, &none), HW_CODE_LEASED);
  assert_int_equal(hw_share_end_lease(member, wall), HW_CODE_OK);
  assert_int_equal(hw_share_end_lease(member, wall), HW_CODE_DETACHED);
  is_sound(member);
  hw_share_leave(member);
}

static void every_alignment_is_served_at_any_address(void **state) {
  (void)state;
  for (size_t skew = 0; skew <= CHUNK; skew += 8) {
    hw_member_t *member = share_over(memory + skew, sizeof memory - CHUNK * 2, NULL);
    for (size_t align = 1; align <= 1024; align *= 2) {
      uint64_t handle = 0, offset = 0;
      hw_layout_t wanted = {40, align};
      assert_int_equal(hw_share_allocate(member, wanted, &handle, &offset), HW_CODE_OK);
      assert_int_equal((uintptr_t)(memory + skew + offset) % align, 0);
      assert_true(offset + 40 <= sizeof memory - CHUNK * 2);
      assert_int_equal(hw_share_free(member, handle, &wanted, false), HW_CODE_OK);
    }
    is_sound(member);
    hw_share_leave(member);
  }
}

/* --- threads --- */

#define WORKERS 4
#define ROUNDS 20000

static _Atomic uint64_t mailboxes[WORKERS];

/* Frees by the handle that it finds in a box, and leaves one of its own there. */
static void *pass_around(void *argument) {
  unsigned seed = (unsigned)(uintptr_t)argument;
  hw_member_t *member = join();
  for (unsigned i = 0; i < ROUNDS; i++) {
    seed = seed * 1103515245u + 12345u;
    uint64_t handle = 0, offset = 0;
    hw_layout_t wanted = {seed >> 24 & 127, 1};
    if (hw_share_allocate(member, wanted, &handle, &offset) != HW_CODE_OK) continue;
    uint64_t found = atomic_exchange(&mailboxes[seed >> 16 & (WORKERS - 1)], handle);
    if (found == 0) continue;
    if (hw_share_free(member, found, NULL, false) != HW_CODE_OK) return "a free failed";
    if (hw_share_free(member, found, NULL, false) != HW_CODE_DETACHED) return "freed twice";
  }
  hw_share_leave(member);
  return NULL;
}

static void threads_free_each_others_blocks_once(void **state) {
  (void)state;
  hw_member_t *member = share_over(memory, sizeof memory, ID);
  pthread_t threads[WORKERS];
  for (uintptr_t i = 0; i < WORKERS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, pass_around, (void *)(i + 1)), 0);
  }
  for (unsigned i = 0; i < WORKERS; i++) {
    void *failure = NULL;
    assert_int_equal(pthread_join(threads[i], &failure), 0);
    assert_null(failure);
  }
  for (unsigned i = 0; i < WORKERS; i++) {
    uint64_t left = atomic_exchange(&mailboxes[i], 0);
    if (left != 0) assert_int_equal(hw_share_free(member, left, NULL, false), HW_CODE_OK);
  }
  assert_int_equal(live_blocks(member), 0);
  is_sound(member);
  hw_share_leave(member);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_handle_frees_once),
      cmocka_unit_test(a_free_with_another_layout_changes_nothing),
      cmocka_unit_test(a_number_that_is_no_handle_names_nothing),
      cmocka_unit_test(any_member_frees_and_looks),
      cmocka_unit_test(a_stale_id_or_another_region_is_refused),
      cmocka_unit_test(reclaim_frees_what_a_member_left),
      cmocka_unit_test(a_lease_holds_what_anyone_frees),
      cmocka_unit_test(a_resized_block_is_another_one),
      cmocka_unit_test(every_alignment_is_served_at_any_address),
      cmocka_unit_test(threads_free_each_others_blocks_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A guard over an allocator that answers what it is told to. */
#include "binding/guard.h"

#include <stdlib.h>
#include <string.h>

#include "fake_os.h"
#include "harness.h"

/* An allocator over an array, which hands out what the test says. */
typedef struct scripted {
  hw_allocator_t base;
  hw_allocator_ops_t ops;
  void *answer;
  hw_status_t status, free_status, in_place_status, retire_status;
  hw_layout_t last; /* of the last call */
  uint32_t flags;
  size_t frees, resizes, retires;
  int destroyed;
} scripted_t;

static scripted_t inner;
static hw_allocator_t *guard;
static _Alignas(4096) unsigned char room[16384];

static scripted_t *scripted_of(hw_allocator_t *self) {
  return (scripted_t *)self;
}

static hw_status_t scripted_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                     void **out) {
  scripted_of(self)->last = layout;
  scripted_of(self)->flags = flags;
  *out = scripted_of(self)->answer;
  return scripted_of(self)->status;
}

static hw_status_t scripted_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  (void)ptr;
  scripted_of(self)->last = layout;
  scripted_of(self)->frees++;
  return scripted_of(self)->free_status;
}

static hw_status_t scripted_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                     hw_layout_t next) {
  (void)ptr;
  (void)layout;
  scripted_of(self)->last = next;
  scripted_of(self)->resizes++;
  return scripted_of(self)->in_place_status;
}

static hw_status_t scripted_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  (void)ptr;
  scripted_of(self)->last = layout;
  scripted_of(self)->retires++;
  return scripted_of(self)->retire_status;
}

static hw_status_t scripted_destroy(hw_allocator_t *self) {
  scripted_of(self)->destroyed++;
  return HW_OK;
}

static int begin(void **state) {
  (void)state;
  inner = (scripted_t){.ops = {.abi_version = HW_ABI_VERSION,
                               .capabilities = HW_CAN_IN_PLACE,
                               .name = "scripted",
                               .allocate = scripted_allocate,
                               .deallocate = scripted_deallocate,
                               .reallocate_in_place = scripted_in_place,
                               .retire = scripted_retire,
                               .destroy = scripted_destroy}};
  inner.base.ops = &inner.ops;
  memset(room, 0xA5, sizeof room);
  fake_os_begin();
  assert_ok(hw_guard_create(&inner.base, HW_NO_LIMIT, fake_os(), &guard));
  return 0;
}

static int end(void **state) {
  (void)state;
  assert_ok(hw_destroy(guard));
  assert_int_equal(fake_os_blocks(), 0);
  return 0;
}

static hw_status_t try_at(size_t offset, hw_layout_t layout) {
  void *out = NULL;
  inner.answer = room + offset;
  return hw_allocate(guard, layout, 0, &out);
}

static void *take_at(size_t offset, size_t size, size_t align) {
  assert_ok(try_at(offset, layout_of(size, align)));
  return room + offset;
}

static void assert_sound(uint64_t blocks, uint64_t bytes) {
  const char *broken = NULL;
  hw_stats_t stats;
  if (hw_verify(guard, &broken) != HW_OK) fail_msg("not sound: %s", broken);
  assert_ok(hw_stats(guard, &stats));
  assert_int_equal(stats.live_blocks, blocks);
  assert_int_equal(stats.live_bytes, bytes);
}

static void answers_that_cannot_be_are_corrupted(void **state) {
  (void)state;
  void *block = take_at(1024, 256, 16), *out = NULL;
  const hw_layout_t layout = layout_of(256, 16);
  const struct {
    void *answer;
    hw_status_t status;
  } wrong[] = {
      {NULL, HW_OK}, /* nothing */
      {room + 8, HW_OK}, /* misaligned */
      {block, HW_OK}, /* live */
      {room + 1024 - 16, HW_OK}, /* reaches into a block */
      {room + 1024 + 240, HW_OK}, /* begins in a block */
      {(void *)(UINTPTR_MAX - 15), HW_OK}, /* reaches past the end of memory */
      {room, (hw_status_t)99},
      {room, HW_ERR_INVALID},
      {room, HW_ERR_NOT_OWNED},
      {room, (hw_status_t)-1},
  };
  for (size_t i = 0; i < COUNT_OF(wrong); i++) {
    inner.answer = wrong[i].answer;
    inner.status = wrong[i].status;
    assert_status(HW_ERR_CORRUPTED, hw_allocate(guard, layout, 0, &out));
    assert_sound(1, 256);
  }
  inner.status = HW_OK;
  assert_null(out);
  assert_int_equal(inner.frees, 0);
  assert_ok(try_at(1280, layout));
  assert_ok(hw_deallocate(guard, room + 1280, layout));
  assert_ok(hw_deallocate(guard, block, layout));
  assert_sound(0, 0);
}

static void refusals_are_passed_on(void **state) {
  (void)state;
  const hw_status_t refusals[] = {HW_ERR_OUT_OF_MEMORY, HW_ERR_LIMIT, HW_ERR_NOWAIT};
  void *out = NULL;
  for (size_t i = 0; i < COUNT_OF(refusals); i++) {
    inner.status = refusals[i];
    assert_status(refusals[i], hw_allocate(guard, layout_of(8, 8), 0, &out));
  }
  assert_sound(0, 0);
}

static void the_guard_zeroes(void **state) {
  (void)state;
  void *out = NULL;
  inner.answer = room;
  assert_ok(hw_allocate(guard, layout_of(100, 1), HW_ZEROED | HW_NOWARN, &out));
  assert_int_equal(inner.flags, HW_NOWARN);
  assert_true(is_zero(room, 100));
  assert_int_equal(room[100], 0xA5);
  assert_ok(hw_deallocate(guard, out, layout_of(100, 1)));
}

static void who_cannot_promise_not_to_wait_is_not_asked(void **state) {
  (void)state;
  void *out = NULL;
  inner.answer = room;
  assert_status(HW_ERR_NOWAIT, hw_allocate(guard, layout_of(8, 8), HW_NOWAIT, &out));
  assert_int_equal(inner.last.size, 0);
}

static void frees_are_exact(void **state) {
  (void)state;
  void *block = take_at(0, 64, 16);
  assert_status(HW_ERR_LAYOUT_MISMATCH, hw_deallocate(guard, block, layout_of(63, 16)));
  assert_status(HW_ERR_LAYOUT_MISMATCH, hw_deallocate(guard, block, layout_of(64, 8)));
  assert_status(HW_ERR_INTERIOR, hw_deallocate(guard, room + 16, layout_of(64, 16)));
  assert_status(HW_ERR_NOT_OWNED, hw_deallocate(guard, room + 64, layout_of(64, 16)));
  assert_status(HW_ERR_NOT_OWNED, hw_deallocate(guard, room, layout_of(0, 1)));
  assert_int_equal(inner.frees, 0);
  assert_sound(1, 64);
  assert_int_equal(hw_owns(guard, room + 63), HW_OWNS_YES);
  assert_int_equal(hw_owns(guard, room + 64), HW_OWNS_NO);
  assert_ok(hw_deallocate(guard, block, layout_of(64, 16)));
  assert_status(HW_ERR_NOT_OWNED, hw_deallocate(guard, block, layout_of(64, 16)));
}

static void empty_blocks_may_lie_anywhere(void **state) {
  (void)state;
  void *block = take_at(0, 64, 16);
  take_at(16, 0, 16);
  take_at(16, 0, 16);
  assert_status(HW_ERR_CORRUPTED, try_at(8, layout_of(0, 16)));
  assert_sound(3, 64);
  for (int i = 0; i < 2; i++) assert_ok(hw_deallocate(guard, room + 16, layout_of(0, 16)));
  assert_status(HW_ERR_NOT_OWNED, hw_deallocate(guard, room + 16, layout_of(0, 16)));
  assert_ok(hw_deallocate(guard, block, layout_of(64, 16)));
}

static void the_limit_is_that_of_the_guard(void **state) {
  (void)state;
  hw_allocator_t *limited = NULL;
  void *out = NULL;
  assert_ok(hw_guard_create(&inner.base, 100, fake_os(), &limited));
  inner.answer = room;
  assert_ok(hw_allocate(limited, layout_of(64, 1), 0, &out));
  assert_status(HW_ERR_LIMIT, hw_allocate(limited, layout_of(37, 1), 0, &out));
  assert_status(HW_ERR_LIMIT,
                hw_reallocate_in_place(limited, room, layout_of(64, 1), layout_of(101, 1)));
  assert_ok(hw_reallocate_in_place(limited, room, layout_of(64, 1), layout_of(100, 1)));
  assert_ok(hw_deallocate(limited, room, layout_of(100, 1)));
  assert_ok(hw_destroy(limited));
}

static void a_shrink_is_not_told_and_can_be_undone(void **state) {
  (void)state;
  void *block = take_at(0, 1000, 8);
  assert_ok(hw_reallocate_in_place(guard, block, layout_of(1000, 8), layout_of(600, 8)));
  assert_sound(1, 600);
  assert_ok(hw_reallocate_in_place(guard, block, layout_of(600, 8), layout_of(1000, 8)));
  assert_int_equal(inner.resizes, 0);
  assert_status(HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(guard, block, layout_of(1000, 8), layout_of(499, 8)));
  assert_ok(hw_deallocate(guard, block, layout_of(1000, 8)));
  assert_int_equal(inner.last.size, 1000);
}

static void growth_is_asked_for_and_can_be_undone(void **state) {
  (void)state;
  void *block = take_at(0, 64, 8);
  assert_ok(hw_reallocate_in_place(guard, block, layout_of(64, 8), layout_of(4096, 8)));
  assert_int_equal(inner.last.size, 4096);
  assert_status(HW_ERR_CORRUPTED, try_at(4088, layout_of(8, 8)));
  inner.in_place_status = HW_ERR_NOT_IN_PLACE;
  assert_ok(hw_reallocate_in_place(guard, block, layout_of(4096, 8), layout_of(64, 8)));
  assert_sound(1, 64);
  assert_status(HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(guard, block, layout_of(64, 8), layout_of(4097, 8)));
  assert_sound(1, 64);
  assert_ok(hw_deallocate(guard, block, layout_of(64, 8)));
  assert_int_equal(inner.last.size, 4096);
}

static void growth_into_another_block_is_corrupted(void **state) {
  (void)state;
  void *block = take_at(0, 64, 8), *next = take_at(128, 64, 8);
  assert_ok(hw_reallocate_in_place(guard, block, layout_of(64, 8), layout_of(128, 8)));
  assert_status(HW_ERR_CORRUPTED,
                hw_reallocate_in_place(guard, block, layout_of(128, 8), layout_of(129, 8)));
  assert_int_equal(inner.last.size, 128); /* told to take it back */
  assert_sound(2, 192);
  assert_ok(hw_deallocate(guard, block, layout_of(128, 8)));
  assert_ok(hw_deallocate(guard, next, layout_of(64, 8)));
}

static void a_block_keeps_its_alignment_in_place(void **state) {
  (void)state;
  void *block = take_at(64, 64, 8);
  assert_status(HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(guard, block, layout_of(64, 8), layout_of(64, 128)));
  assert_ok(hw_reallocate_in_place(guard, block, layout_of(64, 8), layout_of(64, 64)));
  assert_ok(hw_deallocate(guard, block, layout_of(64, 64)));
}

static void a_free_that_is_refused_loses_the_block_and_verify_says_so(void **state) {
  (void)state;
  void *block = take_at(0, 64, 8);
  const char *broken = NULL;
  inner.free_status = HW_ERR_NOT_OWNED;
  assert_ok(hw_deallocate(guard, block, layout_of(64, 8)));
  assert_status(HW_ERR_CORRUPTED, hw_verify(guard, &broken));
  assert_string_equal(broken, "the plug-in took back every block");
  assert_status(HW_ERR_CORRUPTED, try_at(0, layout_of(64, 8)));
  assert_status(HW_ERR_NOT_LIVE, hw_deallocate(guard, block, layout_of(64, 8)));
  assert_int_equal(hw_owns(guard, block), HW_OWNS_NO);
  end(state);
  assert_int_equal(inner.destroyed, 0);
}

static void retired_memory_reads_zero_and_is_never_handed_out_again(void **state) {
  (void)state;
  void *block = take_at(0, 64, 8), *other = take_at(64, 64, 8), *empty = take_at(128, 0, 8);
  memset(block, 1, 128);
  assert_ok(hw_retire(guard, block, layout_of(64, 8)));
  assert_int_equal(inner.retires, 1);
  inner.retire_status = HW_ERR_NOT_OWNED;
  assert_ok(hw_retire(guard, other, layout_of(64, 8)));
  assert_true(is_zero(other, 64));
  assert_ok(hw_retire(guard, empty, layout_of(0, 8)));
  assert_status(HW_ERR_CORRUPTED, try_at(32, layout_of(8, 8)));
  assert_sound(0, 0);
  assert_int_equal(inner.frees, 0);
  end(state);
  assert_int_equal(inner.destroyed, 0); /* somebody may still read its memory */
}

static void it_ends_with_its_last_block(void **state) {
  (void)state;
  void *block = take_at(0, 64, 8);
  assert_status(HW_ERR_BUSY, hw_destroy(guard));
  assert_ok(hw_deallocate(guard, block, layout_of(64, 8)));
  end(state);
  assert_int_equal(inner.destroyed, 1);
}

static hw_status_t broken_verify(hw_allocator_t *self, const char **broken) {
  (void)self;
  (void)broken;
  return HW_ERR_BUSY;
}

static void verify_asks_the_inner_one_too(void **state) {
  (void)state;
  const char *broken = NULL;
  inner.ops.verify = broken_verify;
  assert_status(HW_ERR_CORRUPTED, hw_verify(guard, &broken));
  assert_string_equal(broken, "the plug-in's own verify");
  inner.ops.verify = NULL;
}

static void without_memory_for_a_node_nothing_is_asked(void **state) {
  (void)state;
  void *out = NULL;
  hw_allocator_t *none = NULL;
  fake_os_fail(FAKE_ANY, 1);
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_allocate(guard, layout_of(8, 8), 0, &out));
  fake_os_fail(FAKE_ANY, 1);
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_guard_create(&inner.base, HW_NO_LIMIT, fake_os(), &none));
  assert_int_equal(inner.last.size, 0);
  assert_sound(0, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(answers_that_cannot_be_are_corrupted, begin, end),
      cmocka_unit_test_setup_teardown(refusals_are_passed_on, begin, end),
      cmocka_unit_test_setup_teardown(the_guard_zeroes, begin, end),
      cmocka_unit_test_setup_teardown(who_cannot_promise_not_to_wait_is_not_asked, begin, end),
      cmocka_unit_test_setup_teardown(frees_are_exact, begin, end),
      cmocka_unit_test_setup_teardown(empty_blocks_may_lie_anywhere, begin, end),
      cmocka_unit_test_setup_teardown(the_limit_is_that_of_the_guard, begin, end),
      cmocka_unit_test_setup_teardown(a_shrink_is_not_told_and_can_be_undone, begin, end),
      cmocka_unit_test_setup_teardown(growth_is_asked_for_and_can_be_undone, begin, end),
      cmocka_unit_test_setup_teardown(growth_into_another_block_is_corrupted, begin, end),
      cmocka_unit_test_setup_teardown(a_block_keeps_its_alignment_in_place, begin, end),
      cmocka_unit_test_setup(a_free_that_is_refused_loses_the_block_and_verify_says_so, begin),
      cmocka_unit_test_setup(retired_memory_reads_zero_and_is_never_handed_out_again, begin),
      cmocka_unit_test_setup(it_ends_with_its_last_block, begin),
      cmocka_unit_test_setup_teardown(verify_asks_the_inner_one_too, begin, end),
      cmocka_unit_test_setup_teardown(without_memory_for_a_node_nothing_is_asked, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The public calls: each refuses what is no allocator, layout, pointer or flag before the table is
 * asked, and hands everything else to the slot as it came. */
#include "allocator/allocator.h"

#include <string.h>

#include "harness.h"

#define A_BLOCK ((void *)(uintptr_t)4096)

/* An allocator whose every slot notes that it was called and answers NOT_LIVE or 42. */
typedef struct noting_allocator {
  hw_allocator_t base;
  const char *called;
  void *ptr, *out;
  hw_layout_t layout, next;
  uint32_t flags;
} noting_allocator_t;

static noting_allocator_t *note(hw_allocator_t *self, const char *slot, void *ptr,
                                hw_layout_t layout) {
  noting_allocator_t *noting = (noting_allocator_t *)self;
  noting->called = slot;
  noting->ptr = ptr;
  noting->layout = layout;
  return noting;
}

static const hw_layout_t no_layout;

static hw_status_t note_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                 void **out) {
  noting_allocator_t *noting = note(self, "allocate", NULL, layout);
  noting->flags = flags;
  *out = A_BLOCK;
  return HW_ERR_NOT_LIVE;
}

static hw_status_t note_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  note(self, "deallocate", ptr, layout);
  return HW_ERR_NOT_LIVE;
}

static hw_status_t note_reallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                   hw_layout_t next, uint32_t flags, void **out) {
  noting_allocator_t *noting = note(self, "reallocate", ptr, layout);
  noting->next = next;
  noting->flags = flags;
  *out = A_BLOCK;
  return HW_ERR_NOT_LIVE;
}

static hw_status_t note_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                 hw_layout_t next) {
  note(self, "reallocate_in_place", ptr, layout)->next = next;
  return HW_ERR_NOT_LIVE;
}

static size_t note_usable_size(hw_allocator_t *self, hw_layout_t layout) {
  note(self, "usable_size", NULL, layout);
  return 42;
}

static hw_ownership_t note_owns(hw_allocator_t *self, const void *ptr) {
  note(self, "owns", (void *)(uintptr_t)ptr, no_layout);
  return HW_OWNS_YES;
}

static hw_status_t note_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  note(self, "retire", ptr, layout);
  return HW_ERR_NOT_LIVE;
}

static void note_stats(hw_allocator_t *self, hw_stats_t *out) {
  note(self, "stats", NULL, no_layout);
  *out = (hw_stats_t){.live_blocks = 42};
}

static hw_status_t note_verify(hw_allocator_t *self, const char **broken) {
  note(self, "verify", NULL, no_layout);
  *broken = "noted";
  return HW_ERR_CORRUPTED;
}

static hw_status_t note_destroy(hw_allocator_t *self) {
  note(self, "destroy", NULL, no_layout);
  return HW_ERR_BUSY;
}

static const hw_allocator_ops_t noting_ops = {
    .abi_version = HW_ABI_VERSION,
    .name = "noting",
    .allocate = note_allocate,
    .deallocate = note_deallocate,
    .reallocate = note_reallocate,
    .reallocate_in_place = note_in_place,
    .usable_size = note_usable_size,
    .owns = note_owns,
    .retire = note_retire,
    .stats = note_stats,
    .verify = note_verify,
    .destroy = note_destroy,
};

static const hw_layout_t bad_layouts[] = {
    {16, 0}, {16, 3}, {16, 24}, {SIZE_MAX, 1}, {HW_MAX_SIZE, 2}, {0, (size_t)1 << 63},
};

static const hw_layout_t good = {100, 8};

/* Every call with otherwise good arguments, on something that is no allocator. */
static void assert_refused_by_all(hw_allocator_t *self) {
  uint8_t mark = 0;
  void *out = &mark;
  hw_stats_t stats = {.live_blocks = 7};
  const char *broken = "untouched";
  assert_status(HW_ERR_INVALID, hw_allocate(self, good, 0, &out));
  assert_status(HW_ERR_INVALID, hw_deallocate(self, A_BLOCK, good));
  assert_status(HW_ERR_INVALID, hw_reallocate(self, A_BLOCK, good, good, 0, &out));
  assert_status(HW_ERR_INVALID, hw_reallocate_in_place(self, A_BLOCK, good, good));
  assert_status(HW_ERR_INVALID, hw_retire(self, A_BLOCK, good));
  assert_int_equal(hw_usable_size(self, good), 0);
  assert_int_equal(hw_owns(self, A_BLOCK), HW_OWNS_NO);
  assert_status(HW_ERR_INVALID, hw_stats(self, &stats));
  assert_status(HW_ERR_INVALID, hw_verify(self, &broken));
  assert_status(HW_ERR_INVALID, hw_verify(self, NULL));
  assert_status(HW_ERR_INVALID, hw_destroy(self));
  assert_ptr_equal(out, &mark);
  assert_int_equal(stats.live_blocks, 7);
  assert_string_equal(broken, "untouched");
}

static void null_is_no_allocator(void **state) {
  (void)state;
  assert_refused_by_all(NULL);
}

static void an_allocator_without_a_table_is_none(void **state) {
  (void)state;
  noting_allocator_t noting = {.base = {NULL}};
  assert_refused_by_all(&noting.base);
}

static void a_table_of_another_version_is_refused(void **state) {
  (void)state;
  const uint32_t versions[] = {0, HW_ABI_VERSION - 1, HW_ABI_VERSION + 1, UINT32_MAX};
  for (size_t i = 0; i < COUNT_OF(versions); i++) {
    hw_allocator_ops_t ops = noting_ops;
    ops.abi_version = versions[i];
    noting_allocator_t noting = {.base = {&ops}};
    assert_refused_by_all(&noting.base);
    assert_null(noting.called);
  }
}

static void bad_layouts_never_reach_the_table(void **state) {
  (void)state;
  noting_allocator_t noting = {.base = {&noting_ops}};
  hw_allocator_t *self = &noting.base;
  void *out = NULL;
  for (size_t i = 0; i < COUNT_OF(bad_layouts); i++) {
    hw_layout_t bad = bad_layouts[i];
    assert_status(HW_ERR_INVALID, hw_allocate(self, bad, 0, &out));
    assert_status(HW_ERR_INVALID, hw_deallocate(self, A_BLOCK, bad));
    assert_status(HW_ERR_INVALID, hw_reallocate(self, A_BLOCK, bad, good, 0, &out));
    assert_status(HW_ERR_INVALID, hw_reallocate(self, A_BLOCK, good, bad, 0, &out));
    assert_status(HW_ERR_INVALID, hw_reallocate_in_place(self, A_BLOCK, bad, good));
    assert_status(HW_ERR_INVALID, hw_reallocate_in_place(self, A_BLOCK, good, bad));
    assert_status(HW_ERR_INVALID, hw_retire(self, A_BLOCK, bad));
    assert_int_equal(hw_usable_size(self, bad), 0);
  }
  assert_null(noting.called);
  assert_null(out);
}

static void null_pointers_never_reach_the_table(void **state) {
  (void)state;
  noting_allocator_t noting = {.base = {&noting_ops}};
  hw_allocator_t *self = &noting.base;
  void *out = NULL;
  assert_status(HW_ERR_INVALID, hw_allocate(self, good, 0, NULL));
  assert_status(HW_ERR_INVALID, hw_deallocate(self, NULL, good));
  assert_status(HW_ERR_INVALID, hw_reallocate(self, NULL, good, good, 0, &out));
  assert_status(HW_ERR_INVALID, hw_reallocate(self, A_BLOCK, good, good, 0, NULL));
  assert_status(HW_ERR_INVALID, hw_reallocate_in_place(self, NULL, good, good));
  assert_status(HW_ERR_INVALID, hw_retire(self, NULL, good));
  assert_int_equal(hw_owns(self, NULL), HW_OWNS_NO);
  assert_status(HW_ERR_INVALID, hw_stats(self, NULL));
  assert_null(noting.called);
  assert_null(out);
}

static void unknown_flags_never_reach_the_table(void **state) {
  (void)state;
  noting_allocator_t noting = {.base = {&noting_ops}};
  hw_allocator_t *self = &noting.base;
  void *out = NULL;
  for (unsigned bit = 3; bit < 32; bit++) {
    uint32_t flags = (1u << bit) | HW_ZEROED;
    assert_status(HW_ERR_INVALID, hw_allocate(self, good, flags, &out));
    assert_status(HW_ERR_INVALID, hw_reallocate(self, A_BLOCK, good, good, flags, &out));
  }
  assert_null(noting.called);
  assert_null(out);
}

static void assert_noted(const noting_allocator_t *noting, const char *slot, void *ptr,
                         hw_layout_t layout) {
  assert_string_equal(noting->called, slot);
  assert_ptr_equal(noting->ptr, ptr);
  assert_memory_equal(&noting->layout, &layout, sizeof layout);
}

static void every_known_flag_reaches_the_table(void **state) {
  (void)state;
  noting_allocator_t noting = {.base = {&noting_ops}};
  void *out = NULL;
  for (uint32_t flags = 0; flags <= HW_ALL_FLAGS; flags++) {
    assert_status(HW_ERR_NOT_LIVE, hw_allocate(&noting.base, good, flags, &out));
    assert_int_equal(noting.flags, flags);
    assert_status(HW_ERR_NOT_LIVE, hw_reallocate(&noting.base, A_BLOCK, good, good, flags, &out));
    assert_int_equal(noting.flags, flags);
  }
}

static void the_slots_get_the_arguments_and_give_the_answers(void **state) {
  (void)state;
  noting_allocator_t noting = {.base = {&noting_ops}};
  hw_allocator_t *self = &noting.base;
  const hw_layout_t next = {7, 64};
  void *out = NULL;
  assert_status(HW_ERR_NOT_LIVE, hw_allocate(self, good, HW_NOWARN, &out));
  assert_noted(&noting, "allocate", NULL, good);
  assert_ptr_equal(out, A_BLOCK);
  assert_status(HW_ERR_NOT_LIVE, hw_deallocate(self, A_BLOCK, good));
  assert_noted(&noting, "deallocate", A_BLOCK, good);
  assert_status(HW_ERR_NOT_LIVE, hw_reallocate(self, A_BLOCK, good, next, 0, &out));
  assert_noted(&noting, "reallocate", A_BLOCK, good);
  assert_memory_equal(&noting.next, &next, sizeof next);
  noting.next = no_layout;
  assert_status(HW_ERR_NOT_LIVE, hw_reallocate_in_place(self, A_BLOCK, good, next));
  assert_noted(&noting, "reallocate_in_place", A_BLOCK, good);
  assert_memory_equal(&noting.next, &next, sizeof next);
  assert_status(HW_ERR_NOT_LIVE, hw_retire(self, A_BLOCK, good));
  assert_noted(&noting, "retire", A_BLOCK, good);
  assert_int_equal(hw_usable_size(self, good), 42);
  assert_noted(&noting, "usable_size", NULL, good);
  assert_int_equal(hw_owns(self, A_BLOCK), HW_OWNS_YES);
  assert_noted(&noting, "owns", A_BLOCK, no_layout);
}

static void the_questions_about_the_whole_reach_the_table(void **state) {
  (void)state;
  noting_allocator_t noting = {.base = {&noting_ops}};
  hw_stats_t stats = {0};
  const char *broken = NULL;
  assert_ok(hw_stats(&noting.base, &stats));
  assert_int_equal(stats.live_blocks, 42);
  assert_status(HW_ERR_CORRUPTED, hw_verify(&noting.base, &broken));
  assert_string_equal(broken, "noted");
  assert_status(HW_ERR_CORRUPTED, hw_verify(&noting.base, NULL));
  assert_status(HW_ERR_BUSY, hw_destroy(&noting.base));
  assert_string_equal(noting.called, "destroy");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(null_is_no_allocator),
      cmocka_unit_test(an_allocator_without_a_table_is_none),
      cmocka_unit_test(a_table_of_another_version_is_refused),
      cmocka_unit_test(bad_layouts_never_reach_the_table),
      cmocka_unit_test(null_pointers_never_reach_the_table),
      cmocka_unit_test(unknown_flags_never_reach_the_table),
      cmocka_unit_test(every_known_flag_reaches_the_table),
      cmocka_unit_test(the_slots_get_the_arguments_and_give_the_answers),
      cmocka_unit_test(the_questions_about_the_whole_reach_the_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

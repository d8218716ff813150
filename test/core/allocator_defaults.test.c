/* What an allocator of nothing but allocate and deallocate gets for every other operation. */
#include "allocator/allocator.h"

#include <string.h>

#include "harness.h"
#include "tiny_allocator.h"

static uint8_t *block_of(tiny_allocator_t *tiny, hw_layout_t layout) {
  void *block = NULL;
  assert_ok(hw_allocate(&tiny->base, layout, 0, &block));
  fill_pattern(block, layout.size, 1);
  return block;
}

/* No block lives any more. */
static void assert_balanced(const tiny_allocator_t *tiny) {
  assert_int_equal(tiny->allocations, tiny->deallocations);
}

static void assert_moves(size_t from, size_t to, uint32_t flags) {
  tiny_allocator_t tiny;
  tiny_init(&tiny);
  const hw_layout_t layout = layout_of(from, 8), next = layout_of(to, 64);
  uint8_t *block = block_of(&tiny, layout);
  void *moved = NULL;
  assert_ok(hw_reallocate(&tiny.base, block, layout, next, flags, &moved));
  size_t kept = from < to ? from : to;
  assert_true(has_pattern(moved, kept, 1));
  for (size_t i = kept; i < to; i++) {
    assert_int_equal(((uint8_t *)moved)[i], (flags & HW_ZEROED) ? 0 : 0xA5);
  }
  assert_memory_equal(&tiny.last_freed, &layout, sizeof layout);
  assert_int_equal(tiny.deallocations, 1);
  assert_ok(hw_deallocate(&tiny.base, moved, next));
  assert_balanced(&tiny);
}

static void reallocate_moves_and_copies_the_smaller_size(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 100, 101, 5000};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    for (size_t j = 0; j < COUNT_OF(sizes); j++) {
      assert_moves(sizes[i], sizes[j], 0);
      assert_moves(sizes[i], sizes[j], HW_ZEROED);
    }
  }
}

static void reallocate_asks_for_no_zeros_that_the_copy_overwrites(void **state) {
  (void)state;
  tiny_allocator_t tiny;
  tiny_init(&tiny);
  const hw_layout_t layout = layout_of(100, 8);
  uint8_t *block = block_of(&tiny, layout);
  void *moved = NULL;
  assert_ok(hw_reallocate(&tiny.base, block, layout, layout, HW_ZEROED | HW_NOWARN, &moved));
  assert_int_equal(tiny.last_flags, HW_NOWARN);
  assert_ok(hw_deallocate(&tiny.base, moved, layout));
}

static void a_refused_allocate_leaves_the_old_block_alone(void **state) {
  (void)state;
  tiny_allocator_t tiny;
  tiny_init(&tiny);
  const hw_layout_t layout = layout_of(100, 8);
  uint8_t *block = block_of(&tiny, layout);
  void *out = &tiny;
  const hw_status_t refusals[] = {HW_ERR_OUT_OF_MEMORY, HW_ERR_LIMIT, HW_ERR_NOWAIT};
  for (size_t i = 0; i < COUNT_OF(refusals); i++) {
    tiny.refuse_allocate = refusals[i];
    assert_status(refusals[i],
                  hw_reallocate(&tiny.base, block, layout, layout_of(200, 8), HW_ZEROED, &out));
    assert_ptr_equal(out, &tiny);
    assert_true(has_pattern(block, 100, 1));
    assert_int_equal(tiny.deallocations, 0);
  }
  assert_ok(hw_deallocate(&tiny.base, block, layout));
  assert_balanced(&tiny);
}

static void a_refused_deallocate_undoes_the_new_block(void **state) {
  (void)state;
  tiny_allocator_t tiny;
  tiny_init(&tiny);
  const hw_layout_t layout = layout_of(100, 8), next = layout_of(200, 8);
  uint8_t *block = block_of(&tiny, layout);
  void *out = &tiny;
  tiny.refuse_deallocate = HW_ERR_LAYOUT_MISMATCH;
  assert_status(HW_ERR_LAYOUT_MISMATCH, hw_reallocate(&tiny.base, block, layout, next, 0, &out));
  assert_ptr_equal(out, &tiny);
  assert_int_equal(tiny.allocations, 2);
  assert_int_equal(tiny.deallocations, 1);
  assert_memory_equal(&tiny.last_freed, &next, sizeof next);
  assert_true(has_pattern(block, 100, 1));
  assert_ok(hw_deallocate(&tiny.base, block, layout));
  assert_balanced(&tiny);
}

static void in_place_means_the_same_size_and_an_address_that_is_aligned(void **state) {
  (void)state;
  tiny_allocator_t tiny;
  tiny_init(&tiny);
  void *ptr = (void *)(uintptr_t)0x1040; /* a multiple of 64 and of no more */
  const hw_layout_t layout = layout_of(100, 8);
  for (size_t align = 1; align <= 64; align *= 2) {
    assert_ok(hw_reallocate_in_place(&tiny.base, ptr, layout, layout_of(100, align)));
  }
  const hw_layout_t others[] = {{100, 128}, {99, 8}, {101, 8}, {0, 8}};
  for (size_t i = 0; i < COUNT_OF(others); i++) {
    assert_status(HW_ERR_NOT_IN_PLACE, hw_reallocate_in_place(&tiny.base, ptr, layout, others[i]));
  }
}

static void usable_size_is_the_size(void **state) {
  (void)state;
  tiny_allocator_t tiny;
  tiny_init(&tiny);
  assert_int_equal(hw_usable_size(&tiny.base, layout_of(0, 8)), 0);
  assert_int_equal(hw_usable_size(&tiny.base, layout_of(123, 8)), 123);
}

static void ownership_is_unknown(void **state) {
  (void)state;
  tiny_allocator_t tiny;
  tiny_init(&tiny);
  assert_int_equal(hw_owns(&tiny.base, &tiny), HW_OWNS_UNKNOWN);
}

static void retiring_zeroes_and_forgets(void **state) {
  (void)state;
  tiny_allocator_t tiny;
  tiny_init(&tiny);
  const hw_layout_t layout = layout_of(5000, 8);
  uint8_t *block = block_of(&tiny, layout);
  assert_ok(hw_retire(&tiny.base, block, layout_of(0, 8)));
  assert_true(has_pattern(block, 5000, 1));
  assert_ok(hw_retire(&tiny.base, block, layout));
  assert_true(is_zero(block, 5000));
  assert_int_equal(tiny.deallocations, 0);
  assert_ok(hw_deallocate(&tiny.base, block, layout)); /* or the leak check finds it */
}

static void stats_are_zero_without_a_limit(void **state) {
  (void)state;
  tiny_allocator_t tiny;
  tiny_init(&tiny);
  hw_stats_t stats;
  memset(&stats, 0xFF, sizeof stats);
  assert_ok(hw_stats(&tiny.base, &stats));
  const hw_stats_t expected = {.limit = HW_NO_LIMIT};
  assert_memory_equal(&stats, &expected, sizeof stats);
}

static void verify_and_destroy_are_content(void **state) {
  (void)state;
  tiny_allocator_t tiny;
  tiny_init(&tiny);
  const char *broken = "untouched";
  assert_ok(hw_verify(&tiny.base, &broken));
  assert_null(broken);
  assert_ok(hw_verify(&tiny.base, NULL));
  assert_ok(hw_destroy(&tiny.base));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reallocate_moves_and_copies_the_smaller_size),
      cmocka_unit_test(reallocate_asks_for_no_zeros_that_the_copy_overwrites),
      cmocka_unit_test(a_refused_allocate_leaves_the_old_block_alone),
      cmocka_unit_test(a_refused_deallocate_undoes_the_new_block),
      cmocka_unit_test(in_place_means_the_same_size_and_an_address_that_is_aligned),
      cmocka_unit_test(usable_size_is_the_size),
      cmocka_unit_test(ownership_is_unknown),
      cmocka_unit_test(retiring_zeroes_and_forgets),
      cmocka_unit_test(stats_are_zero_without_a_limit),
      cmocka_unit_test(verify_and_destroy_are_content),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

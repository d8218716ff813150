/* Every size up to 64 KiB at every alignment up to a page. */
#include "arena_fixture.h"

#include <string.h>

#include "base/align.h"

static void take_check_give(hw_allocator_t *self, hw_layout_t layout) {
  void *out = NULL;
  if (hw_allocate(self, layout, 0, &out) != HW_OK) {
    fail_msg("%zu bytes at %zu", layout.size, layout.align);
  }
  uint8_t *block = out;
  size_t usable = hw_usable_size(self, layout);
  if (!hw_is_aligned(block, layout.align) || usable < layout.size) {
    fail_msg("%zu bytes at %zu: %p, usable %zu", layout.size, layout.align, out, usable);
  }
  block[0] = 0x11;
  block[usable - 1] = 0x22;
  if (hw_deallocate(self, block, layout) != HW_OK) {
    fail_msg("%zu bytes at %zu are not freed", layout.size, layout.align);
  }
}

static void sweep(hw_allocator_t *self, size_t most_align) {
  for (size_t align = 1; align <= most_align; align *= 2) {
    for (size_t size = 0; size <= 64 * KIB; size++) {
      take_check_give(self, layout_of(size, align));
    }
    take_check_give(self, layout_of(64 * KIB, align));
    assert_sound(self);
  }
}

static void every_layout_is_served_by_an_arena(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  sweep(arena, 4096);
  assert_int_equal(stats_of(arena).live_blocks, 0);
  arena_end_all(arena);
}

static void every_layout_is_served_by_a_cache(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_with(HW_ARENA_EXACT), *cache = cache_open(arena);
  sweep(cache, 4096);
  assert_int_equal(stats_of(arena).live_blocks, 0);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

/* Two live neighbours of each size, so that an overlap would show. */
static void neighbours_of_every_size_do_not_overlap(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  for (size_t size = 1; size <= 64 * KIB; size += size < 600 ? 1 : 1 + size / 50) {
    size_t usable = hw_usable_size(cache, layout_of(size, 1));
    uint8_t *a = take(cache, size), *b = take(cache, size), *c = take(cache, size);
    memset(a, 0xAA, usable);
    memset(c, 0xCC, usable);
    memset(b, 0xBB, usable);
    assert_true(a[0] == 0xAA && a[usable - 1] == 0xAA);
    assert_true(c[0] == 0xCC && c[usable - 1] == 0xCC);
    give(cache, a, size);
    give(cache, b, size);
    give(cache, c, size);
  }
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_layout_is_served_by_an_arena),
      cmocka_unit_test(every_layout_is_served_by_a_cache),
      cmocka_unit_test(neighbours_of_every_size_do_not_overlap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

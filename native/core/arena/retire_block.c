/* Retiring a block: its memory goes back, its place is never used again. */
#include "segment/retire.h"

#include "arena/large.h"

static void retire_small(hw_arena_t *arena, const hw_location_t *at, void *ptr) {
  unsigned size_class = at->run->size_class;
  size_t size = hw_size_classes[size_class].size;
  hw_set_state(at->region, ptr, HW_STATE_RETIRED);
  hw_bin_retire(&arena->bins[size_class], ptr);
  hw_retire_range(arena->os, ptr, size);
  atomic_fetch_sub_explicit(&arena->small_out, size, memory_order_relaxed);
  if (arena->tracked) {
    hw_account_retire(&arena->account, size);
    return;
  }
  atomic_fetch_add_explicit(&arena->retired_small_bytes, size, memory_order_relaxed);
  atomic_fetch_add_explicit(&arena->retired_small_blocks, 1, memory_order_relaxed);
}

hw_status_t hw_arena_retire(hw_arena_t *arena, void *ptr, hw_layout_t layout) {
  hw_location_t at;
  hw_status_t status = hw_arena_check(arena, ptr, layout, &at);
  if (status != HW_OK) return status;
  if (at.run->size_class == HW_CLASS_LARGE) return hw_large_retire(arena, at.region, at.run);
  retire_small(arena, &at, ptr);
  return HW_OK;
}

/* Reallocation: in the block's own class it is nothing, large blocks grow and shrink where they
 * stand or move by page tables, all else is a copy. The placement of a block follows from its
 * layout alone, so that a later free can check it: nothing stays in a class that is not its own. */
#include <string.h>

#include "allocator/allocator.h"
#include "arena/large.h"

static void clear_growth(void *block, hw_layout_t layout, hw_layout_t next, uint32_t flags) {
  if ((flags & HW_ZEROED) && next.size > layout.size) {
    memset((uint8_t *)block + layout.size, 0, next.size - layout.size);
  }
}

hw_status_t hw_arena_reallocate(hw_arena_t *arena, hw_allocator_t *self, void *ptr,
                                hw_layout_t layout, hw_layout_t next, uint32_t flags, void **out) {
  hw_location_t at;
  hw_status_t status = hw_arena_check(arena, ptr, layout, &at);
  if (status != HW_OK) return status;

  unsigned size_class = hw_class_of(next);
  if (at.run->size_class != size_class) {
    return hw_default_reallocate(self, ptr, layout, next, flags, out);
  }
  if (size_class != HW_CLASS_LARGE) {
    clear_growth(ptr, layout, next, flags);
    *out = ptr;
    return HW_OK;
  }
  status = hw_large_resize(arena, &at, layout, next, flags);
  if (status == HW_ERR_NOT_IN_PLACE) {
    return hw_large_move(arena, &at, layout, next, flags, out);
  }
  if (status == HW_OK) *out = ptr;
  return status;
}

/* In place, new bytes as `flags` say. */
static hw_status_t resize(hw_arena_t *arena, void *ptr, hw_layout_t layout, hw_layout_t next,
                          uint32_t flags) {
  hw_location_t at;
  hw_status_t status = hw_arena_check(arena, ptr, layout, &at);
  if (status != HW_OK) return status;
  unsigned size_class = hw_class_of(next);
  if (at.run->size_class != size_class) return HW_ERR_NOT_IN_PLACE;
  if (size_class == HW_CLASS_LARGE) return hw_large_resize(arena, &at, layout, next, flags);
  clear_growth(ptr, layout, next, flags);
  return HW_OK;
}

hw_status_t hw_arena_reallocate_in_place(hw_arena_t *arena, void *ptr, hw_layout_t layout,
                                         hw_layout_t next) {
  return resize(arena, ptr, layout, next, 0);
}

static bool are_arguments(const hw_allocator_t *self, const void *ptr, hw_layout_t layout,
                          hw_layout_t next) {
  return hw_is_arena(self) && ptr != NULL && hw_layout_check(layout) == HW_OK &&
         hw_layout_check(next) == HW_OK;
}

static bool are_flags(uint32_t flags) {
  return (flags & ~(uint32_t)HW_ALL_FLAGS) == 0;
}

hw_status_t hw_arena_resize(hw_allocator_t *self, void *ptr, hw_layout_t layout, hw_layout_t next,
                            uint32_t flags) {
  if (!are_arguments(self, ptr, layout, next) || !are_flags(flags)) return HW_ERR_INVALID;
  return resize(hw_arena_of(self), ptr, layout, next, flags);
}

hw_status_t hw_arena_can_shrink(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                hw_layout_t next) {
  if (!are_arguments(self, ptr, layout, next) || next.size > layout.size) return HW_ERR_INVALID;
  hw_location_t at;
  hw_status_t status = hw_arena_check(hw_arena_of(self), ptr, layout, &at);
  if (status != HW_OK) return status;
  unsigned size_class = hw_class_of(next);
  bool stays = at.run->size_class == size_class &&
               (size_class != HW_CLASS_LARGE || hw_large_may_stay(&at, next));
  return stays ? HW_OK : HW_ERR_NOT_IN_PLACE;
}

hw_status_t hw_arena_begin_move(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                hw_layout_t next, uint32_t flags, void **out) {
  if (!are_arguments(self, ptr, layout, next) || !are_flags(flags) || out == NULL) {
    return HW_ERR_INVALID;
  }
  hw_location_t at;
  hw_status_t status = hw_arena_check(hw_arena_of(self), ptr, layout, &at);
  if (status != HW_OK) return status;
  if (hw_min(layout.size, next.size) < HW_MOVE_LEAST) return HW_ERR_NOT_IN_PLACE;
  return hw_large_begin_move(hw_arena_of(self), &at, layout, next, flags, out);
}

/* Reallocation: in the block's own class it is nothing, large blocks grow and shrink where they
 * stand or move by page tables, all else is a copy. The placement of a block follows from its
 * layout alone, so that a later free can check it: nothing stays in a class that is not its own. */
#include <string.h>

#include "allocator/allocator.h"
#include "arena/large.h"

/* As hw_arena_check, without a lock where the page map says enough. */
static hw_status_t check(hw_arena_t *arena, const void *ptr, hw_layout_t layout,
                         hw_location_t *at) {
  unsigned size_class = hw_class_of(layout);
  at->region = hw_space_find(arena->space, ptr);
  if (at->region == NULL) return HW_ERR_NOT_OWNED;
  const hw_page_t *page = &at->region->pages[hw_page_of(at->region, ptr)];
  if (hw_page_tag(page) == hw_tag(arena->owner, size_class)) {
    at->found = HW_FOUND_BLOCK;
    at->run = &at->region->runs[page->run];
    bool fits;
    if (size_class == HW_CLASS_LARGE) {
      fits = ptr == at->run->base && at->run->npages == hw_large_pages(layout.size) &&
             hw_is_aligned(ptr, layout.align);
    } else if (arena->exact) {
      fits = hw_is_aligned(ptr, HW_MALLOC_ALIGN) && hw_state(at->region, ptr) == HW_STATE_LIVE;
    } else {
      fits = hw_slab_index(at->run, ptr) != HW_NO_REGION &&
             hw_state(at->region, ptr) != HW_STATE_RETIRED;
    }
    if (fits) return HW_OK;
  }
  return hw_arena_check(arena, ptr, layout, at);
}

static void clear_growth(void *block, hw_layout_t layout, hw_layout_t next, uint32_t flags) {
  if ((flags & HW_ZEROED) && next.size > layout.size) {
    memset((uint8_t *)block + layout.size, 0, next.size - layout.size);
  }
}

hw_status_t hw_arena_reallocate(hw_arena_t *arena, hw_allocator_t *self, void *ptr,
                                hw_layout_t layout, hw_layout_t next, uint32_t flags, void **out) {
  hw_location_t at;
  hw_status_t status = check(arena, ptr, layout, &at);
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

hw_status_t hw_arena_reallocate_in_place(hw_arena_t *arena, void *ptr, hw_layout_t layout,
                                         hw_layout_t next) {
  hw_location_t at;
  hw_status_t status = check(arena, ptr, layout, &at);
  if (status != HW_OK) return status;
  unsigned size_class = hw_class_of(next);
  if (at.run->size_class != size_class) return HW_ERR_NOT_IN_PLACE;
  return size_class == HW_CLASS_LARGE ? hw_large_resize(arena, &at, layout, next, 0) : HW_OK;
}

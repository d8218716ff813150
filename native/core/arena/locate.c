#include "arena/locate.h"

#include "base/bitmap.h"

/* The bin is locked. */
static hw_found_t in_slab(const hw_arena_t *arena, const hw_region_t *region, const hw_run_t *slab,
                          const void *ptr) {
  const hw_size_class_t *sc = &hw_size_classes[slab->size_class];
  uint32_t index = (uint32_t)((size_t)((const uint8_t *)ptr - slab->base) / sc->size);
  if (index >= sc->nregions) return HW_FOUND_FREE;
  const void *block = hw_slab_region(slab, index);
  uint8_t state = hw_state(region, block);
  bool is_live = arena->exact ? state == HW_STATE_LIVE
                              : !hw_slab_is_free(slab, index) && state != HW_STATE_RETIRED;
  if (!is_live) return HW_FOUND_FREE;
  return ptr == block ? HW_FOUND_BLOCK : HW_FOUND_INTERIOR;
}

/* `tag` is that of a slab. A stale pointer's slab may end meanwhile, in another thread: under the
 * lock of its bin it does not. */
static void locate_in_slab(hw_arena_t *arena, hw_location_t *at, const hw_page_t *page,
                           uint32_t tag, const void *ptr) {
  hw_bin_t *bin = &arena->bins[hw_tag_class(tag)];
  at->found = HW_FOUND_FREE;
  hw_lock(&bin->lock);
  if (hw_page_tag(page) == tag) at->found = in_slab(arena, at->region, at->run, ptr);
  hw_unlock(&bin->lock);
}

/* `page` has no tag: it is free, or in a large block behind its first page. */
static hw_found_t in_large(hw_arena_t *arena, hw_region_t *region, size_t page, hw_run_t **run) {
  hw_runs_t *runs = &arena->runs;
  hw_found_t found = HW_FOUND_FREE;
  hw_lock(&runs->lock);
  size_t head =
      hw_bit_test(region->used, page) ? hw_bits_last_set(region->heads, 0, page) : HW_NO_BIT;
  if (head != HW_NO_BIT) {
    *run = hw_run_at(region, head);
    /* A first page without a tag is that of a block which is just beginning or ending. */
    bool is_live = (*run)->size_class == HW_CLASS_LARGE && page > head;
    if (is_live && page < head + (*run)->npages) found = HW_FOUND_INTERIOR;
  }
  hw_unlock(&runs->lock);
  return found;
}

hw_location_t hw_arena_locate(hw_arena_t *arena, const void *ptr) {
  hw_location_t at = {HW_FOUND_FOREIGN, hw_space_find(arena->space, ptr), NULL};
  if (at.region == NULL) return at;
  size_t page = hw_page_of(at.region, ptr);
  uint32_t owner = atomic_load_explicit(&at.region->segments[page / HW_SEGMENT_PAGES].owner,
                                        memory_order_relaxed);
  if (owner != arena->owner) return at;

  const hw_page_t *entry = &at.region->pages[page];
  uint32_t tag = hw_page_tag(entry);
  if (tag == 0) {
    at.found = in_large(arena, at.region, page, &at.run);
    return at;
  }
  at.run = &at.region->runs[hw_page_run(entry)];
  switch (hw_tag_class(tag)) {
    case HW_CLASS_LARGE:
      /* Only the first page has a tag. */
      at.found = ptr == hw_page_address(at.region, page) ? HW_FOUND_BLOCK : HW_FOUND_INTERIOR;
      return at;
    case HW_CLASS_RETIRED: at.found = HW_FOUND_FREE; return at;
    default: locate_in_slab(arena, &at, entry, tag, ptr); return at;
  }
}

static bool fits_large(const hw_run_t *run, const void *ptr, hw_layout_t layout) {
  return ptr == run->base && run->npages == hw_large_pages(layout.size) &&
         hw_is_aligned(ptr, layout.align);
}

/* What the page map alone says, without a lock: false where it is not enough. */
static bool fits_by_map(hw_arena_t *arena, const void *ptr, hw_layout_t layout, unsigned size_class,
                        hw_location_t *at) {
  at->region = hw_space_find(arena->space, ptr);
  if (at->region == NULL) return false;
  const hw_page_t *page = &at->region->pages[hw_page_of(at->region, ptr)];
  if (hw_page_tag(page) != hw_tag(arena->owner, size_class)) return false;
  at->found = HW_FOUND_BLOCK;
  at->run = &at->region->runs[hw_page_run(page)];
  if (size_class == HW_CLASS_LARGE) return fits_large(at->run, ptr, layout);
  if (!arena->exact) {
    return hw_slab_index(at->run, ptr) != HW_NO_REGION &&
           hw_state(at->region, ptr) != HW_STATE_RETIRED;
  }
  return hw_is_aligned(ptr, HW_MALLOC_ALIGN) && hw_state(at->region, ptr) == HW_STATE_LIVE;
}

hw_status_t hw_arena_check(hw_arena_t *arena, const void *ptr, hw_layout_t layout,
                           hw_location_t *location) {
  unsigned size_class = hw_class_of(layout);
  if (fits_by_map(arena, ptr, layout, size_class, location)) return HW_OK;
  *location = hw_arena_locate(arena, ptr);
  switch (location->found) {
    case HW_FOUND_FOREIGN: return HW_ERR_NOT_OWNED;
    case HW_FOUND_FREE: return HW_ERR_NOT_LIVE;
    case HW_FOUND_INTERIOR: return HW_ERR_INTERIOR;
    case HW_FOUND_BLOCK: break;
  }
  const hw_run_t *run = location->run;
  bool fits = run->size_class == size_class &&
              (size_class != HW_CLASS_LARGE || fits_large(run, ptr, layout));
  return fits ? HW_OK : HW_ERR_LAYOUT_MISMATCH;
}

/* The heap map: what every page of an arena is used for, by address. */
#include "arena/arena.h"
#include "base/bitmap.h"

typedef struct tour {
  bool (*visit)(void *context, const hw_map_entry_t *entry);
  void *context;
} tour_t;

static hw_map_kind_t kind_of(const hw_run_t *run) {
  if (run->size_class < HW_CLASS_COUNT) return HW_MAP_SLAB;
  return run->size_class == HW_CLASS_LARGE ? HW_MAP_LARGE : HW_MAP_RETIRED;
}

static bool visit_run(const tour_t *tour, const hw_run_t *run) {
  hw_map_entry_t entry = {
      .address = run->base, .size = (size_t)run->npages << HW_PAGE_SHIFT, .kind = kind_of(run)};
  if (entry.kind == HW_MAP_SLAB) {
    const hw_size_class_t *sc = &hw_size_classes[run->size_class];
    entry.block_size = sc->size;
    entry.blocks = (size_t)sc->nregions - run->nfree;
  }
  return tour->visit(tour->context, &entry);
}

/* Pages of no run: dirty or clean, as far as one of the two reaches. Headroom is clean. */
static size_t visit_free(const tour_t *tour, const hw_region_t *region, size_t from, size_t end,
                         bool *go_on) {
  bool dirty = hw_bit_test(region->dirty, from);
  size_t change = dirty ? hw_bits_next_clear(region->dirty, from, end)
                        : hw_bits_next_set(region->dirty, from, end);
  hw_map_entry_t entry = {.address = hw_page_address(region, from),
                          .size = (change - from) << HW_PAGE_SHIFT,
                          .kind = dirty ? HW_MAP_DIRTY : HW_MAP_CLEAN};
  *go_on = tour->visit(tour->context, &entry);
  return change;
}

/* From `page` on, which the segment before may have a run reach into; answers where it stopped. */
static size_t visit_segment(const tour_t *tour, const hw_region_t *region, size_t page, size_t end,
                            bool *go_on) {
  while (page < end && *go_on) {
    if (hw_bit_test(region->heads, page)) {
      const hw_run_t *run = hw_run_at(region, page);
      *go_on = visit_run(tour, run);
      page += run->npages;
    } else {
      size_t head = hw_bits_next_set(region->heads, page, end);
      page = visit_free(tour, region, page, head, go_on);
    }
  }
  return page;
}

hw_status_t hw_arena_map(hw_allocator_t *self,
                         bool (*visit)(void *context, const hw_map_entry_t *entry), void *context) {
  if (!hw_is_arena(self) || visit == NULL) return HW_ERR_INVALID;
  hw_arena_t *arena = hw_arena_of(self);
  tour_t tour = {visit, context};
  bool go_on = true;
  hw_arena_hold(arena, HW_FORK_PREPARE);
  uint32_t before = UINT32_MAX; /* the region of the segment before */
  size_t reached = 0;
  for (const hw_page_segment_t *at = arena->runs.first; at != NULL && go_on; at = at->next) {
    const hw_region_t *region = hw_region_of(arena->space, at);
    size_t from = hw_segment_page(at);
    if (at->region == before && reached > from) from = reached;
    reached = visit_segment(&tour, region, from, hw_segment_page(at) + HW_SEGMENT_PAGES, &go_on);
    before = at->region;
  }
  hw_arena_hold(arena, HW_FORK_PARENT);
  return HW_OK;
}

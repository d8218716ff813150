/* Walks everything and names the first invariant that does not hold. All locks of the arena are
 * held, so other threads may go on in their caches meanwhile; what lies in a cache is checked by
 * what its slab says of it, and only by a call through that cache. */
#include "arena/arena.h"
#include "arena/cache.h"
#include "arena/locate.h"
#include "base/bitmap.h"

typedef struct walk {
  hw_arena_t *arena;
  size_t nactive, nheadroom, nused, ndirty, nsegments; /* pages, and segments */
  size_t nlarge;                                       /* pages of live large blocks */
  size_t nslabs[HW_CLASS_COUNT], ntaken[HW_CLASS_COUNT], nretired[HW_CLASS_COUNT];
  size_t nlisted[HW_CLASS_COUNT];
} walk_t;

#define REQUIRE(condition, invariant)   \
  do {                                  \
    if (!(condition)) return invariant; \
  } while (0)

static uint32_t tag_at(const hw_region_t *region, size_t page) {
  return hw_page_tag(&region->pages[page]);
}

static const hw_run_t *run_of(const hw_region_t *region, size_t page) {
  return &region->runs[hw_page_run(&region->pages[page])];
}

static const char *check_slab(walk_t *walk, const hw_region_t *region, const hw_run_t *slab) {
  const hw_size_class_t *sc = &hw_size_classes[slab->size_class];
  REQUIRE(slab->npages == sc->npages, "a slab has the pages of its class");
  REQUIRE(slab->headroom == 0, "a slab has no headroom");
  for (size_t page = slab->page; page < slab->page + slab->npages; page++) {
    REQUIRE(tag_at(region, page) == hw_tag(walk->arena->owner, slab->size_class),
            "each page of a slab names its class and arena");
    REQUIRE(run_of(region, page) == slab, "each page of a slab names the slab");
  }
  size_t nfree = hw_bits_count(slab->free, 0, HW_SLAB_REGIONS_MOST);
  REQUIRE(hw_bits_count(slab->free, 0, sc->nregions) == nfree, "no bit behind the last region");
  REQUIRE(nfree == slab->nfree, "a slab's count is that of its free bits");
  REQUIRE(slab->nretired + nfree <= sc->nregions, "retired regions are not free");

  const hw_bin_t *bin = &walk->arena->bins[slab->size_class];
  bool should_list = slab->nfree > 0 && slab != bin->empty;
  REQUIRE(slab->listed == should_list, "the bin lists the slabs with free regions");
  REQUIRE(slab->nfree < sc->nregions || slab == bin->empty, "a bin keeps one empty slab");
  walk->nslabs[slab->size_class]++;
  walk->ntaken[slab->size_class] += sc->nregions - nfree;
  walk->nretired[slab->size_class] += slab->nretired;
  walk->nlisted[slab->size_class] += slab->listed;
  return NULL;
}

static const char *check_large(walk_t *walk, const hw_region_t *region, const hw_run_t *run,
                               bool quiet) {
  uint32_t tag = tag_at(region, run->page);
  if (run->size_class == HW_CLASS_LARGE) {
    REQUIRE(tag == hw_tag(walk->arena->owner, HW_CLASS_LARGE) || !quiet,
            "a large block's first page names it");
    walk->nlarge += run->npages;
  } else {
    REQUIRE(run->size_class == HW_CLASS_RETIRED, "a run has a use");
  }
  if (tag != 0) {
    REQUIRE(run_of(region, run->page) == run, "a large block's first page names its run");
  }
  for (size_t page = run->page + 1; page < (size_t)run->page + run->npages + run->headroom;
       page++) {
    REQUIRE(tag_at(region, page) == 0, "no other page of a large block has an entry");
  }
  return NULL;
}

static const char *check_run(walk_t *walk, hw_region_t *region, size_t page, bool quiet) {
  const hw_run_t *run = hw_run_at(region, page);
  REQUIRE(run->page == page && run->base == hw_page_address(region, page),
          "a run knows where it lies");
  REQUIRE(run->npages >= HW_RUN_LEAST_PAGES, "a run has pages");
  size_t end = page + run->npages + run->headroom;
  REQUIRE(end <= atomic_load_explicit(&region->committed, memory_order_relaxed) >> HW_PAGE_SHIFT,
          "a run ends in its region");
  REQUIRE(hw_bits_next_clear(region->used, page, end) == end, "a run's pages are used");
  REQUIRE(hw_bits_next_set(region->heads, page + 1, end) == end, "runs do not overlap");
  REQUIRE(hw_bits_next_set(region->dirty, page, end) == end, "a used page is not dirty");
  for (size_t at = page; at < end; at += HW_SEGMENT_PAGES) {
    const hw_page_segment_t *segment = &region->segments[at / HW_SEGMENT_PAGES];
    REQUIRE(segment->owner == walk->arena->owner, "a run lies in segments of its arena");
  }
  walk->nactive += run->npages;
  walk->nheadroom += run->headroom;
  if (run->size_class < HW_CLASS_COUNT) return check_slab(walk, region, run);
  return check_large(walk, region, run, quiet);
}

static const char *check_free_pages(const hw_region_t *region, size_t from, size_t end) {
  while (from < end) {
    from = hw_bits_next_clear(region->used, from, end);
    size_t taken = hw_bits_next_set(region->used, from, end);
    for (size_t page = from; page < taken; page++) {
      REQUIRE(tag_at(region, page) == 0, "a free page has no entry");
    }
    from = taken;
  }
  return NULL;
}

static const char *check_segment(walk_t *walk, const hw_page_segment_t *segment, bool quiet) {
  hw_region_t *region = hw_region_of(walk->arena->space, segment);
  size_t from = hw_segment_page(segment);
  size_t end = from + HW_SEGMENT_PAGES;
  REQUIRE(segment->owner == walk->arena->owner, "a segment knows its owner");
  REQUIRE(segment->longest == hw_segment_longest(region, segment),
          "a segment knows its longest free run");
  size_t ndirty = hw_bits_count(region->dirty, from, end);
  REQUIRE(segment->ndirty == ndirty, "a segment knows its dirty pages");
  walk->nsegments++;
  walk->ndirty += ndirty;
  walk->nused += hw_bits_count(region->used, from, end);
  const char *broken = check_free_pages(region, from, end);
  size_t page = hw_bits_next_set(region->heads, from, end);
  for (; broken == NULL && page < end; page = hw_bits_next_set(region->heads, page + 1, end)) {
    broken = check_run(walk, region, page, quiet);
  }
  return broken;
}

static const char *check_hints(const hw_runs_t *runs) {
  for (unsigned power = 0; power < HW_RUN_HINTS; power++) {
    const hw_page_segment_t *hint = runs->hints[power];
    for (const hw_page_segment_t *at = runs->first; at != NULL && at != hint; at = at->next) {
      REQUIRE(at->longest >> power == 0, "no segment before a hint has such a run");
    }
  }
  return NULL;
}

static const char *check_runs(walk_t *walk, bool quiet) {
  const hw_runs_t *runs = &walk->arena->runs;
  const hw_page_segment_t *before = NULL;
  for (const hw_page_segment_t *at = runs->first; at != NULL; before = at, at = at->next) {
    REQUIRE(at->prev == before && (before == NULL || hw_segment_is_before(before, at)),
            "segments are listed by address");
    const char *broken = check_segment(walk, at, quiet);
    if (broken != NULL) return broken;
  }
  REQUIRE(runs->last == before, "the last segment is the last");
  REQUIRE(runs->nsegments == walk->nsegments, "segments are counted");
  REQUIRE(runs->nactive == walk->nactive, "active pages are counted");
  REQUIRE(runs->nheadroom == walk->nheadroom, "headroom is counted");
  REQUIRE(runs->ndirty == walk->ndirty, "dirty pages are counted");
  REQUIRE(walk->nused == walk->nactive + walk->nheadroom + runs->npurging,
          "each used page belongs to a run");
  return check_hints(runs);
}

static const char *check_cached(const hw_arena_t *arena, void *const *blocks, size_t count,
                                unsigned size_class) {
  for (size_t i = 0; i < count; i++) {
    const hw_region_t *region = hw_space_find(arena->space, blocks[i]);
    REQUIRE(region != NULL, "a cached block lies in the space");
    size_t page = hw_page_of(region, blocks[i]);
    REQUIRE(tag_at(region, page) == hw_tag(arena->owner, size_class),
            "a cached block is of its class");
    const hw_run_t *slab = run_of(region, page);
    uint32_t index = hw_slab_index(slab, blocks[i]);
    REQUIRE(index != HW_NO_REGION, "a cached block is a region");
    REQUIRE(!hw_slab_is_free(slab, index), "a cached block is not free in its slab");
    uint8_t state = hw_state(region, blocks[i]);
    REQUIRE(state == HW_STATE_NONE, "a cached block is not live");
  }
  return NULL;
}

static const char *check_bin(const walk_t *walk, unsigned size_class) {
  const hw_bin_t *bin = &walk->arena->bins[size_class];
  const hw_run_t *before = NULL;
  size_t nlisted = 0;
  for (const hw_run_t *slab = bin->first; slab != NULL; before = slab, slab = slab->next) {
    REQUIRE(slab->prev == before && slab->size_class == size_class && slab->listed,
            "a bin's list is whole");
    REQUIRE(++nlisted <= walk->nlisted[size_class], "a bin's list ends");
  }
  REQUIRE(nlisted == walk->nlisted[size_class], "a bin lists every slab once");
  REQUIRE(bin->nslabs == walk->nslabs[size_class], "slabs are counted");
  REQUIRE(bin->ntaken == walk->ntaken[size_class], "taken regions are counted");
  REQUIRE(bin->nretired == walk->nretired[size_class], "retired regions are counted");
  REQUIRE(bin->depot_count <= bin->depot_most, "a depot has room for what it holds");
  REQUIRE(bin->depot_count + bin->nretired <= bin->ntaken, "what a depot holds was taken");
  return check_cached(walk->arena, bin->depot, bin->depot_count, size_class);
}

static const char *check_held(hw_arena_t *arena, bool quiet) {
  walk_t walk = {.arena = arena};
  const char *broken = check_runs(&walk, quiet);
  for (unsigned i = 0; broken == NULL && i < HW_CLASS_COUNT; i++) broken = check_bin(&walk, i);
  if (broken != NULL) return broken;
  if (quiet && !arena->tracked) {
    size_t charged = atomic_load_explicit(&arena->account.live_bytes, memory_order_relaxed);
    REQUIRE(charged == walk.nlarge << HW_PAGE_SHIFT, "large blocks are accounted");
  }
  return NULL;
}

hw_status_t hw_arena_verify(hw_arena_t *arena, const char **broken) {
  hw_status_t status = hw_account_verify(&arena->account, broken);
  if (status != HW_OK) return status;
  hw_arena_hold(arena, HW_FORK_PREPARE);
  uint64_t flights = atomic_load_explicit(&arena->flights, memory_order_acquire);
  bool quiet = (uint32_t)flights == 0;
  *broken = check_held(arena, quiet);
  /* A flight that began meanwhile may be what was seen. */
  if (*broken != NULL && quiet &&
      atomic_load_explicit(&arena->flights, memory_order_acquire) != flights) {
    *broken = check_held(arena, false);
  }
  hw_arena_hold(arena, HW_FORK_PARENT);
  return *broken == NULL ? HW_OK : HW_ERR_CORRUPTED;
}

hw_status_t hw_cache_verify(hw_cache_t *cache, const char **broken) {
  hw_arena_t *arena = cache->arena;
  hw_status_t status = hw_arena_verify(arena, broken);
  if (status != HW_OK) return status;
  hw_arena_hold(arena, HW_FORK_PREPARE);
  for (unsigned i = 0; *broken == NULL && i < HW_CLASS_COUNT; i++) {
    const hw_magazine_t *magazine = &cache->magazines[i];
    uint32_t count = hw_magazine_count(magazine);
    *broken = hw_magazine_top(magazine) > magazine->end
                  ? "a magazine has room for what it holds"
                  : check_cached(arena, magazine->slots, count, i);
  }
  hw_arena_hold(arena, HW_FORK_PARENT);
  return *broken == NULL ? HW_OK : HW_ERR_CORRUPTED;
}

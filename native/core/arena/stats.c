/* What an arena can tell of itself. The fast path counts allocations only; what lives is what the
 * slabs gave out, less what lies in caches and depots. */
#include <string.h>

#include "arena/arena.h"
#include "arena/cache.h"

#define RELAXED memory_order_relaxed

uint64_t hw_arena_live_small(hw_arena_t *arena, unsigned size_class, hw_class_stats_t *stats) {
  const hw_size_class_t *sc = &hw_size_classes[size_class];
  hw_bin_t *bin = &arena->bins[size_class];
  uint64_t allocations = atomic_load_explicit(&arena->allocations[size_class], RELAXED);
  uint64_t cached = 0;
  for (const hw_cache_t *cache = arena->caches; cache != NULL; cache = cache->next) {
    const hw_magazine_t *magazine = &cache->magazines[size_class];
    allocations += hw_count_read(&magazine->allocations);
    cached += hw_magazine_count(magazine);
  }
  hw_lock(&bin->lock);
  cached += bin->depot_count;
  uint64_t out = bin->ntaken - bin->nretired;
  stats->slabs = bin->nslabs;
  hw_unlock(&bin->lock);
  /* Other threads move blocks while this adds up: what goes to a magazine seems to live already. */
  uint64_t live = out > cached ? out - cached : 0;
  if (live > allocations) live = allocations;
  stats->size = sc->size;
  stats->live_blocks = live;
  stats->live_bytes = live * sc->size;
  stats->allocations = allocations;
  stats->cached_blocks = cached;
  stats->slab_bytes = stats->slabs * sc->npages << HW_PAGE_SHIFT;
  return live;
}

static uint64_t mapped_bytes(hw_arena_t *arena) {
  hw_runs_t *runs = &arena->runs;
  hw_lock(&runs->lock);
  size_t npages = runs->nactive + runs->ndirty + runs->npurging;
  hw_unlock(&runs->lock);
  return (uint64_t)npages << HW_PAGE_SHIFT;
}

static hw_class_stats_t sum_of_small(hw_arena_t *arena) {
  hw_class_stats_t sum = {0};
  hw_lock(&arena->caches_lock);
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    hw_class_stats_t stats;
    sum.live_blocks += hw_arena_live_small(arena, i, &stats);
    sum.live_bytes += stats.live_bytes;
    sum.allocations += stats.allocations;
  }
  hw_unlock(&arena->caches_lock);
  return sum;
}

void hw_arena_stats_of(hw_arena_t *arena, hw_stats_t *out) {
  hw_class_stats_t small = sum_of_small(arena);
  hw_account_stats(&arena->account, out);
  out->mapped_bytes = mapped_bytes(arena);
  if (arena->tracked) return;

  out->live_blocks += small.live_blocks;
  out->live_bytes += small.live_bytes;
  out->retired_blocks += atomic_load_explicit(&arena->retired_small_blocks, RELAXED);
  out->retired_bytes += atomic_load_explicit(&arena->retired_small_bytes, RELAXED);
  out->allocations += small.allocations;
  out->peak_bytes = atomic_load_explicit(&arena->peak, RELAXED);
  uint64_t not_ended = out->live_blocks + out->retired_blocks;
  out->deallocations = out->allocations > not_ended ? out->allocations - not_ended : 0;
}

static void large_stats(hw_arena_t *arena, hw_class_stats_t *out) {
  hw_stats_t all;
  hw_arena_stats_of(arena, &all);
  hw_class_stats_t small = sum_of_small(arena);
  out->live_blocks = all.live_blocks - small.live_blocks;
  out->live_bytes = all.live_bytes - small.live_bytes;
  out->allocations = all.allocations - small.allocations;
  out->slabs = out->live_blocks;
  out->slab_bytes = out->live_bytes;
}

hw_status_t hw_arena_class_stats(hw_allocator_t *self, unsigned size_class, hw_class_stats_t *out) {
  if (!hw_is_arena(self) || size_class >= HW_ARENA_CLASSES || out == NULL) return HW_ERR_INVALID;
  hw_arena_t *arena = hw_arena_of(self);
  memset(out, 0, sizeof *out);
  if (size_class == HW_CLASS_LARGE) {
    large_stats(arena, out);
    return HW_OK;
  }
  hw_lock(&arena->caches_lock);
  (void)hw_arena_live_small(arena, size_class, out);
  hw_unlock(&arena->caches_lock);
  return HW_OK;
}

/* The arrays of a segment are touched where its pages are used; depots and caches where filled. */
static uint64_t metadata_bytes(const hw_arena_t *arena) {
  size_t segment = HW_SEGMENT_PAGES * (sizeof(hw_page_t) + sizeof(hw_run_t) / HW_RUN_LEAST_PAGES) +
                   3 * HW_SEGMENT_PAGES / 8 + sizeof(hw_page_segment_t);
  if (arena->exact) segment += HW_SEGMENT_BYTES / 16;
  uint64_t bytes = arena->runs.nsegments * segment + arena->memory.size;
  for (const hw_cache_t *cache = arena->caches; cache != NULL; cache = cache->next) {
    bytes += cache->memory.size;
  }
  for (const hw_cache_t *cache = arena->spare_caches; cache != NULL; cache = cache->next) {
    bytes += cache->memory.size;
  }
  return bytes;
}

hw_status_t hw_arena_page_stats(hw_allocator_t *self, hw_page_stats_t *out) {
  if (!hw_is_arena(self) || out == NULL) return HW_ERR_INVALID;
  hw_arena_t *arena = hw_arena_of(self);
  hw_arena_hold(arena, HW_FORK_PREPARE);
  const hw_runs_t *runs = &arena->runs;
  out->active_bytes = (uint64_t)runs->nactive << HW_PAGE_SHIFT;
  out->dirty_bytes = (uint64_t)(runs->ndirty + runs->npurging) << HW_PAGE_SHIFT;
  out->headroom_bytes = (uint64_t)runs->nheadroom << HW_PAGE_SHIFT;
  out->segment_bytes = (uint64_t)runs->nsegments << HW_SEGMENT_SHIFT;
  out->metadata_bytes = metadata_bytes(arena);
  out->moved_ranges = atomic_load_explicit(&arena->nmoved, RELAXED);
  out->misuses = 0;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) out->misuses += arena->bins[i].misuses;
  hw_arena_hold(arena, HW_FORK_PARENT);
  return HW_OK;
}

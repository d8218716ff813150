/* How arenas begin, start over, end, and live through a fork. */
#include <string.h>

#include "arena/arena.h"
#include "arena/cache.h"
#include "arena/large.h"
#include "base/bitmap.h"

static size_t depots_size(void) {
  size_t count = 0;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) count += hw_bin_depot_most(i);
  return count * sizeof(void *);
}

void hw_arena_hold(hw_arena_t *arena, hw_fork_t moment) {
  hw_lock_fork(&arena->caches_lock, moment);
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) hw_lock_fork(&arena->bins[i].lock, moment);
  hw_lock_fork(&arena->runs.lock, moment);
}

static void fork_arena(hw_member_t *member, hw_fork_t moment) {
  hw_arena_t *arena = (hw_arena_t *)((uint8_t *)member - offsetof(hw_arena_t, member));
  hw_arena_hold(arena, moment);
  if (moment == HW_FORK_PREPARE) hw_runs_settle(&arena->runs);
}

static void init_bins(hw_arena_t *arena) {
  void **depot = (void **)((uint8_t *)arena + hw_align_up(sizeof *arena, 64));
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    hw_bin_init(&arena->bins[i], &arena->runs, i, depot);
    depot += hw_bin_depot_most(i);
  }
}

static hw_status_t provide_space(hw_arena_t *arena, hw_space_t *space) {
  arena->space = space;
  if (space != NULL) return HW_OK;
  hw_status_t status = hw_segment_map(arena->os, sizeof(hw_space_t), &arena->own_space);
  if (status != HW_OK) return status;
  arena->space = arena->own_space.base;
  status = hw_space_init(arena->space, arena->os);
  if (status != HW_OK) hw_segment_unmap(arena->os, &arena->own_space);
  return status;
}

static void end_own_space(hw_arena_t *arena) {
  if (arena->own_space.base == NULL) return;
  hw_space_destroy(arena->space);
  hw_segment_unmap(arena->os, &arena->own_space);
}

/* All but the id, which the space gives: a fork finds whoever has joined it, with locks to take. */
static void init(hw_arena_t *arena, const hw_config_t *config) {
  hw_arena_options_t options =
      config->arena != NULL ? *config->arena : (hw_arena_options_t)HW_ARENA_OPTIONS;
  arena->member.fork = fork_arena;
  arena->base.ops = hw_arena_ops();
  arena->exact = (options.flags & HW_ARENA_EXACT) != 0;
  arena->tracked = (options.flags & HW_ARENA_TRACKED) != 0 || config->limit != HW_NO_LIMIT;
  hw_account_init(&arena->account, config->limit);
  size_t most = options.mapped_limit >> HW_PAGE_SHIFT;
  hw_runs_init(&arena->runs, arena->space, HW_NO_OWNER, most, options.decay_ms);
  if (options.flags & HW_ARENA_HUGE_PAGES) arena->runs.huge_pages = 1;
  if (options.flags & HW_ARENA_NO_HUGE_PAGES) arena->runs.huge_pages = -1;
  hw_lock_init(&arena->caches_lock, HW_RANK_CACHES);
  init_bins(arena);
}

hw_status_t hw_arena_create(const hw_config_t *config, hw_space_t *space, hw_allocator_t **out) {
  hw_segment_t memory;
  size_t bytes = hw_align_up(sizeof(hw_arena_t), 64) + depots_size();
  hw_status_t status = hw_segment_map(config->os, bytes, &memory);
  if (status != HW_OK) return status;

  hw_arena_t *arena = memory.base;
  arena->os = config->os;
  arena->memory = memory;
  status = provide_space(arena, space);
  if (status != HW_OK) {
    hw_segment_unmap(config->os, &memory);
    return status;
  }
  init(arena, config);
  status = hw_space_join(arena->space, &arena->member);
  if (status != HW_OK) {
    end_own_space(arena);
    hw_segment_unmap(config->os, &memory);
    return status;
  }
  arena->owner = arena->runs.owner = arena->member.owner;
  *out = &arena->base;
  return HW_OK;
}

/* Calls `visit` for each run, by address; it may end the run. */
static void for_each_run(hw_arena_t *arena,
                         void (*visit)(hw_arena_t *, hw_region_t *, hw_run_t *)) {
  for (hw_page_segment_t *segment = arena->runs.first; segment != NULL; segment = segment->next) {
    hw_region_t *region = hw_region_of(arena->space, segment);
    size_t end = hw_segment_page(segment) + HW_SEGMENT_PAGES;
    size_t page = hw_bits_next_set(region->heads, hw_segment_page(segment), end);
    for (; page < end; page = hw_bits_next_set(region->heads, page + 1, end)) {
      visit(arena, region, hw_run_at(region, page));
    }
  }
}

/* Every block of the run dies; a slab with retired blocks stays, the others' regions are free. */
static void end_blocks(hw_arena_t *arena, hw_region_t *region, hw_run_t *run) {
  if (run->size_class == HW_CLASS_RETIRED) return;
  if (run->size_class == HW_CLASS_LARGE) {
    hw_status_t ended = hw_large_deallocate(arena, region, run);
    HW_ASSERT(ended == HW_OK);
    (void)ended;
    return;
  }
  hw_bin_t *bin = &arena->bins[run->size_class];
  for (uint32_t i = 0; i < hw_size_classes[run->size_class].nregions; i++) {
    const void *block = hw_slab_region(run, i);
    if (hw_state(region, block) == HW_STATE_RETIRED) continue;
    hw_set_state(region, block, HW_STATE_NONE);
    if (!hw_slab_is_free(run, i)) hw_slab_give(run, i);
  }
  if (run->nretired == 0) {
    bin->nslabs--;
    hw_slab_destroy(&arena->runs, run);
    return;
  }
  hw_bin_readmit(bin, run);
}

hw_status_t hw_arena_reset(hw_allocator_t *self) {
  if (!hw_is_arena(self)) return HW_ERR_INVALID;
  hw_arena_t *arena = hw_arena_of(self);
  hw_lock(&arena->caches_lock);
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    hw_class_stats_t stats;
    uint64_t live = hw_arena_live_small(arena, i, &stats);
    if (arena->tracked) {
      hw_account_close_many(&arena->account, live, live * hw_size_classes[i].size);
    }
    hw_bin_forget(&arena->bins[i]);
    for (hw_cache_t *cache = arena->caches; cache != NULL; cache = cache->next) {
      hw_magazine_set_count(&cache->magazines[i], 0);
    }
  }
  atomic_store_explicit(&arena->small_out, 0, memory_order_relaxed);
  hw_unlock(&arena->caches_lock);
  for_each_run(arena, end_blocks);
  return HW_OK;
}

/* What was retired stays in its place; the page map forgets whose it was, for the id is used again.
 */
static void forget_retired(hw_arena_t *arena, hw_region_t *region, hw_run_t *run) {
  (void)arena;
  size_t npages = run->size_class < HW_CLASS_COUNT ? run->npages : 1;
  hw_run_set_tags(region, run, npages, 0);
}

hw_status_t hw_arena_end(hw_arena_t *arena) {
  hw_stats_t stats;
  hw_arena_stats_of(arena, &stats);
  if (stats.live_blocks != 0 || arena->caches != NULL) return HW_ERR_BUSY;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) hw_bin_flush(&arena->bins[i]);
  for_each_run(arena, forget_retired);
  hw_runs_leave(&arena->runs);
  hw_space_leave(arena->space, &arena->member);

  hw_cache_t *cache = arena->spare_caches;
  while (cache != NULL) {
    hw_cache_t *next = cache->next;
    hw_segment_t memory = cache->memory;
    hw_segment_unmap(arena->os, &memory);
    cache = next;
  }
  end_own_space(arena);
  hw_segment_t memory = arena->memory;
  hw_segment_unmap(arena->os, &memory);
  return HW_OK;
}

#include "arena/large.h"

#include <string.h>

#include "arena/move.h"
#include "segment/retire.h"

static size_t bytes_of(size_t npages) {
  return npages << HW_PAGE_SHIFT;
}

static bool is_possible(hw_layout_t layout) {
  return layout.align <= HW_ALIGN_MOST && layout.size <= HW_LARGE_MOST;
}

static size_t align_pages(hw_layout_t layout) {
  return layout.align <= HW_PAGE_BYTES ? 1 : layout.align >> HW_PAGE_SHIFT;
}

/* Fills the stale pages from `from` on with zeros. */
static void clear_stale(const hw_arena_t *arena, const hw_region_t *region, const hw_stale_t *stale,
                        size_t from, bool nowait) {
  for (unsigned i = 0; i < stale->count; i++) {
    size_t first = stale->at[i].first > from ? stale->at[i].first : from;
    if (first >= stale->at[i].end) continue;
    size_t npages = stale->at[i].end - first;
    void *base = hw_page_address(region, first);
    bool by_system =
        npages >= HW_OVERSIZE_PAGES && !nowait && arena->os->page_size() == HW_PAGE_BYTES;
    if (by_system && arena->os->purge(base, bytes_of(npages))) continue;
    memset(base, 0, bytes_of(npages));
  }
}

static hw_status_t claim(hw_arena_t *arena, const hw_run_request_t *request, hw_run_t **run,
                         hw_stale_t *stale) {
  if (!request->nowait) hw_arena_trip(arena);
  hw_status_t status = hw_runs_claim(&arena->runs, request, run, stale);
  if (hw_arena_may_relieve(status, request->nowait)) {
    hw_arena_relieve(arena);
    status = hw_runs_claim(&arena->runs, request, run, stale);
  }
  return status;
}

/* A run that is charged for, but in no map yet. */
static hw_status_t open_run(hw_arena_t *arena, hw_layout_t layout, size_t headroom, bool nowait,
                            hw_run_t **run, hw_stale_t *stale) {
  if (!is_possible(layout)) {
    hw_account_fail(&arena->account);
    return HW_ERR_OUT_OF_MEMORY;
  }
  hw_run_request_t request = {.npages = hw_large_pages(layout.size),
                              .align = align_pages(layout),
                              .headroom = headroom,
                              .size_class = HW_CLASS_LARGE,
                              .nowait = nowait};
  hw_status_t status = hw_account_charge(&arena->account, bytes_of(request.npages));
  if (status != HW_OK) return status;
  status = claim(arena, &request, run, stale);
  if (status != HW_OK) {
    hw_account_refund(&arena->account, bytes_of(request.npages));
    hw_account_fail(&arena->account);
    return status;
  }
  return HW_OK;
}

static void publish(hw_arena_t *arena, hw_region_t *region, const hw_run_t *run) {
  hw_run_set_tags(region, run, 1, hw_tag(arena->owner, HW_CLASS_LARGE));
  hw_account_open(&arena->account);
  hw_arena_note_peak(arena);
}

/* Between these a run and its entry in the map, or its charge, may differ. */
static void begin(hw_arena_t *arena) {
  atomic_fetch_add_explicit(&arena->flights, ((uint64_t)1 << 32) + 1, memory_order_acq_rel);
}

static void end(hw_arena_t *arena) {
  atomic_fetch_sub_explicit(&arena->flights, 1, memory_order_acq_rel);
}

static hw_status_t allocate(hw_arena_t *arena, hw_layout_t layout, uint32_t flags, void **out) {
  bool nowait = (flags & HW_NOWAIT) != 0;
  hw_run_t *run = NULL;
  hw_stale_t stale;
  hw_status_t status = open_run(arena, layout, 0, nowait, &run, &stale);
  if (status != HW_OK) return status;
  hw_region_t *region = hw_runs_region(&arena->runs, run);
  if (flags & HW_ZEROED) clear_stale(arena, region, &stale, run->page, nowait);
  publish(arena, region, run);
  *out = run->base;
  return HW_OK;
}

hw_status_t hw_large_allocate(hw_arena_t *arena, hw_layout_t layout, uint32_t flags, void **out) {
  begin(arena);
  hw_status_t status = allocate(arena, layout, flags, out);
  end(arena);
  return status;
}

/* Takes the block out of the map, for the tag that follows: of several who try, one succeeds. */
static bool unpublish(hw_arena_t *arena, hw_region_t *region, const hw_run_t *run, uint32_t tag) {
  return hw_page_change_tag(&region->pages[run->page], hw_tag(arena->owner, HW_CLASS_LARGE), tag);
}

hw_status_t hw_large_deallocate(hw_arena_t *arena, hw_region_t *region, hw_run_t *run) {
  begin(arena);
  bool won = unpublish(arena, region, run, 0);
  if (won) {
    size_t bytes = bytes_of(run->npages);
    bool clean = hw_move_renew(arena, run, 0);
    hw_runs_release(&arena->runs, run, clean, false);
    hw_account_close(&arena->account, bytes);
  }
  end(arena);
  hw_arena_trip(arena);
  return won ? HW_OK : HW_ERR_NOT_LIVE;
}

hw_status_t hw_large_retire(hw_arena_t *arena, hw_region_t *region, hw_run_t *run) {
  begin(arena);
  bool won = unpublish(arena, region, run, hw_tag(arena->owner, HW_CLASS_RETIRED));
  if (won) {
    size_t bytes = bytes_of(run->npages);
    hw_runs_retire(&arena->runs, run);
    hw_retire_range(arena->os, run->base, bytes);
    hw_account_retire(&arena->account, bytes);
  }
  end(arena);
  return won ? HW_OK : HW_ERR_NOT_LIVE;
}

static void clear_tail(void *block, size_t from, size_t end) {
  if (end > from) memset((uint8_t *)block + from, 0, end - from);
}

static hw_status_t extend(hw_arena_t *arena, const hw_location_t *at, size_t npages,
                          hw_stale_t *stale) {
  hw_run_t *run = at->run;
  size_t growth = bytes_of(npages - run->npages);
  /* Not by charge alone: what does not grow here may still move, and is no failure yet. */
  if (growth > arena->account.limit -
                   atomic_load_explicit(&arena->account.live_bytes, memory_order_relaxed)) {
    return HW_ERR_NOT_IN_PLACE;
  }
  hw_status_t status = hw_account_charge(&arena->account, growth);
  if (status != HW_OK) return status;
  status = hw_runs_extend(&arena->runs, run, npages, stale);
  if (status != HW_OK) {
    hw_account_refund(&arena->account, growth);
    return HW_ERR_NOT_IN_PLACE;
  }
  hw_account_raise_peak(&arena->account);
  hw_arena_note_peak(arena);
  return HW_OK;
}

bool hw_large_may_stay(const hw_location_t *at, hw_layout_t next) {
  return hw_is_aligned(at->run->base, next.align) && is_possible(next);
}

static hw_status_t resize(hw_arena_t *arena, const hw_location_t *at, hw_layout_t layout,
                          hw_layout_t next, uint32_t flags) {
  hw_run_t *run = at->run;
  if (!hw_large_may_stay(at, next)) return HW_ERR_NOT_IN_PLACE;
  bool nowait = (flags & HW_NOWAIT) != 0;
  size_t had = run->npages;
  size_t npages = hw_large_pages(next.size);
  if (npages > had) {
    hw_stale_t stale;
    hw_status_t status = extend(arena, at, npages, &stale);
    if (status != HW_OK) return status;
    if (flags & HW_ZEROED) {
      clear_stale(arena, at->region, &stale, run->page + had, nowait);
    }
  } else if (npages < had) {
    bool clean = !nowait && hw_move_renew(arena, run, npages);
    hw_runs_trim(&arena->runs, run, npages, clean, nowait);
    hw_account_refund(&arena->account, bytes_of(had - npages));
  }
  if (flags & HW_ZEROED) clear_tail(run->base, layout.size, hw_min(next.size, bytes_of(had)));
  return HW_OK;
}

hw_status_t hw_large_resize(hw_arena_t *arena, const hw_location_t *at, hw_layout_t layout,
                            hw_layout_t next, uint32_t flags) {
  begin(arena);
  hw_status_t status = resize(arena, at, layout, next, flags);
  end(arena);
  return status;
}

static void end_moved_from(hw_arena_t *arena, hw_region_t *region, hw_run_t *run, bool clean,
                           bool nowait) {
  size_t bytes = bytes_of(run->npages);
  hw_run_set_tags(region, run, 1, 0);
  if (!nowait && hw_move_renew(arena, run, 0)) clean = true;
  hw_runs_release(&arena->runs, run, clean, nowait);
  hw_account_close(&arena->account, bytes);
}

/* *clean: the pages that were left read zero. */
static hw_status_t bring(hw_arena_t *arena, const hw_location_t *at, hw_layout_t layout,
                         hw_layout_t next, uint32_t flags, void **out, bool *clean) {
  hw_run_t *from = at->run;
  bool nowait = (flags & HW_NOWAIT) != 0;
  size_t npages = hw_large_pages(next.size);
  bool grows = npages > from->npages;
  /* Who grew before will grow again: room for twice the size costs addresses only. */
  size_t headroom = grows && from->growths > 0 ? npages : 0;
  hw_run_t *to = NULL;
  hw_stale_t stale;
  hw_status_t status = open_run(arena, next, headroom, nowait, &to, &stale);
  if (status != HW_OK) return status;
  to->growths = (uint8_t)(from->growths + (grows && from->growths < UINT8_MAX ? 1 : 0));

  hw_region_t *region = hw_runs_region(&arena->runs, to);
  size_t kept_pages = hw_min(from->npages, npages);
  hw_moved_t moved =
      hw_move_pages(arena, from, to, kept_pages, hw_min(layout.size, next.size), nowait);
  if (moved == HW_MOVED_NOT) {
    /* Its addresses stay taken for ever; the old block is as it was. */
    hw_runs_retire(&arena->runs, to);
    hw_account_refund(&arena->account, bytes_of(npages));
    hw_account_fail(&arena->account);
    return HW_ERR_OUT_OF_MEMORY;
  }
  if (flags & HW_ZEROED) {
    clear_stale(arena, region, &stale, to->page + kept_pages, nowait);
    clear_tail(to->base, layout.size, hw_min(next.size, bytes_of(kept_pages)));
  }
  publish(arena, region, to);
  *clean = moved == HW_MOVED_ALL && from->npages == kept_pages;
  *out = to->base;
  return HW_OK;
}

hw_status_t hw_large_begin_move(hw_arena_t *arena, const hw_location_t *at, hw_layout_t layout,
                                hw_layout_t next, uint32_t flags, void **out) {
  bool clean = false;
  begin(arena);
  hw_status_t status = bring(arena, at, layout, next, flags, out, &clean);
  end(arena);
  return status;
}

hw_status_t hw_large_move(hw_arena_t *arena, const hw_location_t *at, hw_layout_t layout,
                          hw_layout_t next, uint32_t flags, void **out) {
  bool clean = false;
  begin(arena);
  hw_status_t status = bring(arena, at, layout, next, flags, out, &clean);
  if (status == HW_OK) {
    end_moved_from(arena, at->region, at->run, clean, (flags & HW_NOWAIT) != 0);
  }
  end(arena);
  return status;
}

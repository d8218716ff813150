#include "arena/runs.h"

#include <string.h>

#include "base/align.h"
#include "base/bitmap.h"

void hw_runs_init(hw_runs_t *runs, hw_space_t *space, uint32_t owner, size_t limit,
                  int64_t decay_ms) {
  memset(runs, 0, sizeof *runs);
  hw_lock_init(&runs->lock, HW_RANK_PAGES);
  runs->space = space;
  runs->os = space->os;
  runs->owner = owner;
  runs->limit = limit;
  runs->now_ms = space->os->milliseconds();
  hw_decay_init(&runs->decay, decay_ms, runs->now_ms);
}

hw_region_t *hw_runs_region(hw_runs_t *runs, const hw_run_t *run) {
  return hw_space_region(runs->space, run->base);
}

static void note_stale(const hw_region_t *region, size_t from, size_t end, hw_stale_t *stale) {
  stale->count = 0;
  for (;;) {
    size_t first = hw_bits_next_set(region->dirty, from, end);
    if (first == end) return;
    size_t last = hw_bits_next_clear(region->dirty, first, end);
    if (stale->count < HW_STALE_MOST) {
      stale->at[stale->count].first = first;
      stale->count++;
    }
    /* The last entry stretches over whatever does not find a place of its own. */
    stale->at[stale->count - 1].end = last;
    from = last;
  }
}

/* Free pages become active. */
static void activate(hw_runs_t *runs, hw_region_t *region, size_t from, size_t end,
                     hw_stale_t *stale) {
  if (stale != NULL) note_stale(region, from, end, stale);
  hw_runs_count_dirty(runs, region, from, end, -1);
  hw_bits_clear(region->dirty, from, end);
  runs->nactive += end - from;
}

static void deactivate(hw_runs_t *runs, hw_region_t *region, size_t from, size_t end, bool clean) {
  runs->nactive -= end - from;
  if (clean) return;
  hw_bits_set(region->dirty, from, end);
  hw_runs_count_dirty(runs, region, from, end, +1);
}

static void take_pages(hw_region_t *region, size_t from, size_t end) {
  if (from == end) return;
  hw_bits_set(region->used, from, end);
  hw_runs_note_taken(region, from, end);
}

static void free_pages(hw_runs_t *runs, hw_region_t *region, size_t from, size_t end) {
  if (from == end) return;
  hw_bits_clear(region->used, from, end);
  hw_runs_note_free(runs, region, from, end);
}

/* Clean free pages from `page` on, at most `most`: only those may become headroom, for nobody looks
 * at the memory of headroom. */
static size_t clean_after(const hw_runs_t *runs, const hw_region_t *region, size_t page,
                          size_t most) {
  size_t end = hw_runs_free_end(runs, region, page, most);
  return end == page ? 0 : hw_bits_next_set(region->dirty, page, end) - page;
}

/* Makes `npages` more pages fit the limit, at the cost of dirty ones. What other threads are giving
 * back is waited for: it would be refused what fits. */
static hw_status_t make_room(hw_runs_t *runs, size_t npages, bool nowait) {
  for (;;) {
    if (npages > runs->limit || runs->nactive > runs->limit - npages) return HW_ERR_LIMIT;
    size_t room = runs->limit - npages - runs->nactive;
    size_t going = runs->ndirty + runs->npurging;
    if (going <= room) return HW_OK;
    if (nowait) return HW_ERR_NOWAIT;
    /* The lock is open meanwhile, so all is asked again. */
    if (hw_runs_purge_some(runs, going - room, 1) > 0) continue;
    if (runs->npurging == 0) return HW_ERR_LIMIT;
    hw_lock_pause(&runs->lock);
  }
}

static hw_status_t grow(hw_runs_t *runs, size_t npages, size_t align, bool nowait) {
  size_t count = (npages + HW_SEGMENT_PAGES - 1) / HW_SEGMENT_PAGES;
  size_t bytes = align << HW_PAGE_SHIFT;
  hw_page_segment_t *segment = NULL;
  hw_status_t status =
      hw_space_take(runs->space, runs->owner, count,
                    bytes < HW_SEGMENT_BYTES ? HW_SEGMENT_BYTES : bytes, nowait, &segment);
  if (status != HW_OK) return status;
  if (runs->huge_pages != 0 && !nowait) {
    const hw_region_t *region = hw_region_of(runs->space, segment);
    runs->os->advise_huge(hw_page_address(region, hw_segment_page(segment)),
                          count << HW_SEGMENT_SHIFT, runs->huge_pages > 0);
  }
  for (size_t i = 0; i < count; i++) hw_runs_add_segment(runs, segment + i);
  return HW_OK;
}

/* Frees what large blocks keep for their growth: there are no other addresses left. */
static bool reclaim_headroom(hw_runs_t *runs) {
  if (runs->nheadroom == 0) return false;
  for (hw_page_segment_t *segment = runs->first; segment != NULL; segment = segment->next) {
    hw_region_t *region = hw_region_of(runs->space, segment);
    size_t end = hw_segment_page(segment) + HW_SEGMENT_PAGES;
    size_t page = hw_bits_next_set(region->heads, hw_segment_page(segment), end);
    for (; page < end; page = hw_bits_next_set(region->heads, page + 1, end)) {
      hw_run_t *run = hw_run_at(region, page);
      size_t from = page + run->npages;
      free_pages(runs, region, from, from + run->headroom);
      runs->nheadroom -= run->headroom;
      run->headroom = 0;
    }
  }
  return true;
}

static hw_status_t find_or_grow(hw_runs_t *runs, const hw_run_request_t *request,
                                hw_place_t *place) {
  size_t wanted = request->npages + request->headroom;
  *place = hw_runs_find(runs, wanted, request->align);
  if (place->region != NULL) return HW_OK;
  if (request->headroom > 0 && grow(runs, wanted, request->align, request->nowait) == HW_OK) {
    *place = hw_runs_find(runs, wanted, request->align);
    return HW_OK;
  }
  if (request->headroom > 0) *place = hw_runs_find(runs, request->npages, request->align);
  if (place->region != NULL) return HW_OK;
  hw_status_t status = grow(runs, request->npages, request->align, request->nowait);
  if (status != HW_OK && !reclaim_headroom(runs)) return status;
  *place = hw_runs_find(runs, request->npages, request->align);
  return place->region != NULL ? HW_OK : status;
}

hw_status_t hw_runs_claim(hw_runs_t *runs, const hw_run_request_t *request, hw_run_t **out,
                          hw_stale_t *stale) {
  hw_place_t place = {NULL, 0};
  hw_lock(&runs->lock);
  hw_status_t status = make_room(runs, request->npages, request->nowait);
  if (status == HW_OK) status = find_or_grow(runs, request, &place);
  if (status == HW_OK) {
    size_t end = place.page + request->npages;
    take_pages(place.region, place.page, end);
    activate(runs, place.region, place.page, end, stale);
    size_t headroom =
        request->headroom > 0 ? clean_after(runs, place.region, end, request->headroom) : 0;
    take_pages(place.region, end, end + headroom);
    runs->nheadroom += headroom;
    hw_bit_set(place.region->heads, place.page);

    hw_run_t *run = hw_run_at(place.region, place.page);
    memset(run, 0, sizeof *run);
    run->base = hw_page_address(place.region, place.page);
    run->page = (uint32_t)place.page;
    run->npages = (uint32_t)request->npages;
    run->headroom = (uint32_t)headroom;
    run->size_class = (uint8_t)request->size_class;
    *out = run;
  }
  hw_unlock(&runs->lock);
  return status;
}

static bool must_purge_now(const hw_runs_t *runs, const hw_run_t *run, size_t npages) {
  if (runs->decay.ms <= 0) return runs->decay.ms == 0;
  /* What grew and grew was a buffer of its own kind: the next one begins small again. */
  if (run->growths > 0 && npages >= HW_MOVE_LEAST >> HW_PAGE_SHIFT) return true;
  size_t cap = runs->nactive >> HW_DIRTY_CAP_SHIFT;
  if (cap < HW_DIRTY_CAP_PAGES) cap = HW_DIRTY_CAP_PAGES;
  return npages >= HW_OVERSIZE_PAGES && runs->ndirty > cap;
}

void hw_runs_release(hw_runs_t *runs, hw_run_t *run, bool clean, bool nowait) {
  hw_lock(&runs->lock);
  hw_region_t *region = hw_runs_region(runs, run);
  size_t page = run->page;
  size_t npages = run->npages;
  hw_bit_clear(region->heads, page);
  deactivate(runs, region, page, page + npages, clean);
  runs->nheadroom -= run->headroom;
  free_pages(runs, region, page, page + npages + run->headroom);
  run->npages = 0;
  if (!clean && !nowait && must_purge_now(runs, run, npages))
    hw_runs_purge_range(runs, region, page, page + npages);
  hw_unlock(&runs->lock);
}

void hw_runs_retire(hw_runs_t *runs, hw_run_t *run) {
  hw_lock(&runs->lock);
  run->size_class = HW_CLASS_RETIRED;
  hw_unlock(&runs->lock);
}

hw_status_t hw_runs_extend(hw_runs_t *runs, hw_run_t *run, size_t npages, hw_stale_t *stale) {
  hw_lock(&runs->lock);
  hw_region_t *region = hw_runs_region(runs, run);
  size_t from = (size_t)run->page + run->npages;
  size_t end = (size_t)run->page + npages;
  size_t kept_end = from + run->headroom;
  hw_status_t status = HW_OK;
  if (end > kept_end && hw_runs_free_end(runs, region, kept_end, end - kept_end) < end) {
    status = HW_ERR_NOT_IN_PLACE;
  }
  if (status == HW_OK) status = make_room(runs, end - from, true);
  if (status == HW_OK) {
    if (end > kept_end) take_pages(region, kept_end, end);
    activate(runs, region, from, end, stale);
    size_t kept = end < kept_end ? kept_end - end : 0;
    runs->nheadroom -= run->headroom - kept;
    run->headroom = (uint32_t)kept;
    run->npages = (uint32_t)npages;
  }
  hw_unlock(&runs->lock);
  return status == HW_ERR_NOWAIT ? HW_ERR_NOT_IN_PLACE : status;
}

void hw_runs_trim(hw_runs_t *runs, hw_run_t *run, size_t npages, bool clean, bool nowait) {
  hw_lock(&runs->lock);
  hw_region_t *region = hw_runs_region(runs, run);
  size_t from = (size_t)run->page + npages;
  size_t end = (size_t)run->page + run->npages;
  deactivate(runs, region, from, end, clean);
  runs->nheadroom -= run->headroom;
  free_pages(runs, region, from, end + run->headroom);
  run->headroom = 0;
  run->npages = (uint32_t)npages;
  if (!clean && !nowait && must_purge_now(runs, run, end - from))
    hw_runs_purge_range(runs, region, from, end);
  hw_unlock(&runs->lock);
}

/* Memory that goes back to the system. A dirty run is taken out of use, the lock is let go for the
 * system call, and the run comes back clean. From the highest address down: first fit fills the
 * lowest again. */
#include "arena/runs.h"

#include <string.h>

#include "base/align.h"
#include "base/bitmap.h"

/* [*from, *end) in whole pages of the system: with free neighbours, which are as good as purged
 * too, or without what shares a page with something in use. */
static void round_to_system(const hw_runs_t *runs, const hw_region_t *region, size_t *from,
                            size_t *end) {
  size_t pages = runs->os->page_size() >> HW_PAGE_SHIFT;
  if (pages <= 1) return;
  size_t low = hw_align_down(*from, pages);
  size_t high = hw_align_up(*end, pages);
  bool low_is_free = hw_bits_next_set(region->used, low, *from) == *from;
  bool high_is_free = hw_bits_next_set(region->used, *end, high) == high;
  *from = low_is_free ? low : hw_align_up(*from, pages);
  *end = high_is_free ? high : hw_align_down(*end, pages);
}

/* Gives [from, end), free and at least in part dirty, back; the lock is open meanwhile. What the
 * system refuses is dirty. */
static bool purge_free(hw_runs_t *runs, hw_region_t *region, size_t from, size_t end) {
  size_t npages = end - from;
  hw_bits_set(region->used, from, end);
  hw_runs_note_taken(region, from, end);
  hw_runs_count_dirty(runs, region, from, end, -1);
  hw_bits_clear(region->dirty, from, end);
  runs->npurging += npages;

  hw_unlock(&runs->lock);
  bool gone = runs->os->purge(hw_page_address(region, from), npages << HW_PAGE_SHIFT);
  hw_lock(&runs->lock);

  runs->npurging -= npages;
  if (!gone) {
    hw_bits_set(region->dirty, from, end);
    hw_runs_count_dirty(runs, region, from, end, +1);
  }
  hw_bits_clear(region->used, from, end);
  hw_runs_note_free(runs, region, from, end);
  return gone;
}

void hw_runs_purge_range(hw_runs_t *runs, hw_region_t *region, size_t from, size_t end) {
  while (from < end) {
    size_t first = hw_bits_next_set(region->dirty, from, end);
    size_t last = hw_bits_next_clear(region->dirty, first, end);
    from = last;
    round_to_system(runs, region, &first, &last);
    if (first < last && !purge_free(runs, region, first, last)) return;
  }
}

/* Purges one segment's dirty runs, the highest first, until `npages` are gone. */
static size_t purge_segment(hw_runs_t *runs, hw_page_segment_t *segment, size_t npages,
                            size_t least) {
  hw_region_t *region = hw_region_of(runs->space, segment);
  size_t begin = hw_segment_page(segment);
  size_t gone = 0;
  for (size_t top = begin + HW_SEGMENT_PAGES; top > begin && gone < npages;) {
    size_t last = hw_bits_last_set(region->dirty, begin, top - 1);
    if (last == HW_NO_BIT) break;
    size_t end = last + 1;
    size_t from = end;
    while (from > begin && hw_bit_test(region->dirty, from - 1)) from--;
    top = from;
    if (end - from < least) continue;
    round_to_system(runs, region, &from, &end);
    if (from >= end) continue;
    if (!purge_free(runs, region, from, end)) break;
    gone += end - from;
  }
  return gone;
}

size_t hw_runs_purge_some(hw_runs_t *runs, size_t npages, size_t least) {
  uint64_t all_after = HW_PURGE_ALL_AFTER * (uint64_t)(runs->decay.ms > 0 ? runs->decay.ms : 0);
  size_t gone = 0;
  for (hw_page_segment_t *segment = runs->last; segment != NULL && gone < npages;
       segment = segment->prev) {
    if (segment->ndirty == 0) continue;
    bool is_quiet = runs->now_ms - segment->dirtied_ms >= all_after;
    gone += purge_segment(runs, segment, npages - gone, is_quiet ? 1 : least);
  }
  return gone;
}

/* The entries and descriptors of a segment without runs hold nothing that matters: they read zero
 * as well. The lock is held: nobody may take pages of it meanwhile. */
static void trim(hw_runs_t *runs, hw_page_segment_t *segment) {
  const hw_region_t *region = hw_region_of(runs->space, segment);
  size_t page = hw_segment_page(segment);
  size_t descriptors = HW_SEGMENT_PAGES / HW_RUN_LEAST_PAGES * sizeof(hw_run_t);
  segment->trimmed = true;
  (void)runs->os->purge(hw_run_at(region, page), descriptors);
  (void)runs->os->purge(&region->pages[page], HW_SEGMENT_PAGES * sizeof(hw_page_t));
  (void)runs->os->purge(&region->states[page << (HW_PAGE_SHIFT - 4)], HW_SEGMENT_BYTES / 16);
}

/* Trims the segments that were free for as long as the decay lasts. */
static void trim_idle(hw_runs_t *runs) {
  /* A segment's part of the page map is two of its pages. */
  if (runs->decay.ms < 0 || runs->os->page_size() > HW_PAGE_BYTES) return;
  for (hw_page_segment_t *segment = runs->first; segment != NULL; segment = segment->next) {
    bool is_idle = segment->longest == HW_SEGMENT_PAGES && segment->ndirty == 0 &&
                   runs->now_ms - segment->dirtied_ms >= (uint64_t)runs->decay.ms;
    if (is_idle && !segment->trimmed) trim(runs, segment);
  }
}

void hw_runs_settle(hw_runs_t *runs) {
  while (runs->npurging > 0) {
    hw_lock_fork(&runs->lock, HW_FORK_PARENT);
    sched_yield();
    hw_lock_fork(&runs->lock, HW_FORK_PREPARE);
  }
}

bool hw_runs_tick(hw_runs_t *runs, uint64_t now_ms) {
  hw_lock(&runs->lock);
  /* Another thread may have read the clock later and come here first. */
  if (now_ms > runs->now_ms) runs->now_ms = now_ms;
  size_t allowed = hw_decay_allow(&runs->decay, now_ms, runs->ndirty);
  if (runs->ndirty > allowed) {
    (void)hw_runs_purge_some(runs, runs->ndirty - allowed, HW_PURGE_PAGES);
    /* What is left counts as seen, so that the next epoch sees only what comes. */
    if (runs->ndirty < runs->decay.ndirty) runs->decay.ndirty = runs->ndirty;
  }
  trim_idle(runs);
  bool more = runs->ndirty > 0 && runs->decay.ms > 0;
  hw_unlock(&runs->lock);
  return more;
}

void hw_runs_purge(hw_runs_t *runs) {
  hw_lock(&runs->lock);
  (void)hw_runs_purge_some(runs, runs->ndirty, 1);
  hw_unlock(&runs->lock);
}

/* What the system did not take back is filled with zeros: the next owner gets clean pages. */
static void clear_dirty(const hw_region_t *region, size_t from, size_t end) {
  from = hw_bits_next_set(region->dirty, from, end);
  while (from < end) {
    size_t clean = hw_bits_next_clear(region->dirty, from, end);
    memset(hw_page_address(region, from), 0, (clean - from) << HW_PAGE_SHIFT);
    hw_bits_clear(region->dirty, from, clean);
    from = hw_bits_next_set(region->dirty, clean, end);
  }
}

void hw_runs_leave(hw_runs_t *runs) {
  hw_lock(&runs->lock);
  (void)hw_runs_purge_some(runs, runs->ndirty, 1);
  hw_page_segment_t *segment = runs->first;
  while (segment != NULL) {
    hw_page_segment_t *next = segment->next;
    hw_region_t *region = hw_region_of(runs->space, segment);
    size_t begin = hw_segment_page(segment);
    size_t end = begin + HW_SEGMENT_PAGES;
    if (segment->ndirty > 0) clear_dirty(region, begin, end);
    /* What is still used are retired blocks. */
    hw_space_give(runs->space, segment, hw_bits_next_set(region->used, begin, end) < end);
    segment = next;
  }
  runs->first = runs->last = NULL;
  hw_unlock(&runs->lock);
}

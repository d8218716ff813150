/* Finding free runs: first fit by address. A segment knows its longest free run, a hint for each
 * power of two says where looking can begin, and runs over the border of two segments are looked
 * for only when none fits inside one. */
#include "arena/runs.h"

#include "base/align.h"
#include "base/bitmap.h"

bool hw_segment_is_before(const hw_page_segment_t *a, const hw_page_segment_t *b) {
  return a->region != b->region ? a->region < b->region : a->index < b->index;
}

static bool follows(const hw_page_segment_t *segment, const hw_page_segment_t *before) {
  return segment->region == before->region && segment->index == before->index + 1;
}

static hw_page_segment_t *segment_of(const hw_region_t *region, size_t page) {
  return &region->segments[page / HW_SEGMENT_PAGES];
}

/* The first page from `page` on whose address is a multiple of `align` pages. */
static size_t aligned_page(const hw_region_t *region, size_t page, size_t align) {
  size_t base = (uintptr_t)region->base >> HW_PAGE_SHIFT;
  return hw_align_up(base + page, align) - base;
}

static hw_place_t find_inside(hw_region_t *region, const hw_page_segment_t *segment, size_t npages,
                              size_t align) {
  size_t from = hw_segment_page(segment);
  size_t end = from + HW_SEGMENT_PAGES;
  for (;;) {
    from = hw_bits_next_clear(region->used, from, end);
    size_t taken = hw_bits_next_set(region->used, from, end);
    size_t page = aligned_page(region, from, align);
    if (page < taken && taken - page >= npages) return (hw_place_t){region, page};
    if (taken == end) return (hw_place_t){NULL, 0};
    from = taken;
  }
}

static hw_place_t find_in_one(hw_runs_t *runs, size_t npages, size_t align) {
  unsigned power = hw_highest_bit(npages);
  hw_page_segment_t *hint = NULL;
  hw_place_t place = {NULL, 0};
  hw_page_segment_t *segment = runs->hints[power];
  for (; segment != NULL && place.region == NULL; segment = segment->next) {
    if (hint == NULL && segment->longest >> power != 0) hint = segment;
    if (segment->longest < npages) continue;
    place = find_inside(hw_region_of(runs->space, segment), segment, npages, align);
  }
  runs->hints[power] = hint;
  return place;
}

static hw_place_t find_across(hw_runs_t *runs, size_t npages, size_t align) {
  const hw_page_segment_t *before = NULL;
  size_t from = 0; /* where the free pages that reach the end of `before` begin */
  for (hw_page_segment_t *segment = runs->first; segment != NULL; segment = segment->next) {
    hw_region_t *region = hw_region_of(runs->space, segment);
    size_t begin = hw_segment_page(segment);
    size_t end = begin + HW_SEGMENT_PAGES;
    if (before == NULL || !follows(segment, before)) from = begin;

    size_t taken = hw_bits_next_set(region->used, begin, end);
    size_t page = aligned_page(region, from, align);
    if (page < taken && taken - page >= npages) return (hw_place_t){region, page};
    if (taken < end) from = hw_bits_last_set(region->used, begin, end - 1) + 1;
    before = segment;
  }
  return (hw_place_t){NULL, 0};
}

hw_place_t hw_runs_find(hw_runs_t *runs, size_t npages, size_t align) {
  if (npages <= HW_SEGMENT_PAGES) {
    hw_place_t place = find_in_one(runs, npages, align);
    if (place.region != NULL) return place;
  }
  return find_across(runs, npages, align);
}

size_t hw_runs_free_end(const hw_runs_t *runs, const hw_region_t *region, size_t page,
                        size_t most) {
  size_t committed = atomic_load_explicit(&region->committed, memory_order_relaxed);
  size_t limit = committed >> HW_PAGE_SHIFT;
  if (page < limit && most < limit - page) limit = page + most;
  size_t at = page;
  while (at < limit) {
    const hw_page_segment_t *segment = segment_of(region, at);
    if (atomic_load_explicit(&segment->owner, memory_order_relaxed) != runs->owner) break;
    size_t end = hw_min(hw_segment_page(segment) + HW_SEGMENT_PAGES, limit);
    size_t taken = hw_bits_next_set(region->used, at, end);
    if (taken < end) return taken;
    at = end;
  }
  return at;
}

/* The free run of its segment that [from, end) lies in, once that is free. */
static size_t free_around(const hw_region_t *region, size_t from, size_t end) {
  size_t begin = hw_segment_page(segment_of(region, from));
  size_t last = begin + HW_SEGMENT_PAGES;
  size_t before = from > begin ? hw_bits_last_set(region->used, begin, from - 1) : HW_NO_BIT;
  size_t left = before == HW_NO_BIT ? begin : before + 1;
  return hw_bits_next_set(region->used, end, last) - left;
}

size_t hw_segment_longest(const hw_region_t *region, const hw_page_segment_t *segment) {
  size_t from = hw_segment_page(segment);
  size_t end = from + HW_SEGMENT_PAGES;
  size_t longest = 0;
  while (from < end) {
    from = hw_bits_next_clear(region->used, from, end);
    size_t taken = hw_bits_next_set(region->used, from, end);
    if (taken - from > longest) longest = taken - from;
    from = taken;
  }
  return longest;
}

/* Calls for each segment's part of [from, end). */
#define FOR_EACH_PART(from, end, first, last)                                                 \
  for (size_t first = (from), last = hw_min(hw_align_up(first + 1, HW_SEGMENT_PAGES), (end)); \
       first < (end);                                                                         \
       first = last, last = hw_min(hw_align_up(first + 1, HW_SEGMENT_PAGES), (end)))

void hw_runs_count_dirty(hw_runs_t *runs, hw_region_t *region, size_t from, size_t end, int sign) {
  FOR_EACH_PART(from, end, first, last) {
    hw_page_segment_t *segment = segment_of(region, first);
    size_t count = hw_bits_count(region->dirty, first, last);
    segment->ndirty = (uint16_t)(sign > 0 ? segment->ndirty + count : segment->ndirty - count);
    runs->ndirty = sign > 0 ? runs->ndirty + count : runs->ndirty - count;
    if (sign > 0) segment->dirtied_ms = runs->now_ms;
  }
}

void hw_runs_note_taken(hw_region_t *region, size_t from, size_t end) {
  FOR_EACH_PART(from, end, first, last) {
    hw_page_segment_t *segment = segment_of(region, first);
    segment->trimmed = false;
    /* Only a cut in the longest run can make another the longest. */
    if (free_around(region, first, last) < segment->longest) continue;
    segment->longest = (uint16_t)hw_segment_longest(region, segment);
  }
}

static void lower_hints(hw_runs_t *runs, hw_page_segment_t *segment) {
  if (segment->longest == 0) return;
  for (unsigned power = 0; power <= hw_highest_bit(segment->longest); power++) {
    if (runs->hints[power] == NULL || hw_segment_is_before(segment, runs->hints[power])) {
      runs->hints[power] = segment;
    }
  }
}

void hw_runs_note_free(hw_runs_t *runs, hw_region_t *region, size_t from, size_t end) {
  FOR_EACH_PART(from, end, first, last) {
    hw_page_segment_t *segment = segment_of(region, first);
    size_t merged = free_around(region, first, last);
    if (merged <= segment->longest) continue;
    segment->longest = (uint16_t)merged;
    lower_hints(runs, segment);
  }
}

void hw_runs_add_segment(hw_runs_t *runs, hw_page_segment_t *segment) {
  hw_page_segment_t *before = runs->last;
  while (before != NULL && hw_segment_is_before(segment, before)) before = before->prev;
  segment->prev = before;
  segment->next = before == NULL ? runs->first : before->next;
  *(before == NULL ? &runs->first : &before->next) = segment;
  *(segment->next == NULL ? &runs->last : &segment->next->prev) = segment;
  runs->nsegments++;
  lower_hints(runs, segment);
}

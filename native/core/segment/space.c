#include "segment/space.h"

#include <string.h>

#include "base/align.h"
#include "base/bitmap.h"

#define ARRAYS 7u

/* Bytes of each array for one segment, in the order of array_commits. */
static const size_t bytes_per_segment[ARRAYS] = {
    HW_SEGMENT_PAGES * sizeof(hw_page_t),
    HW_SEGMENT_PAGES / 8,
    HW_SEGMENT_PAGES / 8,
    HW_SEGMENT_PAGES / 8,
    HW_SEGMENT_PAGES / HW_RUN_LEAST_PAGES * sizeof(hw_run_t),
    HW_SEGMENT_BYTES / 16,
    sizeof(hw_page_segment_t),
};

static void array_addresses(const hw_region_t *region, uint8_t *out[ARRAYS]) {
  out[0] = (uint8_t *)region->pages;
  out[1] = (uint8_t *)region->used;
  out[2] = (uint8_t *)region->dirty;
  out[3] = (uint8_t *)region->heads;
  out[4] = (uint8_t *)region->runs;
  out[5] = region->states;
  out[6] = (uint8_t *)region->segments;
}

/* Reserves the arrays of a region of `size` bytes, each on pages of its own. */
static bool reserve_arrays(const hw_os_t *os, hw_region_t *region, size_t size) {
  size_t page = os->page_size();
  size_t segments = size >> HW_SEGMENT_SHIFT;
  size_t total = 2 * page;
  for (unsigned i = 0; i < ARRAYS; i++) total += hw_align_up(segments * bytes_per_segment[i], page);
  uint8_t *at = os->reserve(total, page);
  if (at == NULL) return false;
  region->arrays = at;
  region->arrays_size = total;

  uint8_t *starts[ARRAYS];
  at += page;
  for (unsigned i = 0; i < ARRAYS; i++) {
    starts[i] = at;
    at += hw_align_up(segments * bytes_per_segment[i], page);
  }
  region->pages = (hw_page_t *)starts[0];
  region->used = (uint64_t *)starts[1];
  region->dirty = (uint64_t *)starts[2];
  region->heads = (uint64_t *)starts[3];
  region->runs = (hw_run_t *)starts[4];
  region->states = starts[5];
  region->segments = (hw_page_segment_t *)starts[6];
  return true;
}

/* Adds a region of at least `least` bytes, as large as the system lets us. */
static bool add_region(hw_space_t *space, size_t least) {
  uint32_t count = atomic_load_explicit(&space->region_count, memory_order_relaxed);
  if (count == HW_REGION_MOST) return false;
  least = hw_align_up(least, HW_SEGMENT_BYTES);
  hw_region_t *region = &space->regions[count];
  for (size_t size = space->largest > least ? space->largest : least;; size /= 4) {
    if (size < least) size = least;
    uint8_t *base = space->os->reserve(size, HW_SEGMENT_BYTES);
    if (base != NULL && reserve_arrays(space->os, region, size)) {
      region->base = base;
      region->size = size;
      atomic_init(&region->committed, 0);
      memset(region->array_commits, 0, sizeof region->array_commits);
      space->largest = size;
      atomic_store_explicit(&space->region_count, count + 1, memory_order_release);
      return true;
    }
    if (base != NULL) space->os->unmap(base, size);
    if (size == least) return false;
  }
}

hw_status_t hw_space_init(hw_space_t *space, const hw_os_t *os) {
  memset(space, 0, sizeof *space);
  space->os = os;
  hw_lock_init(&space->members_lock, HW_RANK_MEMBERS);
  hw_lock_init(&space->lock, HW_RANK_SPACE);
  space->largest = HW_REGION_MOST_BYTES;
  hw_bit_set(space->owners, HW_NO_OWNER);
  return add_region(space, HW_REGION_LEAST_BYTES) ? HW_OK : HW_ERR_OUT_OF_MEMORY;
}

void hw_space_destroy(hw_space_t *space) {
  if (atomic_load_explicit(&space->has_retired, memory_order_relaxed)) return;
  uint32_t count = atomic_load_explicit(&space->region_count, memory_order_relaxed);
  for (uint32_t i = 0; i < count; i++) {
    space->os->unmap(space->regions[i].base, space->regions[i].size);
    space->os->unmap(space->regions[i].arrays, space->regions[i].arrays_size);
  }
}

hw_status_t hw_space_join(hw_space_t *space, hw_member_t *member) {
  hw_lock(&space->members_lock);
  size_t id = hw_bits_next_clear(space->owners, 0, HW_ARENAS_MOST);
  if (id < HW_ARENAS_MOST) {
    hw_bit_set(space->owners, id);
    member->owner = (uint32_t)id;
    member->prev = NULL;
    member->next = space->members;
    if (member->next != NULL) member->next->prev = member;
    space->members = member;
  }
  hw_unlock(&space->members_lock);
  return id < HW_ARENAS_MOST ? HW_OK : HW_ERR_OUT_OF_MEMORY;
}

void hw_space_leave(hw_space_t *space, hw_member_t *member) {
  hw_lock(&space->members_lock);
  hw_bit_clear(space->owners, member->owner);
  if (member->next != NULL) member->next->prev = member->prev;
  *(member->prev == NULL ? &space->members : &member->prev->next) = member->next;
  hw_unlock(&space->members_lock);
}

void hw_space_fork(hw_space_t *space, hw_fork_t moment) {
  if (moment == HW_FORK_PREPARE) hw_lock_fork(&space->members_lock, moment);
  for (hw_member_t *member = space->members; member != NULL; member = member->next) {
    member->fork(member, moment);
  }
  hw_lock_fork(&space->lock, moment);
  if (moment != HW_FORK_PREPARE) hw_lock_fork(&space->members_lock, moment);
}

/* Makes the memory and the arrays of segments up to `end` bytes usable. What is committed stays so
 * when a later step fails: it is found committed the next time. */
static bool commit_to(hw_space_t *space, hw_region_t *region, size_t end) {
  size_t page = space->os->page_size();
  size_t committed = atomic_load_explicit(&region->committed, memory_order_relaxed);
  uint8_t *starts[ARRAYS];
  array_addresses(region, starts);
  for (unsigned i = 0; i < ARRAYS; i++) {
    size_t want = hw_align_up((end >> HW_SEGMENT_SHIFT) * bytes_per_segment[i], page);
    size_t have = region->array_commits[i];
    if (want <= have) continue;
    if (!space->os->commit(starts[i] + have, want - have)) return false;
    region->array_commits[i] = want;
  }
  if (!space->os->commit(region->base + committed, end - committed)) return false;

  uint32_t number = (uint32_t)(region - space->regions);
  for (size_t i = committed >> HW_SEGMENT_SHIFT; i < end >> HW_SEGMENT_SHIFT; i++) {
    region->segments[i].region = number;
    region->segments[i].index = (uint32_t)i;
    region->segments[i].longest = HW_SEGMENT_PAGES;
  }
  atomic_store_explicit(&region->committed, end, memory_order_release);
  return true;
}

static bool is_free(const hw_region_t *region, size_t segment) {
  size_t committed = atomic_load_explicit(&region->committed, memory_order_relaxed);
  if (segment >= committed >> HW_SEGMENT_SHIFT) return true;
  return atomic_load_explicit(&region->segments[segment].owner, memory_order_relaxed) ==
         HW_NO_OWNER;
}

/* The first segment of `count` free ones at a multiple of `align`; SIZE_MAX: there are none. */
static size_t find_free(const hw_region_t *region, size_t count, size_t align) {
  size_t total = region->size >> HW_SEGMENT_SHIFT;
  size_t first = 0;
  for (;;) {
    uintptr_t address = (uintptr_t)region->base + (first << HW_SEGMENT_SHIFT);
    first += (hw_align_up(address, align) - address) >> HW_SEGMENT_SHIFT;
    if (first + count > total) return SIZE_MAX;
    size_t found = 0;
    while (found < count && is_free(region, first + found)) found++;
    if (found == count) return first;
    first += found + 1;
  }
}

static hw_status_t take_from(hw_space_t *space, hw_region_t *region, uint32_t owner, size_t count,
                             size_t align, bool nowait, hw_page_segment_t **out) {
  size_t first = find_free(region, count, align);
  if (first == SIZE_MAX) return HW_ERR_OUT_OF_MEMORY;
  size_t end = (first + count) << HW_SEGMENT_SHIFT;
  if (end > atomic_load_explicit(&region->committed, memory_order_relaxed)) {
    if (nowait) return HW_ERR_NOWAIT;
    if (!commit_to(space, region, end)) return HW_ERR_OUT_OF_MEMORY;
  }
  for (size_t i = first; i < first + count; i++) {
    atomic_store_explicit(&region->segments[i].owner, owner, memory_order_relaxed);
  }
  *out = &region->segments[first];
  return HW_OK;
}

hw_status_t hw_space_take(hw_space_t *space, uint32_t owner, size_t count, size_t align,
                          bool nowait, hw_page_segment_t **out) {
  hw_lock(&space->lock);
  hw_status_t status = HW_ERR_OUT_OF_MEMORY;
  for (uint32_t i = 0; status == HW_ERR_OUT_OF_MEMORY; i++) {
    if (i == atomic_load_explicit(&space->region_count, memory_order_relaxed)) {
      if (nowait) {
        status = HW_ERR_NOWAIT;
        break;
      }
      if (count > (HW_MAX_SIZE - align) >> HW_SEGMENT_SHIFT) break;
      if (!add_region(space, (count << HW_SEGMENT_SHIFT) + align - HW_SEGMENT_BYTES)) break;
    }
    status = take_from(space, &space->regions[i], owner, count, align, nowait, out);
    /* A region that cannot commit will not have room by adding another. */
    if (status == HW_ERR_OUT_OF_MEMORY && find_free(&space->regions[i], count, align) != SIZE_MAX) {
      break;
    }
  }
  hw_unlock(&space->lock);
  return status;
}

void hw_space_give(hw_space_t *space, hw_page_segment_t *segment, bool retired) {
  hw_lock(&space->lock);
  segment->longest = HW_SEGMENT_PAGES;
  segment->ndirty = 0;
  segment->next = segment->prev = NULL;
  if (retired) atomic_store_explicit(&space->has_retired, true, memory_order_relaxed);
  atomic_store_explicit(&segment->owner, retired ? HW_OWNER_RETIRED : HW_NO_OWNER,
                        memory_order_relaxed);
  hw_unlock(&space->lock);
}

hw_region_t *hw_space_find(hw_space_t *space, const void *ptr) {
  uint32_t count = atomic_load_explicit(&space->region_count, memory_order_acquire);
  for (uint32_t i = 0; i < count; i++) {
    hw_region_t *region = &space->regions[i];
    size_t offset = (size_t)((uintptr_t)ptr - (uintptr_t)region->base);
    if (offset < atomic_load_explicit(&region->committed, memory_order_acquire)) return region;
  }
  return NULL;
}

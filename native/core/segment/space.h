/* Address space for arenas: regions of reserved addresses, cut into segments of 4 MiB that one
 * arena owns at a time, and the page map that tells for any address whose it is.
 *
 *     region   | segment | segment | segment | ... | addresses that were never used        |
 *              0                             committed                                   size
 *
 *     beside it, in a reservation of its own between two guard pages, arrays indexed alike:
 *       pages     what a page belongs to: the page map, one load on every free
 *       used, dirty, heads   one bit a page
 *       runs      descriptors of page runs, one slot for two pages
 *       states    one byte for 16 bytes of memory: whether a block begins here and lives
 *       segments  owners
 *
 * Memory is committed lowest address first, so that a process has few mappings and the arrays can
 * be read up to one mark. It is never unmapped before the whole space is: an address once handed
 * out stays readable. Regions are reserved as large as the system lets us, and more are added when
 * they are full (with limits on address space, under sanitizers and valgrind: small ones).
 *
 * Threads: `take`, `give`, `join` and `leave` lock. Finding is free of locks: regions are only ever
 * added, and `committed` only grows. The bits and runs of a segment belong to its owner.
 *
 * Source of the ideas: hardened_malloc and snmalloc (one reservation, flat page map), jemalloc
 * (owners by page). */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"
#include "heapwright.h"
#include "os/os.h"
#include "segment/run.h"

/* An entry of the page map. A page of a slab and the first page of a large block have a tag; all
 * others have 0. */
typedef struct hw_page {
  uint32_t tag; /* both are written and read with the functions below, where threads may meet */
  uint32_t run; /* index of the run's descriptor */
} hw_page_t;

static inline uint32_t hw_page_tag(const hw_page_t *page) {
  return __atomic_load_n(&page->tag, __ATOMIC_ACQUIRE);
}

static inline uint32_t hw_page_run(const hw_page_t *page) {
  return __atomic_load_n(&page->run, __ATOMIC_RELAXED);
}

/* Who reads the tag sees the run, and all that was done before. */
static inline void hw_page_set(hw_page_t *page, uint32_t run, uint32_t tag) {
  __atomic_store_n(&page->run, run, __ATOMIC_RELAXED);
  __atomic_store_n(&page->tag, tag, __ATOMIC_RELEASE);
}

/* From `from` to `to`, for one of several threads that try. */
static inline bool hw_page_change_tag(hw_page_t *page, uint32_t from, uint32_t to) {
  return __atomic_compare_exchange_n(&page->tag, &from, to, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED);
}

/* Owner and use in one word, so that a free compares both at once. */
static inline uint32_t hw_tag(uint32_t owner, unsigned size_class) {
  return (owner << 8) | (size_class + 1);
}

static inline uint32_t hw_tag_owner(uint32_t tag) {
  return tag >> 8;
}

static inline unsigned hw_tag_class(uint32_t tag) {
  return (tag & 0xFF) - 1;
}

#define HW_NO_OWNER 0u
#define HW_OWNER_RETIRED UINT32_MAX /* retired blocks lie in it: never handed out again */

typedef struct hw_page_segment {
  _Atomic uint32_t owner;
  uint32_t region;  /* its index in the space */
  uint32_t index;   /* in the region */
  uint16_t longest; /* pages of the longest free run inside the segment */
  uint16_t ndirty;
  bool trimmed; /* its part of the arrays went back too, since it was last used */
  uint64_t dirtied_ms;                /* when pages were last freed in it */
  struct hw_page_segment *next, *prev; /* the owner's segments by address */
} hw_page_segment_t;

typedef struct hw_region {
  uint8_t *base;
  size_t size;
  _Atomic size_t committed; /* bytes; below it memory and arrays may be touched */
  hw_page_t *pages;
  uint64_t *used;  /* the page belongs to a run, or is kept for one's growth */
  uint64_t *dirty; /* the page belongs to no run and may hold memory; others that belong to no run
                      read zero */
  uint64_t *heads; /* a run begins here */
  hw_run_t *runs;
  uint8_t *states;
  hw_page_segment_t *segments;
  void *arrays; /* the reservation of the arrays, with its guard pages */
  size_t arrays_size;
  size_t array_commits[7]; /* bytes committed of each */
} hw_region_t;

/* An owner of segments. */
typedef struct hw_member {
  uint32_t owner; /* its id, never HW_NO_OWNER */
  void (*fork)(struct hw_member *member,
               hw_fork_t moment); /* takes, lets go, or renews its locks */
  struct hw_member *next, *prev;
} hw_member_t;

typedef struct hw_space {
  const hw_os_t *os;
  hw_lock_t members_lock; /* of `members` and `owners`; held over a fork */
  hw_member_t *members;
  hw_lock_t lock; /* of all below */
  size_t largest; /* the next reservation to try, in bytes */
  _Atomic uint32_t region_count;
  hw_region_t regions[HW_REGION_MOST];
  uint64_t owners[HW_ARENAS_MOST / 64]; /* ids in use */
  _Atomic bool has_retired; /* must stay mapped for ever */
} hw_space_t;

/* Reserves the first region. HW_ERR_OUT_OF_MEMORY leaves nothing behind. */
HW_MUST_CHECK hw_status_t hw_space_init(hw_space_t *space, const hw_os_t *os);
/* Nobody has joined it any more. Unmaps everything, unless something was retired. */
void hw_space_destroy(hw_space_t *space);

/* Gives the member its id; `fork` is set. */
HW_MUST_CHECK hw_status_t hw_space_join(hw_space_t *space, hw_member_t *member);
/* The member has given all its segments back. */
void hw_space_leave(hw_space_t *space, hw_member_t *member);

/* Holds everything still while the process forks, and goes on in parent and child. */
void hw_space_fork(hw_space_t *space, hw_fork_t moment);

/* `count` consecutive segments for `owner`, the first at a multiple of `align` bytes; they read
 * zero, none of their pages is used. With `nowait` only what needs no system call, or
 * HW_ERR_NOWAIT. */
HW_MUST_CHECK hw_status_t hw_space_take(hw_space_t *space, uint32_t owner, size_t count,
                                        size_t align, bool nowait, hw_page_segment_t **out);
/* Gives a segment back: no page of it is used. With `retired` it is never handed out again. */
void hw_space_give(hw_space_t *space, hw_page_segment_t *segment, bool retired);

/* The region whose committed part `ptr` lies in, or NULL. */
hw_region_t *hw_space_find(hw_space_t *space, const void *ptr);

static inline hw_region_t *hw_region_of(hw_space_t *space, const hw_page_segment_t *segment) {
  return &space->regions[segment->region];
}

/* The region that an address of ours was reserved in. One is the rule. */
static inline hw_region_t *hw_space_region(hw_space_t *space, const void *ptr) {
  hw_region_t *region = space->regions;
  while ((size_t)((const uint8_t *)ptr - region->base) >= region->size) region++;
  return region;
}

/* Pages are counted from the start of their region. */
static inline size_t hw_segment_page(const hw_page_segment_t *segment) {
  return (size_t)segment->index * HW_SEGMENT_PAGES;
}

static inline size_t hw_page_of(const hw_region_t *region, const void *ptr) {
  return (size_t)((const uint8_t *)ptr - region->base) >> HW_PAGE_SHIFT;
}

static inline uint8_t *hw_page_address(const hw_region_t *region, size_t page) {
  return region->base + (page << HW_PAGE_SHIFT);
}

static inline hw_run_t *hw_run_at(const hw_region_t *region, size_t first_page) {
  return &region->runs[first_page / HW_RUN_LEAST_PAGES];
}

/* The page runs of one arena: which pages of its segments are used, which hold memory though they
 * are free (dirty), and finding the lowest place where a run fits.
 *
 * Free runs coalesce by themselves: they are zero bits, and bits of neighbouring segments lie side
 * by side. There is no tree to corrupt and no separate path for huge blocks.
 *
 * A page is active (in a run), headroom (kept clean behind a large block for its growth), dirty
 * (free, and may hold memory) or clean (free, and reads zero).
 *
 * One lock; all functions take it. System calls that give memory back run without it.
 *
 * Source of the ideas: mimalloc 3 (bitmaps of slices), Go's page allocator (first fit by address
 * with summaries), jemalloc (dirty pages and their decay). */
#pragma once

#include "arena/decay.h"
#include "segment/space.h"

/* Pages of a claimed run that may hold somebody's old bytes; all its others read zero. */
typedef struct hw_stale {
  unsigned count;
  struct {
    size_t first, end; /* pages of the region */
  } at[HW_STALE_MOST];
} hw_stale_t;

typedef struct hw_run_request {
  size_t npages;   /* from HW_RUN_LEAST_PAGES */
  size_t align;    /* in pages, a power of two */
  size_t headroom; /* clean pages to keep behind it, if they can be had */
  unsigned size_class; /* what it is for */
  bool nowait;         /* make no system call */
} hw_run_request_t;

/* For runs of 2^k pages, k up to those of a segment. */
#define HW_RUN_HINTS (HW_SEGMENT_SHIFT - HW_PAGE_SHIFT + 1)

typedef struct hw_runs {
  hw_lock_t lock;
  hw_space_t *space;
  const hw_os_t *os;
  uint32_t owner;
  int huge_pages; /* as in the options */
  hw_page_segment_t *first, *last;        /* by address */
  hw_page_segment_t *hints[HW_RUN_HINTS]; /* no segment before it has a free run of 2^k pages;
                                             NULL: none at all has */
  size_t limit; /* most pages active and dirty together */
  size_t nactive, ndirty, nheadroom;
  size_t npurging; /* on their way back to the system: used, in no run */
  size_t nsegments;
  hw_decay_t decay;
  uint64_t now_ms; /* the clock when last read */
} hw_runs_t;

void hw_runs_init(hw_runs_t *runs, hw_space_t *space, uint32_t owner, size_t limit,
                  int64_t decay_ms);

/* A run with nothing in its page map yet. `stale` may be NULL. HW_ERR_LIMIT, HW_ERR_NOWAIT or
 * HW_ERR_OUT_OF_MEMORY. */
HW_MUST_CHECK hw_status_t hw_runs_claim(hw_runs_t *runs, const hw_run_request_t *request,
                                        hw_run_t **out, hw_stale_t *stale);
/* Ends a run. `clean`: its memory moved elsewhere, it reads zero. With `nowait` what would go back
 * to the system at once waits for the next tick. */
void hw_runs_release(hw_runs_t *runs, hw_run_t *run, bool clean, bool nowait);

/* The run's pages are never used again. */
void hw_runs_retire(hw_runs_t *runs, hw_run_t *run);

/* The run with more, or fewer, pages where it stands. */
HW_MUST_CHECK hw_status_t hw_runs_extend(hw_runs_t *runs, hw_run_t *run, size_t npages,
                                         hw_stale_t *stale);
void hw_runs_trim(hw_runs_t *runs, hw_run_t *run, size_t npages, bool clean, bool nowait);

/* Lets go of what the decay no longer allows. True while there is more to come. */
bool hw_runs_tick(hw_runs_t *runs, uint64_t now_ms);
/* Nothing is on its way back to the system: for a fork, whose child could not finish it. The lock
 * is held, and let go meanwhile. */
void hw_runs_settle(hw_runs_t *runs);
/* Gives every dirty page back. */
void hw_runs_purge(hw_runs_t *runs);

/* Gives all segments back to the space; no run is left but retired ones. */
void hw_runs_leave(hw_runs_t *runs);

/* The region a run of these lies in. */
hw_region_t *hw_runs_region(hw_runs_t *runs, const hw_run_t *run);

/* For the files of this concept: the lock is held. */

typedef struct hw_place {
  hw_region_t *region; /* NULL: nowhere */
  size_t page;
} hw_place_t;

/* The lowest place for the run, headroom included (find_run.c). */
hw_place_t hw_runs_find(hw_runs_t *runs, size_t npages, size_t align);
/* The end of the free pages from `page` on, at most `most` of them, in segments of ours. */
size_t hw_runs_free_end(const hw_runs_t *runs, const hw_region_t *region, size_t page, size_t most);
/* Whether `a` lies at lower addresses, or in an earlier region. */
bool hw_segment_is_before(const hw_page_segment_t *a, const hw_page_segment_t *b);
/* Pages of the longest free run inside a segment. */
size_t hw_segment_longest(const hw_region_t *region, const hw_page_segment_t *segment);
/* Keeps a segment's summary, and the hints, when [from, end) of it was taken or came free. */
void hw_runs_note_taken(hw_region_t *region, size_t from, size_t end);
void hw_runs_note_free(hw_runs_t *runs, hw_region_t *region, size_t from, size_t end);
/* Adds the dirty pages of [from, end) to the counts, or takes them off. */
void hw_runs_count_dirty(hw_runs_t *runs, hw_region_t *region, size_t from, size_t end, int sign);
/* Adds a segment, all free. */
void hw_runs_add_segment(hw_runs_t *runs, hw_page_segment_t *segment);

/* Gives up to `npages` dirty pages back in runs of at least `least`; answers how many went. Lets go
 * of the lock meanwhile (purge.c). */
size_t hw_runs_purge_some(hw_runs_t *runs, size_t npages, size_t least);
/* The same for what is dirty of one range. */
void hw_runs_purge_range(hw_runs_t *runs, hw_region_t *region, size_t from, size_t end);

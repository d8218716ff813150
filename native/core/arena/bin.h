/* A bin: all slabs of one size class in one arena, and the depot in front of them.
 *
 * The depot keeps blocks that caches flushed as plain pointers, as many as HW_DEPOT_MAGAZINES
 * magazines hold, so that what one thread frees another takes without touching a slab. Bonwick's
 * depot of magazines, tcmalloc's transfer cache.
 *
 * One lock; all functions take it, and that of the pages inside it. */
#pragma once

#include "arena/slab.h"

typedef struct hw_bin {
  hw_lock_t lock;
  hw_runs_t *runs;
  unsigned size_class;
  hw_run_t *first; /* slabs with free regions; the one that was last full is in front */
  hw_run_t *empty; /* one slab that is all free is kept, in no list */
  bool empty_is_idle; /* it was there at the last sweep */
  size_t nslabs;
  size_t ntaken;   /* regions that are not free */
  size_t nretired; /* of them, those retired */
  void **depot;
  size_t depot_count, depot_most;
  size_t depot_low; /* the least count since the last sweep */
  uint64_t misuses; /* frees that only the slab could see were wrong; they were ignored */
} hw_bin_t;

/* `depot` has room for hw_bin_depot_most pointers. */
void hw_bin_init(hw_bin_t *bin, hw_runs_t *runs, unsigned size_class, void **depot);

/* Pointers that the depot of a class holds at most. */
static inline size_t hw_bin_depot_most(unsigned size_class) {
  return (size_t)hw_size_classes[size_class].magazine * HW_DEPOT_MAGAZINES;
}

/* Up to `count` blocks, at least one unless it fails. */
HW_MUST_CHECK hw_status_t hw_bin_take(hw_bin_t *bin, void **out, size_t count, bool nowait,
                                      size_t *taken);
/* Blocks that a cache held. Those that a slab says are free, or no blocks, are counted as misuse
 * and dropped. */
void hw_bin_give(hw_bin_t *bin, void *const *blocks, size_t count);

/* Ends one taken region for ever. */
void hw_bin_retire(hw_bin_t *bin, void *block);

/* Gives back what lay in the depot since the last sweep: three quarters of it; and the empty slab,
 * if it was there then. */
void hw_bin_sweep(hw_bin_t *bin);
/* Gives back the whole depot and the empty slab. */
void hw_bin_flush(hw_bin_t *bin);

/* For a reset, in which nobody else uses the arena: the depot and the lists are empty, what was
 * taken is not; then a slab that stays, because blocks in it were retired, comes back. */
void hw_bin_forget(hw_bin_t *bin);
void hw_bin_readmit(hw_bin_t *bin, hw_run_t *slab);

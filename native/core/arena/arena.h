/* The arena: size classes in slabs, larger blocks in page runs, caches in front, memory that goes
 * back to the system by itself. All metadata is out of line; no byte of a block is read or written
 * except to zero it or to move it for its owner.
 *
 *     cache (one thread)      magazines: arrays of free blocks, one a size class
 *     bin   (a lock a class)  depot of blocks from magazines, slabs with bitmaps
 *     runs  (one lock)        page runs: slabs and large blocks
 *     space (shared)          segments of reserved addresses, page map
 *
 * The arena itself is an allocator that any thread may use; each call takes locks. A cache is an
 * allocator too: of one thread, fast, over the same blocks. A block may be freed through the arena
 * or any of its caches.
 *
 * Source of the shape: jemalloc. Its own are: no metadata beside blocks and no trees, caches as
 * objects (no thread-local state), exact layouts, moves by remap, addresses that stay mapped. */
#pragma once

#include "allocator/account.h"
#include "arena/bin.h"
#include "heapwright.h"
#include "segment/segment.h"

typedef struct hw_cache hw_cache_t;

typedef struct hw_arena {
  hw_allocator_t base;
  const hw_os_t *os;
  hw_space_t *space;
  hw_segment_t memory; /* where this and its depots lie */
  hw_segment_t own_space; /* base is NULL where the space is shared */
  hw_member_t member;
  uint32_t owner;
  bool exact;         /* every free is checked against the state of its block */
  bool tracked;       /* small blocks are charged to the account one by one */
  hw_account_t account; /* of large blocks; with `tracked` of all */
  hw_runs_t runs;
  hw_bin_t bins[HW_CLASS_COUNT];

  hw_lock_t caches_lock;
  hw_cache_t *caches;       /* open */
  hw_cache_t *spare_caches; /* closed, their memory kept */
  _Atomic uint64_t allocations[HW_CLASS_COUNT]; /* without a cache, and of closed ones */
  _Atomic uint32_t trips;
  _Atomic uint64_t flights; /* calls about large blocks: in the low half those under way, in the
                               high half those that ever began */
  _Atomic size_t nmoved; /* pieces of large blocks that came by the system's move */
  _Atomic size_t small_out;  /* bytes of blocks that are live or in a cache */
  _Atomic size_t peak;       /* the most that ever was, with large blocks */
  _Atomic uint64_t swept_ms; /* when depots were last swept */
  _Atomic uint64_t retired_small_bytes, retired_small_blocks;
} hw_arena_t;

/* `space` NULL: a space of its own. */
HW_MUST_CHECK hw_status_t hw_arena_create(const hw_config_t *config, hw_space_t *space,
                                          hw_allocator_t **out);

#define HW_ARENA_CAPABILITIES \
  (HW_CAN_REALLOCATE | HW_CAN_IN_PLACE | HW_CAN_OWN | HW_CAN_NOWAIT | HW_CAN_RETIRE)

/* Whether `self` is an arena, not a cache of one. */
bool hw_is_arena(const hw_allocator_t *self);

static inline hw_arena_t *hw_arena_of(hw_allocator_t *self) {
  return (hw_arena_t *)self;
}

const hw_allocator_ops_t *hw_arena_ops(void);
/* HW_ERR_BUSY while blocks live or caches are open. */
HW_MUST_CHECK hw_status_t hw_arena_end(hw_arena_t *arena);

/* Counts a trip to bins or pages; every so often the clock is looked at, so not with nowait. */
void hw_arena_trip(hw_arena_t *arena);
/* Takes every lock of the arena, in order, for a look at the whole; or for a fork. */
void hw_arena_hold(hw_arena_t *arena, hw_fork_t moment);
/* Raises the peak to what is out now. */
void hw_arena_note_peak(hw_arena_t *arena);
/* A limit was met: gives back all that no block needs. */
void hw_arena_relieve(hw_arena_t *arena);
/* Whether a request that failed so may succeed after that. */
static inline bool hw_arena_may_relieve(hw_status_t status, bool nowait) {
  return (status == HW_ERR_LIMIT || status == HW_ERR_OUT_OF_MEMORY) && !nowait;
}

/* The operations that an arena and its caches share; `self` is either. */
HW_MUST_CHECK hw_status_t hw_arena_reallocate(hw_arena_t *arena, hw_allocator_t *self, void *ptr,
                                              hw_layout_t layout, hw_layout_t next, uint32_t flags,
                                              void **out);
HW_MUST_CHECK hw_status_t hw_arena_reallocate_in_place(hw_arena_t *arena, void *ptr,
                                                       hw_layout_t layout, hw_layout_t next);
HW_MUST_CHECK hw_status_t hw_arena_retire(hw_arena_t *arena, void *ptr, hw_layout_t layout);
hw_ownership_t hw_arena_owns(hw_arena_t *arena, const void *ptr);
void hw_arena_stats_of(hw_arena_t *arena, hw_stats_t *out);
HW_MUST_CHECK hw_status_t hw_arena_verify(hw_arena_t *arena, const char **broken);

/* Blocks of a class that are in the program's hands. The caches' list is locked. */
uint64_t hw_arena_live_small(hw_arena_t *arena, unsigned size_class, hw_class_stats_t *stats);

/* Blocks between bins and their users, counted for the peak. */
HW_MUST_CHECK hw_status_t hw_arena_take(hw_arena_t *arena, unsigned size_class, void **out,
                                        size_t count, bool nowait, size_t *taken);
void hw_arena_give(hw_arena_t *arena, unsigned size_class, void *const *blocks, size_t count);

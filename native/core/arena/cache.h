/* A cache: free blocks in the hands of one thread, an array a size class (a magazine), so that most
 * calls touch neither a lock nor a slab. It is an allocator over the blocks of its arena: any block
 * may be freed into any cache, which then owns it. No cache waits for another, so an idle owner
 * strands nothing but what lies in its own magazines (1.63 MiB at most).
 *
 * One thread at a time. Source: jemalloc's thread cache, without the thread. */
#pragma once

#include "arena/arena.h"

typedef struct hw_magazine {
  void **slots;
  _Atomic uint32_t count; /* written by the owner only */
  uint32_t most;
  _Atomic uint64_t allocations;
  uint32_t refill; /* what the next trip to the bin brings */
  uint32_t swept; /* the count at the last sweep */
} hw_magazine_t;

_Static_assert(sizeof(hw_magazine_t) == 32, "found by a shift");

struct hw_cache {
  hw_allocator_t base;
  /* Of the first region, where nearly all blocks lie. */
  uint8_t *region_base;
  const _Atomic size_t *committed;
  const hw_page_t *pages;
  _Atomic uint8_t *states;
  uint32_t tag; /* of size class 0 */
  uint32_t trips;
  hw_arena_t *arena;
  hw_cache_t *next, *prev;
  hw_segment_t memory;
  hw_magazine_t magazines[HW_CLASS_COUNT];
  uint64_t swept_allocations[HW_CLASS_COUNT];
};

static inline hw_cache_t *hw_cache_of(hw_allocator_t *self) {
  return (hw_cache_t *)self;
}

static inline uint32_t hw_magazine_count(const hw_magazine_t *magazine) {
  return atomic_load_explicit(&magazine->count, memory_order_relaxed);
}

static inline void hw_magazine_set_count(hw_magazine_t *magazine, uint32_t count) {
  atomic_store_explicit(&magazine->count, count, memory_order_relaxed);
}

/* The table of a cache of this arena. */
const hw_allocator_ops_t *hw_cache_ops_for(const hw_arena_t *arena);
bool hw_is_cache(const hw_allocator_t *self);

/* Fills an empty magazine with at least one block, or fails. */
HW_MUST_CHECK hw_status_t hw_cache_refill(hw_cache_t *cache, unsigned size_class, bool nowait);
/* Empties half of a full magazine. */
void hw_cache_make_room(hw_cache_t *cache, unsigned size_class);
/* Empties every magazine into the bins. */
void hw_cache_give_all(hw_cache_t *cache);
void hw_cache_close(hw_cache_t *cache);
/* The arena's invariants and the magazines'. */
HW_MUST_CHECK hw_status_t hw_cache_verify(hw_cache_t *cache, const char **broken);

/* A cache: free blocks in the hands of one thread, an array a size class (a magazine), so that most
 * calls touch neither a lock nor a slab. It is an allocator over the blocks of its arena: any block
 * may be freed into any cache, which then owns it. No cache waits for another, so an idle owner
 * strands nothing but what lies in its own magazines (1.63 MiB at most).
 *
 * One thread at a time. Source: jemalloc's thread cache, without the thread. */
#pragma once

#include "arena/arena.h"
#include "base/count.h"

/* The free blocks of one class: [slots, top), with room up to `end`. Only the owner writes. */
typedef struct hw_magazine {
  void **_Atomic top;
  void **slots;
  void **end;
  hw_count_t allocations;
  uint32_t tag; /* of the pages such blocks lie in */
  uint8_t size_class;
  uint8_t refill; /* what the next trip to the bin brings */
  uint32_t swept_count; /* at the last sweep */
  uint64_t swept_allocations;
} hw_magazine_t;

struct hw_cache {
  hw_allocator_t base;
  /* Of the first region, where nearly all blocks lie. */
  uint8_t *region_base;
  size_t committed; /* bytes of it, when last looked at */
  size_t granules; /* the same in units of 16 */
  const hw_page_t *pages;
  uint8_t *states;
  uintptr_t states_at_zero; /* where the state of address 0 would be */
  hw_arena_t *arena;
  /* For sizes up to HW_CLASS_TABLE_MOST, by (size + 15) / 16: where the magazine of their class
   * lies in this, in bytes. A table of classes elsewhere took four instructions more a call. */
  uint16_t offsets[HW_CLASS_TABLE_MOST / 16 + 1];
  hw_magazine_t magazines[HW_CLASS_COUNT];
  uint32_t trips;
  hw_cache_t *next, *prev; /* in its arena's list */
  hw_segment_t memory;
};

static inline hw_cache_t *hw_cache_of(hw_allocator_t *self) {
  return (hw_cache_t *)self;
}

static inline void **hw_magazine_top(const hw_magazine_t *magazine) {
  return atomic_load_explicit(&magazine->top, memory_order_relaxed);
}

static inline void hw_magazine_set_top(hw_magazine_t *magazine, void **top) {
  atomic_store_explicit(&magazine->top, top, memory_order_relaxed);
}

static inline uint32_t hw_magazine_count(const hw_magazine_t *magazine) {
  return (uint32_t)(hw_magazine_top(magazine) - magazine->slots);
}

static inline void hw_magazine_set_count(hw_magazine_t *magazine, uint32_t count) {
  hw_magazine_set_top(magazine, magazine->slots + count);
}

/* The table of a cache of this arena; another one once the space has more than one region. */
const hw_allocator_ops_t *hw_cache_ops_for(hw_arena_t *arena);
bool hw_is_cache(const hw_allocator_t *self);

/* Fills an empty magazine with at least one block, or fails. */
HW_MUST_CHECK hw_status_t hw_cache_refill(hw_cache_t *cache, unsigned size_class, bool nowait);
/* Empties half of a full magazine. */
void hw_cache_make_room(hw_cache_t *cache, unsigned size_class);
/* Gives back what lay idle in every class since the last sweep. True while any holds blocks. */
bool hw_cache_sweep(hw_cache_t *cache);
/* Empties every magazine into the bins. */
void hw_cache_give_all(hw_cache_t *cache);
void hw_cache_close(hw_cache_t *cache);
/* The arena's invariants and the magazines'. */
HW_MUST_CHECK hw_status_t hw_cache_verify(hw_cache_t *cache, const char **broken);

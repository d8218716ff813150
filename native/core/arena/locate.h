/* What an address is: the slow, exact answer behind every refusal, and behind every free that the
 * fast paths do not take. */
#pragma once

#include "arena/arena.h"

typedef enum hw_found {
  HW_FOUND_FOREIGN = 0, /* not in memory of this arena */
  HW_FOUND_FREE,        /* in its memory, in no live block: freed before, or never handed out */
  HW_FOUND_INTERIOR,    /* inside a live block, not at its start */
  HW_FOUND_BLOCK,       /* the start of a live block */
} hw_found_t;

typedef struct hw_location {
  hw_found_t found;
  hw_region_t *region;
  hw_run_t *run; /* of BLOCK and INTERIOR */
} hw_location_t;

/* In an arena that is not exact, a block that lies in a cache or depot counts as live. */
hw_location_t hw_arena_locate(hw_arena_t *arena, const void *ptr);

/* HW_OK if a live block with this layout begins at `ptr`; else what is wrong. Where the arena is
 * not exact, blocks in caches and free regions of a slab pass. */
HW_MUST_CHECK hw_status_t hw_arena_check(hw_arena_t *arena, const void *ptr, hw_layout_t layout,
                                         hw_location_t *location);

/* The state byte of a block: of the 16 bytes it begins with. */
enum { HW_STATE_NONE = 0, HW_STATE_LIVE = 1, HW_STATE_RETIRED = 2 };

static inline void hw_write_state(uint8_t *at, uint8_t state) {
  __atomic_store_n(at, state, __ATOMIC_RELAXED);
}

static inline uint8_t hw_state(const hw_region_t *region, const void *ptr) {
  size_t offset = (size_t)((const uint8_t *)ptr - region->base);
  return __atomic_load_n(&region->states[offset >> 4], __ATOMIC_RELAXED);
}

static inline void hw_set_state(const hw_region_t *region, const void *ptr, uint8_t state) {
  size_t offset = (size_t)((const uint8_t *)ptr - region->base);
  hw_write_state(&region->states[offset >> 4], state);
}

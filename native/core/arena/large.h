/* Large blocks: a run of pages each. They grow and shrink where they stand while neighbours are
 * free; a block that grows again keeps free pages behind it; from HW_MOVE_LEAST up its memory moves
 * by page tables, and the old range stays mapped and reads zero.
 *
 * Source of growing by absorbing the next run: jemalloc; of mremap with DONTUNMAP: our own. */
#pragma once

#include "arena/locate.h"

HW_MUST_CHECK hw_status_t hw_large_allocate(hw_arena_t *arena, hw_layout_t layout, uint32_t flags,
                                            void **out);
/* Passed hw_arena_check. Of two threads that end one block, one gets HW_ERR_NOT_LIVE. */
HW_MUST_CHECK hw_status_t hw_large_deallocate(hw_arena_t *arena, hw_region_t *region,
                                              hw_run_t *run);

/* Its memory goes back, its place is never used again. */
HW_MUST_CHECK hw_status_t hw_large_retire(hw_arena_t *arena, hw_region_t *region, hw_run_t *run);

/* Both layouts are large. Bytes of the new size beyond the old read zero with HW_ZEROED. */
HW_MUST_CHECK hw_status_t hw_large_resize(hw_arena_t *arena, const hw_location_t *at,
                                          hw_layout_t layout, hw_layout_t next, uint32_t flags);
/* Whether a block can have this layout without moving, if there is room for it. */
bool hw_large_may_stay(const hw_location_t *at, hw_layout_t next);
/* A second block with the first one's bytes; the first one's are undefined then. */
HW_MUST_CHECK hw_status_t hw_large_begin_move(hw_arena_t *arena, const hw_location_t *at,
                                              hw_layout_t layout, hw_layout_t next, uint32_t flags,
                                              void **out);
HW_MUST_CHECK hw_status_t hw_large_move(hw_arena_t *arena, const hw_location_t *at,
                                        hw_layout_t layout, hw_layout_t next, uint32_t flags,
                                        void **out);

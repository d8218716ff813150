/* Moving a large block's memory by page tables, in the pieces that the system knows it in.
 *
 * A moved range is a mapping of its own for the system, so a block that moved, grew behind what
 * moved and moves again consists of several: its pieces. The range that was left stays mapped and
 * reads zero. */
#pragma once

#include "arena/arena.h"

typedef enum hw_moved {
  HW_MOVED_COPIED = 0, /* some or all of it was copied: the old pages hold their bytes */
  HW_MOVED_ALL,        /* the old pages read zero */
  HW_MOVED_NOT,        /* the system could neither move nor undo; the old block is whole, the new
range not usable */
} hw_moved_t;

/* Brings the first `npages` of `from` to `to`, of which `bytes` matter. */
hw_moved_t hw_move_pages(hw_arena_t *arena, const hw_run_t *from, hw_run_t *to, size_t npages,
                         size_t bytes, bool nowait);

/* Undoes what moves to here cost the system, from page `from` of the run on: those pages read zero
 * then. False: nothing was done, or there was nothing to undo. */
bool hw_move_renew(hw_arena_t *arena, hw_run_t *run, size_t from);

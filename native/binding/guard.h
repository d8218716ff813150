/* A guard around an allocator that is none of ours: an allocator by itself, which looks at what the
 * other one answers before anybody writes to it. NULL, a misaligned address and bytes that another
 * block has are HW_ERR_CORRUPTED; such an answer is not given back. So a heap over a guard may rely
 * on what a heap relies on: sizes, limits, exact frees, and frees that do not fail.
 *
 * The other allocator never sees HW_ZEROED: the guard zeroes, so that no secret of its gets out.
 *
 * Used by one thread. */
#pragma once

#include "heapwright.h"
#include "os/os.h"

/* Takes over `inner`, whose table has been checked. `limit` is that of usable bytes. The nodes for
 * its blocks come from `os`. */
HW_MUST_CHECK hw_status_t hw_guard_create(hw_allocator_t *inner, size_t limit, const hw_os_t *os,
                                          hw_allocator_t **out);

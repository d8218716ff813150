/* A segment: a range of pages of our own with an inaccessible guard page on either side, so that a
 * stray write from a neighbouring mapping faults instead of steering an allocator. Metadata lives
 * in segments and nowhere else.
 *
 *     mapping                     base                                    base + size
 *     | guard page (no access)    | usable pages, zeroed                  | guard page |
 */
#pragma once

#include "heapwright.h"
#include "os/os.h"

typedef struct hw_segment {
  void *base;
  size_t size; /* bytes, whole pages */
} hw_segment_t;

/* At least `size` bytes. HW_ERR_OUT_OF_MEMORY leaves *out as it was. */
HW_MUST_CHECK hw_status_t hw_segment_map(const hw_os_t *os, size_t size, hw_segment_t *out);

/* `segment` was filled by hw_segment_map with the same hooks; nobody uses it any more. */
void hw_segment_unmap(const hw_os_t *os, hw_segment_t *segment);

/* A run: consecutive pages with one use, a slab or one large block. Its descriptor lies out of
 * line, in an array with a slot for every second page of a region; a run has at least two pages, so
 * the slot of its first page is its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

/* What a run is used for: a size class below HW_CLASS_COUNT makes it a slab, or one of these. */
#define HW_CLASS_LARGE HW_CLASS_COUNT         /* one block */
#define HW_CLASS_RETIRED (HW_CLASS_COUNT + 1) /* one block that was retired: never used again */

typedef struct hw_run {
  _Alignas(64) union {
    /* Of a slab: bit i is set while region i is free. */
    uint64_t free[HW_SLAB_REGIONS_MOST / 64];
    /* Of a large block that was moved: where its pieces end, in pages of the run. Each is a mapping
     * of its own for the system; what follows the last came by growth and is none. */
    uint32_t pieces[HW_RUN_PIECES];
  };
  struct hw_run *next, *prev; /* of a slab: in its bin's list of slabs with free regions */
  uint8_t *base;
  uint32_t page; /* the first, counted from the region's */
  uint32_t npages; /* 0: no run */
  uint32_t headroom; /* of a large block: free pages behind it that are kept for its growth */
  uint16_t nfree; /* of a slab */
  uint16_t nretired; /* of a slab: regions that were retired, which are not free and never will be*/
  uint8_t size_class;
  uint8_t growths; /* of a large block: how often it moved to grow, up to 255 */
  uint8_t npieces;
  bool listed; /* of a slab */
} hw_run_t;

_Static_assert(sizeof(hw_run_t) == 128, "the descriptors of a segment take 64 KiB");

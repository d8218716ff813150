/* Size classes: 40 sizes from 16 bytes to 32 KiB, in steps of 16 up to 128 and then four a
 * doubling, so that rounding up wastes less than 20 % of a block above 128 bytes.
 *
 *     size <= 128: rounded up to 16; else s = ceil(log2 size), rounded up to 2^(s - 3)
 *
 * Source: jemalloc's size classes (sc.h), with 16 bytes as the least. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/align.h"
#include "base/bits.h"
#include "base/config.h"
#include "heapwright.h"
#include "segment/run.h"

typedef struct hw_size_class {
  uint32_t size;     /* bytes of a block */
  uint32_t inverse;  /* ceil(2^32 / size): offset * inverse >> 32 is the region's index */
  uint16_t npages; /* of a slab: the fewest, from 16 KiB, with at least 8 regions (4 above 16 KiB)
                      and a tail of at most 1.6 % */
  uint16_t nregions; /* of a slab */
  uint16_t magazine; /* blocks that a cache holds */
  uint16_t refill; /* the most that one trip to the bin brings: half a magazine */
} hw_size_class_t;

extern const hw_size_class_t hw_size_classes[HW_CLASS_COUNT];
/* The class of sizes up to HW_CLASS_TABLE_MOST, by (size + 15) / 16. */
extern const uint8_t hw_class_table[HW_CLASS_TABLE_MOST / 16 + 1];

/* The class of a size from HW_CLASS_TABLE_MOST + 1 to HW_SMALL_MOST. */
static inline unsigned hw_class_by_log(size_t size) {
  unsigned power = hw_highest_bit(size - 1); /* 2^power < size <= 2^(power + 1) */
  unsigned step = (unsigned)((size - 1) >> (power - 2)) & 3u;
  return 8 + (power - 7) * 4 + step;
}

/* The least class of at least `size` bytes, up to HW_SMALL_MOST. */
static inline unsigned hw_class_of_size(size_t size) {
  if (size <= HW_CLASS_TABLE_MOST) return hw_class_table[(size + 15) >> 4];
  return hw_class_by_log(size);
}

/* The class whose blocks are aligned and large enough, or HW_CLASS_LARGE. A slab begins on a page,
 * so a block is aligned to whatever divides both its class's size and a page. */
unsigned hw_class_of_aligned(hw_layout_t layout);

static inline unsigned hw_class_of(hw_layout_t layout) {
  if (layout.align <= HW_MALLOC_ALIGN && layout.size <= HW_SMALL_MOST) {
    return hw_class_of_size(layout.size);
  }
  return hw_class_of_aligned(layout);
}

/* Pages of a large block. The caller knows that the size is at most HW_MAX_SIZE. */
static inline size_t hw_large_pages(size_t size) {
  size_t npages = (size + HW_PAGE_BYTES - 1) >> HW_PAGE_SHIFT;
  return npages < HW_RUN_LEAST_PAGES ? HW_RUN_LEAST_PAGES : npages;
}

/* The bytes that a block of this layout has. */
static inline size_t hw_usable_bytes(hw_layout_t layout) {
  unsigned size_class = hw_class_of(layout);
  return size_class < HW_CLASS_COUNT ? hw_size_classes[size_class].size
                                     : hw_large_pages(layout.size) << HW_PAGE_SHIFT;
}

#include "arena/size_class.h"

#define ROW(bytes, pages, blocks)                                        \
  {.size = (bytes),                                                      \
   .inverse = (uint32_t)((((uint64_t)1 << 32) + (bytes) - 1) / (bytes)), \
   .npages = (pages),                                                    \
   .nregions = (pages) * HW_PAGE_BYTES / (bytes) > HW_SLAB_REGIONS_MOST  \
                   ? HW_SLAB_REGIONS_MOST                                \
                   : (pages) * HW_PAGE_BYTES / (bytes),                  \
   .magazine = (blocks),                                                 \
   .refill = (blocks) / 2}

/* Bytes, pages of a slab, blocks of a magazine. */
const hw_size_class_t hw_size_classes[HW_CLASS_COUNT] = {
    ROW(16, 2, 128),   ROW(32, 4, 128),   ROW(48, 4, 128),   ROW(64, 4, 128),   ROW(80, 4, 128),
    ROW(96, 4, 128),   ROW(112, 4, 128),  ROW(128, 4, 128),  ROW(160, 4, 128),  ROW(192, 4, 128),
    ROW(224, 4, 128),  ROW(256, 4, 128),  ROW(320, 4, 128),  ROW(384, 4, 128),  ROW(448, 4, 128),
    ROW(512, 4, 128),  ROW(640, 5, 102),  ROW(768, 4, 85),   ROW(896, 4, 73),   ROW(1024, 4, 64),
    ROW(1280, 5, 51),  ROW(1536, 6, 42),  ROW(1792, 4, 36),  ROW(2048, 4, 32),  ROW(2560, 5, 25),
    ROW(3072, 6, 21),  ROW(3584, 7, 18),  ROW(4096, 8, 16),  ROW(5120, 10, 4),  ROW(6144, 12, 4),
    ROW(7168, 14, 4),  ROW(8192, 16, 4),  ROW(10240, 20, 4), ROW(12288, 24, 4), ROW(14336, 28, 4),
    ROW(16384, 32, 4), ROW(20480, 20, 2), ROW(24576, 24, 2), ROW(28672, 28, 2), ROW(32768, 32, 2),
};

const uint8_t hw_class_table[HW_CLASS_TABLE_MOST / 16 + 1] = {
    0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  8,  9,  9,  10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13,
    13, 14, 14, 14, 14, 15, 15, 15, 15, 16, 16, 16, 16, 16, 16, 16, 16, 17, 17, 17, 17, 17, 17, 17,
    17, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19, 20, 20, 20, 20, 20, 20, 20,
    20, 20, 20, 20, 20, 20, 20, 20, 20, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21, 21,
    21, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 23, 23, 23, 23, 23, 23, 23,
    23, 23, 23, 23, 23, 23, 23, 23, 23, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24,
    24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25,
    25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25,
    25, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26,
    26, 26, 26, 26, 26, 26, 26, 26, 26, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27,
    27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27,
};

unsigned hw_class_of_aligned(hw_layout_t layout) {
  if (layout.align > HW_PAGE_BYTES || layout.size > HW_SMALL_MOST) return HW_CLASS_LARGE;
  /* In its doubling a multiple of the alignment is either a class itself, or the alignment divides
   * the step between classes: the least class that is large enough is aligned too. */
  return hw_class_of_size(hw_align_up(layout.size == 0 ? 1 : layout.size, layout.align));
}

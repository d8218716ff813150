/* Chunks: a bitmap allocator over one fixed region, for a hard bound. All it knows lies in a
 * segment of its own; no byte of the region, nor of a caller's bitmap, is ever read.
 *
 *     used     one bit a chunk, set while a block or a retired block has it
 *     starts   one bit a chunk, set where a block begins: with `used` the extent of every block
 *     sizes    of a block's first chunk: its bytes, as the caller said; 0 in all others, and of a
 *              retired block
 *     owners   of a block's first chunk: who has it; not touched until somebody says who it is
 *
 * Both bitmaps go on for more than a word behind the last chunk with bits that are set: a look at
 * 64 chunks from any place on needs no end, and nothing is found or freed behind it.
 *
 * What is known of where there is room, which makes a full heap fail at once, is room.h's.
 *
 * Every function below takes or expects the heap's lock as it says; one heap, one lock.
 *
 * Source of the shape: simple-chunk-allocator (one bitmap, a bit at a time). */
#pragma once

#include "allocator/heaps.h"
#include "base/align.h"
#include "base/bitmap.h"
#include "base/config.h"
#include "base/spin.h"
#include "heapwright.h"
#include "os/os.h"
#include "segment/segment.h"

#define HW_NO_CHUNK SIZE_MAX

/* Classes of alignment: 0 is what every chunk has, class j is 2^j chunks. */
#define HW_CHUNK_CLASSES 64u

typedef struct hw_chunk {
  hw_allocator_t base;
  hw_spin_t lock;
  uint8_t shift;       /* lg of a chunk's bytes */
  bool best_fit;
  bool is_own;    /* the region */
  bool is_fresh;  /* what was not handed out reads zero */
  bool is_wide;   /* `sizes` has 64 bits for each, not 32 */
  bool has_owner; /* some block has: `owners` counts */
  uint8_t *region;
  size_t count;   /* chunks */
  size_t mask;    /* a chunk's bytes less one */
  size_t natural; /* the alignment that every chunk has */
  /* The short ways of chunk.c are for heaps whose blocks have no owners, without a bitmap of the
   * caller, in regions of less than 4 GiB: alignments up to `short_align` by next fit, and blocks
   * below chunk `short_count`. */
  size_t short_align, short_count;

  uint64_t *used, *starts;
  uint8_t *may, *tops;
  uint64_t *open;
  void *sizes;
  uint16_t *owners;
  uint8_t *bitmap; /* the caller's, or NULL */

  size_t hint;    /* behind the last block that was placed */
  size_t free;    /* chunks */
  size_t touched; /* see hw_chunk_touched */

  size_t limit, retired_bytes;
  size_t left, least_left; /* of the limit: now, and before the last free when it was least */
  uint64_t allocations, deallocations, retired_blocks, failures;

  uint64_t failed;                 /* bit j: bounds[j] counts */
  size_t bounds[HW_CHUNK_CLASSES]; /* chunks that were asked for in vain */

  const hw_os_t *os;
  size_t region_bytes; /* of an own region: what was reserved */
  hw_segment_t memory;
  hw_heaps_t *heaps; /* NULL: in none */
  hw_heap_link_t link;

  uint8_t *empties; /* a slot each: 0 free, HW_EMPTY_RETIRED, else 1 + lg of the alignment */
  uint16_t *empty_owners;
  size_t empty_count, empty_hint;
  size_t empty_end; /* no slot from here on was ever used */
} hw_chunk_t;

/* `heaps` NULL: nobody holds the lock over a fork. */
HW_MUST_CHECK hw_status_t hw_chunk_create(const hw_config_t *config, hw_heaps_t *heaps,
                                          hw_allocator_t **out);
HW_MUST_CHECK hw_status_t hw_chunk_end(hw_chunk_t *chunk);

const hw_allocator_ops_t *hw_chunk_ops(void);

static inline hw_chunk_t *hw_chunk_of(hw_allocator_t *self) {
  return (hw_chunk_t *)self;
}

static inline bool hw_is_chunk(const hw_allocator_t *self) {
  return self != NULL && self->ops == hw_chunk_ops();
}

static inline size_t hw_chunks_for(const hw_chunk_t *chunk, size_t size) {
  return (size + chunk->mask) >> chunk->shift;
}

static inline uint8_t *hw_chunk_address(const hw_chunk_t *chunk, size_t at) {
  return chunk->region + (at << chunk->shift);
}

static inline size_t hw_chunk_bytes(const hw_chunk_t *chunk) {
  return chunk->count << chunk->shift;
}

/* No chunk from here on was handed out since the heap began, or was reset. An allocation behind the
 * last one is the most common of all, and need not say so. */
static inline size_t hw_chunk_touched(const hw_chunk_t *chunk) {
  return chunk->hint > chunk->touched ? chunk->hint : chunk->touched;
}

static inline size_t hw_chunk_groups(const hw_chunk_t *chunk) {
  return (chunk->count + HW_CHUNK_GROUP - 1) >> HW_CHUNK_GROUP_SHIFT;
}

/* ---- With the lock held ---- */

/* Where `count` chunks at this alignment are free, or HW_NO_CHUNK (find.c). */
size_t hw_chunk_find(hw_chunk_t *chunk, size_t count, size_t align);
/* The length of the longest free run. */
size_t hw_chunk_longest(const hw_chunk_t *chunk);

/* From now on some blocks have owners (inspect.c). */
void hw_chunk_admit_owners(hw_chunk_t *chunk);
/* Ends a live block of such an extent. */
void hw_chunk_end_block(hw_chunk_t *chunk, size_t at, size_t count, size_t size);
/* Writes what has changed into the caller's bitmap. */
void hw_chunk_mirror(hw_chunk_t *chunk, size_t from, size_t end);

/* HW_OK if a live block of this layout begins at `ptr`, with its first chunk in *at (HW_NO_CHUNK
 * for an empty one); else what is wrong (check.c). */
HW_MUST_CHECK hw_status_t hw_chunk_check(const hw_chunk_t *chunk, const void *ptr,
                                         hw_layout_t layout, size_t *at);
/* One behind the last chunk of the block that begins at `at`. */
size_t hw_chunk_block_end(const hw_chunk_t *chunk, size_t at);
/* The first chunk of the block that has chunk `at`, retired or not; HW_NO_CHUNK if it is free. */
size_t hw_chunk_head(const hw_chunk_t *chunk, size_t at);

static inline size_t hw_chunk_size(const hw_chunk_t *chunk, size_t at) {
  return chunk->is_wide ? ((const uint64_t *)chunk->sizes)[at]
                        : ((const uint32_t *)chunk->sizes)[at];
}

/* ---- Empty blocks (empty.c), with the lock held ---- */

#define HW_EMPTY_RETIRED 255u

/* The slot of an address, if it is one that an empty block could have; else HW_NO_CHUNK. */
size_t hw_empty_slot(const void *ptr);
/* Whether it is that of a live one. */
bool hw_empty_is_live(const hw_chunk_t *chunk, const void *ptr);
/* NULL: there is no slot left. */
void *hw_empty_begin(hw_chunk_t *chunk, size_t align, uint16_t owner);
void hw_empty_end(hw_chunk_t *chunk, const void *ptr);
HW_MUST_CHECK hw_status_t hw_empty_check(const hw_chunk_t *chunk, const void *ptr,
                                         hw_layout_t layout);

/* ---- Operations: they take the lock, but for the two that hold it and let go of it ---- */

HW_MUST_CHECK hw_status_t hw_chunk_take_held(hw_chunk_t *chunk, uint16_t owner, hw_layout_t layout,
                                             uint32_t flags, void **out);
HW_MUST_CHECK hw_status_t hw_chunk_give_held(hw_chunk_t *chunk, void *ptr, hw_layout_t layout);
HW_MUST_CHECK hw_status_t hw_chunk_take(hw_chunk_t *chunk, uint16_t owner, hw_layout_t layout,
                                        uint32_t flags, void **out);
HW_MUST_CHECK hw_status_t hw_chunk_give(hw_chunk_t *chunk, void *ptr, hw_layout_t layout);
HW_MUST_CHECK hw_status_t hw_chunk_reallocate(hw_chunk_t *chunk, void *ptr, hw_layout_t layout,
                                              hw_layout_t next, uint32_t flags, void **out);
HW_MUST_CHECK hw_status_t hw_chunk_resize(hw_chunk_t *chunk, void *ptr, hw_layout_t layout,
                                          hw_layout_t next);
HW_MUST_CHECK hw_status_t hw_chunk_retire(hw_chunk_t *chunk, void *ptr, hw_layout_t layout);
hw_ownership_t hw_chunk_owns(hw_chunk_t *chunk, const void *ptr);
void hw_chunk_stats_of(hw_chunk_t *chunk, hw_stats_t *out);
HW_MUST_CHECK hw_status_t hw_chunk_verify(hw_chunk_t *chunk, const char **broken);

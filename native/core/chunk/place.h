/* What allocations and frees do to the maps and sums. The lock is held, and everything was checked.
 */
#pragma once

#include "chunk/chunk.h"

static inline void hw_chunk_set_size(hw_chunk_t *chunk, size_t at, size_t size) {
  if (chunk->is_wide) {
    ((uint64_t *)chunk->sizes)[at] = size;
  } else {
    ((uint32_t *)chunk->sizes)[at] = (uint32_t)size;
  }
}

/* Takes free chunks. */
static inline void hw_chunk_claim(hw_chunk_t *chunk, size_t at, size_t count) {
  hw_bits_set(chunk->used, at, at + count);
  chunk->free -= count;
  if (at + count > chunk->touched) chunk->touched = at + count;
  if (chunk->bitmap != NULL) hw_chunk_mirror(chunk, at, at + count);
}

/* Frees chunks, all of one block. What failed before may succeed now. */
static inline void hw_chunk_release(hw_chunk_t *chunk, size_t at, size_t count) {
  hw_bits_clear(chunk->used, at, at + count);
  chunk->free += count;
  chunk->failed = 0;
  size_t last = (at + count - 1) >> HW_CHUNK_GROUP_SHIFT;
  for (size_t group = at >> HW_CHUNK_GROUP_SHIFT; group <= last; group++) {
    chunk->may[group] = UINT8_MAX;
  }
  if (chunk->bitmap != NULL) hw_chunk_mirror(chunk, at, at + count);
}

/* `bytes` more are live. */
static inline void hw_chunk_charge(hw_chunk_t *chunk, size_t bytes) {
  chunk->left -= bytes;
  if (chunk->left < chunk->least_left) chunk->least_left = chunk->left;
}

static inline size_t hw_chunk_live_bytes(const hw_chunk_t *chunk) {
  return chunk->limit - chunk->left;
}

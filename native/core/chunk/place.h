/* What allocations and frees do to the maps and sums. The lock is held, and everything was checked.
 */
#pragma once

#include "chunk/chunk.h"

static inline size_t hw_chunk_slack(const hw_chunk_t *chunk, size_t at) {
  if (chunk->slack_shift == 0) return ((const uint8_t *)chunk->slack)[at];
  if (chunk->slack_shift == 1) return ((const uint16_t *)chunk->slack)[at];
  return ((const uint64_t *)chunk->slack)[at];
}

static inline void hw_chunk_set_slack(hw_chunk_t *chunk, size_t at, size_t slack) {
  switch (chunk->slack_shift) {
    case 0: ((uint8_t *)chunk->slack)[at] = (uint8_t)slack; return;
    case 1: ((uint16_t *)chunk->slack)[at] = (uint16_t)slack; return;
    default: ((uint64_t *)chunk->slack)[at] = slack; return;
  }
}

/* What a size leaves of its last chunk. */
static inline size_t hw_chunk_slack_of(const hw_chunk_t *chunk, size_t size) {
  return (0 - size) & chunk->mask;
}

/* The caller's size of the block that begins at `at` with so many chunks. */
static inline size_t hw_chunk_size(const hw_chunk_t *chunk, size_t at, size_t count) {
  return (count << chunk->shift) - hw_chunk_slack(chunk, at);
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

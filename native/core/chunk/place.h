/* What allocations and frees do to the maps and sums. The lock is held, and everything was checked.
 */
#pragma once

#include "chunk/room.h"

static inline void hw_chunk_set_size(hw_chunk_t *chunk, size_t at, size_t size) {
  if (chunk->is_wide) {
    ((uint64_t *)chunk->sizes)[at] = size;
  } else {
    ((uint32_t *)chunk->sizes)[at] = (uint32_t)size;
  }
}

/* The next size to be written or read is chunk `at`'s, it is to be hoped: requests go on behind the
 * last block, and blocks that came one behind the other often go so. Small chunks have far more
 * sizes than a cache holds. */
static inline void hw_chunk_expect(const hw_chunk_t *chunk, size_t at) {
  __builtin_prefetch((const uint8_t *)chunk->sizes + (at << (chunk->is_wide ? 3 : 2)), 1);
}

/* Takes free chunks. */
static inline void hw_chunk_claim(hw_chunk_t *chunk, size_t at, size_t count) {
  hw_bits_set(chunk->used, at, at + count);
  hw_room_fill(chunk, at, at + count);
  chunk->free -= count;
  size_t touched = hw_chunk_touched(chunk);
  chunk->touched = at + count > touched ? at + count : touched;
  if (chunk->bitmap != NULL) hw_chunk_mirror(chunk, at, at + count);
}

/* Frees chunks, all of one block. */
static inline void hw_chunk_release(hw_chunk_t *chunk, size_t at, size_t count) {
  hw_bits_clear(chunk->used, at, at + count);
  chunk->free += count;
  hw_room_admit(chunk, at, at + count);
  if (chunk->bitmap != NULL) hw_chunk_mirror(chunk, at, at + count);
}

/* `bytes` more are live. */
static inline void hw_chunk_charge(hw_chunk_t *chunk, size_t bytes) {
  chunk->left -= bytes;
}

/* `bytes` less are. What was left before is what counts: it falls until a free. */
static inline void hw_chunk_discharge(hw_chunk_t *chunk, size_t bytes) {
  if (chunk->left < chunk->least_left) chunk->least_left = chunk->left;
  chunk->left += bytes;
}

static inline size_t hw_chunk_live_bytes(const hw_chunk_t *chunk) {
  return chunk->limit - chunk->left;
}

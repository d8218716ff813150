/* What a heap of chunks tells of itself, and what is done to all its blocks at once. */
#include <string.h>

#include "chunk/place.h"

void hw_chunk_mirror(hw_chunk_t *chunk, size_t from, size_t end) {
  for (size_t byte = from / 8; byte <= (end - 1) / 8; byte++) {
    /* Behind the last chunk our bits are set, and the caller's clear. */
    size_t bits = chunk->count - 8 * byte;
    uint8_t mask = bits < 8 ? (uint8_t)((1u << bits) - 1) : UINT8_MAX;
    chunk->bitmap[byte] = (uint8_t)(chunk->used[byte / 8] >> (byte % 8 * 8)) & mask;
  }
}

void hw_chunk_admit_owners(hw_chunk_t *chunk) {
  chunk->has_owner = true;
  chunk->short_align = chunk->short_count = 0;
}

void hw_chunk_stats_of(hw_chunk_t *chunk, hw_stats_t *out) {
  hw_spin_lock(&chunk->lock);
  *out = (hw_stats_t){
      .live_blocks = chunk->allocations - chunk->deallocations - chunk->retired_blocks,
      .live_bytes = hw_chunk_live_bytes(chunk),
      .peak_bytes = chunk->limit - hw_min(chunk->left, chunk->least_left),
      .mapped_bytes = hw_chunk_bytes(chunk),
      .retired_blocks = chunk->retired_blocks,
      .retired_bytes = chunk->retired_bytes,
      .allocations = chunk->allocations,
      .deallocations = chunk->deallocations,
      .failures = chunk->failures,
      .limit = chunk->limit,
  };
  hw_spin_unlock(&chunk->lock);
}

hw_status_t hw_chunk_info(hw_allocator_t *self, hw_chunk_info_t *out) {
  if (!hw_is_chunk(self) || out == NULL) return HW_ERR_INVALID;
  hw_chunk_t *chunk = hw_chunk_of(self);
  hw_spin_lock(&chunk->lock);
  *out = (hw_chunk_info_t){
      .region = chunk->region,
      .capacity = hw_chunk_bytes(chunk),
      .chunk_size = (size_t)1 << chunk->shift,
      .chunk_count = chunk->count,
      .free_chunks = chunk->free,
  };
  hw_spin_unlock(&chunk->lock);
  return HW_OK;
}

hw_status_t hw_chunk_usage(hw_allocator_t *self, double *percent) {
  hw_chunk_info_t info;
  if (percent == NULL || hw_chunk_info(self, &info) != HW_OK) return HW_ERR_INVALID;
  double used = (double)(info.chunk_count - info.free_chunks) / (double)info.chunk_count;
  *percent = (double)(uint64_t)(used * 10000 + 0.5) / 100;
  return HW_OK;
}

hw_status_t hw_chunk_largest_free_run(hw_allocator_t *self, size_t *chunks) {
  if (!hw_is_chunk(self) || chunks == NULL) return HW_ERR_INVALID;
  hw_chunk_t *chunk = hw_chunk_of(self);
  hw_spin_lock(&chunk->lock);
  *chunks = hw_chunk_longest(chunk);
  hw_spin_unlock(&chunk->lock);
  return HW_OK;
}

hw_status_t hw_chunk_allocate_as(hw_allocator_t *self, uint32_t owner, hw_layout_t layout,
                                 uint32_t flags, void **out) {
  if (!hw_is_chunk(self) || owner > HW_CHUNK_OWNER_MOST || hw_layout_check(layout) != HW_OK ||
      (flags & ~(uint32_t)HW_ALL_FLAGS) != 0 || out == NULL) {
    return HW_ERR_INVALID;
  }
  return hw_chunk_take(hw_chunk_of(self), (uint16_t)owner, layout, flags, out);
}

/* Ends the blocks of an owner, or all. The lock is held. */
static size_t end_blocks(hw_chunk_t *chunk, bool all, uint16_t owner) {
  size_t ended = 0;
  size_t at = hw_bits_next_set(chunk->starts, 0, chunk->count);
  while (at < chunk->count) {
    size_t end = hw_chunk_block_end(chunk, at);
    size_t size = hw_chunk_size(chunk, at);
    if (size != 0 && (all || chunk->owners[at] == owner)) {
      hw_chunk_end_block(chunk, at, end - at, size);
      ended++;
    }
    at = hw_bits_next_set(chunk->starts, end, chunk->count);
  }
  for (size_t slot = 0; slot < chunk->empty_end && chunk->empty_count > 0; slot++) {
    uint8_t state = chunk->empties[slot];
    if (state == 0 || state == HW_EMPTY_RETIRED) continue;
    if (!all && chunk->empty_owners[slot] != owner) continue;
    chunk->empties[slot] = 0;
    chunk->empty_count--;
    chunk->deallocations++;
    ended++;
  }
  return ended;
}

hw_status_t hw_chunk_reclaim(hw_allocator_t *self, uint32_t owner, size_t *blocks) {
  if (!hw_is_chunk(self) || owner == 0 || owner > HW_CHUNK_OWNER_MOST) return HW_ERR_INVALID;
  hw_chunk_t *chunk = hw_chunk_of(self);
  hw_spin_lock(&chunk->lock);
  size_t ended = chunk->has_owner ? end_blocks(chunk, false, (uint16_t)owner) : 0;
  hw_spin_unlock(&chunk->lock);
  if (blocks != NULL) *blocks = ended;
  return HW_OK;
}

hw_status_t hw_chunk_reset(hw_allocator_t *self) {
  if (!hw_is_chunk(self)) return HW_ERR_INVALID;
  hw_chunk_t *chunk = hw_chunk_of(self);
  hw_spin_lock(&chunk->lock);
  (void)end_blocks(chunk, true, 0);
  chunk->hint = 0;
  chunk->is_fresh = false;
  size_t last = hw_bits_last_set(chunk->used, 0, chunk->count - 1);
  chunk->touched = last == HW_NO_BIT ? 0 : last + 1;
  hw_spin_unlock(&chunk->lock);
  return HW_OK;
}

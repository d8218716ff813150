/* Every invariant of the maps, from the bits up. */
#include "chunk/place.h"

typedef struct sums {
  size_t blocks, bytes, retired;
  bool fits; /* every size into its block */
} sums_t;

/* Over the blocks of [0, count): each ends where the next begins or a chunk is free. */
static sums_t add_up(const hw_chunk_t *chunk) {
  sums_t sums = {.fits = true};
  size_t at = hw_bits_next_set(chunk->starts, 0, chunk->count);
  while (at < chunk->count) {
    size_t end = hw_chunk_block_end(chunk, at);
    size_t size = hw_chunk_size(chunk, at);
    if (size != 0 && hw_chunks_for(chunk, size) != end - at) sums.fits = false;
    *(size == 0 ? &sums.retired : &sums.blocks) += 1;
    sums.bytes += size;
    for (size_t behind = at + 1; behind < end; behind++) {
      if (hw_chunk_size(chunk, behind) != 0) sums.fits = false;
    }
    at = hw_bits_next_set(chunk->starts, end, chunk->count);
  }
  return sums;
}

/* Whether each used chunk belongs to a block. */
static bool has_heads(const hw_chunk_t *chunk) {
  size_t at = hw_bits_next_set(chunk->used, 0, chunk->count);
  while (at < chunk->count) {
    if (!hw_bit_test(chunk->starts, at)) return false;
    at = hw_bits_next_set(chunk->used, hw_chunk_block_end(chunk, at), chunk->count);
  }
  return true;
}

static bool is_within(const uint64_t *inner, const uint64_t *outer, size_t words) {
  for (size_t i = 0; i < words; i++) {
    if ((inner[i] & ~outer[i]) != 0) return false;
  }
  return true;
}

static bool ends_in_ones(const hw_chunk_t *chunk, const uint64_t *map) {
  size_t end = (chunk->count / 64 + 2) * 64;
  return hw_bits_next_clear(map, chunk->count, end) == end;
}

/* Whether every word that has a free chunk is open, where groups know. */
static bool is_open_enough(const hw_chunk_t *chunk) {
  for (size_t at = 0; at < chunk->count; at += 64) {
    if (chunk->may[at >> HW_CHUNK_GROUP_SHIFT] == HW_ROOM_UNKNOWN) continue;
    if (~chunk->used[at / 64] != 0 && !hw_room_is_open(chunk, at)) return false;
  }
  return true;
}

static bool tops_are_enough(const hw_chunk_t *chunk) {
  for (size_t group = 0; group < hw_chunk_groups(chunk) && chunk->failed != 0; group++) {
    if (chunk->may[group] > chunk->tops[group / 64]) return false;
  }
  return true;
}

/* Whether every group that a free run touches says at least its length. */
static bool may_is_enough(const hw_chunk_t *chunk) {
  size_t at = hw_bits_next_clear(chunk->used, 0, chunk->count);
  while (at < chunk->count) {
    size_t end = hw_bits_next_set(chunk->used, at, chunk->count);
    uint8_t level = hw_room_level(end - at);
    bool is_told = false;
    for (size_t group = at >> HW_CHUNK_GROUP_SHIFT; group <= (end - 1) >> HW_CHUNK_GROUP_SHIFT;
         group++) {
      is_told |= chunk->may[group] >= level;
    }
    if (!is_told) return false;
    at = hw_bits_next_clear(chunk->used, end, chunk->count);
  }
  return true;
}

static const char *broken_map(const hw_chunk_t *chunk) {
  size_t words = chunk->count / 64 + 2;
  if (!ends_in_ones(chunk, chunk->used) || !ends_in_ones(chunk, chunk->starts)) {
    return "the maps end in ones";
  }
  if (!is_within(chunk->starts, chunk->used, words)) return "every start is a used chunk";
  if (hw_bits_count(chunk->used, 0, chunk->count) != chunk->count - chunk->free) {
    return "free chunks are as many as are counted";
  }
  if (!has_heads(chunk)) return "every used chunk is a block's";
  if (chunk->hint > chunk->count) return "the hint lies in the region";
  if (hw_bits_next_set(chunk->used, hw_chunk_touched(chunk), chunk->count) < chunk->count) {
    return "what was never handed out is free";
  }
  return NULL;
}

static const char *broken_sum(const hw_chunk_t *chunk) {
  uint64_t live = chunk->allocations - chunk->deallocations - chunk->retired_blocks;
  sums_t sums = add_up(chunk);
  if (!sums.fits) return "every size fits its chunks";
  if (sums.bytes != hw_chunk_live_bytes(chunk)) return "live bytes are the sizes of the blocks";
  if (chunk->left > chunk->limit || chunk->least_left > chunk->limit) {
    return "live bytes are within the limit";
  }
  size_t empties = 0, retired = 0;
  for (size_t slot = 0; slot < chunk->empty_end && chunk->empty_count > 0; slot++) {
    empties += chunk->empties[slot] != 0 && chunk->empties[slot] != HW_EMPTY_RETIRED;
    retired += chunk->empties[slot] == HW_EMPTY_RETIRED;
  }
  if (empties + retired != chunk->empty_count) return "empty blocks are as many as are counted";
  if (sums.blocks + empties != live) return "live blocks are as many as are counted";
  if (sums.retired + retired != chunk->retired_blocks) {
    return "retired blocks are as many as are counted";
  }
  return NULL;
}

static const char *broken_summary(const hw_chunk_t *chunk) {
  if (!may_is_enough(chunk)) return "no group has a longer free run than it says";
  if (!tops_are_enough(chunk)) return "no group says more than the top of its 64";
  if (!is_open_enough(chunk)) return "what is not open has no free chunk";
  size_t longest = hw_chunk_longest(chunk);
  if ((chunk->failed & 1) != 0 && longest >= chunk->bounds[0]) {
    return "what is known to fail fails";
  }
  return NULL;
}

hw_status_t hw_chunk_verify(hw_chunk_t *chunk, const char **broken) {
  hw_spin_lock(&chunk->lock);
  *broken = broken_map(chunk);
  if (*broken == NULL) *broken = broken_sum(chunk);
  if (*broken == NULL) *broken = broken_summary(chunk);
  hw_spin_unlock(&chunk->lock);
  return *broken == NULL ? HW_OK : HW_ERR_CORRUPTED;
}

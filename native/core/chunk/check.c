/* What an address is, by the maps alone. */
#include "chunk/chunk.h"

size_t hw_chunk_block_end(const hw_chunk_t *chunk, size_t at) {
  size_t word = (at + 1) / 64;
  uint64_t ends = ~(chunk->used[word] & ~chunk->starts[word]) & (~(uint64_t)0 << ((at + 1) % 64));
  /* Behind the last chunk every bit is a start. */
  while (ends == 0) {
    word++;
    ends = ~(chunk->used[word] & ~chunk->starts[word]);
  }
  return word * 64 + hw_lowest_bit(ends);
}

size_t hw_chunk_head(const hw_chunk_t *chunk, size_t at) {
  if (!hw_bit_test(chunk->used, at)) return HW_NO_CHUNK;
  return hw_bits_last_set(chunk->starts, 0, at);
}

/* Bytes from the region's start; not less than its size for an address outside. */
static size_t offset_of(const hw_chunk_t *chunk, const void *ptr) {
  return (size_t)((uintptr_t)ptr - (uintptr_t)chunk->region);
}

/* Why there is no live block of this layout. */
static hw_status_t refuse(const hw_chunk_t *chunk, const void *ptr, hw_layout_t layout) {
  size_t at = offset_of(chunk, ptr) >> chunk->shift;
  if (at >= chunk->count) {
    if (hw_empty_is_live(chunk, ptr)) return HW_ERR_LAYOUT_MISMATCH;
    return layout.size == 0 ? hw_empty_check(chunk, ptr, layout) : HW_ERR_NOT_OWNED;
  }
  size_t head = hw_chunk_head(chunk, at);
  if (head == HW_NO_CHUNK || hw_chunk_size(chunk, head) == 0) return HW_ERR_NOT_LIVE;
  return ptr == hw_chunk_address(chunk, head) ? HW_ERR_LAYOUT_MISMATCH : HW_ERR_INTERIOR;
}

hw_status_t hw_chunk_check(const hw_chunk_t *chunk, const void *ptr, hw_layout_t layout,
                           size_t *at) {
  if (layout.size == 0 && hw_empty_check(chunk, ptr, layout) == HW_OK) {
    *at = HW_NO_CHUNK;
    return HW_OK;
  }
  *at = offset_of(chunk, ptr) >> chunk->shift;
  bool fits = layout.size != 0 && *at < chunk->count && hw_chunk_size(chunk, *at) == layout.size &&
              ptr == hw_chunk_address(chunk, *at) && hw_is_aligned(ptr, layout.align);
  return fits ? HW_OK : refuse(chunk, ptr, layout);
}

hw_ownership_t hw_chunk_owns(hw_chunk_t *chunk, const void *ptr) {
  hw_spin_lock(&chunk->lock);
  bool owns = hw_empty_is_live(chunk, ptr);
  size_t at = offset_of(chunk, ptr) >> chunk->shift;
  if (at < chunk->count) {
    size_t head = hw_chunk_head(chunk, at);
    owns = head != HW_NO_CHUNK && hw_chunk_size(chunk, head) != 0;
  }
  hw_spin_unlock(&chunk->lock);
  return owns ? HW_OWNS_YES : HW_OWNS_NO;
}

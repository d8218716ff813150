/* Allocations, frees and retirement in general: any size, owners, the caller's bitmap. The short
 * ways in chunk.c end up here with whatever they do not do. */
#include <string.h>

#include "chunk/place.h"
#include "segment/retire.h"

/* Lets go of the lock. */
static hw_status_t fail(hw_chunk_t *chunk, hw_status_t status) {
  chunk->failures++;
  hw_spin_unlock(&chunk->lock);
  return status;
}

static hw_status_t take_empty(hw_chunk_t *chunk, uint16_t owner, size_t align, void **out) {
  void *block = hw_empty_begin(chunk, align, owner);
  if (block == NULL) return fail(chunk, HW_ERR_OUT_OF_MEMORY);
  chunk->allocations++;
  hw_spin_unlock(&chunk->lock);
  *out = block;
  return HW_OK;
}

/* Places a block on free chunks. */
static void begin_block(hw_chunk_t *chunk, size_t at, size_t count, size_t size, uint16_t owner) {
  hw_chunk_claim(chunk, at, count);
  hw_bit_set(chunk->starts, at);
  hw_chunk_set_size(chunk, at, size);
  if (owner != 0) hw_chunk_admit_owners(chunk);
  if (chunk->has_owner) chunk->owners[at] = owner;
  chunk->hint = at + count;
  hw_chunk_expect(chunk, chunk->hint);
  hw_chunk_charge(chunk, size);
  chunk->allocations++;
}

hw_status_t hw_chunk_take_held(hw_chunk_t *chunk, uint16_t owner, hw_layout_t layout,
                               uint32_t flags, void **out) {
  if (layout.size == 0) return take_empty(chunk, owner, layout.align, out);
  if (layout.size > chunk->left) return fail(chunk, HW_ERR_LIMIT);
  size_t count = hw_chunks_for(chunk, layout.size);
  size_t at = hw_chunk_find(chunk, count, layout.align);
  if (at == HW_NO_CHUNK) return fail(chunk, HW_ERR_OUT_OF_MEMORY);
  bool is_zero = chunk->is_fresh && at >= hw_chunk_touched(chunk);
  begin_block(chunk, at, count, layout.size, owner);
  hw_spin_unlock(&chunk->lock);

  uint8_t *block = hw_chunk_address(chunk, at);
  if ((flags & HW_ZEROED) && !is_zero) memset(block, 0, layout.size);
  *out = block;
  return HW_OK;
}

hw_status_t hw_chunk_take(hw_chunk_t *chunk, uint16_t owner, hw_layout_t layout, uint32_t flags,
                          void **out) {
  hw_spin_lock(&chunk->lock);
  return hw_chunk_take_held(chunk, owner, layout, flags, out);
}

void hw_chunk_end_block(hw_chunk_t *chunk, size_t at, size_t count, size_t size) {
  hw_bit_clear(chunk->starts, at);
  hw_chunk_set_size(chunk, at, 0);
  hw_chunk_expect(chunk, at + count);
  hw_chunk_release(chunk, at, count);
  hw_chunk_discharge(chunk, size);
  chunk->deallocations++;
}

hw_status_t hw_chunk_give_held(hw_chunk_t *chunk, void *ptr, hw_layout_t layout) {
  size_t at;
  hw_status_t status = hw_chunk_check(chunk, ptr, layout, &at);
  if (status == HW_OK && at == HW_NO_CHUNK) {
    hw_empty_end(chunk, ptr);
    chunk->deallocations++;
  } else if (status == HW_OK) {
    hw_chunk_end_block(chunk, at, hw_chunks_for(chunk, layout.size), layout.size);
  }
  hw_spin_unlock(&chunk->lock);
  return status;
}

hw_status_t hw_chunk_give(hw_chunk_t *chunk, void *ptr, hw_layout_t layout) {
  hw_spin_lock(&chunk->lock);
  return hw_chunk_give_held(chunk, ptr, layout);
}

hw_status_t hw_chunk_retire(hw_chunk_t *chunk, void *ptr, hw_layout_t layout) {
  size_t at;
  hw_spin_lock(&chunk->lock);
  hw_status_t status = hw_chunk_check(chunk, ptr, layout, &at);
  if (status == HW_OK) {
    if (at == HW_NO_CHUNK) {
      chunk->empties[hw_empty_slot(ptr)] = HW_EMPTY_RETIRED;
    } else {
      /* Its chunks stay in use, and its start: what lies before it must end here. */
      hw_chunk_set_size(chunk, at, 0);
    }
    hw_chunk_discharge(chunk, layout.size);
    chunk->retired_bytes += layout.size;
    chunk->retired_blocks++;
  }
  hw_spin_unlock(&chunk->lock);
  if (status != HW_OK || at == HW_NO_CHUNK) return status;
  /* Pages of a caller's region may be shared or of a file: they are filled. */
  if (chunk->is_own) {
    hw_retire_range(chunk->os, ptr, layout.size);
  } else {
    memset(ptr, 0, layout.size);
  }
  return HW_OK;
}

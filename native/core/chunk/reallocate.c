/* Reallocation: where the block stands whenever that can be, else a copy. */
#include <string.h>

#include "chunk/place.h"

/* The block of a layout that was checked takes another one in place. The lock is held. */
static hw_status_t resize(hw_chunk_t *chunk, const void *ptr, size_t at, hw_layout_t layout,
                          hw_layout_t next) {
  if (at == HW_NO_CHUNK || next.size == 0) {
    bool is_same = layout.size == next.size && layout.align == next.align;
    return is_same ? HW_OK : HW_ERR_NOT_IN_PLACE;
  }
  if (!hw_is_aligned(ptr, next.align)) return HW_ERR_NOT_IN_PLACE;
  size_t has = hw_chunks_for(chunk, layout.size), wants = hw_chunks_for(chunk, next.size);
  if (wants > has) {
    if (wants > chunk->count - at) return HW_ERR_NOT_IN_PLACE;
    size_t end = at + wants;
    if (hw_bits_next_set(chunk->used, at + has, end) < end) return HW_ERR_NOT_IN_PLACE;
  }
  if (next.size > layout.size) {
    if (next.size - layout.size > chunk->left) {
      chunk->failures++;
      return HW_ERR_LIMIT;
    }
    hw_chunk_charge(chunk, next.size - layout.size);
  } else {
    hw_chunk_discharge(chunk, layout.size - next.size);
  }
  if (wants > has) hw_chunk_claim(chunk, at + has, wants - has);
  if (wants < has) hw_chunk_release(chunk, at + wants, has - wants);
  hw_chunk_set_size(chunk, at, next.size);
  return HW_OK;
}

/* Checks, and resizes if it can; whose the block is. */
static hw_status_t try_in_place(hw_chunk_t *chunk, void *ptr, hw_layout_t layout, hw_layout_t next,
                                uint16_t *owner) {
  size_t at;
  hw_spin_lock(&chunk->lock);
  hw_status_t status = hw_chunk_check(chunk, ptr, layout, &at);
  if (status == HW_OK) {
    *owner = 0;
    if (chunk->has_owner) {
      *owner = at == HW_NO_CHUNK ? chunk->empty_owners[hw_empty_slot(ptr)] : chunk->owners[at];
    }
    status = resize(chunk, ptr, at, layout, next);
  }
  hw_spin_unlock(&chunk->lock);
  return status;
}

hw_status_t hw_chunk_resize(hw_chunk_t *chunk, void *ptr, hw_layout_t layout, hw_layout_t next) {
  uint16_t owner;
  return try_in_place(chunk, ptr, layout, next, &owner);
}

hw_status_t hw_chunk_reallocate(hw_chunk_t *chunk, void *ptr, hw_layout_t layout, hw_layout_t next,
                                uint32_t flags, void **out) {
  uint16_t owner = 0;
  hw_status_t status = try_in_place(chunk, ptr, layout, next, &owner);
  size_t kept = hw_min(layout.size, next.size);
  void *block = ptr;
  if (status == HW_ERR_NOT_IN_PLACE) {
    status = hw_chunk_take(chunk, owner, next, flags & ~(uint32_t)HW_ZEROED, &block);
    if (status != HW_OK) return status;
    if (kept > 0) memcpy(block, ptr, kept);
    status = hw_chunk_give(chunk, ptr, layout);
    if (status != HW_OK) {
      /* Another thread has freed it meanwhile: the new one must not outlive the failed call. */
      hw_status_t undone = hw_chunk_give(chunk, block, next);
      HW_ASSERT(undone == HW_OK);
      (void)undone;
    }
  }
  if (status != HW_OK) return status;
  if ((flags & HW_ZEROED) && next.size > kept) memset((uint8_t *)block + kept, 0, next.size - kept);
  *out = block;
  return HW_OK;
}

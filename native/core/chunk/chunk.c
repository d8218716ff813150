/* The table of operations, and the short ways through it: most requests get the chunks at the hint,
 * and most frees are of a block that two words of the maps show whole. */
#include "chunk/place.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

static hw_status_t chunk_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                  void **out) {
  hw_chunk_t *chunk = hw_chunk_of(self);
  size_t count = hw_chunks_for(chunk, layout.size);
  hw_spin_lock(&chunk->lock);
  size_t at = chunk->hint;
  uint64_t *used = &chunk->used[at / 64];
  unsigned bit = at % 64;
  /* Both words, needed or not: which of the two it is cannot be predicted. */
  uint64_t low = hw_chunk_mask(count) << bit, high = (hw_chunk_mask(count) >> 1) >> (63 - bit);
  if (UNLIKELY(count - 1 >= 64 || layout.align > chunk->short_align || layout.size > chunk->left ||
               (flags & HW_ZEROED) != 0 || ((used[0] & low) | (used[1] & high)) != 0)) {
    return hw_chunk_take_held(chunk, 0, layout, flags, out);
  }
  used[0] |= low;
  used[1] |= high;
  chunk->starts[at / 64] |= (uint64_t)1 << bit;
  hw_chunk_set_size(chunk, at, count, layout.size);
  chunk->free -= count;
  chunk->hint = at + count;
  if (chunk->hint > chunk->touched) chunk->touched = chunk->hint;
  hw_chunk_charge(chunk, layout.size);
  chunk->allocations++;
  hw_spin_unlock(&chunk->lock);
  *out = hw_chunk_address(chunk, at);
  return HW_OK;
}

static hw_status_t chunk_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  hw_chunk_t *chunk = hw_chunk_of(self);
  size_t offset = (size_t)((uintptr_t)ptr - (uintptr_t)chunk->region);
  size_t at = offset >> chunk->shift, count = hw_chunks_for(chunk, layout.size);
  hw_spin_lock(&chunk->lock);
  if (UNLIKELY(at >= chunk->short_count || count - 1 >= 63)) {
    return hw_chunk_give_held(chunk, ptr, layout);
  }
  uint64_t *used = &chunk->used[at / 64], *starts = &chunk->starts[at / 64];
  unsigned bit = at % 64;
  /* Chunks of a block behind its first: used, and no start. As many as there should be follow. */
  uint64_t low = used[0] ^ starts[0], high = used[1] ^ starts[1];
  uint64_t ends = ~(low >> bit | (high << 1) << (63 - bit) | 1);
  bool is_block = (starts[0] >> bit & 1) != 0 && ends != 0 && hw_lowest_bit(ends) == count &&
                  offset == at << chunk->shift &&
                  hw_chunk_size(chunk, at, count) == layout.size &&
                  hw_is_aligned(ptr, layout.align);
  if (UNLIKELY(!is_block)) return hw_chunk_give_held(chunk, ptr, layout);

  uint64_t mask = ((uint64_t)1 << count) - 1;
  used[0] ^= mask << bit;
  used[1] ^= (mask >> 1) >> (63 - bit);
  starts[0] ^= (uint64_t)1 << bit;
  chunk->may[at >> HW_CHUNK_GROUP_SHIFT] = UINT8_MAX;
  chunk->may[(at + count - 1) >> HW_CHUNK_GROUP_SHIFT] = UINT8_MAX;
  chunk->failed = 0;
  chunk->free += count;
  chunk->left += layout.size;
  chunk->deallocations++;
  hw_spin_unlock(&chunk->lock);
  return HW_OK;
}

static hw_status_t chunk_reallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                    hw_layout_t next, uint32_t flags, void **out) {
  return hw_chunk_reallocate(hw_chunk_of(self), ptr, layout, next, flags, out);
}

static hw_status_t chunk_reallocate_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                             hw_layout_t next) {
  return hw_chunk_resize(hw_chunk_of(self), ptr, layout, next);
}

static hw_ownership_t chunk_owns(hw_allocator_t *self, const void *ptr) {
  return hw_chunk_owns(hw_chunk_of(self), ptr);
}

static hw_status_t chunk_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  return hw_chunk_retire(hw_chunk_of(self), ptr, layout);
}

static void chunk_stats(hw_allocator_t *self, hw_stats_t *out) {
  hw_chunk_stats_of(hw_chunk_of(self), out);
}

static hw_status_t chunk_verify(hw_allocator_t *self, const char **broken) {
  return hw_chunk_verify(hw_chunk_of(self), broken);
}

static hw_status_t chunk_destroy(hw_allocator_t *self) {
  return hw_chunk_end(hw_chunk_of(self));
}

/* usable_size is the default: a block's bytes are those that were asked for, since a free has to
 * name them. */
static const hw_allocator_ops_t chunk_ops = {
    .abi_version = HW_ABI_VERSION,
    .capabilities =
        HW_CAN_REALLOCATE | HW_CAN_IN_PLACE | HW_CAN_OWN | HW_CAN_NOWAIT | HW_CAN_RETIRE,
    .name = "chunk",
    .allocate = chunk_allocate,
    .deallocate = chunk_deallocate,
    .reallocate = chunk_reallocate,
    .reallocate_in_place = chunk_reallocate_in_place,
    .owns = chunk_owns,
    .retire = chunk_retire,
    .stats = chunk_stats,
    .verify = chunk_verify,
    .destroy = chunk_destroy,
};

const hw_allocator_ops_t *hw_chunk_ops(void) {
  return &chunk_ops;
}

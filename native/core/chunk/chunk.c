/* The table of operations, and the short ways through it: most requests get the chunks at the hint,
 * and most frees are of a block of at most 64 chunks. */
#include "chunk/place.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Of a mask that begins at bit `at`: what falls into its word, and into the one behind. Both words
 * are looked at and written, needed or not: which of the two it is cannot be predicted. The store
 * to `starts` stands before or between them on purpose: otherwise compilers keep both words in
 * registers, or write them as one vector, for more instructions. */
#define LOW_PART(mask, at) ((mask) << ((at) % 64))
#define HIGH_PART(mask, at) (((mask) >> 1) >> (~(at) % 64))

static hw_status_t chunk_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                  void **out) {
  hw_chunk_t *chunk = hw_chunk_of(self);
  if (UNLIKELY(!hw_spin_try(&chunk->lock))) return hw_chunk_take(chunk, 0, layout, flags, out);
  size_t at = chunk->hint, count = hw_chunks_for(chunk, layout.size);
  uint64_t *used = &chunk->used[at / 64], mask = ~(uint64_t)0 >> (-count % 64);
  if (UNLIKELY(count - 1 >= 64 || layout.align > chunk->short_align || layout.size > chunk->left ||
               (flags & HW_ZEROED) != 0 || (used[0] & LOW_PART(mask, at)) != 0 ||
               (used[1] & HIGH_PART(mask, at)) != 0)) {
    return hw_chunk_take_held(chunk, 0, layout, flags, out);
  }
  chunk->starts[at / 64] |= (uint64_t)1 << (at % 64);
  used[0] |= LOW_PART(mask, at);
  used[1] |= HIGH_PART(mask, at);
  ((uint32_t *)chunk->sizes)[at] = (uint32_t)layout.size;
  __builtin_prefetch(&((uint32_t *)chunk->sizes)[at + count], 1); /* hw_chunk_expect */
  *out = hw_chunk_address(chunk, at);
  chunk->free -= count;
  chunk->hint = at + count;
  hw_chunk_charge(chunk, layout.size);
  chunk->allocations++;
  hw_spin_unlock(&chunk->lock);
  return HW_OK;
}

/* The end of a free in a heap where requests failed. */
static __attribute__((noinline)) hw_status_t admit(hw_chunk_t *chunk, size_t from, size_t end) {
  hw_room_admit(chunk, from, end);
  hw_spin_unlock(&chunk->lock);
  return HW_OK;
}

static hw_status_t chunk_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  hw_chunk_t *chunk = hw_chunk_of(self);
  if (UNLIKELY(!hw_spin_try(&chunk->lock))) return hw_chunk_give(chunk, ptr, layout);
  size_t offset = (size_t)((uintptr_t)ptr - (uintptr_t)chunk->region);
  size_t at = offset >> chunk->shift, count = hw_chunks_for(chunk, layout.size);
  /* The size of a block is where it begins, and nowhere else. */
  uint32_t *size = &((uint32_t *)chunk->sizes)[at];
  if (UNLIKELY(at >= chunk->short_count || count - 1 >= 64 || *size != layout.size ||
               (offset & chunk->mask) != 0 || !hw_is_aligned(ptr, layout.align))) {
    return hw_chunk_give_held(chunk, ptr, layout);
  }
  uint64_t *used = &chunk->used[at / 64], mask = ~(uint64_t)0 >> (-count % 64);
  *size = 0;
  __builtin_prefetch(size + count, 1); /* hw_chunk_expect */
  used[0] ^= LOW_PART(mask, at);
  chunk->starts[at / 64] ^= (uint64_t)1 << (at % 64);
  used[1] ^= HIGH_PART(mask, at);
  chunk->free += count;
  hw_chunk_discharge(chunk, layout.size);
  chunk->deallocations++;
  if (UNLIKELY(chunk->failed != 0)) return admit(chunk, at, at + count);
  hw_room_forget(chunk, at, at + count);
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

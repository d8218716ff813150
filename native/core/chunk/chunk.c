#include "chunk/chunk.h"

#include <string.h>

#include "chunk/place.h"
#include "segment/retire.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Unlocks. */
static hw_status_t fail(hw_chunk_t *chunk, hw_status_t status) {
  chunk->failures++;
  hw_spin_unlock(&chunk->lock);
  return status;
}

static hw_status_t take_empty(hw_chunk_t *chunk, uint16_t owner, size_t align, void **out) {
  hw_spin_lock(&chunk->lock);
  void *block = hw_empty_begin(chunk, align, owner);
  if (block == NULL) return fail(chunk, HW_ERR_OUT_OF_MEMORY);
  chunk->allocations++;
  hw_spin_unlock(&chunk->lock);
  *out = block;
  return HW_OK;
}

/* The run at the hint is what most requests get. */
static inline bool fits_at_hint(const hw_chunk_t *chunk, size_t count, size_t align) {
  return align <= chunk->at_hint && count <= 64 &&
         (hw_chunk_window(chunk->used, chunk->hint) & hw_chunk_mask(count)) == 0;
}

hw_status_t hw_chunk_take(hw_chunk_t *chunk, uint16_t owner, hw_layout_t layout, uint32_t flags,
                          void **out) {
  if (UNLIKELY(layout.size == 0)) return take_empty(chunk, owner, layout.align, out);
  size_t count = hw_chunks_for(chunk, layout.size);

  hw_spin_lock(&chunk->lock);
  if (UNLIKELY(layout.size > chunk->limit - chunk->live_bytes)) return fail(chunk, HW_ERR_LIMIT);
  size_t at = chunk->hint;
  if (UNLIKELY(!fits_at_hint(chunk, count, layout.align))) {
    at = hw_chunk_find(chunk, count, layout.align);
    if (at == HW_NO_CHUNK) return fail(chunk, HW_ERR_OUT_OF_MEMORY);
  }
  bool is_zero = at >= chunk->touched;
  hw_chunk_claim(chunk, at, count);
  hw_bit_set(chunk->starts, at);
  hw_chunk_set_size(chunk, at, count, layout.size);
  if (owner != 0) chunk->has_owner = true;
  if (UNLIKELY(chunk->has_owner)) chunk->owners[at] = owner;
  chunk->hint = at + count;
  hw_chunk_charge(chunk, layout.size);
  chunk->allocations++;
  hw_spin_unlock(&chunk->lock);

  uint8_t *block = hw_chunk_address(chunk, at);
  if ((flags & HW_ZEROED) && !is_zero) memset(block, 0, layout.size);
  *out = block;
  return HW_OK;
}

void hw_chunk_end_block(hw_chunk_t *chunk, size_t at, size_t count, size_t size) {
  hw_bit_clear(chunk->starts, at);
  hw_chunk_release(chunk, at, count);
  chunk->live_bytes -= size;
  chunk->deallocations++;
}

/* Whether a block of exactly these chunks begins at `at`, from two words: its first bit is a start,
 * and the chunks behind it that are used and no start are as many as they should be. */
static inline bool is_block(const hw_chunk_t *chunk, size_t at, size_t count) {
  uint64_t starts = hw_chunk_window(chunk->starts, at);
  uint64_t goes_on = hw_chunk_window(chunk->used, at) & ~starts;
  uint64_t ends = ~(goes_on | 1);
  return (starts & 1) != 0 && ends != 0 && hw_lowest_bit(ends) == count;
}

hw_status_t hw_chunk_give(hw_chunk_t *chunk, void *ptr, hw_layout_t layout) {
  size_t offset = (size_t)((uintptr_t)ptr - (uintptr_t)chunk->region);
  size_t at = offset >> chunk->shift, count = hw_chunks_for(chunk, layout.size);

  hw_spin_lock(&chunk->lock);
  bool is_certain = LIKELY(at < chunk->count) && count < 64 && is_block(chunk, at, count) &&
                    hw_chunk_size(chunk, at, count) == layout.size &&
                    (offset & (((size_t)1 << chunk->shift) - 1)) == 0 &&
                    hw_is_aligned(ptr, layout.align) && !hw_chunk_is_retired(chunk, at);
  if (UNLIKELY(!is_certain)) {
    hw_status_t status = hw_chunk_check(chunk, ptr, layout, &at);
    if (status == HW_OK && at == HW_NO_CHUNK) {
      hw_empty_end(chunk, ptr);
      chunk->deallocations++;
    }
    if (status != HW_OK || at == HW_NO_CHUNK) {
      hw_spin_unlock(&chunk->lock);
      return status;
    }
  }
  hw_chunk_end_block(chunk, at, count, layout.size);
  hw_spin_unlock(&chunk->lock);
  return HW_OK;
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
      chunk->has_owner = true;
      chunk->owners[at] = HW_CHUNK_RETIRED;
    }
    chunk->live_bytes -= layout.size;
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

static hw_status_t chunk_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                  void **out) {
  return hw_chunk_take(hw_chunk_of(self), 0, layout, flags, out);
}

static hw_status_t chunk_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  return hw_chunk_give(hw_chunk_of(self), ptr, layout);
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

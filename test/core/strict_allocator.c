#include "strict_allocator.h"

#include <string.h>

#include "base/align.h"
#include "fake_os.h"
#include "harness.h"

static strict_allocator_t *strict_of(hw_allocator_t *self) {
  return (strict_allocator_t *)self;
}

static hw_status_t strict_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                   void **out) {
  strict_allocator_t *strict = strict_of(self);
  if (strict->refuse_allocate != HW_OK) return strict->refuse_allocate;
  assert_true(strict->count < STRICT_MOST_BLOCKS && layout.size <= STRICT_ROOM);
  void *ptr = fake_os()->heap_allocate_aligned(hw_align_up(layout.align, 16), STRICT_ROOM);
  if (ptr == NULL) return HW_ERR_OUT_OF_MEMORY;
  if (flags & HW_ZEROED) memset(ptr, 0, layout.size);
  strict->blocks[strict->count].ptr = ptr;
  strict->blocks[strict->count].layout = layout;
  strict->count++;
  *out = ptr;
  return HW_OK;
}

static hw_status_t find(strict_allocator_t *strict, const void *ptr, hw_layout_t layout,
                        size_t *at) {
  for (*at = 0; *at < strict->count; ++*at) {
    if (strict->blocks[*at].ptr != ptr) continue;
    hw_layout_t own = strict->blocks[*at].layout;
    bool same = own.size == layout.size && own.align == layout.align;
    if (!same) strict->refused++;
    return same ? HW_OK : HW_ERR_LAYOUT_MISMATCH;
  }
  strict->refused++;
  return HW_ERR_NOT_OWNED;
}

static hw_status_t strict_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  strict_allocator_t *strict = strict_of(self);
  size_t at = 0;
  hw_status_t status = find(strict, ptr, layout, &at);
  if (status != HW_OK) return status;
  strict->blocks[at] = strict->blocks[--strict->count];
  fake_os()->heap_free(ptr);
  return HW_OK;
}

static hw_status_t strict_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                   hw_layout_t next) {
  strict_allocator_t *strict = strict_of(self);
  size_t at = 0;
  hw_status_t status = find(strict, ptr, layout, &at);
  if (status != HW_OK) return status;
  if (next.size > STRICT_ROOM || !hw_is_aligned(ptr, next.align)) return HW_ERR_NOT_IN_PLACE;
  strict->blocks[at].layout = next;
  return HW_OK;
}

static hw_status_t strict_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  strict_allocator_t *strict = strict_of(self);
  size_t at = 0;
  hw_status_t status = find(strict, ptr, layout, &at);
  if (status != HW_OK) return status;
  strict->blocks[at] = strict->blocks[--strict->count];
  strict->retired++;
  memset(ptr, 0, layout.size);
  return HW_OK;
}

static void strict_stats(hw_allocator_t *self, hw_stats_t *out) {
  const strict_allocator_t *strict = strict_of(self);
  *out = (hw_stats_t){.live_blocks = strict->count, .limit = HW_NO_LIMIT};
  for (size_t i = 0; i < strict->count; i++) out->live_bytes += strict->blocks[i].layout.size;
}

static hw_status_t strict_destroy(hw_allocator_t *self) {
  return strict_of(self)->count == 0 ? HW_OK : HW_ERR_BUSY;
}

static const hw_allocator_ops_t strict_ops = {
    .abi_version = HW_ABI_VERSION,
    .capabilities = HW_CAN_IN_PLACE,
    .name = "strict",
    .allocate = strict_allocate,
    .deallocate = strict_deallocate,
    .reallocate_in_place = strict_in_place,
    .retire = strict_retire,
    .stats = strict_stats,
    .destroy = strict_destroy,
};

void strict_init(strict_allocator_t *strict) {
  *strict = (strict_allocator_t){.base = {&strict_ops}};
}

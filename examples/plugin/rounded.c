/* A plug-in for loadAllocator(): blocks from the C library, each with room up to the next power of
 * two, so that it can grow where it stands. Build it with
 *
 *     cc -std=c11 -O2 -fPIC -shared -I<heapwright>/native/include rounded.c -o rounded.so
 */
#define _POSIX_C_SOURCE 200112L
#include <stdlib.h>

#include "heapwright.h"

static size_t room_of(size_t size) {
  size_t room = 16;
  while (room < size) room *= 2;
  return room;
}

static hw_status_t allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags, void **out) {
  (void)self;
  (void)flags; /* never HW_ZEROED: whoever loads a plug-in zeroes; HW_NOWAIT: see capabilities */
  if (layout.size > HW_MAX_SIZE / 2) return HW_ERR_OUT_OF_MEMORY;
  size_t align = layout.align < sizeof(void *) ? sizeof(void *) : layout.align;
  int failed = posix_memalign(out, align, room_of(layout.size));
  return failed ? HW_ERR_OUT_OF_MEMORY : HW_OK;
}

static hw_status_t deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  (void)self;
  (void)layout;
  free(ptr);
  return HW_OK;
}

static hw_status_t reallocate_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                       hw_layout_t next) {
  (void)self;
  (void)ptr;
  return next.size <= room_of(layout.size) ? HW_OK : HW_ERR_NOT_IN_PLACE;
}

static hw_status_t destroy(hw_allocator_t *self) {
  free(self);
  return HW_OK;
}

static const hw_allocator_ops_t ops = {
    .abi_version = HW_ABI_VERSION,
    .capabilities = HW_CAN_IN_PLACE,
    .name = "rounded",
    .allocate = allocate,
    .deallocate = deallocate,
    .reallocate_in_place = reallocate_in_place,
    .destroy = destroy,
};

static hw_status_t create(const char *options, hw_allocator_t **out) {
  (void)options;
  hw_allocator_t *allocator = malloc(sizeof *allocator);
  if (allocator == NULL) return HW_ERR_OUT_OF_MEMORY;
  allocator->ops = &ops;
  *out = allocator;
  return HW_OK;
}

HW_EXPORT const hw_plugin_t hw_plugin = {HW_PLUGIN_HEADER, "rounded", create};

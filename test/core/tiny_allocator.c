#include "tiny_allocator.h"

#include <stdlib.h>
#include <string.h>

#include "base/align.h"

static hw_status_t tiny_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                 void **out) {
  tiny_allocator_t *tiny = (tiny_allocator_t *)self;
  tiny->last_flags = flags;
  if (tiny->refuse_allocate != HW_OK) return tiny->refuse_allocate;
  size_t align = layout.align < 16 ? 16 : layout.align;
  size_t size = hw_align_up(layout.size + 1, align);
  void *block = aligned_alloc(align, size);
  if (block == NULL) return HW_ERR_OUT_OF_MEMORY;
  memset(block, (flags & HW_ZEROED) ? 0 : 0xA5, size);
  tiny->allocations++;
  *out = block;
  return HW_OK;
}

static hw_status_t tiny_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  tiny_allocator_t *tiny = (tiny_allocator_t *)self;
  hw_status_t refused = tiny->refuse_deallocate;
  tiny->refuse_deallocate = HW_OK;
  if (refused != HW_OK) return refused;
  free(ptr);
  tiny->deallocations++;
  tiny->last_freed = layout;
  return HW_OK;
}

void tiny_init(tiny_allocator_t *tiny) {
  *tiny = (tiny_allocator_t){
      .ops = {.abi_version = HW_ABI_VERSION,
              .name = "tiny",
              .allocate = tiny_allocate,
              .deallocate = tiny_deallocate},
  };
  tiny->base.ops = &tiny->ops;
}

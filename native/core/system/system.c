/* malloc, calloc and realloc where the C library's own alignment is enough, posix_memalign
 * elsewhere; an over-aligned reallocation moves by hand and so keeps its alignment, which
 * realloc(3) does not promise. Source of the split: Rust's `System` on Unix.
 *
 * The C library knows no layouts, so a wrong layout, a foreign or an interior pointer cannot be
 * seen here: `owns` says unknown, and callers that need the check keep records (the Node binding
 * does). */
#include "system/system.h"

#include <string.h>

#include "allocator/account.h"
#include "allocator/allocator.h"
#include "base/align.h"
#include "base/config.h"
#include "segment/retire.h"

typedef struct hw_system {
  hw_allocator_t base;
  const hw_os_t *os;
  hw_account_t account;
} hw_system_t;

static hw_system_t *system_of(hw_allocator_t *self) {
  return (hw_system_t *)self;
}

/* An empty block is an aligned address that owns no byte. */
static void *empty_block(hw_layout_t layout) {
  return (void *)layout.align;
}

static bool malloc_aligns(hw_layout_t layout) {
  return layout.align <= HW_MALLOC_ALIGN && layout.align <= layout.size;
}

static void *fetch(const hw_os_t *os, hw_layout_t layout, bool zeroed) {
  if (layout.size == 0) return empty_block(layout);
  bool by_malloc = malloc_aligns(layout);
  if (by_malloc && zeroed && layout.size >= HW_CALLOC_FROM) {
    return os->heap_allocate_zeroed(layout.size);
  }
  size_t align = layout.align < HW_MEMALIGN_MIN ? HW_MEMALIGN_MIN : layout.align;
  void *block =
      by_malloc ? os->heap_allocate(layout.size) : os->heap_allocate_aligned(align, layout.size);
  if (block != NULL && zeroed) memset(block, 0, layout.size);
  return block;
}

static hw_status_t system_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                   void **out) {
  hw_system_t *system = system_of(self);
  /* malloc gives no way to ask for memory without a system call. */
  if (flags & HW_NOWAIT) {
    hw_account_fail(&system->account);
    return HW_ERR_NOWAIT;
  }
  hw_status_t status = hw_account_charge(&system->account, layout.size);
  if (status != HW_OK) return status;

  void *block = fetch(system->os, layout, (flags & HW_ZEROED) != 0);
  if (block == NULL) {
    hw_account_refund(&system->account, layout.size);
    hw_account_fail(&system->account);
    return HW_ERR_OUT_OF_MEMORY;
  }
  hw_account_open(&system->account);
  *out = block;
  return HW_OK;
}

static hw_status_t system_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  hw_system_t *system = system_of(self);
  if (layout.size > 0) system->os->heap_free(ptr);
  hw_account_close(&system->account, layout.size);
  return HW_OK;
}

/* realloc(3): one block before and after, so only its growth is charged. */
static hw_status_t resize(hw_system_t *system, void *ptr, hw_layout_t layout, hw_layout_t next,
                          uint32_t flags, void **out) {
  size_t growth = next.size > layout.size ? next.size - layout.size : 0;
  hw_status_t status = hw_account_charge(&system->account, growth);
  if (status != HW_OK) return status;

  uint8_t *block = system->os->heap_resize(ptr, next.size);
  if (block == NULL) {
    hw_account_refund(&system->account, growth);
    hw_account_fail(&system->account);
    return HW_ERR_OUT_OF_MEMORY;
  }
  if (growth > 0 && (flags & HW_ZEROED)) memset(block + layout.size, 0, growth);
  hw_account_raise_peak(&system->account);
  if (growth == 0) hw_account_refund(&system->account, layout.size - next.size);
  *out = block;
  return HW_OK;
}

static hw_status_t system_reallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                     hw_layout_t next, uint32_t flags, void **out) {
  hw_system_t *system = system_of(self);
  bool both_on_heap = layout.size > 0 && next.size > 0;
  if (both_on_heap && malloc_aligns(next) && !(flags & HW_NOWAIT)) {
    return resize(system, ptr, layout, next, flags, out);
  }
  return hw_default_reallocate(self, ptr, layout, next, flags, out);
}

static hw_status_t system_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  hw_system_t *system = system_of(self);
  hw_retire_range(system->os, ptr, layout.size);
  hw_account_retire(&system->account, layout.size);
  return HW_OK;
}

static void system_stats(hw_allocator_t *self, hw_stats_t *out) {
  hw_account_stats(&system_of(self)->account, out);
}

static hw_status_t system_verify(hw_allocator_t *self, const char **broken) {
  return hw_account_verify(&system_of(self)->account, broken);
}

static hw_status_t system_destroy(hw_allocator_t *self) {
  hw_system_t *system = system_of(self);
  hw_stats_t stats;
  hw_account_stats(&system->account, &stats);
  if (stats.live_blocks != 0) return HW_ERR_BUSY;
  system->os->heap_free(system);
  return HW_OK;
}

static const hw_allocator_ops_t system_ops = {
    .abi_version = HW_ABI_VERSION,
    .capabilities = HW_CAN_REALLOCATE | HW_CAN_RETIRE,
    .name = "system",
    .allocate = system_allocate,
    .deallocate = system_deallocate,
    .reallocate = system_reallocate,
    .retire = system_retire,
    .stats = system_stats,
    .verify = system_verify,
    .destroy = system_destroy,
};

hw_status_t hw_system_create(const hw_config_t *config, hw_allocator_t **out) {
  hw_system_t *system = config->os->heap_allocate(sizeof *system);
  if (system == NULL) return HW_ERR_OUT_OF_MEMORY;
  system->base.ops = &system_ops;
  system->os = config->os;
  hw_account_init(&system->account, config->limit);
  *out = &system->base;
  return HW_OK;
}

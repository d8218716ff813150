/* Plug-ins with one defect each, chosen by -DDEFECT_<NAME>; with none of them a plug-in whose
 * allocator misbehaves as its options say: "null", "misaligned", "overlap", "inside", "again",
 * "status", "wrap", "no-free", "refuse" (create answers LIMIT), "grow" (claims bytes that it does
 * not have), or nothing, and then does as it should. */
#define _POSIX_C_SOURCE 200112L
#include <stdlib.h>
#include <string.h>

#include "heapwright.h"

typedef struct faulty {
  hw_allocator_t base;
  char how[16];
  unsigned char *region, *first;
  size_t used, count;
} faulty_t;

#define REGION ((size_t)1 << 20)

static int is(const faulty_t *faulty, const char *how) {
  return strcmp(faulty->how, how) == 0;
}

static hw_status_t allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags, void **out) {
  faulty_t *faulty = (faulty_t *)self;
  (void)flags;
  size_t start = (faulty->used + layout.align - 1) & ~(layout.align - 1);
  if (start > REGION || layout.size > REGION - start) return HW_ERR_OUT_OF_MEMORY;
  unsigned char *block = faulty->region + start;
  /* The first block is as it should be. */
  if (faulty->count++ > 0) {
    if (is(faulty, "null")) return HW_OK;
    if (is(faulty, "status")) return (hw_status_t)99;
    if (is(faulty, "misaligned")) block += layout.align / 2;
    if (is(faulty, "again")) block = faulty->first;
    if (is(faulty, "overlap")) block = faulty->first - layout.size / 2;
    if (is(faulty, "inside")) block = faulty->first + 16;
    if (is(faulty, "wrap")) block = (unsigned char *)(UINTPTR_MAX - layout.align + 1);
  } else if (is(faulty, "overlap")) {
    block += layout.size;
    start += layout.size;
  }
  if (faulty->count == 1) faulty->first = block;
  faulty->used = start + layout.size;
  *out = block;
  return HW_OK;
}

static hw_status_t deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  (void)ptr;
  (void)layout;
  return is((faulty_t *)self, "no-free") ? HW_ERR_NOT_OWNED : HW_OK;
}

static hw_status_t in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout, hw_layout_t next) {
  (void)ptr;
  (void)layout;
  (void)next;
  return is((faulty_t *)self, "grow") ? HW_OK : HW_ERR_NOT_IN_PLACE;
}

static hw_status_t destroy(hw_allocator_t *self) {
  free(((faulty_t *)self)->region);
  free(self);
  return HW_OK;
}

static const hw_allocator_ops_t ops = {
#ifdef DEFECT_TABLE_VERSION
    .abi_version = HW_ABI_VERSION + 1,
#else
    .abi_version = HW_ABI_VERSION,
#endif
    .capabilities = HW_CAN_IN_PLACE,
    .name = "faulty",
#ifndef DEFECT_ALLOCATE
    .allocate = allocate,
#endif
#ifndef DEFECT_DEALLOCATE
    .deallocate = deallocate,
#endif
    .reallocate_in_place = in_place,
    .destroy = destroy,
};

static hw_status_t create(const char *options, hw_allocator_t **out) {
#ifdef DEFECT_CREATE_NULL
  (void)options;
  *out = NULL;
  return HW_OK;
#endif
  faulty_t *faulty = calloc(1, sizeof *faulty);
  if (faulty == NULL || posix_memalign((void **)&faulty->region, 4096, REGION) != 0) {
    free(faulty);
    return HW_ERR_OUT_OF_MEMORY;
  }
  memset(faulty->region, 0xA5, REGION); /* what a program must not see in zeroed memory */
#ifdef DEFECT_OPS_NULL
  faulty->base.ops = NULL;
#else
  faulty->base.ops = &ops;
#endif
  if (options != NULL) strncpy(faulty->how, options, sizeof faulty->how - 1);
  if (is(faulty, "refuse")) return HW_ERR_LIMIT;
  *out = &faulty->base;
  return HW_OK;
}

#ifndef DEFECT_SYMBOL
HW_EXPORT const hw_plugin_t hw_plugin = {
#ifdef DEFECT_VERSION
    .abi_version = HW_ABI_VERSION + 1,
#else
    .abi_version = HW_ABI_VERSION,
#endif
#ifdef DEFECT_SIZE
    .plugin_size = sizeof(hw_plugin_t) - 8,
#else
    .plugin_size = sizeof(hw_plugin_t),
#endif
#ifdef DEFECT_OPS_SIZE
    .ops_size = sizeof(hw_allocator_ops_t) - 8,
#else
    .ops_size = sizeof(hw_allocator_ops_t),
#endif
#if defined DEFECT_NO_NAME
    .name = NULL,
#elif defined DEFECT_NAME
    .name = "a name with spaces",
#elif defined DEFECT_LONG_NAME
    .name = "a-name-that-is-longer-than-it-may-be",
#else
    .name = "faulty",
#endif
#ifndef DEFECT_CREATE
    .create = create,
#endif
};
#endif

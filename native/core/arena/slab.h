/* A slab: a run of pages cut into regions of one size class, with a bit out of line for each that
 * is free. The lowest free region goes first, which keeps slabs dense and their tails untouched.
 *
 * The bin that a slab belongs to holds its lock. Source: jemalloc's slabs. */
#pragma once

#include "arena/runs.h"
#include "arena/size_class.h"

#define HW_NO_REGION UINT32_MAX

/* A slab of `size_class`, all free, entered in the page map. */
HW_MUST_CHECK hw_status_t hw_slab_create(hw_runs_t *runs, unsigned size_class, bool nowait,
                                         hw_run_t **out);
/* `slab` is all free, or its blocks are dead. */
void hw_slab_destroy(hw_runs_t *runs, hw_run_t *slab);

/* Takes up to `count` free regions, the lowest first; answers how many. */
size_t hw_slab_take(hw_run_t *slab, void **out, size_t count);

/* The index of the region that begins at `ptr`, inside the slab's pages; HW_NO_REGION where none
 * begins. */
static inline uint32_t hw_slab_index(const hw_run_t *slab, const void *ptr) {
  const hw_size_class_t *sc = &hw_size_classes[slab->size_class];
  uint64_t offset = (uint64_t)((const uint8_t *)ptr - slab->base);
  uint32_t index = (uint32_t)((offset * sc->inverse) >> 32);
  return index * sc->size == offset && index < sc->nregions ? index : HW_NO_REGION;
}

static inline bool hw_slab_is_free(const hw_run_t *slab, uint32_t index) {
  return (slab->free[index / 64] >> (index % 64)) & 1;
}

static inline void hw_slab_give(hw_run_t *slab, uint32_t index) {
  slab->free[index / 64] |= (uint64_t)1 << (index % 64);
  slab->nfree++;
}

static inline void *hw_slab_region(const hw_run_t *slab, uint32_t index) {
  return slab->base + (size_t)index * hw_size_classes[slab->size_class].size;
}

/* Writes the map entries of a run's pages. */
void hw_run_set_tags(hw_region_t *region, const hw_run_t *run, size_t npages, uint32_t tag);

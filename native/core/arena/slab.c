#include "arena/slab.h"

#include "base/bitmap.h"

void hw_run_set_tags(hw_region_t *region, const hw_run_t *run, size_t npages, uint32_t tag) {
  for (size_t page = run->page; page < run->page + npages; page++) {
    hw_page_set(&region->pages[page], run->page / HW_RUN_LEAST_PAGES, tag);
  }
}

hw_status_t hw_slab_create(hw_runs_t *runs, unsigned size_class, bool nowait, hw_run_t **out) {
  const hw_size_class_t *sc = &hw_size_classes[size_class];
  hw_run_request_t request = {
      .npages = sc->npages, .align = 1, .size_class = size_class, .nowait = nowait};
  hw_run_t *slab = NULL;
  hw_status_t status = hw_runs_claim(runs, &request, &slab, NULL);
  if (status != HW_OK) return status;
  slab->nfree = sc->nregions;
  hw_bits_set(slab->free, 0, sc->nregions);
  hw_run_set_tags(hw_runs_region(runs, slab), slab, sc->npages, hw_tag(runs->owner, size_class));
  *out = slab;
  return HW_OK;
}

void hw_slab_destroy(hw_runs_t *runs, hw_run_t *slab) {
  hw_run_set_tags(hw_runs_region(runs, slab), slab, slab->npages, 0);
  hw_runs_release(runs, slab, false, false);
}

size_t hw_slab_take(hw_run_t *slab, void **out, size_t count) {
  size_t size = hw_size_classes[slab->size_class].size;
  if (count > slab->nfree) count = slab->nfree;
  size_t taken = 0;
  for (size_t word = 0; taken < count; word++) {
    uint64_t bits = slab->free[word];
    uint8_t *base = slab->base + word * 64 * size;
    while (bits != 0 && taken < count) {
      out[taken++] = base + hw_lowest_bit(bits) * size;
      bits &= bits - 1;
    }
    slab->free[word] = bits;
  }
  slab->nfree = (uint16_t)(slab->nfree - count);
  return count;
}

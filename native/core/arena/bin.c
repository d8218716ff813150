#include "arena/bin.h"

#include <string.h>

#include "arena/locate.h"
#include "base/check.h"

void hw_bin_init(hw_bin_t *bin, hw_runs_t *runs, unsigned size_class, void **depot) {
  memset(bin, 0, sizeof *bin);
  hw_lock_init(&bin->lock, HW_RANK_BIN);
  bin->runs = runs;
  bin->size_class = size_class;
  bin->depot = depot;
  bin->depot_most = hw_bin_depot_most(size_class);
}

static void push_slab(hw_bin_t *bin, hw_run_t *slab) {
  slab->prev = NULL;
  slab->next = bin->first;
  if (bin->first != NULL) bin->first->prev = slab;
  bin->first = slab;
  slab->listed = true;
}

static void unlist_slab(hw_bin_t *bin, hw_run_t *slab) {
  if (slab->next != NULL) slab->next->prev = slab->prev;
  *(slab->prev == NULL ? &bin->first : &slab->prev->next) = slab->next;
  slab->listed = false;
}

static void end_slab(hw_bin_t *bin, hw_run_t *slab) {
  bin->nslabs--;
  hw_slab_destroy(bin->runs, slab);
}

static void end_empty(hw_bin_t *bin) {
  if (bin->empty == NULL) return;
  end_slab(bin, bin->empty);
  bin->empty = NULL;
}

/* A slab with free regions in front of the list. */
static hw_status_t provide_slab(hw_bin_t *bin, bool nowait) {
  if (bin->first != NULL) return HW_OK;
  hw_run_t *slab = bin->empty;
  if (slab == NULL) {
    hw_status_t status = hw_slab_create(bin->runs, bin->size_class, nowait, &slab);
    if (status != HW_OK) return status;
    bin->nslabs++;
  }
  bin->empty = NULL;
  bin->empty_is_idle = false;
  push_slab(bin, slab);
  return HW_OK;
}

static size_t take_from_depot(hw_bin_t *bin, void **out, size_t count) {
  if (count > bin->depot_count) count = bin->depot_count;
  bin->depot_count -= count;
  memcpy(out, bin->depot + bin->depot_count, count * sizeof *out);
  if (bin->depot_count < bin->depot_low) bin->depot_low = bin->depot_count;
  return count;
}

hw_status_t hw_bin_take(hw_bin_t *bin, void **out, size_t count, bool nowait, size_t *taken) {
  hw_lock(&bin->lock);
  hw_status_t status = HW_OK;
  size_t got = take_from_depot(bin, out, count);
  if (got == 0) {
    while (got < count && (status = provide_slab(bin, nowait)) == HW_OK) {
      hw_run_t *slab = bin->first;
      got += hw_slab_take(slab, out + got, count - got);
      if (slab->nfree == 0) unlist_slab(bin, slab);
    }
    bin->ntaken += got;
  }
  hw_unlock(&bin->lock);
  *taken = got;
  return got > 0 ? HW_OK : status;
}

/* A slab became all free: one is kept, so that a block at the border costs no pages. */
static void note_empty(hw_bin_t *bin, hw_run_t *slab) {
  unlist_slab(bin, slab);
  if (bin->empty == NULL) {
    bin->empty = slab;
    return;
  }
  /* The lower one stays. */
  hw_run_t *gone = slab->base < bin->empty->base ? bin->empty : slab;
  if (gone == bin->empty) bin->empty = slab;
  end_slab(bin, gone);
}

/* `region` is where the block before this one lay. */
static hw_region_t *region_of(hw_bin_t *bin, const void *block, hw_region_t *region) {
  if ((size_t)((const uint8_t *)block - region->base) < region->size) return region;
  return hw_space_region(bin->runs->space, block);
}

static bool is_retired(const hw_region_t *region, const hw_run_t *slab, const void *block) {
  return slab->nretired > 0 && hw_state(region, block) == HW_STATE_RETIRED;
}

/* To their slabs. */
static void give_to_slabs(hw_bin_t *bin, void *const *blocks, size_t count) {
  hw_region_t *region = bin->runs->space->regions;
  unsigned full = hw_size_classes[bin->size_class].nregions;
  uint32_t tag = hw_tag(bin->runs->owner, bin->size_class);
  for (size_t i = 0; i < count; i++) {
    region = region_of(bin, blocks[i], region);
    hw_page_t *page = &region->pages[hw_page_of(region, blocks[i])];
    hw_run_t *slab = &region->runs[hw_page_run(page)];
    uint32_t index = HW_NO_REGION;
    if (hw_page_tag(page) == tag) {
      index = hw_slab_index(slab, blocks[i]);
    }
    if (index == HW_NO_REGION || hw_slab_is_free(slab, index) ||
        is_retired(region, slab, blocks[i])) {
      bin->misuses++;
      continue;
    }
    hw_slab_give(slab, index);
    bin->ntaken--;
    if (slab->nfree == 1) push_slab(bin, slab);
    if (slab->nfree == full) note_empty(bin, slab);
  }
}

void hw_bin_give(hw_bin_t *bin, void *const *blocks, size_t count) {
  hw_lock(&bin->lock);
  size_t room = bin->depot_most - bin->depot_count;
  size_t kept = count < room ? count : room;
  memcpy(bin->depot + bin->depot_count, blocks, kept * sizeof *blocks);
  bin->depot_count += kept;
  if (kept < count) give_to_slabs(bin, blocks + kept, count - kept);
  hw_unlock(&bin->lock);
}

void hw_bin_retire(hw_bin_t *bin, void *block) {
  hw_lock(&bin->lock);
  hw_region_t *region = hw_space_region(bin->runs->space, block);
  hw_run_t *slab = &region->runs[hw_page_run(&region->pages[hw_page_of(region, block)])];
  HW_ASSERT(hw_slab_index(slab, block) != HW_NO_REGION);
  slab->nretired++;
  bin->nretired++;
  hw_unlock(&bin->lock);
}

static void shrink_depot(hw_bin_t *bin, size_t count) {
  bin->depot_count -= count;
  /* The oldest lie at the bottom, and are the coldest. */
  give_to_slabs(bin, bin->depot, count);
  memmove(bin->depot, bin->depot + count, bin->depot_count * sizeof *bin->depot);
}

void hw_bin_sweep(hw_bin_t *bin) {
  hw_lock(&bin->lock);
  if (bin->empty_is_idle) end_empty(bin);
  bin->empty_is_idle = bin->empty != NULL;
  shrink_depot(bin, bin->depot_low - bin->depot_low / 4);
  bin->depot_low = bin->depot_count;
  hw_unlock(&bin->lock);
}

void hw_bin_flush(hw_bin_t *bin) {
  hw_lock(&bin->lock);
  shrink_depot(bin, bin->depot_count);
  bin->depot_low = 0;
  end_empty(bin);
  hw_unlock(&bin->lock);
}

void hw_bin_forget(hw_bin_t *bin) {
  hw_lock(&bin->lock);
  bin->depot_count = 0;
  bin->depot_low = 0;
  bin->first = NULL;
  bin->empty = NULL;
  bin->ntaken = bin->nretired;
  hw_unlock(&bin->lock);
}

void hw_bin_readmit(hw_bin_t *bin, hw_run_t *slab) {
  hw_lock(&bin->lock);
  if (slab->nfree > 0) push_slab(bin, slab);
  hw_unlock(&bin->lock);
}

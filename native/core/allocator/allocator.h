/* The named default operations: what a NULL slot of hw_allocator_ops_t means. */
#pragma once

#include "heapwright.h"

/* Allocates `next`, copies min(size) bytes, deallocates the old block. */
hw_status_t hw_default_reallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                  hw_layout_t next, uint32_t flags, void **out);
/* Yes for the same size where the pointer happens to be aligned enough, else NOT_IN_PLACE. */
hw_status_t hw_default_reallocate_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                           hw_layout_t next);
/* layout.size */
size_t hw_default_usable_size(hw_allocator_t *self, hw_layout_t layout);
/* HW_OWNS_UNKNOWN */
hw_ownership_t hw_default_owns(hw_allocator_t *self, const void *ptr);
/* Fills the block with zeros and forgets it: its memory is lost, which is what retiring promises.
 */
hw_status_t hw_default_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout);
/* All counters 0, no limit. */
void hw_default_stats(hw_allocator_t *self, hw_stats_t *out);
/* HW_OK */
hw_status_t hw_default_verify(hw_allocator_t *self, const char **broken);
/* HW_OK: nothing to free. */
hw_status_t hw_default_destroy(hw_allocator_t *self);

/* The least an allocator can be: allocate and deallocate, every other slot NULL. It remembers its
 * calls, and can be told to refuse. */
#pragma once

#include "heapwright.h"

typedef struct tiny_allocator {
  hw_allocator_t base;
  hw_allocator_ops_t ops; /* a test may fill a slot or change the version */
  unsigned allocations, deallocations;
  uint32_t last_flags;
  hw_layout_t last_freed;
  hw_status_t refuse_allocate;   /* HW_OK: do it */
  hw_status_t refuse_deallocate; /* the answer to the next call only */
} tiny_allocator_t;

void tiny_init(tiny_allocator_t *tiny);

/* An allocator that is as exact as the system's is not: it knows its blocks, refuses a pointer or a
 * layout that is not theirs, and changes sizes in place up to STRICT_ROOM bytes. Its memory comes
 * from the fake OS, so a block that is lost or freed twice is seen. */
#pragma once

#include "heapwright.h"

#define STRICT_ROOM 4096
#define STRICT_MOST_BLOCKS 64

typedef struct strict_allocator {
  hw_allocator_t base;
  size_t count;
  struct {
    void *ptr;
    hw_layout_t layout;
  } blocks[STRICT_MOST_BLOCKS];
  size_t retired;
  size_t refused; /* calls with a pointer or a layout that is not theirs */
  hw_status_t refuse_allocate; /* HW_OK: do it */
} strict_allocator_t;

void strict_init(strict_allocator_t *strict);

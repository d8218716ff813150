/* A list of heaps whose locks are held over fork(2). */
#pragma once

#include "base/lock.h"

typedef struct hw_heap_link {
  struct hw_heap_link *previous, *next;
  void (*fork)(struct hw_heap_link *link, hw_fork_t moment);
} hw_heap_link_t;

typedef struct hw_heaps {
  hw_lock_t lock;
  hw_heap_link_t *first;
} hw_heaps_t;

#define HW_HEAPS_INITIALIZER                                             \
  {                                                                      \
    .lock = {.mutex = PTHREAD_MUTEX_INITIALIZER, .rank = HW_RANK_HEAPS } \
  }

void hw_heaps_join(hw_heaps_t *heaps, hw_heap_link_t *link);
void hw_heaps_leave(hw_heaps_t *heaps, hw_heap_link_t *link);
void hw_heaps_fork(hw_heaps_t *heaps, hw_fork_t moment);

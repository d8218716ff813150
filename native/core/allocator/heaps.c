#include "allocator/heaps.h"

#include <stddef.h>

void hw_heaps_join(hw_heaps_t *heaps, hw_heap_link_t *link) {
  hw_lock(&heaps->lock);
  link->previous = NULL;
  link->next = heaps->first;
  if (link->next != NULL) link->next->previous = link;
  heaps->first = link;
  hw_unlock(&heaps->lock);
}

void hw_heaps_leave(hw_heaps_t *heaps, hw_heap_link_t *link) {
  hw_lock(&heaps->lock);
  if (link->next != NULL) link->next->previous = link->previous;
  if (link->previous != NULL) {
    link->previous->next = link->next;
  } else {
    heaps->first = link->next;
  }
  hw_unlock(&heaps->lock);
}

void hw_heaps_fork(hw_heaps_t *heaps, hw_fork_t moment) {
  if (moment == HW_FORK_PREPARE) hw_lock_fork(&heaps->lock, moment);
  for (hw_heap_link_t *link = heaps->first; link != NULL; link = link->next) {
    link->fork(link, moment);
  }
  if (moment != HW_FORK_PREPARE) hw_lock_fork(&heaps->lock, moment);
}

/* Decay: how many freed pages may stay dirty. Pages that were freed together are let go over the
 * decay time along a smooth curve, slowly at first, so that a pause does not cost a refault of
 * everything and an idle program gives all of it back. Pure arithmetic on a clock that is handed
 * in. Source: jemalloc's decay (a backlog of epochs weighted by a smoothstep). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/config.h"

typedef struct hw_decay {
  int64_t ms; /* -1: nothing ever goes back by itself; 0: everything at once */
  uint64_t epoch_ms; /* when the newest entry of the backlog began */
  size_t backlog[HW_DECAY_STEPS]; /* dirty pages that came in each epoch, the newest last */
  size_t ndirty; /* at the end of the last epoch */
} hw_decay_t;

void hw_decay_init(hw_decay_t *decay, int64_t ms, uint64_t now_ms);

/* The clock says `now_ms` and `ndirty` pages are dirty: how many may stay so. */
size_t hw_decay_allow(hw_decay_t *decay, uint64_t now_ms, size_t ndirty);

#include "arena/decay.h"

#include <string.h>

/* 1024 * smoothstep(i / 8), smoothstep(x) = 6x^5 - 15x^4 + 10x^3, for i = 1 to 7: the share that is
 * left of an epoch's pages, the oldest epoch first. */
static const size_t shares[HW_DECAY_STEPS] = {0, 16, 106, 282, 512, 742, 918, 1008};

void hw_decay_init(hw_decay_t *decay, int64_t ms, uint64_t now_ms) {
  memset(decay, 0, sizeof *decay);
  decay->ms = ms;
  decay->epoch_ms = now_ms;
}

/* `epochs` have passed since the backlog was last moved on. */
static void advance(hw_decay_t *decay, uint64_t epochs, size_t ndirty) {
  size_t arrived = ndirty > decay->ndirty ? ndirty - decay->ndirty : 0;
  size_t gone = epochs < HW_DECAY_STEPS ? (size_t)epochs : HW_DECAY_STEPS;
  memmove(decay->backlog, decay->backlog + gone,
          (HW_DECAY_STEPS - gone) * sizeof decay->backlog[0]);
  memset(decay->backlog + HW_DECAY_STEPS - gone, 0, gone * sizeof decay->backlog[0]);
  decay->backlog[HW_DECAY_STEPS - 1] += arrived;
}

size_t hw_decay_allow(hw_decay_t *decay, uint64_t now_ms, size_t ndirty) {
  if (decay->ms < 0) return SIZE_MAX;
  if (decay->ms == 0) return 0;
  uint64_t step = (uint64_t)decay->ms / HW_DECAY_STEPS;
  if (step == 0) step = 1;
  if (now_ms >= decay->epoch_ms + step) {
    uint64_t epochs = (now_ms - decay->epoch_ms) / step;
    decay->epoch_ms += epochs * step;
    advance(decay, epochs, ndirty);
    decay->ndirty = ndirty;
  }
  size_t allowed = 0;
  for (size_t i = 0; i < HW_DECAY_STEPS; i++) allowed += decay->backlog[i] * shares[i] >> 10;
  /* What came since the epoch began is not in the backlog yet. */
  if (ndirty > decay->ndirty) allowed += ndirty - decay->ndirty;
  return allowed;
}

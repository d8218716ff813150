/* The blocks that talc's benches ask for: sizes lean towards the small, uniform from 4 to a cap
 * that is uniform from 16 to S; alignment 8 for three in four, 16 for three in sixteen, and so on.
 */
#pragma once

#include "live_set.h"

enum { TALC_LG_MIN_ALIGN = 3, TALC_RANDOM_BITS = 16 };

static inline hw_layout_t talc_layout(uint64_t *random, size_t most) {
  size_t cap = bench_between(random, 16, most);
  hw_layout_t layout = {.size = bench_between(random, 4, cap)};
  uint64_t bits = bench_below(random, 1 << TALC_RANDOM_BITS);
  unsigned trailing = bits == 0 ? TALC_RANDOM_BITS : (unsigned)__builtin_ctzll(bits);
  layout.align = (size_t)1 << (TALC_LG_MIN_ALIGN + trailing / 2);
  return layout;
}

#include "orphans.h"

#include <stdatomic.h>

static _Atomic uint64_t orphan_blocks;
static _Atomic uint64_t orphan_bytes;

void hw_orphans_add(uint64_t bytes) {
  atomic_fetch_add_explicit(&orphan_blocks, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&orphan_bytes, bytes, memory_order_relaxed);
}

uint64_t hw_orphan_blocks(void) {
  return atomic_load_explicit(&orphan_blocks, memory_order_relaxed);
}

uint64_t hw_orphan_bytes(void) {
  return atomic_load_explicit(&orphan_bytes, memory_order_relaxed);
}

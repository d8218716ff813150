/* Counters that one thread writes and others may read at any time: no read-modify-write of the
 * memory system is needed, only that a reader never sees half a number. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t hw_count_t;

static inline uint64_t hw_count_read(const hw_count_t *count) {
  return atomic_load_explicit(count, memory_order_relaxed);
}

static inline void hw_count_write(hw_count_t *count, uint64_t value) {
  atomic_store_explicit(count, value, memory_order_relaxed);
}

/* By the one thread that writes. */
static inline void hw_count_one(hw_count_t *count) {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_THREAD__)
  /* One instruction, where compilers make three of a relaxed load and store: two instructions on
   * every allocation. An aligned word is never torn. */
  __asm__("incq %0" : "+m"(*count) : : "cc");
#else
  hw_count_write(count, hw_count_read(count) + 1);
#endif
}

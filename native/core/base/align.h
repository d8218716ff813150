/* Arithmetic on alignments. Alignments are powers of two; hw_layout_check has seen to it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool hw_is_power_of_two(size_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

/* The caller knows that value + align - 1 does not wrap. */
static inline size_t hw_align_up(size_t value, size_t align) {
  return (value + align - 1) & ~(align - 1);
}

static inline size_t hw_align_down(size_t value, size_t align) {
  return value & ~(align - 1);
}

static inline bool hw_is_aligned(const void *ptr, size_t align) {
  return ((uintptr_t)ptr & (align - 1)) == 0;
}

static inline size_t hw_min(size_t a, size_t b) {
  return a < b ? a : b;
}

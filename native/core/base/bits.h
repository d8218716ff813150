/* Words of bits: the logarithms that size classes need. Arguments are never 0. */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline unsigned hw_lowest_bit(uint64_t word) {
  return (unsigned)__builtin_ctzll(word);
}

static inline unsigned hw_highest_bit(uint64_t word) {
  return 63u - (unsigned)__builtin_clzll(word);
}

static inline unsigned hw_count_bits(uint64_t word) {
  return (unsigned)__builtin_popcountll(word);
}

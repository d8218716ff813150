/* Ranges of bits in an array of 64-bit words: bit i is bit i % 64 of word i / 64. Ends are
 * exclusive; searches answer `end` where there is nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"

#define HW_NO_BIT SIZE_MAX

static inline bool hw_bit_test(const uint64_t *map, size_t at) {
  return (map[at / 64] >> (at % 64)) & 1;
}

static inline void hw_bit_set(uint64_t *map, size_t at) {
  map[at / 64] |= (uint64_t)1 << (at % 64);
}

static inline void hw_bit_clear(uint64_t *map, size_t at) {
  map[at / 64] &= ~((uint64_t)1 << (at % 64));
}

void hw_bits_set(uint64_t *map, size_t from, size_t end);
void hw_bits_clear(uint64_t *map, size_t from, size_t end);
size_t hw_bits_count(const uint64_t *map, size_t from, size_t end);

/* The first set, or clear, bit of [from, end). */
size_t hw_bits_next_set(const uint64_t *map, size_t from, size_t end);
size_t hw_bits_next_clear(const uint64_t *map, size_t from, size_t end);
/* The last set bit of [begin, from], or HW_NO_BIT. */
size_t hw_bits_last_set(const uint64_t *map, size_t begin, size_t from);

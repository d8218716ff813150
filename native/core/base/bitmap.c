#include "base/bitmap.h"

#include "base/align.h"

/* The bits of word `word` that lie in [from, end). */
static uint64_t mask_of(size_t word, size_t from, size_t end) {
  uint64_t mask = ~(uint64_t)0;
  if (word == from / 64) mask &= ~(uint64_t)0 << (from % 64);
  if (word == end / 64) mask &= ((uint64_t)1 << (end % 64)) - 1;
  return mask;
}

/* Words that [from, end) touches: from / 64 up to this one, exclusive. */
static size_t word_end(size_t end) {
  return (end + 63) / 64;
}

void hw_bits_set(uint64_t *map, size_t from, size_t end) {
  for (size_t word = from / 64; word < word_end(end); word++) map[word] |= mask_of(word, from, end);
}

void hw_bits_clear(uint64_t *map, size_t from, size_t end) {
  for (size_t word = from / 64; word < word_end(end); word++) {
    map[word] &= ~mask_of(word, from, end);
  }
}

size_t hw_bits_count(const uint64_t *map, size_t from, size_t end) {
  size_t count = 0;
  for (size_t word = from / 64; word < word_end(end); word++) {
    count += hw_count_bits(map[word] & mask_of(word, from, end));
  }
  return count;
}

/* The first bit of [from, end) that is set in the map after a flip of all its bits or of none. */
static size_t next(const uint64_t *map, uint64_t flip, size_t from, size_t end) {
  if (from >= end) return end;
  size_t word = from / 64;
  uint64_t bits = (map[word] ^ flip) & (~(uint64_t)0 << (from % 64));
  while (bits == 0) {
    if (++word >= word_end(end)) return end;
    bits = map[word] ^ flip;
  }
  return hw_min(word * 64 + hw_lowest_bit(bits), end);
}

size_t hw_bits_next_set(const uint64_t *map, size_t from, size_t end) {
  return next(map, 0, from, end);
}

size_t hw_bits_next_clear(const uint64_t *map, size_t from, size_t end) {
  return next(map, ~(uint64_t)0, from, end);
}

size_t hw_bits_last_set(const uint64_t *map, size_t begin, size_t from) {
  size_t word = from / 64;
  uint64_t bits = map[word] & (~(uint64_t)0 >> (63 - from % 64));
  while (bits == 0) {
    if (word == begin / 64) return HW_NO_BIT;
    bits = map[--word];
  }
  size_t at = word * 64 + hw_highest_bit(bits);
  return at < begin ? HW_NO_BIT : at;
}

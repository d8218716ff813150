#include "chunk/room.h"

#include <string.h>

/* How far a free looks for the ends of the free run that it makes: sixteen words either way. Where
 * it does not see both, nothing is known to fail any longer. */
#define REACH ((size_t)1024)

/* Of 8 levels, the top bit of each byte that is not less; the first one's byte is the lowest. No
 * byte of the difference borrows from the next: all levels are below 128. */
static uint64_t not_less(const uint8_t *may, uint8_t level) {
  const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
  uint64_t word;
  memcpy(&word, may, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return ((word | tops) - ones * level) & tops;
}

/* There are as many bytes as a multiple of 64, and the last ones have no run. */
size_t hw_room_next(const hw_chunk_t *chunk, size_t group, size_t count) {
  size_t groups = hw_chunk_groups(chunk);
  uint8_t level = hw_room_level(count);
  uint64_t wanted = ~(uint64_t)0 << (group % 8 * 8);
  for (size_t at = hw_align_down(group, 8); at < groups; at += 8, wanted = ~(uint64_t)0) {
    if (chunk->failed != 0 && chunk->tops[at / 64] < level) {
      at |= 56; /* to the last 8 of 64 */
      continue;
    }
    uint64_t found = not_less(chunk->may + at, level) & wanted;
    if (found != 0) return at + hw_lowest_bit(found) / 8;
  }
  return groups;
}

/* Of a group, the words from that of chunk `from` up to that of chunk `last`: their bits of `open`.
 */
static uint64_t words_of(size_t group, size_t from, size_t last) {
  size_t base = group << HW_CHUNK_GROUP_SHIFT;
  size_t first = from > base ? (from - base) / 64 : 0;
  size_t most = last - base < HW_CHUNK_GROUP ? (last - base) / 64 : 63;
  return (~(uint64_t)0 << first) & (~(uint64_t)0 >> (63 - most));
}

size_t hw_room_next_open(hw_chunk_t *chunk, size_t at, size_t end) {
  if (at >= end) return end;
  size_t group = at >> HW_CHUNK_GROUP_SHIFT;
  const uint64_t *used = chunk->used + group * 64;
  uint64_t words = words_of(group, at, end - 1), left = chunk->open[group] & words;
  while (left != 0 && used[hw_lowest_bit(left)] == ~(uint64_t)0) left &= left - 1;
  chunk->open[group] = (chunk->open[group] & ~words) | left;
  return left == 0 ? end : (group * 64 + hw_lowest_bit(left)) * 64;
}

void hw_room_fill(hw_chunk_t *chunk, size_t from, size_t end) {
  /* Others may have what is left of the first word and the last. */
  if (~chunk->used[from / 64] != 0) from = hw_align_up(from + 1, 64);
  if (~chunk->used[(end - 1) / 64] != 0) end = hw_align_down(end - 1, 64);
  if (from >= end) return;
  size_t last = (end - 1) >> HW_CHUNK_GROUP_SHIFT;
  for (size_t group = from >> HW_CHUNK_GROUP_SHIFT; group <= last; group++) {
    chunk->open[group] &= ~words_of(group, from, end - 1);
  }
}

/* What failed at a lower alignment, and was not larger, fails at this one too. */
bool hw_room_is_known_to_fail(const hw_chunk_t *chunk, size_t count, unsigned size_class) {
  uint64_t known = chunk->failed & (((uint64_t)2 << size_class) - 1);
  for (; known != 0; known &= known - 1) {
    if (count >= chunk->bounds[hw_lowest_bit(known)]) return true;
  }
  return false;
}

static void lower_bound(hw_chunk_t *chunk, size_t count, unsigned size_class) {
  uint64_t bit = (uint64_t)1 << size_class;
  if ((chunk->failed & bit) != 0 && chunk->bounds[size_class] <= count) return;
  chunk->failed |= bit;
  chunk->bounds[size_class] = count;
}

/* The highest of 64 levels: a few instructions, as compilers make it. */
static uint8_t highest(const uint8_t *may) {
  uint8_t highest = 0;
  for (unsigned i = 0; i < 64; i++) highest = may[i] > highest ? may[i] : highest;
  return highest;
}

/* Groups that were looked at may say less now, and so less than what was asked may be known to fail
 * as well. */
void hw_room_note_failure(hw_chunk_t *chunk, size_t count, unsigned size_class) {
  size_t blocks = (hw_chunk_groups(chunk) + 63) / 64;
  if (chunk->failed == 0) memset(chunk->tops, HW_ROOM_UNKNOWN, blocks);
  lower_bound(chunk, count, size_class);
  uint8_t level = hw_room_level(count), most = 0;
  for (size_t block = 0; block < blocks; block++) {
    uint8_t *top = &chunk->tops[block];
    if (*top >= level) *top = highest(chunk->may + block * 64);
    if (*top > most) most = *top;
  }
  if (most < HW_ROOM_TOP) lower_bound(chunk, hw_room_least_length(most + 1), 0);
}

size_t hw_room_aligned_from(const hw_chunk_t *chunk, size_t at, size_t step) {
  size_t phase = ((uintptr_t)chunk->region >> chunk->shift) & (step - 1);
  return hw_align_up(at + phase, step) - phase;
}

/* What fits into the free run [start, stop) is no longer known to fail. */
static void raise_bounds(hw_chunk_t *chunk, size_t start, size_t stop) {
  for (uint64_t known = chunk->failed; known != 0; known &= known - 1) {
    unsigned size_class = hw_lowest_bit(known);
    size_t place = hw_room_aligned_from(chunk, start, (size_t)1 << size_class);
    if (place < stop && stop - place >= chunk->bounds[size_class]) {
      chunk->bounds[size_class] = stop - place + 1;
    }
  }
}

static void forget_bounds(hw_chunk_t *chunk) {
  for (uint64_t known = chunk->failed; known != 0; known &= known - 1) {
    chunk->bounds[hw_lowest_bit(known)] = SIZE_MAX;
  }
}

/* The free run that [from, end) is part of; false: farther than one can see. */
static bool find_run(const hw_chunk_t *chunk, size_t from, size_t end, size_t *start,
                     size_t *stop) {
  size_t begin = from - hw_min(from, REACH), limit = hw_min(end + REACH, chunk->count);
  size_t before = from == 0 ? HW_NO_BIT : hw_bits_last_set(chunk->used, begin, from - 1);
  *start = before == HW_NO_BIT ? begin : before + 1;
  *stop = hw_bits_next_set(chunk->used, end, limit);
  return (*start > begin || begin == 0) && (*stop < limit || limit == chunk->count);
}

void hw_room_admit(hw_chunk_t *chunk, size_t from, size_t end) {
  /* A heap that is half empty again is not looked after. */
  if (chunk->free > chunk->count / 2) chunk->failed = 0;
  uint8_t level = HW_ROOM_UNKNOWN;
  size_t start, stop;
  if (chunk->failed == 0) {
    /* Nothing to be raised. */
  } else if (find_run(chunk, from, end, &start, &stop)) {
    raise_bounds(chunk, start, stop);
    level = hw_room_level(stop - start);
  } else {
    forget_bounds(chunk);
    level = HW_ROOM_TOP;
  }
  size_t last = (end - 1) >> HW_CHUNK_GROUP_SHIFT;
  for (size_t group = from >> HW_CHUNK_GROUP_SHIFT; group <= last; group++) {
    chunk->open[group] |= words_of(group, from, end - 1);
    if (chunk->may[group] < level) chunk->may[group] = level;
    if (chunk->tops[group / 64] < level) chunk->tops[group / 64] = level;
  }
}

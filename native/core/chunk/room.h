/* What is known of where there is room, so that a heap that has none says so at once. Nothing here
 * needs to be exact: what is said to have no room has none. The heap's lock is held.
 *
 *     bounds   one number a class of alignment: so many chunks were asked for in vain. What was
 *              freed since is only to be had by what fits into the free run it became part of
 *     may      one byte a group of chunks: the level of the longest free run that touches the
 *              group, or a higher one
 *     tops     one byte for 64 groups: the highest `may`, or more. Means nothing while `failed`
 *              is 0
 *     open     one bit for 64 chunks, one word a group: clear where all of them are in use. Means
 *              nothing while the group's `may` is HW_ROOM_UNKNOWN
 *
 * A search that fails tells every group that it looked at. Until the first one frees only say that
 * they know nothing: one store a group. */
#pragma once

#include "chunk/chunk.h"

/* Levels of lengths: up to 16 the length itself, then eight a doubling. */
#define HW_ROOM_TOP 126u
#define HW_ROOM_UNKNOWN 127u

_Static_assert(HW_CHUNK_GROUP == 64 * 64, "a word of `open` is a bit for each word of a group");

static inline uint8_t hw_room_level(size_t length) {
  if (length < 16) return (uint8_t)length;
  unsigned lg = hw_highest_bit(length);
  unsigned level = 8 * lg - 16 + (unsigned)(length >> (lg - 3) & 7);
  return (uint8_t)(level < HW_ROOM_TOP ? level : HW_ROOM_TOP);
}

/* Of the lengths of a level. */
static inline size_t hw_room_least_length(unsigned level) {
  if (level < 16) return level;
  return (size_t)(8 + level % 8) << (level / 8 - 1);
}

/* Of chunks [from, end), no more than a group has. */
static inline void hw_room_forget(hw_chunk_t *chunk, size_t from, size_t end) {
  uint8_t *may = chunk->may;
  may[from >> HW_CHUNK_GROUP_SHIFT] = HW_ROOM_UNKNOWN;
  may[(end - 1) >> HW_CHUNK_GROUP_SHIFT] = HW_ROOM_UNKNOWN;
}

/* Before a group is looked at: `open` means something. */
static inline void hw_room_begin(hw_chunk_t *chunk, size_t group) {
  if (chunk->may[group] == HW_ROOM_UNKNOWN) chunk->open[group] = ~(uint64_t)0;
}

/* Whether `open` says that one of these 64 chunks may be free. */
static inline bool hw_room_is_open(const hw_chunk_t *chunk, size_t at) {
  return (chunk->open[at >> HW_CHUNK_GROUP_SHIFT] >> (at / 64 % 64) & 1) != 0;
}

/* The group was looked at: no free run that touches it has more than `longest` chunks. */
static inline void hw_room_settle(hw_chunk_t *chunk, size_t group, size_t longest) {
  chunk->may[group] = hw_room_level(longest);
}

/* The first group from `group` on whose free runs may have `count` chunks; the number of groups:
 * none. */
size_t hw_room_next(const hw_chunk_t *chunk, size_t group, size_t count);

/* The first of 64 chunks, of which one is free: the next such ones from `at`, the first of 64, on,
 * of the same group and before `end`; or `end`. Full ones are closed. */
size_t hw_room_next_open(hw_chunk_t *chunk, size_t at, size_t end);

/* Whether so many chunks in a class of alignment are known to fail, and that they do. */
bool hw_room_is_known_to_fail(const hw_chunk_t *chunk, size_t count, unsigned size_class);
void hw_room_note_failure(hw_chunk_t *chunk, size_t count, unsigned size_class);

/* The first chunk from `at` on whose address is a multiple of `step` chunks. */
size_t hw_room_aligned_from(const hw_chunk_t *chunk, size_t at, size_t step);

/* Chunks [from, end) are in use now. Need not be said. */
void hw_room_fill(hw_chunk_t *chunk, size_t from, size_t end);
/* Chunks [from, end), one block's, are free now. */
void hw_room_admit(hw_chunk_t *chunk, size_t from, size_t end);

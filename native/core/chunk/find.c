/* Where there is room. */
#include <string.h>

#include "chunk/chunk.h"

/* The levels of `may`: 2^0 to 2^7 chunks and more. */
#define LEVEL_MOST 7u

typedef struct request {
  size_t count;
  size_t step;  /* every how many chunks one is aligned; a power of two */
  size_t phase; /* added to a chunk's number, the aligned ones are multiples of `step` */
  unsigned size_class, level;
} request_t;

static unsigned level_of(size_t count) {
  return (unsigned)hw_min(hw_highest_bit(count), LEVEL_MOST);
}

/* False where no chunk is as aligned as that. */
static bool describe(const hw_chunk_t *chunk, size_t count, size_t align, request_t *request) {
  *request = (request_t){.count = count, .step = 1, .level = level_of(count)};
  if (align <= chunk->natural) return true;
  /* All chunks are as far from a multiple of their own size: none hits a multiple of more. */
  if (chunk->natural >> chunk->shift == 0) return false;
  request->step = align >> chunk->shift;
  request->phase = ((uintptr_t)chunk->region >> chunk->shift) & (request->step - 1);
  request->size_class = hw_lowest_bit(request->step);
  return true;
}

static size_t aligned_from(const request_t *request, size_t at) {
  return hw_align_up(at + request->phase, request->step) - request->phase;
}

static bool has_room(const request_t *request, size_t at, size_t end) {
  return aligned_from(request, at) + request->count <= end;
}

/* The first place for the request in a free run that begins in [from, end), or at `from`. Where
 * there is none, *longest is at least what the longest of these runs has. Word by word: a run that
 * reaches the end of one is open, and goes on in the next. */
static size_t search(const hw_chunk_t *chunk, const request_t *request, size_t from, size_t end,
                     size_t *longest) {
  size_t open = HW_NO_CHUNK; /* where the open run begins */
  uint64_t before = ((uint64_t)1 << (from % 64)) - 1;
  for (size_t base = hw_align_down(from, 64); base < end || open != HW_NO_CHUNK; base += 64) {
    uint64_t used = chunk->used[base / 64] | before;
    before = 0;
    if (open != HW_NO_CHUNK) {
      unsigned more = used == 0 ? 64 : hw_lowest_bit(used);
      if (has_room(request, open, base + more)) return aligned_from(request, open);
      if (more == 64) continue;
      if (base + more - open > *longest) *longest = base + more - open;
      open = HW_NO_CHUNK;
      used |= ((uint64_t)1 << more) - 1;
    }
    uint64_t unused = ~used;
    while (unused != 0) {
      unsigned bit = hw_lowest_bit(unused);
      uint64_t ends = unused + ((uint64_t)1 << bit); /* the carry runs through the run */
      size_t at = base + bit, stop = ends == 0 ? base + 64 : base + hw_lowest_bit(ends);
      if (at >= end) return HW_NO_CHUNK;
      if (has_room(request, at, stop)) return aligned_from(request, at);
      if (ends == 0) open = at;
      if (stop - at > *longest) *longest = stop - at;
      unused &= ends;
    }
  }
  return HW_NO_CHUNK;
}

/* Whether one of the 64 groups from this one on may have a run of some level. */
static bool may_be_among(const uint8_t *may, uint64_t wanted) {
  uint64_t words[8];
  memcpy(words, may, sizeof words);
  uint64_t any = words[0] | words[1] | words[2] | words[3];
  any |= words[4] | words[5] | words[6] | words[7];
  return (any & wanted) != 0;
}

/* The first group from `group` on whose free runs may reach `level`; the number of groups: none. */
static size_t next_candidate(const hw_chunk_t *chunk, size_t group, unsigned level) {
  size_t count = hw_chunk_groups(chunk);
  uint64_t wanted = UINT64_C(0x0101010101010101) << level;
  while (group < count) {
    /* There are as many bytes as a multiple of 64. */
    if (group % 64 == 0 && !may_be_among(chunk->may + group, wanted)) {
      group += 64;
    } else if ((chunk->may[group] >> level & 1) != 0) {
      return group;
    } else {
      group++;
    }
  }
  return count;
}

/* No free run that touches the group has more than `longest` chunks. */
static void settle(hw_chunk_t *chunk, size_t group, size_t longest) {
  chunk->may[group] = longest == 0 ? 0 : (uint8_t)((2u << level_of(longest)) - 1);
}

static size_t group_start(size_t group) {
  return group << HW_CHUNK_GROUP_SHIFT;
}

static size_t group_end(const hw_chunk_t *chunk, size_t group) {
  return hw_min(group_start(group + 1), chunk->count);
}

/* Where the free run that crosses into the group from below begins; the group's start if none does.
 * Looks no further than `reach` chunks. */
static size_t run_start(const hw_chunk_t *chunk, size_t group, size_t reach) {
  size_t start = group_start(group);
  if (start == 0 || hw_bit_test(chunk->used, start) || hw_bit_test(chunk->used, start - 1)) {
    return start;
  }
  size_t begin = start - hw_min(start, reach);
  size_t before = hw_bits_last_set(chunk->used, begin, start - 1);
  return before == HW_NO_BIT ? begin : before + 1;
}

/* Runs of the group that begin before `end`; `longest` is what others of it have. */
static size_t search_group(hw_chunk_t *chunk, const request_t *request, size_t group, size_t end,
                           size_t longest) {
  /* A run that is longer than this has room for sure. */
  size_t from = run_start(chunk, group, request->count + request->step);
  size_t at = search(chunk, request, from, end, &longest);
  if (at == HW_NO_CHUNK) settle(chunk, group, longest);
  return at;
}

/* From the hint on to the end, then from the beginning to the hint. */
static size_t find_next(hw_chunk_t *chunk, const request_t *request) {
  size_t groups = hw_chunk_groups(chunk), longest = 0;
  size_t here = hw_min(chunk->hint >> HW_CHUNK_GROUP_SHIFT, groups - 1);
  size_t at = HW_NO_CHUNK;
  bool may_be_here = (chunk->may[here] >> request->level & 1) != 0;
  if (may_be_here) {
    at = search(chunk, request, chunk->hint, group_end(chunk, here), &longest);
  }
  size_t group = next_candidate(chunk, here + 1, request->level);
  while (at == HW_NO_CHUNK && group < groups) {
    at = search_group(chunk, request, group, group_end(chunk, group), 0);
    group = next_candidate(chunk, group + 1, request->level);
  }
  group = next_candidate(chunk, 0, request->level);
  while (at == HW_NO_CHUNK && group < here) {
    at = search_group(chunk, request, group, group_end(chunk, group), 0);
    group = next_candidate(chunk, group + 1, request->level);
  }
  if (at == HW_NO_CHUNK && may_be_here) {
    at = search_group(chunk, request, here, chunk->hint, longest);
  }
  return at;
}

/* What was never handed out is free to the end, and need not be looked at. */
static size_t run_end(const hw_chunk_t *chunk, size_t at) {
  size_t end = hw_bits_next_set(chunk->used, at, chunk->touched);
  return end >= chunk->touched ? chunk->count : end;
}

typedef struct best {
  size_t at, run; /* the place, and the chunks of its run */
  size_t seen; /* one behind the last run that was looked at */
} best_t;

/* The runs that touch a group and were not seen yet. */
static void look_at_group(hw_chunk_t *chunk, const request_t *request, size_t group, best_t *best) {
  size_t start = group_start(group), end = group_end(chunk, group), longest = 0;
  bool is_whole = best->seen <= start;
  size_t from = is_whole ? run_start(chunk, group, start) : best->seen;
  size_t at = hw_bits_next_clear(chunk->used, from, end);
  while (at < end && best->run != request->count) {
    size_t stop = run_end(chunk, at), place = aligned_from(request, at), run = stop - at;
    if (run > longest) longest = run;
    if (place < stop && stop - place >= request->count && run < best->run) {
      best->run = run;
      best->at = place;
    }
    best->seen = stop + 1;
    at = hw_bits_next_clear(chunk->used, stop + 1, end);
  }
  if (is_whole && longest < request->count) settle(chunk, group, longest);
}

static size_t find_best(hw_chunk_t *chunk, const request_t *request) {
  size_t groups = hw_chunk_groups(chunk);
  best_t best = {.at = HW_NO_CHUNK, .run = SIZE_MAX};
  size_t group = next_candidate(chunk, 0, request->level);
  /* Nothing is smaller than a run of just the size. */
  while (group < groups && best.run != request->count) {
    look_at_group(chunk, request, group, &best);
    size_t next = best.seen >> HW_CHUNK_GROUP_SHIFT;
    group = next_candidate(chunk, next > group ? next : group + 1, request->level);
  }
  return best.at;
}

/* What failed at a lower alignment, and was not larger, fails at this one too. */
static bool is_known_to_fail(const hw_chunk_t *chunk, const request_t *request) {
  uint64_t known = chunk->failed & (((uint64_t)2 << request->size_class) - 1);
  for (; known != 0; known &= known - 1) {
    if (request->count >= chunk->bounds[hw_lowest_bit(known)]) return true;
  }
  return false;
}

size_t hw_chunk_find(hw_chunk_t *chunk, size_t count, size_t align) {
  request_t request;
  if (count > chunk->free || !describe(chunk, count, align, &request)) return HW_NO_CHUNK;
  if (chunk->failed != 0 && is_known_to_fail(chunk, &request)) return HW_NO_CHUNK;
  size_t at = chunk->best_fit ? find_best(chunk, &request) : find_next(chunk, &request);
  if (at == HW_NO_CHUNK) {
    chunk->failed |= (uint64_t)1 << request.size_class;
    chunk->bounds[request.size_class] = count;
  }
  return at;
}

size_t hw_chunk_longest(const hw_chunk_t *chunk) {
  size_t longest = 0;
  size_t at = hw_bits_next_clear(chunk->used, 0, chunk->count);
  while (at < chunk->count) {
    size_t end = run_end(chunk, at);
    if (end - at > longest) longest = end - at;
    at = hw_bits_next_clear(chunk->used, end, chunk->count);
  }
  return longest;
}

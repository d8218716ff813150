/* Where there is room. */
#include "chunk/room.h"

typedef struct request {
  size_t count;
  size_t step; /* every how many chunks one is aligned; a power of two */
  unsigned size_class;
} request_t;

/* False where no chunk is as aligned as that. */
static bool describe(const hw_chunk_t *chunk, size_t count, size_t align, request_t *request) {
  *request = (request_t){.count = count, .step = 1};
  if (align <= chunk->natural) return true;
  /* All chunks are as far from a multiple of their own size: none hits a multiple of more. */
  if (chunk->natural >> chunk->shift == 0) return false;
  request->step = align >> chunk->shift;
  request->size_class = hw_lowest_bit(request->step);
  return true;
}

/* The first place for the request in the free chunks [at, end), or HW_NO_CHUNK. */
static size_t place_in(const hw_chunk_t *chunk, const request_t *request, size_t at, size_t end) {
  size_t place = hw_room_aligned_from(chunk, at, request->step);
  return place + request->count <= end ? place : HW_NO_CHUNK;
}

/* Where the free run ends that goes on at `from`; or `most`, if it goes on there. */
static size_t run_stop(const hw_chunk_t *chunk, size_t from, size_t most) {
  return hw_bits_next_set(chunk->used, from, hw_min(most, chunk->count));
}

/* A run that is longer than this has room for sure. */
static size_t enough(const request_t *request) {
  return request->count + request->step;
}

/* The first place for the request in a free run that begins in [from, end), all of one group, or at
 * `from`. Where there is none, *longest is at least what the longest of these runs has. */
static size_t search(hw_chunk_t *chunk, const request_t *request, size_t from, size_t end,
                     size_t *longest) {
  size_t base = hw_align_down(from, 64);
  while ((base = hw_room_next_open(chunk, base, end)) < end) {
    uint64_t unused = ~chunk->used[base / 64];
    if (base < from) unused &= ~(uint64_t)0 << (from - base);
    base += 64;
    while (unused != 0) {
      unsigned bit = hw_lowest_bit(unused);
      uint64_t ends = unused + ((uint64_t)1 << bit); /* the carry runs through the run */
      size_t at = base - 64 + bit, stop = base - 64 + hw_lowest_bit(ends | (uint64_t)1 << 63);
      if (ends == 0) stop = from = run_stop(chunk, base, at + enough(request));
      if (at >= end) return HW_NO_CHUNK;
      size_t place = place_in(chunk, request, at, stop);
      if (place != HW_NO_CHUNK) return place;
      if (stop - at > *longest) *longest = stop - at;
      if (ends == 0) base = hw_align_down(stop, 64);
      unused &= ends;
    }
  }
  return HW_NO_CHUNK;
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
  if (start == 0 || !hw_room_is_open(chunk, start)) return start;
  if (hw_bit_test(chunk->used, start) || hw_bit_test(chunk->used, start - 1)) return start;
  size_t begin = start - hw_min(start, reach);
  size_t before = hw_bits_last_set(chunk->used, begin, start - 1);
  return before == HW_NO_BIT ? begin : before + 1;
}

/* Runs of the group that begin before `end`; `longest` is what others of it have. */
static size_t search_group(hw_chunk_t *chunk, const request_t *request, size_t group, size_t end,
                           size_t longest) {
  hw_room_begin(chunk, group);
  size_t start = group_start(group), from = run_start(chunk, group, enough(request));
  if (from < start) {
    size_t stop = run_stop(chunk, start, from + enough(request));
    size_t place = place_in(chunk, request, from, stop);
    if (place != HW_NO_CHUNK) return place;
    if (stop - from > longest) longest = stop - from;
    start = stop;
  }
  size_t at = search(chunk, request, start, end, &longest);
  if (at == HW_NO_CHUNK) hw_room_settle(chunk, group, longest);
  return at;
}

static size_t search_groups(hw_chunk_t *chunk, const request_t *request, size_t from, size_t end) {
  size_t group = hw_room_next(chunk, from, request->count);
  while (group < end) {
    size_t at = search_group(chunk, request, group, group_end(chunk, group), 0);
    if (at != HW_NO_CHUNK) return at;
    group = hw_room_next(chunk, group + 1, request->count);
  }
  return HW_NO_CHUNK;
}

/* From the hint on to the end, then from the beginning to the hint. */
static size_t find_next(hw_chunk_t *chunk, const request_t *request) {
  size_t groups = hw_chunk_groups(chunk), longest = 0, at = HW_NO_CHUNK;
  size_t here = hw_min(chunk->hint >> HW_CHUNK_GROUP_SHIFT, groups - 1);
  bool may_be_here = chunk->may[here] >= hw_room_level(request->count);
  if (may_be_here) {
    hw_room_begin(chunk, here);
    at = search(chunk, request, chunk->hint, group_end(chunk, here), &longest);
  }
  if (at == HW_NO_CHUNK) at = search_groups(chunk, request, here + 1, groups);
  if (at == HW_NO_CHUNK) at = search_groups(chunk, request, 0, here);
  if (at == HW_NO_CHUNK && may_be_here) {
    at = search_group(chunk, request, here, chunk->hint, longest);
  }
  return at;
}

/* What was never handed out is free to the end, and need not be looked at. */
static size_t run_end(const hw_chunk_t *chunk, size_t at) {
  size_t touched = hw_chunk_touched(chunk), end = hw_bits_next_set(chunk->used, at, touched);
  return end >= touched ? chunk->count : end;
}

typedef struct best {
  size_t at, run; /* the place, and the chunks of its run */
  size_t seen; /* one behind the last run that was looked at */
} best_t;

/* The runs that touch a group and were not seen yet. */
static void look_at_group(hw_chunk_t *chunk, const request_t *request, size_t group, best_t *best) {
  size_t start = group_start(group), end = group_end(chunk, group), longest = 0;
  bool is_whole = best->seen <= start;
  hw_room_begin(chunk, group);
  size_t from = is_whole ? run_start(chunk, group, start) : best->seen;
  size_t at = hw_bits_next_clear(chunk->used, from, end);
  while (at < end && best->run != request->count) {
    size_t stop = run_end(chunk, at), place = place_in(chunk, request, at, stop);
    size_t run = stop - at;
    if (run > longest) longest = run;
    if (place != HW_NO_CHUNK && run < best->run) {
      best->run = run;
      best->at = place;
    }
    best->seen = stop + 1;
    at = hw_bits_next_clear(chunk->used, stop + 1, end);
  }
  if (is_whole && longest < request->count) hw_room_settle(chunk, group, longest);
}

static size_t find_best(hw_chunk_t *chunk, const request_t *request) {
  size_t groups = hw_chunk_groups(chunk);
  best_t best = {.at = HW_NO_CHUNK, .run = SIZE_MAX};
  size_t group = hw_room_next(chunk, 0, request->count);
  /* Nothing is smaller than a run of just the size. */
  while (group < groups && best.run != request->count) {
    look_at_group(chunk, request, group, &best);
    size_t next = best.seen >> HW_CHUNK_GROUP_SHIFT;
    group = hw_room_next(chunk, next > group ? next : group + 1, request->count);
  }
  return best.at;
}

size_t hw_chunk_find(hw_chunk_t *chunk, size_t count, size_t align) {
  request_t request;
  if (count > chunk->free || !describe(chunk, count, align, &request)) return HW_NO_CHUNK;
  if (hw_room_is_known_to_fail(chunk, count, request.size_class)) return HW_NO_CHUNK;
  size_t at = chunk->best_fit ? find_best(chunk, &request) : find_next(chunk, &request);
  if (at == HW_NO_CHUNK) hw_room_note_failure(chunk, count, request.size_class);
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

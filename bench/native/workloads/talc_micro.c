/* talc's microbenchmark (written from a description of it): the time of each call alone, as
 * quantiles, where the other rows know only sums. S is 32 KiB; after each of `ops` allocations, 8
 * random blocks are freed if more than 600 live, or one time in ten if more than 50 do. 9,999 pairs
 * of 8 to 80 KB come first, untimed.
 *
 * Reported in ticks of the processor's counter (nanoseconds where that is no x86-64), the empty
 * measurement not subtracted: `allocP50`, `allocP99`, `freeP50`, `freeP99`. */
#include "talc.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum { SIZE = 0x8000, WARM_UP = 9999, MIN_LIVE = 50, MAX_LIVE = 600, FREED_AT_ONCE = 8 };

typedef struct samples {
  uint32_t *ticks;
  size_t count;
} samples_t;

/* The fences keep the timed call from being mixed with what stands around it. */
static inline uint64_t ticks_before(void) {
#if defined(__x86_64__)
  _mm_lfence();
  return __rdtsc();
#else
  return bench_nanoseconds();
#endif
}

static inline uint64_t ticks_after(void) {
#if defined(__x86_64__)
  unsigned core;
  uint64_t ticks = __rdtscp(&core);
  _mm_lfence();
  return ticks;
#else
  return bench_nanoseconds();
#endif
}

static void note(samples_t *samples, uint64_t ticks) {
  samples->ticks[samples->count++] = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

static void warm_up(live_set_t *set) {
  for (size_t i = 0; i < WARM_UP; i++) {
    hw_layout_t layout = bytes(bench_between(&set->random, 8000, 80000));
    heap_free(set->heap, heap_allocate(set->heap, layout), layout);
  }
}

static void free_some(live_set_t *set, samples_t *frees) {
  for (size_t i = 0; i < FREED_AT_ONCE; i++) {
    live_block_t *block = live_set_pick(set);
    uint64_t start = ticks_before();
    heap_free(set->heap, block->ptr, block->layout);
    note(frees, ticks_after() - start);
    live_set_forget(set, block);
  }
}

static int ascending(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left;
  uint32_t b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static void report(bench_t *bench, const samples_t *samples, const char *p50, const char *p99) {
  qsort(samples->ticks, samples->count, sizeof samples->ticks[0], ascending);
  size_t median = samples->count / 2;
  size_t last_percent = samples->count * 99 / 100;
  bench_report(bench, p50, samples->ticks[median]);
  bench_report(bench, p99, samples->ticks[last_percent]);
}

void BENCH_NAME(run_talc_micro)(bench_t *bench) {
  /* At most as many frees as allocations, and those freed at once. */
  size_t room = (bench->ops + FREED_AT_ONCE) * sizeof(uint32_t);
  samples_t allocations = {.ticks = bench_map(room)};
  samples_t frees = {.ticks = bench_map(room)};
  live_set_t set;
  live_set_init(&set, bench, 15);
  warm_up(&set);

  bench_start(bench);
  for (uint64_t i = 0; i < bench->ops; i++) {
    hw_layout_t layout = talc_layout(&set.random, SIZE);
    uint64_t start = ticks_before();
    void *ptr = heap_allocate(bench->heap, layout);
    note(&allocations, ticks_after() - start);
    live_set_add(&set, ptr, layout);
    int some = set.count > MIN_LIVE && bench_below(&set.random, 10) == 0;
    if (some || set.count > MAX_LIVE) free_some(&set, &frees);
  }
  bench_stop(bench);
  bench->done = bench->ops;
  live_set_finish(&set, bench);
  report(bench, &allocations, "allocP50", "allocP99");
  if (frees.count > 0) report(bench, &frees, "freeP50", "freeP99");
  bench_unmap(allocations.ticks, room);
  bench_unmap(frees.ticks, room);
}

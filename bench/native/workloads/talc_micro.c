/* talc's microbenchmark (written from a description of it): the time of each call alone, as
 * quantiles, where the other rows know only sums. S is 32 KiB; after each allocation, 8 random
 * blocks are freed if more than 600 live, or one time in ten if more than 50 do; where there is no
 * room, all but 50 are. 9,999 pairs of 8 to 80 KB come first, untimed. `ops` counts allocations.
 *
 * Reported: `allocP50`, `freeP99` and so on. */
#include "talc.h"
#include "ticks.h"

enum { SIZE = 0x8000, WARM_UP = 9999, MIN_LIVE = 50, MAX_LIVE = 600, FREED_AT_ONCE = 8 };
/* How often a run that goes by time allocates at most: more than any does in a second. */
enum { TIMED_ROOM = 1 << 24 };

static void warm_up(live_set_t *set) {
  for (size_t i = 0; i < WARM_UP; i++) {
    hw_layout_t layout = bytes(bench_between(&set->random, 8000, 80000));
    heap_free(set->heap, heap_allocate(set->heap, layout), layout);
  }
}

static void allocate(live_set_t *set, samples_t *allocations) {
  hw_layout_t layout = talc_layout(&set->random, SIZE);
  void *ptr;
  uint64_t start = ticks_before();
  bool found = heap_try_allocate(set->heap, layout, &ptr);
  uint64_t ticks = ticks_after() - start;
  if (found) {
    samples_note(allocations, ticks);
    live_set_add(set, ptr, layout);
  } else {
    live_set_fail(set);
    while (set->count > MIN_LIVE) live_set_free(set, live_set_pick(set));
  }
}

static void free_some(live_set_t *set, samples_t *frees) {
  for (size_t i = 0; i < FREED_AT_ONCE; i++) {
    live_block_t *block = live_set_pick(set);
    uint64_t start = ticks_before();
    heap_free(set->heap, block->ptr, block->layout);
    samples_note(frees, ticks_after() - start);
    live_set_forget(set, block);
  }
}

void BENCH_NAME(run_talc_micro)(bench_t *bench) {
  size_t room = bench->budget_ns != 0 ? TIMED_ROOM : bench->ops;
  /* At most as many frees as allocations, and those freed at once. */
  samples_t allocations = samples_open(room), frees = samples_open(room + FREED_AT_ONCE);
  live_set_t set;
  live_set_init(&set, bench, 15);
  warm_up(&set);

  bench_start(bench);
  while (bench_goes_on(bench, 1) && allocations.count < room) {
    allocate(&set, &allocations);
    bench->done++;
    bool some = set.count > MIN_LIVE && bench_below(&set.random, 10) == 0;
    if (some || set.count > MAX_LIVE) free_some(&set, &frees);
  }
  bench_stop(bench);
  live_set_finish(&set, bench);
  samples_close(&allocations, bench, "alloc");
  samples_close(&frees, bench, "free");
}

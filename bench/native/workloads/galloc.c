/* galloc's two workloads (examples/allocator_benchmarks.rs, written from a description of it): for
 * a fixed number of actions, or as there, for a fixed time on a heap of 256 MiB.
 *
 * random actions: one of three, uniformly: allocate 100 to 1000 bytes at an alignment of 2^0 to
 * 2^10; free a random live block; resize a random live block to 100 to 10,000 bytes. An action
 * that fails or finds nothing to do counts too.
 *
 * exhaustion: allocate 10,000 to 300,000 bytes, aligned as above, until there is no room, then free
 * all; where time counts, after a pause of 30 ms. malloc has no end: as many bytes are its end. */
#include "live_set.h"

enum { PAUSE_MS = 30 };

static const uint64_t HEAP_BYTES = (uint64_t)256 << 20;

static hw_layout_t choose(uint64_t *random, size_t low, size_t high) {
  hw_layout_t layout = {.size = bench_between(random, low, high)};
  layout.align = (size_t)1 << bench_between(random, 0, 10);
  return layout;
}

static void act(live_set_t *set) {
  uint64_t action = bench_below(&set->random, 3);
  if (action == 0) {
    live_set_allocate(set, choose(&set->random, 100, 1000));
  } else if (set->count == 0) {
    return;
  } else if (action == 1) {
    live_set_free(set, live_set_pick(set));
  } else {
    live_block_t *block = live_set_pick(set);
    live_set_resize(set, block, bench_between(&set->random, 100, 10000));
  }
}

void BENCH_NAME(run_galloc)(bench_t *bench) {
  live_set_t set;
  live_set_init(&set, bench, 11);
  bench_start(bench);
  while (bench_goes_on(bench, 1)) {
    act(&set);
    bench->done++;
  }
  bench_stop(bench);
  live_set_finish(&set, bench);
}

void BENCH_NAME(run_galloc_exhaustion)(bench_t *bench) {
  uint64_t rounds = 0;
  live_set_t set;
  live_set_init(&set, bench, 12);
  bench_start(bench);
  while (bench_goes_on(bench, 1)) {
    bool found = live_set_allocate(&set, choose(&set.random, 10000, 300000)) != NULL;
    bench->done += found;
    if (found && set.live_bytes < HEAP_BYTES) continue;
    rounds++;
    if (bench->budget_ns != 0) bench_sleep_ms(PAUSE_MS);
    live_set_clear(&set);
  }
  bench_stop(bench);
  live_set_finish(&set, bench);
  bench_report(bench, "rounds", (double)rounds);
}

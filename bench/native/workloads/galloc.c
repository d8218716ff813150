/* galloc's two workloads (examples/allocator_benchmarks.rs, written from a description of it), with
 * a fixed number of actions in place of a fixed time.
 *
 * random actions: one of three, uniformly: allocate 100 to 1000 bytes at an alignment of 2^0 to
 * 2^10; free a random live block; resize a random live block to 100 to 10,000 bytes. An action
 * that finds nothing to do counts too.
 *
 * exhaustion: allocate 10,000 to 300,000 bytes, aligned as above, until 256 MiB are asked for, then
 * free all. The original stops where its heap of 256 MiB is full; malloc has no such end. */
#include "live_set.h"

static const uint64_t HEAP_BYTES = (uint64_t)256 << 20;

static hw_layout_t choose(uint64_t *random, size_t low, size_t high) {
  hw_layout_t layout = {.size = bench_between(random, low, high)};
  layout.align = (size_t)1 << bench_between(random, 0, 10);
  return layout;
}

void BENCH_NAME(run_galloc)(bench_t *bench) {
  live_set_t set;
  live_set_init(&set, bench, 11);
  bench_start(bench);
  for (uint64_t i = 0; i < bench->ops; i++) {
    uint64_t action = bench_below(&set.random, 3);
    if (action == 0) {
      live_set_allocate(&set, choose(&set.random, 100, 1000));
    } else if (set.count == 0) {
      continue;
    } else if (action == 1) {
      live_set_free(&set, live_set_pick(&set));
    } else {
      live_block_t *block = live_set_pick(&set);
      live_set_resize(&set, block, bench_between(&set.random, 100, 10000));
    }
  }
  bench_stop(bench);
  bench->done = bench->ops;
  live_set_finish(&set, bench);
}

void BENCH_NAME(run_galloc_exhaustion)(bench_t *bench) {
  live_set_t set;
  live_set_init(&set, bench, 12);
  bench_start(bench);
  for (uint64_t i = 0; i < bench->ops; i++) {
    live_set_allocate(&set, choose(&set.random, 10000, 300000));
    if (set.live_bytes >= HEAP_BYTES) live_set_clear(&set);
  }
  bench_stop(bench);
  bench->done = bench->ops;
  live_set_finish(&set, bench);
}

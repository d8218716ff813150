/* talc's random actions and heap efficiency (written from descriptions of its benches), with a
 * fixed number of actions in place of a fixed time.
 *
 * random actions: of seven, three allocate (and all do that are not a resize while fewer than 300
 * blocks live), three free a random block, one resizes a random block to 1 to 3 S bytes. A
 * hundredth of the actions warm up, untimed.
 *
 * efficiency: allocate (half), free (a tenth) and resize to at most 100,000 bytes (the rest) until
 * 96 MiB live, everything written; the figure `efficiency` is live over resident bytes, averaged
 * over rounds. The original fills a heap of a fixed size; malloc has none. `ops` counts rounds. */
#include "talc.h"

enum { MIN_LIVE = 300, EFFICIENCY_SIZE = 10000 };

static const uint64_t EFFICIENCY_BYTES = (uint64_t)96 << 20;

static void act(live_set_t *set, size_t most, uint64_t actions) {
  uint64_t action = bench_below(&set->random, actions);
  if (action == 6) {
    /* 0 where nothing lives: the action is spent. */
    if (set->count == 0) return;
    live_block_t *block = live_set_pick(set);
    live_set_resize(set, block, bench_between(&set->random, 1, 3 * most));
  } else if (action < 3 || set->count < MIN_LIVE) {
    live_set_allocate(set, talc_layout(&set->random, most));
  } else {
    live_set_free(set, live_set_pick(set));
  }
}

void BENCH_NAME(run_talc)(bench_t *bench) {
  size_t most = bench->param & (TALC_NO_REALLOC - 1);
  uint64_t actions = (bench->param & TALC_NO_REALLOC) != 0 ? 6 : 7;
  live_set_t set;
  live_set_init(&set, bench, 13);
  for (uint64_t i = 0; i < bench->ops / 100; i++) act(&set, most, actions);
  bench_start(bench);
  for (uint64_t i = 0; i < bench->ops; i++) act(&set, most, actions);
  bench_stop(bench);
  bench->done = bench->ops;
  live_set_finish(&set, bench);
}

/* Writes the bytes from `from` on, so that they are resident. */
static void write_block(const live_block_t *block, size_t from) {
  if (block->layout.size > from) {
    memset((unsigned char *)block->ptr + from, 1, block->layout.size - from);
  }
}

static void act_and_write(live_set_t *set) {
  uint64_t tenth = bench_below(&set->random, 10);
  if (tenth < 5) {
    write_block(live_set_allocate(set, talc_layout(&set->random, EFFICIENCY_SIZE)), 0);
  } else if (set->count == 0) {
    return;
  } else if (tenth == 5) {
    live_set_free(set, live_set_pick(set));
  } else {
    live_block_t *block = live_set_pick(set);
    size_t before = block->layout.size;
    live_set_resize(set, block, bench_between(&set->random, 1, 100000));
    write_block(block, before);
  }
}

void BENCH_NAME(run_talc_efficiency)(bench_t *bench) {
  live_set_t set;
  live_set_init(&set, bench, 14);
  uint64_t start = bench_rss();
  double efficiency = 0;
  for (uint64_t round = 0; round < bench->ops; round++) {
    while (set.live_bytes < EFFICIENCY_BYTES) {
      act_and_write(&set);
      bench->done++;
    }
    efficiency += (double)set.live_bytes / ((double)bench_rss() - (double)start);
    live_set_clear(&set);
  }
  live_set_finish(&set, bench);
  bench_report(bench, "efficiency", efficiency / (double)bench->ops);
}

/* talc's random actions and heap efficiency (written from descriptions of its benches), for a fixed
 * number of actions, or as there, for a fixed time.
 *
 * random actions: of seven, three allocate (and all do that are not a resize while fewer than 300
 * blocks live), three free a random block, one resizes a random block to 1 to 3 S bytes. A
 * hundredth of it warms up, untimed. What fails does not count.
 *
 * efficiency: allocate (half), free (a tenth) and resize to at most 100,000 bytes (the rest) until
 * a heap of a fixed size has no room; `efficiency` is live bytes over the heap's, averaged over
 * rounds, which `ops` counts. malloc has no such heap: there everything is written until 96 MiB
 * live, and it is live over resident bytes. */
#include "talc.h"

enum { MIN_LIVE = 300, EFFICIENCY_SIZE = 10000, ACTIONS_A_CLOCK = 100 };

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

static void act_on(live_set_t *set, bench_t *bench, size_t most, uint64_t actions) {
  while (bench_goes_on(bench, ACTIONS_A_CLOCK)) {
    act(set, most, actions);
    bench->done++;
  }
}

void BENCH_NAME(run_talc)(bench_t *bench) {
  size_t most = bench->param & (TALC_NO_REALLOC - 1);
  uint64_t actions = (bench->param & TALC_NO_REALLOC) != 0 ? 6 : 7;
  live_set_t set;
  live_set_init(&set, bench, 13);
  bench_begin(bench, 100);
  act_on(&set, bench, most, actions);
  bench->done = set.failed = 0;
  bench_start(bench);
  act_on(&set, bench, most, actions);
  bench_stop(bench);
  bench->done -= set.failed;
  live_set_finish(&set, bench);
}

/* What an action gave: a block with new bytes from offset `from` on; NULL: none. */
typedef struct grown {
  const live_block_t *block;
  size_t from;
} grown_t;

/* False: there was no room. */
static bool fill(live_set_t *set, grown_t *grown) {
  uint64_t tenth = bench_below(&set->random, 10);
  *grown = (grown_t){.block = NULL};
  if (tenth < 5) {
    grown->block = live_set_allocate(set, talc_layout(&set->random, EFFICIENCY_SIZE));
    return grown->block != NULL;
  }
  if (set->count == 0) return true;
  live_block_t *block = live_set_pick(set);
  if (tenth == 5) {
    live_set_free(set, block);
    return true;
  }
  *grown = (grown_t){.block = block, .from = block->layout.size};
  return live_set_resize(set, block, bench_between(&set->random, 1, 100000));
}

/* Until there is no room; the share of the heap that lives then. */
static double fill_heap(live_set_t *set, bench_t *bench) {
  grown_t grown;
  while (fill(set, &grown)) bench->done++;
  return (double)set->live_bytes / (double)bench->heap_bytes;
}

/* Until so much lives; the share of what is resident more than at the start. */
static double fill_and_write(live_set_t *set, bench_t *bench, uint64_t start) {
  while (set->live_bytes < EFFICIENCY_BYTES) {
    grown_t grown;
    (void)fill(set, &grown);
    bench->done++;
    if (grown.block == NULL || grown.block->layout.size <= grown.from) continue;
    memset((char *)grown.block->ptr + grown.from, 1, grown.block->layout.size - grown.from);
  }
  return (double)set->live_bytes / ((double)bench_rss() - (double)start);
}

void BENCH_NAME(run_talc_efficiency)(bench_t *bench) {
  live_set_t set;
  live_set_init(&set, bench, 14);
  uint64_t start = bench_rss();
  double efficiency = 0;
  for (uint64_t round = 0; round < bench->ops; round++) {
    bool is_fixed = bench->heap_bytes != 0;
    efficiency += is_fixed ? fill_heap(&set, bench) : fill_and_write(&set, bench, start);
    live_set_clear(&set);
  }
  live_set_finish(&set, bench);
  bench_report(bench, "efficiency", efficiency / (double)bench->ops);
}

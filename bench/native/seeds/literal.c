/* simple-chunk-allocator's examples/bench.rs as it is, flaws and all (written from a description):
 * for a fixed time allocate 64 to 16,383 bytes at an alignment of 1 to 128, timed, and one time in
 * ten, if more than 10 blocks live, free the 7 oldest, untimed. One sample holds what succeeded and
 * what failed, and every iteration counts the history of all. `successful` is what the original
 * calls so: the attempts less the frees. */
#include "seeds.h"
#include "ticks.h"

enum { ROOM = 1 << 20, FREED_AT_ONCE = 7, LIVE_BEFORE_FREES = 10 };

typedef struct entry {
  void *ptr; /* NULL: failed */
  hw_layout_t layout;
  bool is_kept;
} entry_t;

typedef struct history {
  entry_t *entries;
  size_t count;
  uint64_t failed, frees;
} history_t;

/* From the beginning each time, as the original does. */
static size_t count_kept(const history_t *history) {
  size_t kept = 0;
  for (size_t i = 0; i < history->count; i++) kept += history->entries[i].is_kept;
  return kept;
}

static void free_oldest(history_t *history, hw_allocator_t *heap) {
  unsigned freed = 0;
  for (size_t i = 0; i < history->count && freed < FREED_AT_ONCE; i++) {
    entry_t *entry = &history->entries[i];
    if (!entry->is_kept) continue;
    entry->is_kept = false;
    /* What failed is let go of and not counted. */
    if (entry->ptr == NULL) continue;
    heap_free(heap, entry->ptr, entry->layout);
    freed++;
  }
  history->frees += freed;
}

static void allocate(history_t *history, bench_t *bench, uint64_t *random, samples_t *samples) {
  hw_layout_t layout = {.align = (size_t)1 << bench_below(random, 8)};
  layout.size = bench_between(random, 64, 16383);
  void *ptr;
  uint64_t start = ticks_now();
  bool found = heap_try_allocate(bench->heap, layout, &ptr);
  samples_note(samples, ticks_now() - start);
  history->failed += !found;
  history->entries[history->count++] = (entry_t){found ? ptr : NULL, layout, true};
}

void BENCH_NAME(run_literal)(bench_t *bench) {
  uint64_t random = bench_seed(16);
  history_t history = {.entries = bench_map(ROOM * sizeof(entry_t))};
  samples_t samples = samples_open(ROOM);
  bench_start(bench);
  while (bench_goes_on(bench, 1) && history.count < ROOM) {
    allocate(&history, bench, &random, &samples);
    bool drop = count_kept(&history) > LIVE_BEFORE_FREES && bench_below(&random, 10) == 0;
    if (drop) free_oldest(&history, bench->heap);
    bench->done++;
  }
  bench_stop(bench);
  bench_report(bench, "successful", (double)(history.count - history.frees));
  bench_report(bench, "failed", (double)history.failed);
  bench_report(bench, "frees", (double)history.frees);
  samples_close(&samples, bench, "alloc");
  for (size_t i = 0; i < history.count; i++) {
    const entry_t *entry = &history.entries[i];
    if (entry->is_kept && entry->ptr != NULL) heap_free(bench->heap, entry->ptr, entry->layout);
  }
  bench_unmap(history.entries, ROOM * sizeof(entry_t));
}

/* simple-chunk-allocator's benchmark as a fixed sequence, so that every allocator and every port
 * does the same work: sizes of 64 to 16,383 bytes at alignments of 1 to 128, and one time in ten
 * the 7 oldest blocks are freed. Each call is timed alone, and failures are kept apart.
 *
 * The sums do not depend on the allocator; of four runs they are known, and compared. Another sum
 * ends the program: it has measured other work. */
#include "seeds.h"
#include "ticks.h"

enum { FREED_AT_ONCE = 7, LIVE_BEFORE_FREES = 10 };

typedef struct sums {
  uint64_t count, seed;
  uint32_t hash;
  uint64_t frees, live, live_bytes;
} sums_t;

static const sums_t KNOWN[] = {
    {10000, 1, 0xbe140870, 6874, 3126, 25613601},
    {50000, 1, 0x3fd46da9, 34643, 15357, 126678718},
    {80000, 1, 0x94c88bf1, 55629, 24371, 199992033},
    {50000, 2, 0xd3a9e554, 34762, 15238, 126625314},
};

typedef struct entry {
  void *ptr; /* NULL: the allocation failed */
  hw_layout_t layout;
} entry_t;

typedef struct work {
  hw_allocator_t *heap;
  entry_t *entries; /* from `oldest` to `count` they live */
  size_t oldest, count;
  sums_t sums;
  uint64_t failed, first_failure;
  uint64_t live_at_failure; /* bytes that were really allocated then */
  uint64_t held_bytes;
  samples_t allocated, refused, freed;
} work_t;

/* The sequence that all ports share. */
static uint32_t draw(uint32_t *x) {
  *x ^= *x << 13;
  *x ^= *x >> 17;
  *x ^= *x << 5;
  return *x;
}

static void note_failure(work_t *work) {
  if (work->failed++ > 0) return;
  work->first_failure = work->count;
  work->live_at_failure = work->held_bytes;
}

static void allocate(work_t *work, hw_layout_t layout) {
  void *ptr;
  uint64_t start = ticks_now();
  bool found = heap_try_allocate(work->heap, layout, &ptr);
  uint64_t ticks = ticks_now() - start;
  samples_note(found ? &work->allocated : &work->refused, ticks);
  if (found) {
    work->held_bytes += layout.size;
  } else {
    note_failure(work);
    ptr = NULL;
  }
  work->entries[work->count++] = (entry_t){ptr, layout};
  work->sums.live_bytes += layout.size;
  uint32_t mixed = (uint32_t)layout.size ^ (uint32_t)layout.align << 16;
  work->sums.hash = (work->sums.hash ^ mixed) * 16777619u;
}

static void free_oldest(work_t *work) {
  const entry_t *entry = &work->entries[work->oldest++];
  work->sums.frees++;
  work->sums.live_bytes -= entry->layout.size;
  if (entry->ptr == NULL) return;
  uint64_t start = ticks_now();
  heap_free(work->heap, entry->ptr, entry->layout);
  samples_note(&work->freed, ticks_now() - start);
  work->held_bytes -= entry->layout.size;
}

/* By this name its instructions are counted, and nothing else of the program. */
void BENCH_NAME(same_work_loop)(work_t *work);

__attribute__((noinline)) void BENCH_NAME(same_work_loop)(work_t *work) {
  uint32_t random = (uint32_t)work->sums.seed;
  for (uint64_t i = 0; i < work->sums.count; i++) {
    hw_layout_t layout;
    layout.align = (size_t)1 << (draw(&random) % 8);
    layout.size = 64 + draw(&random) % 16320;
    bool drop = draw(&random) % 10 == 0;
    allocate(work, layout);
    if (!drop || work->count - work->oldest <= LIVE_BEFORE_FREES) continue;
    for (unsigned freed = 0; freed < FREED_AT_ONCE; freed++) free_oldest(work);
  }
  work->sums.live = work->count - work->oldest;
}

/* Whether this run's sums are known; others than the known ones end the program. */
static bool compare(const sums_t *sums) {
  for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
    const sums_t *known = &KNOWN[i];
    if (known->count != sums->count || known->seed != sums->seed) continue;
    if (known->hash != sums->hash || known->frees != sums->frees || known->live != sums->live ||
        known->live_bytes != sums->live_bytes) {
      bench_die("same work: the check values differ");
    }
    return true;
  }
  return false;
}

static void report(bench_t *bench, work_t *work) {
  const sums_t *sums = &work->sums;
  bench->checksum = sums->hash;
  bench_report(bench, "known", compare(sums));
  bench_report(bench, "frees", (double)sums->frees);
  bench_report(bench, "live", (double)sums->live);
  bench_report(bench, "liveBytes", (double)sums->live_bytes);
  bench_report(bench, "failed", (double)work->failed);
  bench_report(bench, "firstFailure", (double)work->first_failure);
  bench_report(bench, "liveAtFailure", (double)work->live_at_failure);
  samples_close(&work->allocated, bench, "alloc");
  samples_close(&work->refused, bench, "refused");
  samples_close(&work->freed, bench, "free");
}

void BENCH_NAME(run_same_work)(bench_t *bench) {
  uint64_t count = bench->ops;
  size_t room = bench->untimed ? 0 : count;
  work_t work = {.heap = bench->heap,
                 .entries = bench_map(count * sizeof(entry_t)),
                 .sums = {.count = count, .seed = bench->seed != 0 ? bench->seed : 1},
                 .allocated = samples_open(room),
                 .refused = samples_open(room),
                 .freed = samples_open(room)};
  work.sums.hash = 2166136261u;
  bench_start(bench);
  BENCH_NAME(same_work_loop)(&work);
  bench_stop(bench);
  bench->done = count;
  report(bench, &work);
  while (work.oldest < work.count) {
    const entry_t *entry = &work.entries[work.oldest++];
    if (entry->ptr != NULL) heap_free(work.heap, entry->ptr, entry->layout);
  }
  bench_unmap(work.entries, count * sizeof(entry_t));
}

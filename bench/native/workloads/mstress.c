/* Phases of threads that die: each allocates blocks of mixed sizes, some kept for the phase, frees
 * others at random and swaps some with the other threads through shared slots, so that blocks
 * outlive their threads and are freed by any. Written from the description of mstress of
 * mimalloc-bench (phases, dying threads, 1000 transfer slots): 4 threads, 60 phases, mostly small
 * blocks, one in a hundred 100 times larger, one in a thousand 1000 times. An operation is a pair.
 *
 * What a thread does follows from its seed alone, never from what it finds in a slot, so the work
 * is the same whatever the interleaving. */
#include <pthread.h>
#include <stdatomic.h>

#include "workloads.h"

enum { THREADS = 4, PHASES = 60, TRANSFERS = 1000, LG_MAX_WORDS = 7 };

/* Lies at the start of each block: blocks change hands as bare pointers. */
typedef struct item {
  size_t size;
  uint64_t tag;
} item_t;

typedef struct worker {
  bench_t *bench;
  uint64_t seed;
  uint64_t allocations;
  uint64_t sum;
  pthread_t thread;
} worker_t;

static item_t *_Atomic transfers[TRANSFERS];

static uint64_t item_check(const item_t *item) {
  return item->tag ^ (item->size * UINT64_C(0x9E3779B97F4A7C15));
}

static item_t *item_open(hw_allocator_t *heap, uint64_t *random) {
  size_t words = (size_t)2 << bench_below(random, LG_MAX_WORDS);
  uint64_t chance = bench_below(random, 1000);
  if (chance == 0) {
    words *= 1000;
  } else if (chance <= 10) {
    words *= 100;
  }
  size_t size = words * sizeof(uint64_t);
  item_t *item = heap_allocate(heap, bytes(size));
  item->size = size;
  item->tag = bench_random(random);
  return item;
}

static uint64_t item_close(hw_allocator_t *heap, item_t *item) {
  if (item == NULL) return 0;
  uint64_t check = item_check(item);
  heap_free(heap, item, bytes(item->size));
  return check;
}

/* What goes through the slots is released by one thread and acquired by another. */
static item_t *swap(size_t slot, item_t *item) {
  return atomic_exchange_explicit(&transfers[slot], item, memory_order_acq_rel);
}

static void *work(void *argument) {
  worker_t *worker = argument;
  hw_allocator_t *heap = heap_attach(worker->bench);
  uint64_t random = worker->seed;
  uint64_t kept = 0;
  hw_layout_t list_layout = bytes((worker->allocations + 1) * sizeof(item_t *));
  item_t **list = heap_allocate_zeroed(heap, list_layout);

  for (uint64_t i = 0; i < worker->allocations; i++) {
    list[kept++] = item_open(heap, &random);
    /* One in three is kept until the phase ends. */
    if (bench_below(&random, 3) != 0) {
      size_t at = bench_below(&random, kept);
      worker->sum += item_close(heap, list[at]);
      list[at] = list[--kept];
    }
    if (kept > 0 && bench_below(&random, 4) == 0) {
      size_t at = bench_below(&random, kept);
      list[at] = swap(bench_below(&random, TRANSFERS), list[at]);
    }
  }
  while (kept > 0) worker->sum += item_close(heap, list[--kept]);
  heap_free(heap, list, list_layout);
  heap_detach(worker->bench, heap);
  return NULL;
}

static uint64_t run_phase(bench_t *bench, uint64_t phase, uint64_t allocations) {
  worker_t workers[THREADS];
  for (size_t i = 0; i < THREADS; i++) {
    workers[i] = (worker_t){
        .bench = bench, .seed = bench_seed(1000 + phase * THREADS + i), .allocations = allocations};
    if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) bench_die("no thread");
  }
  uint64_t sum = 0;
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(workers[i].thread, NULL);
    sum += workers[i].sum;
  }
  return sum;
}

void BENCH_NAME(run_mstress)(bench_t *bench) {
  uint64_t allocations = bench->ops / (THREADS * PHASES) + 1;
  uint64_t random = bench_seed(5);
  uint64_t sum = 0;
  for (uint64_t phase = 0; phase < PHASES; phase++) {
    sum += run_phase(bench, phase, allocations);
    for (size_t i = 0; i < TRANSFERS; i++) {
      if (bench_below(&random, 2) == 0) sum += item_close(bench->heap, swap(i, NULL));
    }
  }
  for (size_t i = 0; i < TRANSFERS; i++) sum += item_close(bench->heap, swap(i, NULL));
  bench->done = allocations * THREADS * PHASES;
  bench->checksum = sum;
}

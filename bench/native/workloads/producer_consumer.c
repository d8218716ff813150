/* One thread allocates, another frees: no block is ever freed where it was allocated. An operation
 * is a pair. After the row "pc" of facts on allocators (a ring of 16,384 blocks) and its relative,
 * xmalloc-test of mimalloc-bench. Sizes are 16 to 271 bytes, as in `bulk`. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "workloads.h"

enum { RING = 16384, MIN_SIZE = 16, MAX_SIZE = 271 };

static block_t ring[RING];
static _Atomic uint64_t produced; /* pairs with the consumer's acquire: the slot is written */
static _Atomic uint64_t consumed; /* pairs with the producer's acquire: the slot is empty */

static void *produce(void *argument) {
  const bench_t *bench = argument;
  uint64_t random = bench_seed(4);
  for (uint64_t i = 0; i < bench->ops; i++) {
    while (i - atomic_load_explicit(&consumed, memory_order_acquire) == RING) sched_yield();
    block_open(bench->heap, &ring[i % RING], bench_between(&random, MIN_SIZE, MAX_SIZE), i);
    atomic_store_explicit(&produced, i + 1, memory_order_release);
  }
  return NULL;
}

void BENCH_NAME(run_producer_consumer)(bench_t *bench) {
  pthread_t producer;
  if (pthread_create(&producer, NULL, produce, bench) != 0) bench_die("no thread");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < bench->ops; i++) {
    while (atomic_load_explicit(&produced, memory_order_acquire) == i) sched_yield();
    sum += block_close(bench->heap, &ring[i % RING]);
    atomic_store_explicit(&consumed, i + 1, memory_order_release);
  }
  pthread_join(producer, NULL);
  bench->done = bench->ops;
  bench->checksum = sum;
}

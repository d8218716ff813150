/* One thread allocates, another frees: no block is ever freed where it was allocated. An operation
 * is a pair. After xmalloc-test of mimalloc-bench, with one thread of each kind: a ring of 16,384
 * blocks of 16 to 271 bytes, handed on in batches of 256, so that the two threads wait for the
 * allocator and not for each other's counters. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "workloads.h"

enum { RING = 16384, BATCH = 256, MIN_SIZE = 16, MAX_SIZE = 271 };

static block_t ring[RING];
static _Atomic uint64_t produced; /* pairs with the consumer's acquire: the batch is written */
static _Atomic uint64_t consumed; /* pairs with the producer's acquire: the batch is empty */

static uint64_t batches(const bench_t *bench) {
  return (bench->ops + BATCH - 1) / BATCH;
}

static void *produce(void *argument) {
  const bench_t *bench = argument;
  hw_allocator_t *heap = heap_attach(bench);
  uint64_t random = bench_seed(4);
  for (uint64_t i = 0; i < batches(bench) * BATCH; i += BATCH) {
    while (i - atomic_load_explicit(&consumed, memory_order_acquire) == RING) sched_yield();
    for (uint64_t k = i; k < i + BATCH; k++) {
      block_open(heap, &ring[k % RING], bench_between(&random, MIN_SIZE, MAX_SIZE), k);
    }
    atomic_store_explicit(&produced, i + BATCH, memory_order_release);
  }
  heap_detach(bench, heap);
  return NULL;
}

void BENCH_NAME(run_producer_consumer)(bench_t *bench) {
  pthread_t producer;
  if (pthread_create(&producer, NULL, produce, bench) != 0) bench_die("no thread");
  uint64_t sum = 0;
  for (uint64_t i = 0; i < batches(bench) * BATCH; i += BATCH) {
    while (atomic_load_explicit(&produced, memory_order_acquire) == i) sched_yield();
    for (uint64_t k = i; k < i + BATCH; k++) sum += block_close(bench->heap, &ring[k % RING]);
    atomic_store_explicit(&consumed, i + BATCH, memory_order_release);
  }
  pthread_join(producer, NULL);
  bench->done = batches(bench) * BATCH;
  bench->checksum = sum;
}

/* Many blocks allocated, then all freed: every cache in front of the heap misses. An operation is a
 * pair. Own pattern, the worst case of a cached allocator: 50,000 live, 16 to 271 bytes. */
#include "workloads.h"

enum { LIVE = 50000, MIN_SIZE = 16, MAX_SIZE = 271 };

static block_t live[LIVE];

void BENCH_NAME(run_bulk)(bench_t *bench) {
  hw_allocator_t *heap = bench->heap;
  uint64_t random = bench_seed(3);
  uint64_t sum = 0;
  uint64_t done = 0;
  while (done < bench->ops) {
    for (size_t i = 0; i < LIVE; i++) {
      block_open(heap, &live[i], bench_between(&random, MIN_SIZE, MAX_SIZE), done++);
    }
    for (size_t i = 0; i < LIVE; i++) sum += block_close(heap, &live[i]);
  }
  bench->done = done;
  bench->checksum = sum;
}

/* A few blocks, freed in the reverse order at once, as a call tree does: what an allocator pays
 * where it never needs more than the block it was given last. An operation is a pair. After cfrac
 * of mimalloc-bench (bignums of 16 to 64 bytes that live in the order of a stack): 6 live, 16 to 79
 * bytes. */
#include "workloads.h"

enum { LIVE = 6, MIN_SIZE = 16, MAX_SIZE = 79 };

void BENCH_NAME(run_lifo)(bench_t *bench) {
  hw_allocator_t *heap = bench->heap;
  uint64_t random = bench_seed(2);
  uint64_t sum = 0;
  uint64_t done = 0;
  while (done < bench->ops) {
    block_t live[LIVE];
    for (size_t i = 0; i < LIVE; i++) {
      block_open(heap, &live[i], bench_between(&random, MIN_SIZE, MAX_SIZE), done++);
    }
    for (size_t i = LIVE; i-- > 0;) sum += block_close(heap, &live[i]);
  }
  bench->done = done;
  bench->checksum = sum;
}

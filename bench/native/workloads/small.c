/* Random small blocks with random lifetimes: the hit path of an allocator, with its blocks spread
 * over 8192 slots. An operation is a pair: the slot's old block is freed, a new one of 8 to 1024
 * bytes allocated. After alloc-test of mimalloc-bench (random slots), with uniform sizes. */
#include "workloads.h"

enum { SLOTS = 8192, MIN_SIZE = 8, MAX_SIZE = 1024 };

static block_t slots[SLOTS];

void BENCH_NAME(run_small)(bench_t *bench) {
  hw_allocator_t *heap = bench->heap;
  uint64_t random = bench_seed(1);
  uint64_t sum = 0;
  for (uint64_t i = 0; i < bench->ops; i++) {
    block_t *slot = &slots[bench_below(&random, SLOTS)];
    if (slot->ptr != NULL) sum += block_close(heap, slot);
    block_open(heap, slot, bench_between(&random, MIN_SIZE, MAX_SIZE), i);
  }
  for (size_t i = 0; i < SLOTS; i++) {
    if (slots[i].ptr != NULL) sum += block_close(heap, &slots[i]);
  }
  bench->done = bench->ops;
  bench->checksum = sum;
}

/* Large blocks that come and go, every page written: what an allocator pays the system, and what it
 * keeps. An operation is a pair. After malloc-large of mimalloc-bench (20 live), with smaller
 * sizes: 64 KiB to 4 MiB. */
#include "workloads.h"

enum { SLOTS = 20, MIN_SIZE = 64 << 10, MAX_SIZE = 4 << 20 };

static block_t slots[SLOTS];

static uint64_t drop(bench_t *bench, block_t *slot) {
  if (slot->ptr == NULL) return 0;
  uint64_t sum = sum_pages(slot->ptr, slot->size);
  heap_free(bench->heap, slot->ptr, bytes(slot->size));
  slot->ptr = NULL;
  return sum;
}

void BENCH_NAME(run_large)(bench_t *bench) {
  uint64_t random = bench_seed(6);
  uint64_t sum = 0;
  for (uint64_t i = 0; i < bench->ops; i++) {
    block_t *slot = &slots[bench_below(&random, SLOTS)];
    sum += drop(bench, slot);
    slot->size = bench_between(&random, MIN_SIZE, MAX_SIZE);
    slot->ptr = heap_allocate(bench->heap, bytes(slot->size));
    touch_pages(slot->ptr, 0, slot->size, (unsigned char)i);
  }
  for (size_t i = 0; i < SLOTS; i++) sum += drop(bench, &slots[i]);
  bench->done = bench->ops;
  bench->checksum = sum;
}

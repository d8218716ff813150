/* Large zeroed blocks of which a quarter is ever touched: an allocator that knows what is zero
 * already neither writes nor commits the rest. All that is touched is checked to read zero. An
 * operation is a pair. Own pattern: 8 live, 256 KiB to 8 MiB. */
#include "workloads.h"

enum { SLOTS = 8, MIN_SIZE = 256 << 10, MAX_SIZE = 8 << 20 };

static block_t slots[SLOTS];

static uint64_t drop(bench_t *bench, block_t *slot) {
  if (slot->ptr == NULL) return 0;
  uint64_t sum = sum_pages(slot->ptr, slot->size / 4);
  heap_free(bench->heap, slot->ptr, bytes(slot->size));
  slot->ptr = NULL;
  return sum;
}

void BENCH_NAME(run_calloc)(bench_t *bench) {
  uint64_t random = bench_seed(7);
  uint64_t sum = 0;
  for (uint64_t i = 0; i < bench->ops; i++) {
    block_t *slot = &slots[bench_below(&random, SLOTS)];
    sum += drop(bench, slot);
    slot->size = bench_between(&random, MIN_SIZE, MAX_SIZE);
    slot->ptr = heap_allocate_zeroed(bench->heap, bytes(slot->size));
    if (sum_pages(slot->ptr, slot->size / 4) != 0) bench_die("a zeroed block is not zero");
    touch_pages(slot->ptr, 0, slot->size / 4, (unsigned char)(i | 1));
  }
  for (size_t i = 0; i < SLOTS; i++) sum += drop(bench, &slots[i]);
  bench->done = bench->ops;
  bench->checksum = sum;
}

/* A mix of alignments: half of the blocks at most 16, each further power of two half as often, up
 * to 4096; one block in 64 is large and aligned from 8 KiB to 1 MiB. Sizes are no multiples of the
 * alignment. Reported: `misaligned`, how many addresses are not as aligned as asked. An operation
 * is a pair. Own mix: no program of mimalloc-bench stresses alignment, and users of typed arrays,
 * SIMD and direct I/O ask for it. */
#include "workloads.h"

enum { SLOTS = 4096, MIN_SIZE = 8, MAX_SIZE = 2048 };
enum { LG_MIN_ALIGN = 4, LG_PAGE = 12, LG_MIN_LARGE = 13, LARGE_ALIGNS = 8 };
enum { MIN_LARGE_SIZE = 32 << 10, MAX_LARGE_SIZE = 256 << 10 };

typedef struct slot {
  void *ptr;
  hw_layout_t layout;
} slot_t;

static slot_t slots[SLOTS];

static hw_layout_t choose(uint64_t *random) {
  if (bench_below(random, 64) == 0) {
    return (hw_layout_t){.size = bench_between(random, MIN_LARGE_SIZE, MAX_LARGE_SIZE),
                         .align = (size_t)1 << (LG_MIN_LARGE + bench_below(random, LARGE_ALIGNS))};
  }
  unsigned lg_align = LG_MIN_ALIGN;
  while (lg_align < LG_PAGE && bench_below(random, 2) == 0) lg_align++;
  return (hw_layout_t){.size = bench_between(random, MIN_SIZE, MAX_SIZE),
                       .align = (size_t)1 << lg_align};
}

static uint64_t drop(bench_t *bench, slot_t *slot) {
  uint64_t tag;
  memcpy(&tag, slot->ptr, sizeof tag);
  heap_free(bench->heap, slot->ptr, slot->layout);
  return tag;
}

void BENCH_NAME(run_aligned)(bench_t *bench) {
  uint64_t random = bench_seed(8);
  uint64_t sum = 0;
  uint64_t misaligned = 0;
  for (uint64_t i = 0; i < bench->ops; i++) {
    slot_t *slot = &slots[bench_below(&random, SLOTS)];
    if (slot->ptr != NULL) sum += drop(bench, slot);
    slot->layout = choose(&random);
    slot->ptr = heap_allocate(bench->heap, slot->layout);
    misaligned += ((uintptr_t)slot->ptr & (slot->layout.align - 1)) != 0;
    memcpy(slot->ptr, &i, sizeof i);
  }
  for (size_t i = 0; i < SLOTS; i++) {
    if (slots[i].ptr != NULL) sum += drop(bench, &slots[i]);
  }
  bench->done = bench->ops;
  bench->checksum = sum;
  bench_report(bench, "misaligned", (double)misaligned);
}

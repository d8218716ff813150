/* Two buffers that take turns in growing by 16 KiB to 32 MiB, as two streams that are read side by
 * side do: each stands in the other's way. An operation is an append, `ops` counts whole pairs of
 * buffers. Reported: `moves`, how many appends gave another address. Own pattern. */
#include "workloads.h"

enum { BUFFERS = 2 };

static const size_t STEP = 16384;
static const size_t LAST = (size_t)32 << 20;

void BENCH_NAME(run_append)(bench_t *bench) {
  uint64_t moves = 0;
  for (uint64_t run = 0; run < bench->ops; run++) {
    unsigned char *buffers[BUFFERS];
    for (size_t i = 0; i < BUFFERS; i++) {
      buffers[i] = heap_allocate(bench->heap, bytes(STEP));
      memset(buffers[i], (int)i + 1, STEP);
    }
    for (size_t size = STEP; size < LAST; size += STEP) {
      for (size_t i = 0; i < BUFFERS; i++) {
        uintptr_t before = (uintptr_t)buffers[i];
        buffers[i] = heap_resize(bench->heap, buffers[i], bytes(size), bytes(size + STEP));
        moves += (uintptr_t)buffers[i] != before;
        memset(buffers[i] + size, (int)i + 1, STEP);
        bench->done++;
      }
    }
    for (size_t i = 0; i < BUFFERS; i++) {
      bench->checksum += sum_pages(buffers[i], LAST);
      heap_free(bench->heap, buffers[i], bytes(LAST));
    }
  }
  bench_report(bench, "moves", (double)moves);
}

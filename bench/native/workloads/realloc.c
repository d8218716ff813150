/* One buffer that grows by half, from 64 bytes to 64 MiB, as a string builder or a vector does; the
 * new part is written after each step. An operation is a resize, `ops` counts whole growths.
 * Reported: `moves`, how many resizes gave another address. Own pattern. */
#include "workloads.h"

static const size_t FIRST = 64;
static const size_t LAST = (size_t)64 << 20;

static uint64_t grow(bench_t *bench, uint64_t *moves, uint64_t run) {
  unsigned char value = (unsigned char)(run + 1);
  size_t size = FIRST;
  unsigned char *buffer = heap_allocate(bench->heap, bytes(size));
  memset(buffer, value, size);
  while (size < LAST) {
    size_t next = size + size / 2 < LAST ? size + size / 2 : LAST;
    uintptr_t before = (uintptr_t)buffer;
    buffer = heap_resize(bench->heap, buffer, bytes(size), bytes(next));
    *moves += (uintptr_t)buffer != before;
    memset(buffer + size, value, next - size);
    size = next;
    bench->done++;
  }
  uint64_t sum = sum_pages(buffer, size);
  heap_free(bench->heap, buffer, bytes(size));
  return sum;
}

void BENCH_NAME(run_realloc)(bench_t *bench) {
  uint64_t moves = 0;
  for (uint64_t run = 0; run < bench->ops; run++) bench->checksum += grow(bench, &moves, run);
  bench_report(bench, "moves", (double)moves);
}

/* One move of 64 MiB: a block that cannot grow where it stands is made half as large again. Timed
 * is the resize alone; beside it a copy of the same bytes, to a target whose pages are there
 * already
 * (`copyNs`, the yardstick) and to a fresh one (`freshCopyNs`, what a naive resize pays). Medians
 * over `ops` moves. Reported too: `moved`, how many resizes gave another address; a resize in place
 * is not counted as a move and its time not used. Own pattern. */
#include "workloads.h"

enum { MAX_MOVES = 64 };

static const size_t SIZE = (size_t)64 << 20;
static const size_t NEXT = (size_t)96 << 20;

static double time_copy(void *target, const void *source) {
  uint64_t start = bench_nanoseconds();
  memcpy(target, source, SIZE);
  return (double)(bench_nanoseconds() - start);
}

/* Grows a block with a neighbour behind it; 0 where it did not have to move. */
static double time_move(bench_t *bench, void **block) {
  void *neighbour = heap_allocate(bench->heap, bytes(SIZE));
  touch_pages(neighbour, 0, SIZE, 1);
  uintptr_t before = (uintptr_t)*block;
  uint64_t start = bench_nanoseconds();
  *block = heap_resize(bench->heap, *block, bytes(SIZE), bytes(NEXT));
  double taken = (double)(bench_nanoseconds() - start);
  heap_free(bench->heap, neighbour, bytes(SIZE));
  return (uintptr_t)*block == before ? 0 : taken;
}

void BENCH_NAME(run_move)(bench_t *bench) {
  double moves[MAX_MOVES];
  double copies[MAX_MOVES];
  double fresh_copies[MAX_MOVES];
  size_t moved = 0;
  size_t runs = bench->ops < MAX_MOVES ? bench->ops : MAX_MOVES;
  void *warm = bench_map(SIZE);
  touch_pages(warm, 0, SIZE, 1);

  for (size_t i = 0; i < runs; i++) {
    void *block = heap_allocate(bench->heap, bytes(SIZE));
    touch_pages(block, 0, SIZE, (unsigned char)(i + 1));
    double taken = time_move(bench, &block);
    if (taken > 0) moves[moved++] = taken;
    copies[i] = time_copy(warm, block);
    void *fresh = bench_map(SIZE);
    fresh_copies[i] = time_copy(fresh, block);
    bench_unmap(fresh, SIZE);
    bench->checksum += sum_pages(block, SIZE);
    heap_free(bench->heap, block, bytes(NEXT));
  }
  bench_unmap(warm, SIZE);
  bench->done = runs;
  bench_report(bench, "moved", (double)moved);
  if (moved > 0) bench_report(bench, "moveNs", bench_median(moves, moved));
  bench_report(bench, "copyNs", bench_median(copies, runs));
  bench_report(bench, "freshCopyNs", bench_median(fresh_copies, runs));
}

#include "fixed_heap.h"

#include <string.h>

/* Small enough to reach nearly all of a heap, and large enough for an arena to map each alone. */
static const hw_layout_t PIECE = {(size_t)64 << 10, 8};

/* Writes to all that the heap has, frees it, and has it begin again as one that was just made. */
static void touch(hw_allocator_t *heap, size_t bytes) {
  size_t most = bytes / PIECE.size, count = 0;
  void **pieces = bench_map(most * sizeof *pieces);
  while (count < most && hw_allocate(heap, PIECE, 0, &pieces[count]) == HW_OK) {
    memset(pieces[count++], 1, PIECE.size);
  }
  if (count < most - most / 16) bench_die("the heap ends too early");
  while (count > 0) {
    if (hw_deallocate(heap, pieces[--count], PIECE) != HW_OK) bench_die("a free was refused");
  }
  bench_unmap(pieces, most * sizeof *pieces);
  if (hw_chunk_reset(heap) != HW_OK && hw_arena_tick(heap, NULL) != HW_OK) bench_die("no heap");
}

hw_allocator_t *fixed_heap_open(const fixed_heap_options_t *options) {
  hw_arena_options_t arena = HW_ARENA_OPTIONS;
  arena.mapped_limit = options->bytes;
  arena.decay_ms = -1;
  hw_chunk_options_t chunk = HW_CHUNK_OPTIONS;
  chunk.chunk_size = options->chunk_size;
  chunk.chunks = options->bytes / options->chunk_size;
  chunk.fit = options->is_best_fit ? HW_CHUNK_BEST_FIT : HW_CHUNK_NEXT_FIT;
  hw_config_t config = {.limit = HW_NO_LIMIT, .arena = &arena, .chunk = &chunk};
  hw_allocator_t *heap = NULL;
  hw_status_t status = hw_create(options->kind, &config, &heap);
  if (status != HW_OK) bench_die(hw_status_name(status));
  bool has_end = strcmp(options->kind, "system") != 0;
  if (has_end && !options->is_cold) touch(heap, options->bytes);
  return heap;
}

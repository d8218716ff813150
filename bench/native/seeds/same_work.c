/* simple-chunk-allocator's benchmark as a fixed sequence, so that every allocator and every port
 * does the same work: 160 MiB, sizes of 64 to 16,383 bytes at alignments of 1 to 128, and one time
 * in ten the 7 oldest blocks are freed. Each call is timed alone, an empty measurement (printed) is
 * not subtracted. The original never wrote to its heap, counted failures as blocks, and scanned all
 * its history in each iteration.
 *
 *   same_work ALLOCATOR [--chunk BYTES] [--best] [--cold] [--untimed] [--count ITERATIONS]
 *             [--seed N] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "seeds.h"

#define HEAP_BYTES ((size_t)160 << 20)
#define DEFAULT_COUNT 50000u
#define FREED_AT_ONCE 7u
#define LIVE_BEFORE_FREES 10u

typedef struct block {
  void *ptr; /* NULL: the allocation failed */
  hw_layout_t layout;
} block_t;

typedef struct work {
  seeds_heap_t heap;
  block_t *blocks; /* from `oldest` to `count` they live */
  size_t oldest, count;
  uint32_t hash;
  uint64_t frees, live_bytes, failed;
  seeds_times_t allocated, refused, freed;
} work_t;

static void allocate(work_t *work, hw_layout_t layout) {
  hw_allocator_t *heap = work->heap.heap;
  void *ptr = NULL;
  uint64_t start = seeds_ticks();
  hw_status_t status = heap->ops->allocate(heap, layout, 0, &ptr);
  uint64_t ticks = seeds_ticks() - start;
  seeds_note(status == HW_OK ? &work->allocated : &work->refused, ticks);
  work->failed += status != HW_OK;
  work->blocks[work->count++] = (block_t){status == HW_OK ? ptr : NULL, layout};
  work->live_bytes += layout.size;
  work->hash = (work->hash ^ (uint32_t)layout.size ^ (uint32_t)layout.align << 16) * 16777619u;
}

static void free_oldest(work_t *work) {
  hw_allocator_t *heap = work->heap.heap;
  for (unsigned i = 0; i < FREED_AT_ONCE; i++) {
    const block_t *block = &work->blocks[work->oldest++];
    work->frees++;
    work->live_bytes -= block->layout.size;
    if (block->ptr == NULL) continue;
    uint64_t start = seeds_ticks();
    hw_status_t status = heap->ops->deallocate(heap, block->ptr, block->layout);
    seeds_note(&work->freed, seeds_ticks() - start);
    if (status != HW_OK) seeds_die("a free was refused");
  }
}

static void run(work_t *work, uint64_t count, uint32_t random) {
  for (uint64_t i = 0; i < count; i++) {
    hw_layout_t layout;
    layout.align = (size_t)1 << (seeds_xorshift(&random) % 8);
    layout.size = 64 + seeds_xorshift(&random) % 16320;
    bool drop = seeds_xorshift(&random) % 10 == 0;
    allocate(work, layout);
    if (drop && work->count - work->oldest > LIVE_BEFORE_FREES) free_oldest(work);
  }
}

static uint64_t empty_measurement(void) {
  uint64_t least = UINT64_MAX;
  for (unsigned i = 0; i < 1000; i++) {
    uint64_t start = seeds_ticks(), ticks = seeds_ticks() - start;
    if (ticks < least) least = ticks;
  }
  return least;
}

int main(int argc, char **argv) {
  seeds_options_t options = seeds_read(argc, argv, "same_work");
  uint64_t count = options.count != 0 ? options.count : DEFAULT_COUNT;
  uint64_t seed = options.seed != 0 ? options.seed : 1;
  size_t room = options.is_untimed ? 0 : count;
  work_t work = {.heap = seeds_open(&options, HEAP_BYTES),
                 .blocks = malloc(count * sizeof(block_t)),
                 .hash = 2166136261u,
                 .allocated = seeds_times(room),
                 .refused = seeds_times(room),
                 .freed = seeds_times(room)};
  if (work.blocks == NULL) seeds_die("no memory for the list of blocks");
  run(&work, count, (uint32_t)seed);

  printf("{\"program\":\"same_work\",");
  seeds_print_subject(&options);
  printf(",\"cold\":%s,\"count\":%" PRIu64 ",\"seed\":%" PRIu64, options.is_cold ? "true" : "false",
         count, seed);
  printf(",\"hash\":\"%08" PRIx32 "\",\"frees\":%" PRIu64 ",\"live\":%zu,\"liveBytes\":%" PRIu64,
         work.hash, work.frees, work.count - work.oldest, work.live_bytes);
  printf(",\"failed\":%" PRIu64 ",\"empty\":%" PRIu64, work.failed, empty_measurement());
  seeds_print_times("alloc", &work.allocated);
  seeds_print_times("refused", &work.refused);
  seeds_print_times("free", &work.freed);
  printf("}\n");
  if (!options.is_untimed) seeds_close(&work.heap);
  free(work.blocks);
  return 0;
}

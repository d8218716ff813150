/* The live blocks of galloc's and talc's workloads: any of them can be drawn, the last takes the
 * place of a freed one. Blocks are not touched: the originals measure the allocator alone. Instead
 * of contents the checksum covers the sequence of sizes and alignments. `misaligned` counts the
 * addresses that are not as aligned as asked, `failed` what a heap of a fixed size had no room for;
 * where the heap is not fixed, a failure ends the program. */
#pragma once

#include "workloads.h"

enum { LIVE_SET_ROOM = 1 << 17 };

typedef struct live_block {
  void *ptr;
  hw_layout_t layout;
} live_block_t;

typedef struct live_set {
  hw_allocator_t *heap;
  bool may_fail;
  uint64_t failed;
  uint64_t random;
  uint64_t checksum;
  size_t count;
  uint64_t live_bytes;
  uint64_t misaligned;
  live_block_t *blocks;
} live_set_t;

static inline void live_set_init(live_set_t *set, bench_t *bench, uint64_t seed) {
  *set = (live_set_t){.heap = bench->heap,
                      .may_fail = bench->heap_bytes != 0,
                      .random = bench_seed(seed),
                      .blocks = bench_map(LIVE_SET_ROOM * sizeof(live_block_t))};
}

static inline void live_set_note(live_set_t *set, const live_block_t *block) {
  set->misaligned += ((uintptr_t)block->ptr & (block->layout.align - 1)) != 0;
  set->checksum =
      (set->checksum ^ block->layout.size ^ (block->layout.align << 32)) * UINT64_C(0x100000001B3);
}

static inline live_block_t *live_set_add(live_set_t *set, void *ptr, hw_layout_t layout) {
  if (set->count == LIVE_SET_ROOM) bench_die("the table of blocks is full");
  live_block_t *block = &set->blocks[set->count++];
  *block = (live_block_t){.ptr = ptr, .layout = layout};
  set->live_bytes += layout.size;
  live_set_note(set, block);
  return block;
}

static inline void live_set_fail(live_set_t *set) {
  if (!set->may_fail) bench_die("out of memory");
  set->failed++;
}

/* NULL: there was no room. */
static inline live_block_t *live_set_allocate(live_set_t *set, hw_layout_t layout) {
  void *ptr;
  if (heap_try_allocate(set->heap, layout, &ptr)) return live_set_add(set, ptr, layout);
  live_set_fail(set);
  return NULL;
}

static inline live_block_t *live_set_pick(live_set_t *set) {
  return &set->blocks[bench_below(&set->random, set->count)];
}

/* Takes a freed block out of the set. */
static inline void live_set_forget(live_set_t *set, live_block_t *block) {
  set->live_bytes -= block->layout.size;
  *block = set->blocks[--set->count];
}

static inline void live_set_free(live_set_t *set, live_block_t *block) {
  heap_free(set->heap, block->ptr, block->layout);
  live_set_forget(set, block);
}

/* The block keeps its alignment; where there is no room, it stays as it is. False: no room. */
static inline bool live_set_resize(live_set_t *set, live_block_t *block, size_t size) {
  hw_layout_t next = {.size = size, .align = block->layout.align};
  if (!heap_try_resize(set->heap, &block->ptr, block->layout, next)) {
    live_set_fail(set);
    return false;
  }
  set->live_bytes += size - block->layout.size;
  block->layout = next;
  live_set_note(set, block);
  return true;
}

static inline void live_set_clear(live_set_t *set) {
  while (set->count > 0) live_set_free(set, &set->blocks[set->count - 1]);
}

/* Frees what is left and hands the results over. */
static inline void live_set_finish(live_set_t *set, bench_t *bench) {
  live_set_clear(set);
  bench->checksum = set->checksum;
  bench_report(bench, "misaligned", (double)set->misaligned);
  bench_report(bench, "failed", (double)set->failed);
  bench_unmap(set->blocks, LIVE_SET_ROOM * sizeof(live_block_t));
}

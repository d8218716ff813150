/* How a workload reaches the allocator under test. Each workload is compiled once a seam:
 *
 *   BENCH_SEAM_VTABLE  the public table of operations of a hw_allocator_t, as any user calls it
 *   BENCH_SEAM_MALLOC  malloc and its family, called directly, as an unmodified program does;
 *                      whose malloc that is, the loader decides (LD_PRELOAD)
 *   BENCH_SEAM_EMPTY   the same block each time: what is left is the workload's own cost
 *
 * Sizes are run-time values in all three. A plain block is malloc's own; an over-aligned one is
 * resized by hand in the malloc family, which is what Rust's `System` does. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* malloc aligns every block of at least 8 bytes to 8, and one of at least 16 to 16; smaller blocks
 * at 16 are not promised, and jemalloc for one does not give them. */
enum { BENCH_ANY_ALIGN = 8, BENCH_MALLOC_ALIGN = 16 };

#if defined(BENCH_SEAM_VTABLE)
#define BENCH_NAME(name) name##_vtable
#elif defined(BENCH_SEAM_MALLOC)
#define BENCH_NAME(name) name##_malloc
#elif defined(BENCH_SEAM_EMPTY)
#define BENCH_NAME(name) name##_empty
#else
#error "a workload needs a seam"
#endif

/* A plain block, as malloc(size) gives it. */
static inline hw_layout_t bytes(size_t size) {
  return (hw_layout_t){.size = size, .align = BENCH_ANY_ALIGN};
}

#if defined(BENCH_SEAM_VTABLE)

static inline bool heap_agrees(hw_status_t status) {
  if (status == HW_OK) return true;
  bench_expect_full(status);
  return false;
}

static inline bool heap_try_allocate(hw_allocator_t *heap, hw_layout_t layout, void **ptr) {
  return heap_agrees(heap->ops->allocate(heap, layout, 0, ptr));
}

static inline void *heap_allocate_zeroed(hw_allocator_t *heap, hw_layout_t layout) {
  void *ptr;
  if (heap->ops->allocate(heap, layout, HW_ZEROED, &ptr) != HW_OK) bench_die("out of memory");
  return ptr;
}

static inline bool heap_try_resize(hw_allocator_t *heap, void **ptr, hw_layout_t layout,
                                   hw_layout_t next) {
  return heap_agrees(heap->ops->reallocate(heap, *ptr, layout, next, 0, ptr));
}

static inline void heap_free(hw_allocator_t *heap, void *ptr, hw_layout_t layout) {
  if (heap->ops->deallocate(heap, ptr, layout) != HW_OK) bench_die("a free was refused");
}

#elif defined(BENCH_SEAM_MALLOC)

static inline int malloc_aligns(hw_layout_t layout) {
  return layout.align <= BENCH_ANY_ALIGN ||
         (layout.align <= BENCH_MALLOC_ALIGN && layout.align <= layout.size);
}

static inline bool heap_try_allocate(hw_allocator_t *heap, hw_layout_t layout, void **ptr) {
  (void)heap;
  if (!malloc_aligns(layout)) return posix_memalign(ptr, layout.align, layout.size) == 0;
  *ptr = malloc(layout.size);
  return *ptr != NULL;
}

static inline void *heap_allocate_zeroed(hw_allocator_t *heap, hw_layout_t layout) {
  (void)heap;
  void *ptr = calloc(1, layout.size);
  if (ptr == NULL) bench_die("out of memory");
  return ptr;
}

static inline void heap_free(hw_allocator_t *heap, void *ptr, hw_layout_t layout) {
  (void)heap;
  (void)layout;
  free(ptr);
}

static inline bool heap_try_resize(hw_allocator_t *heap, void **ptr, hw_layout_t layout,
                                   hw_layout_t next) {
  void *moved;
  if (malloc_aligns(next)) {
    moved = realloc(*ptr, next.size);
    if (moved == NULL) return false;
  } else {
    if (!heap_try_allocate(heap, next, &moved)) return false;
    memcpy(moved, *ptr, layout.size < next.size ? layout.size : next.size);
    heap_free(heap, *ptr, layout);
  }
  *ptr = moved;
  return true;
}

#else

enum { BENCH_EMPTY_BYTES = 64 };

/* Only for workloads that touch the first bytes of a block and never resize. The compiler is kept
 * from seeing that it is one block. */
static inline bool heap_try_allocate(hw_allocator_t *heap, hw_layout_t layout, void **ptr) {
  (void)heap;
  /* The size is wanted here as it is elsewhere, or the compiler would leave out its computation. */
  __asm__ volatile("" : : "r"(layout.size));
  static _Alignas(BENCH_EMPTY_BYTES) unsigned char block[BENCH_EMPTY_BYTES];
  *ptr = block;
  __asm__ volatile("" : "+r"(*ptr));
  return true;
}

static inline void heap_free(hw_allocator_t *heap, void *ptr, hw_layout_t layout) {
  (void)heap;
  __asm__ volatile("" : : "r"(ptr), "r"(layout.size) : "memory");
}

#endif

static inline void *heap_allocate(hw_allocator_t *heap, hw_layout_t layout) {
  void *ptr;
  if (!heap_try_allocate(heap, layout, &ptr)) bench_die("out of memory");
  return ptr;
}

#if !defined(BENCH_SEAM_EMPTY)

static inline void *heap_resize(hw_allocator_t *heap, void *ptr, hw_layout_t layout,
                                hw_layout_t next) {
  if (!heap_try_resize(heap, &ptr, layout, next)) bench_die("out of memory");
  return ptr;
}

#endif

/* What a program that embeds the arena does now and then while it idles: hand it the clock, so that
 * it gives pages back. A malloc has no such call. */
static inline void heap_tick(const bench_t *bench) {
#if defined(BENCH_SEAM_VTABLE)
  hw_status_t status = hw_arena_tick(bench->heap, NULL);
  if (status != HW_OK && status != HW_ERR_INVALID) bench_die(hw_status_name(status));
#else
  (void)bench;
#endif
}

/* Threads take a handle of their own and give it back before they end, or block for long. */
static inline hw_allocator_t *heap_attach(const bench_t *bench) {
  return bench_attach(bench->owner);
}

static inline void heap_detach(const bench_t *bench, hw_allocator_t *heap) {
  bench_detach(bench->owner, heap);
}

/* A block and its size: sized calls need it, and so that all do the same work, all keep it. */
typedef struct block {
  void *ptr; /* NULL: none */
  size_t size;
} block_t;

/* A new block of at least 8 bytes that carries `tag`. */
static inline void block_open(hw_allocator_t *heap, block_t *block, size_t size, uint64_t tag) {
  block->ptr = heap_allocate(heap, bytes(size));
  block->size = size;
  memcpy(block->ptr, &tag, sizeof tag);
}

/* Frees the block and returns its tag. */
static inline uint64_t block_close(hw_allocator_t *heap, block_t *block) {
  uint64_t tag;
  memcpy(&tag, block->ptr, sizeof tag);
  heap_free(heap, block->ptr, bytes(block->size));
  block->ptr = NULL;
  return tag;
}

/* Writes `value` into each page of `ptr` from offset `from` on. */
static inline void touch_pages(void *ptr, size_t from, size_t size, unsigned char value) {
  unsigned char *at = ptr;
  for (size_t offset = from; offset < size; offset += 4096) at[offset] = value;
}

/* The sum of what touch_pages wrote. */
static inline uint64_t sum_pages(const void *ptr, size_t size) {
  const unsigned char *at = ptr;
  uint64_t sum = 0;
  for (size_t offset = 0; offset < size; offset += 4096) sum += at[offset];
  return sum;
}

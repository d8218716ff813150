/* What the tests of heaps of chunks share. */
#pragma once

#include "fake_os.h"
#include "harness.h"

static inline hw_chunk_options_t chunk_options(size_t chunks, size_t chunk_size) {
  hw_chunk_options_t options = HW_CHUNK_OPTIONS;
  options.chunks = chunks;
  options.chunk_size = chunk_size;
  return options;
}

hw_allocator_t *chunk_open(const hw_chunk_options_t *options);
hw_allocator_t *chunk_begin(size_t chunks, size_t chunk_size);
/* Nothing lives: verify, destroy. */
void chunk_close(hw_allocator_t *heap);
/* Whatever lives. */
void chunk_close_all(hw_allocator_t *heap);

void *chunk_take(hw_allocator_t *heap, size_t size, size_t align);
void chunk_give(hw_allocator_t *heap, void *ptr, size_t size, size_t align);
/* Whole chunks at an alignment; the number of the first. */
size_t chunk_claim(hw_allocator_t *heap, size_t chunks, size_t align);
void chunk_free(hw_allocator_t *heap, size_t at, size_t chunks);
void assert_full(hw_allocator_t *heap, size_t size, size_t align);

hw_stats_t chunk_stats(hw_allocator_t *heap);
hw_chunk_info_t chunk_info(hw_allocator_t *heap);
double chunk_usage(hw_allocator_t *heap);
size_t chunk_longest(hw_allocator_t *heap);
size_t chunk_at(hw_allocator_t *heap, const void *ptr);
/* A call answered `status`; nothing has changed since `before` but that `failed` more failed. */
void assert_refused(hw_allocator_t *heap, hw_status_t expected, hw_status_t status,
                    const hw_stats_t *before, unsigned failed);

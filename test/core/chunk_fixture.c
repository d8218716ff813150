#include "chunk_fixture.h"

#include "base/align.h"

hw_allocator_t *chunk_open(const hw_chunk_options_t *options) {
  const hw_config_t config = {.limit = HW_NO_LIMIT, .chunk = options};
  hw_allocator_t *heap = NULL;
  assert_ok(hw_create("chunk", &config, &heap));
  return heap;
}

hw_allocator_t *chunk_begin(size_t chunks, size_t chunk_size) {
  hw_chunk_options_t options = chunk_options(chunks, chunk_size);
  return chunk_open(&options);
}

void chunk_close(hw_allocator_t *heap) {
  const char *broken = NULL;
  if (hw_verify(heap, &broken) != HW_OK) fail_msg("not: %s", broken);
  assert_int_equal(chunk_stats(heap).live_blocks, 0);
  assert_int_equal(chunk_stats(heap).live_bytes, 0);
  assert_ok(hw_destroy(heap));
}

void chunk_close_all(hw_allocator_t *heap) {
  assert_ok(hw_verify(heap, NULL));
  assert_ok(hw_chunk_reset(heap));
  chunk_close(heap);
}

void *chunk_take(hw_allocator_t *heap, size_t size, size_t align) {
  void *block = NULL;
  assert_ok(hw_allocate(heap, layout_of(size, align), 0, &block));
  assert_true(block != NULL && hw_is_aligned(block, align));
  return block;
}

void chunk_give(hw_allocator_t *heap, void *ptr, size_t size, size_t align) {
  assert_ok(hw_deallocate(heap, ptr, layout_of(size, align)));
}

size_t chunk_at(hw_allocator_t *heap, const void *ptr) {
  hw_chunk_info_t info = chunk_info(heap);
  return (size_t)((const uint8_t *)ptr - (uint8_t *)info.region) / info.chunk_size;
}

size_t chunk_claim(hw_allocator_t *heap, size_t chunks, size_t align) {
  return chunk_at(heap, chunk_take(heap, chunks * chunk_info(heap).chunk_size, align));
}

void chunk_free(hw_allocator_t *heap, size_t at, size_t chunks) {
  hw_chunk_info_t info = chunk_info(heap);
  uint8_t *block = (uint8_t *)info.region + at * info.chunk_size;
  chunk_give(heap, block, chunks * info.chunk_size, 1);
}

void assert_full(hw_allocator_t *heap, size_t size, size_t align) {
  hw_stats_t before = chunk_stats(heap);
  void *block = NULL;
  hw_status_t status = hw_allocate(heap, layout_of(size, align), 0, &block);
  assert_null(block);
  assert_refused(heap, HW_ERR_OUT_OF_MEMORY, status, &before, 1);
}

hw_stats_t chunk_stats(hw_allocator_t *heap) {
  hw_stats_t stats;
  assert_ok(hw_stats(heap, &stats));
  return stats;
}

hw_chunk_info_t chunk_info(hw_allocator_t *heap) {
  hw_chunk_info_t info;
  assert_ok(hw_chunk_info(heap, &info));
  return info;
}

double chunk_usage(hw_allocator_t *heap) {
  double percent = -1;
  assert_ok(hw_chunk_usage(heap, &percent));
  return percent;
}

size_t chunk_longest(hw_allocator_t *heap) {
  size_t chunks = SIZE_MAX;
  assert_ok(hw_chunk_largest_free_run(heap, &chunks));
  return chunks;
}

void assert_refused(hw_allocator_t *heap, hw_status_t expected, hw_status_t status,
                    const hw_stats_t *before, unsigned failed) {
  assert_status(expected, status);
  hw_stats_t after = chunk_stats(heap);
  assert_int_equal(after.live_blocks, before->live_blocks);
  assert_int_equal(after.live_bytes, before->live_bytes);
  assert_int_equal(after.allocations, before->allocations);
  assert_int_equal(after.deallocations, before->deallocations);
  assert_int_equal(after.failures, before->failures + failed);
  assert_ok(hw_verify(heap, NULL));
}

/* What a heap of chunks is made of, and what it refuses to be made of. */
#include <string.h>

#include "chunk_fixture.h"

static _Alignas(4096) uint8_t region[64 * 256];
static uint64_t bitmap[2];

static hw_chunk_options_t over(void *base, size_t size, void *bits, size_t bits_size) {
  hw_chunk_options_t options = chunk_options(0, 256);
  options.region = base;
  options.region_size = size;
  options.bitmap = bits;
  options.bitmap_size = bits_size;
  return options;
}

static void refuse(const hw_chunk_options_t *options) {
  fake_os_begin();
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os(), .chunk = options};
  hw_allocator_t *heap = (hw_allocator_t *)(void *)region;
  assert_status(HW_ERR_INVALID, hw_create("chunk", &config, &heap));
  assert_ptr_equal(heap, region);
  assert_int_equal(fake_os_mappings(), 0);
}

static void without_options_it_has_a_mebibyte(void **state) {
  (void)state;
  hw_allocator_t *heap = NULL;
  assert_ok(hw_create("chunk", NULL, &heap));
  hw_chunk_info_t info = chunk_info(heap);
  assert_int_equal(info.capacity, 1048576);
  assert_int_equal(info.chunk_size, 256);
  assert_int_equal(info.chunk_count, 4096);
  assert_true((uintptr_t)info.region % 1048576 == 0);
  chunk_close(heap);
}

static void chunk_sizes_are_powers_of_two_from_eight_on(void **state) {
  (void)state;
  const size_t bad[] = {0, 1, 2, 3, 4, 7, 9, 24, 255, 257, SIZE_MAX, HW_MAX_SIZE};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    hw_chunk_options_t options = chunk_options(8, bad[i]);
    refuse(&options);
  }
  for (size_t size = 8; size <= 1 << 20; size *= 2) {
    hw_allocator_t *heap = chunk_begin(9, size);
    void *block = chunk_take(heap, 3 * size - 1, 8);
    assert_int_equal(chunk_info(heap).free_chunks, 6);
    chunk_give(heap, block, 3 * size - 1, 8);
    chunk_close(heap);
  }
}

static void regions_that_cannot_be_are_refused(void **state) {
  (void)state;
  const hw_chunk_options_t bad[] = {
      chunk_options(0, 256),
      chunk_options(SIZE_MAX, 256),
      chunk_options(HW_MAX_SIZE / 256 + 1, 256),
      over(region, 0, NULL, 0),
      over(region, 255, NULL, 0),
      over(region, 257, NULL, 0),
      over(NULL, 256, NULL, 0),
      over(region, SIZE_MAX - 255, NULL, 0),
      over((void *)(uintptr_t)(UINTPTR_MAX - 511), 1024, NULL, 0),
      over(region, sizeof region, NULL, 8),
      over(region, sizeof region, bitmap, 0),
      over(region, sizeof region, bitmap, 7),
      over(region, sizeof region, (uint8_t *)bitmap + 1, 8),
      over(region, sizeof region, region + 64, 8),
      over(region, 256, region + 248, 16),
  };
  for (size_t i = 0; i < COUNT_OF(bad); i++) refuse(&bad[i]);
  hw_chunk_options_t odd = chunk_options(8, 256);
  odd.fit = (hw_chunk_fit_t)2;
  refuse(&odd);
}

static void more_than_the_system_has_is_out_of_memory(void **state) {
  (void)state;
  hw_chunk_options_t options = chunk_options(HW_MAX_SIZE / 4096, 4096);
  const hw_config_t config = {.limit = HW_NO_LIMIT, .chunk = &options};
  hw_allocator_t *heap = NULL;
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_create("chunk", &config, &heap));
  assert_null(heap);
}

/* Also one that is no multiple of anything: what cannot be aligned fails, the rest works. */
static void a_given_region_may_lie_at_any_address(void **state) {
  (void)state;
  hw_chunk_options_t options = over(region + 8, 63 * 256, NULL, 0);
  hw_allocator_t *heap = chunk_open(&options);
  assert_ptr_equal(chunk_info(heap).region, region + 8);
  uint8_t *block = chunk_take(heap, 63 * 256, 8);
  assert_ptr_equal(block, region + 8);
  chunk_give(heap, block, 63 * 256, 8);
  assert_full(heap, 1, 16);
  assert_full(heap, 1, 4096);
  chunk_close(heap);
  options = over(region + 256, 63 * 256, NULL, 0);
  heap = chunk_open(&options);
  assert_int_equal(chunk_claim(heap, 1, 256), 0);
  assert_int_equal(chunk_claim(heap, 1, 512), 1);
  assert_int_equal(chunk_claim(heap, 1, 4096), 15);
  chunk_close_all(heap);
}

static void a_given_region_is_not_written(void **state) {
  (void)state;
  memset(region, 0x5A, sizeof region);
  hw_chunk_options_t options = over(region, sizeof region, NULL, 0);
  hw_allocator_t *heap = chunk_open(&options);
  (void)chunk_take(heap, 100, 1);
  for (size_t i = 0; i < sizeof region; i++) assert_int_equal(region[i], 0x5A);
  void *zeroed = NULL;
  assert_ok(hw_allocate(heap, layout_of(100, 1), HW_ZEROED, &zeroed));
  assert_true(is_zero(zeroed, 100) && region[256 + 100] == 0x5A);
  chunk_close_all(heap);
}

/* All that steers the heap lies elsewhere: the map is rewritten, never read. */
static void a_bitmap_that_is_scribbled_over_steers_nothing(void **state) {
  (void)state;
  hw_chunk_options_t options = over(region, sizeof region, bitmap, 8);
  bitmap[1] = 77;
  hw_allocator_t *heap = chunk_open(&options);
  void *blocks[8];
  for (unsigned round = 0; round < 200; round++) {
    memset(bitmap, (int)(round * 37), 8);
    size_t i = round % 8;
    if (round >= 8) chunk_give(heap, blocks[i], 700, 8);
    blocks[i] = chunk_take(heap, 700, 8);
    assert_true((uint8_t *)blocks[i] >= region &&
                (uint8_t *)blocks[i] + 700 <= region + sizeof region);
    assert_ok(hw_verify(heap, NULL));
  }
  assert_int_equal(chunk_info(heap).free_chunks, 64 - 8 * 3);
  assert_int_equal(bitmap[1], 77);
  chunk_close_all(heap);
}

/* Its last byte is written without the bits that no chunk has. */
static void a_bitmap_shows_the_chunks_in_use(void **state) {
  (void)state;
  for (size_t chunks = 1; chunks <= 64; chunks++) {
    uint8_t *bytes = (uint8_t *)bitmap;
    memset(bitmap, 0xEE, sizeof bitmap);
    hw_chunk_options_t options = over(region, chunks * 256, bitmap, (chunks + 7) / 8);
    hw_allocator_t *heap = chunk_open(&options);
    void *all = chunk_take(heap, chunks * 256, 1), *out = NULL;
    for (size_t i = 0; i < chunks; i++) assert_true((bytes[i / 8] >> (i % 8) & 1) == 1);
    for (size_t i = chunks; i < (chunks + 7) / 8 * 8; i++) {
      assert_true((bytes[i / 8] >> (i % 8) & 1) == 0);
    }
    if (chunks < 57) assert_int_equal(bytes[7], 0xEE);
    assert_ok(hw_reallocate(heap, all, layout_of(chunks * 256, 1), layout_of(1, 1), 0, &out));
    assert_int_equal(bytes[0], 1);
    chunk_give(heap, all, 1, 1);
    assert_true(is_zero(bytes, (chunks + 7) / 8));
    chunk_close(heap);
  }
}

static void functions_of_chunks_refuse_others(void **state) {
  (void)state;
  hw_allocator_t *system = NULL;
  hw_chunk_info_t info;
  double percent;
  size_t count;
  void *out = NULL;
  assert_ok(hw_create("system", NULL, &system));
  hw_allocator_t *const others[] = {NULL, system};
  for (size_t i = 0; i < COUNT_OF(others); i++) {
    assert_status(HW_ERR_INVALID, hw_chunk_info(others[i], &info));
    assert_status(HW_ERR_INVALID, hw_chunk_usage(others[i], &percent));
    assert_status(HW_ERR_INVALID, hw_chunk_largest_free_run(others[i], &count));
    assert_status(HW_ERR_INVALID, hw_chunk_reclaim(others[i], 1, NULL));
    assert_status(HW_ERR_INVALID, hw_chunk_reset(others[i]));
    assert_status(HW_ERR_INVALID, hw_chunk_allocate_as(others[i], 1, layout_of(1, 1), 0, &out));
  }
  assert_ok(hw_destroy(system));
  hw_allocator_t *heap = chunk_begin(8, 8);
  assert_status(HW_ERR_INVALID, hw_chunk_info(heap, NULL));
  assert_status(HW_ERR_INVALID, hw_chunk_usage(heap, NULL));
  assert_status(HW_ERR_INVALID, hw_chunk_largest_free_run(heap, NULL));
  assert_status(HW_ERR_INVALID, hw_chunk_allocate_as(heap, 65535, layout_of(1, 1), 0, &out));
  assert_status(HW_ERR_INVALID, hw_chunk_allocate_as(heap, 1, layout_of(1, 3), 0, &out));
  assert_status(HW_ERR_INVALID, hw_chunk_allocate_as(heap, 1, layout_of(1, 1), 8, &out));
  assert_status(HW_ERR_INVALID, hw_chunk_allocate_as(heap, 1, layout_of(1, 1), 0, NULL));
  assert_status(HW_ERR_INVALID, hw_chunk_reclaim(heap, 0, NULL));
  assert_status(HW_ERR_INVALID, hw_chunk_reclaim(heap, 65535, NULL));
  chunk_close(heap);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_options_it_has_a_mebibyte),
      cmocka_unit_test(chunk_sizes_are_powers_of_two_from_eight_on),
      cmocka_unit_test(regions_that_cannot_be_are_refused),
      cmocka_unit_test(more_than_the_system_has_is_out_of_memory),
      cmocka_unit_test(a_given_region_may_lie_at_any_address),
      cmocka_unit_test(a_given_region_is_not_written),
      cmocka_unit_test(a_bitmap_that_is_scribbled_over_steers_nothing),
      cmocka_unit_test(a_bitmap_shows_the_chunks_in_use),
      cmocka_unit_test(functions_of_chunks_refuse_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

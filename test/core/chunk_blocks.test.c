/* Blocks of heaps of chunks: alignment up to the region, a full heap, limits, empty and zeroed
 * blocks, retired ones, a region of more than 4 GiB. */
#include <string.h>

#include "base/align.h"
#include "chunk_fixture.h"

#define KIB ((size_t)1024)
#define MIB (KIB * KIB)

static void every_alignment_up_to_the_region_can_be_had(void **state) {
  (void)state;
  for (size_t chunk_size = 8; chunk_size <= 4096; chunk_size *= 8) {
    hw_allocator_t *heap = chunk_begin(MIB / chunk_size, chunk_size);
    for (size_t align = 1; align <= MIB; align *= 2) {
      chunk_give(heap, chunk_take(heap, 100, align), 100, align);
    }
    void *all = chunk_take(heap, MIB, MIB);
    assert_full(heap, 1, 1);
    chunk_give(heap, all, MIB, MIB);
    assert_full(heap, 1, 1024 * MIB * 1024 * 1024);
    chunk_close(heap);
  }
}

/* Fills a heap whose free runs are all single chunks, then asks for what cannot be. */
static void a_full_heap_says_so_for_every_alignment(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(40000, 64);
  for (size_t i = 0; i < 40000; i++) (void)chunk_claim(heap, 1, 1);
  for (size_t align = 1; align <= MIB; align *= 2) assert_full(heap, 1, align);
  for (size_t i = 101; i < 40000; i += 2) chunk_free(heap, i, 1); /* less than half of it */
  for (unsigned round = 0; round < 3; round++) {
    assert_full(heap, 65, 1);
    assert_full(heap, 5000, 1);
    for (size_t align = 128; align <= MIB; align *= 2) assert_full(heap, 1, align);
    assert_full(heap, 65, 64);
  }
  /* One free makes room for just what fits there. */
  chunk_free(heap, 20002, 1);
  assert_full(heap, 4 * 64, 1);
  assert_full(heap, 64, 256);
  assert_int_equal(chunk_claim(heap, 2, 128), 20002);
  assert_full(heap, 64, 128);
  assert_int_equal(chunk_claim(heap, 1, 1), 20005);
  chunk_close_all(heap);
}

/* Holes at the borders of words and groups, which a search might miss. */
static void a_hole_is_found_wherever_it_is(void **state) {
  (void)state;
  const size_t count = 13000;
  for (unsigned fit = 0; fit < 2; fit++) {
    hw_chunk_options_t options = chunk_options(count, 8);
    options.fit = (hw_chunk_fit_t)fit;
    hw_allocator_t *heap = chunk_open(&options);
    for (size_t i = 0; i < count; i++) (void)chunk_claim(heap, 1, 1);
    const size_t holes[] = {0, 62, 64, 4090, 4095, 4096, 8190, 12280, 12999 - 150};
    const size_t lengths[] = {1, 2, 3, 7, 64, 65, 127, 128, 150};
    for (size_t i = 0; i < COUNT_OF(holes); i++) {
      for (size_t k = 0; k < COUNT_OF(lengths); k++) {
        assert_full(heap, 8, 1);
        for (size_t n = 0; n < lengths[k]; n++) chunk_free(heap, holes[i] + n, 1);
        assert_int_equal(chunk_longest(heap), lengths[k]);
        assert_full(heap, 8 * lengths[k] + 1, 1);
        assert_int_equal(chunk_claim(heap, lengths[k], 1), holes[i]);
        chunk_free(heap, holes[i], lengths[k]);
        for (size_t n = 0; n < lengths[k]; n++) (void)chunk_claim(heap, 1, 1);
      }
    }
    chunk_close_all(heap);
  }
}

static void best_fit_sees_every_hole_of_a_large_heap(void **state) {
  (void)state;
  hw_chunk_options_t options = chunk_options(20000, 8);
  options.fit = HW_CHUNK_BEST_FIT;
  hw_allocator_t *heap = chunk_open(&options);
  const size_t sizes[] = {5000, 1, 300, 1, 4000, 1, 70, 1, 4200, 1};
  size_t at = 0, begins[COUNT_OF(sizes)];
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    begins[i] = chunk_claim(heap, sizes[i], 1);
    assert_int_equal(begins[i], at);
    at += sizes[i];
  }
  for (size_t i = 0; i < COUNT_OF(sizes); i += 2) chunk_free(heap, begins[i], sizes[i]);
  assert_int_equal(chunk_claim(heap, 60, 1), begins[6]);
  assert_int_equal(chunk_claim(heap, 300, 1), begins[2]);
  assert_int_equal(chunk_claim(heap, 3999, 1), begins[4]);
  assert_int_equal(chunk_claim(heap, 4001, 1), begins[8]);
  assert_int_equal(chunk_claim(heap, 4001, 1), begins[0]);
  assert_int_equal(chunk_claim(heap, 5001, 1), at);
  chunk_close_all(heap);
}

static void a_limit_counts_the_bytes_of_layouts(void **state) {
  (void)state;
  hw_chunk_options_t options = chunk_options(64, 256);
  const hw_config_t config = {.limit = 1000, .chunk = &options};
  hw_allocator_t *heap = NULL;
  assert_ok(hw_create("chunk", &config, &heap));
  void *a = chunk_take(heap, 600, 1), *out = NULL;
  hw_stats_t before = chunk_stats(heap);
  hw_status_t status = hw_allocate(heap, layout_of(401, 1), 0, &out);
  assert_refused(heap, HW_ERR_LIMIT, status, &before, 1);
  before.failures++;
  status = hw_reallocate(heap, a, layout_of(600, 1), layout_of(1001, 1), 0, &out);
  assert_refused(heap, HW_ERR_LIMIT, status, &before, 1);
  before.failures++;
  status = hw_reallocate_in_place(heap, a, layout_of(600, 1), layout_of(1001, 1));
  assert_refused(heap, HW_ERR_LIMIT, status, &before, 1);
  assert_ok(hw_reallocate(heap, a, layout_of(600, 1), layout_of(1000, 1), 0, &out));
  assert_int_equal(chunk_stats(heap).peak_bytes, 1000);
  void *empty = chunk_take(heap, 0, 1);
  chunk_give(heap, empty, 0, 1);
  chunk_give(heap, out, 1000, 1);
  assert_int_equal(chunk_stats(heap).peak_bytes, 1000);
  chunk_close(heap);
}

static void the_peak_is_what_was_live_at_once(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(8, 64);
  void *a = chunk_take(heap, 100, 1), *b = chunk_take(heap, 200, 1);
  assert_int_equal(chunk_stats(heap).peak_bytes, 300);
  chunk_give(heap, b, 200, 1);
  assert_int_equal(chunk_stats(heap).peak_bytes, 300);
  void *c = chunk_take(heap, 50, 1);
  assert_int_equal(chunk_stats(heap).peak_bytes, 300);
  void *d = chunk_take(heap, 151, 1);
  chunk_give(heap, a, 100, 1);
  assert_int_equal(chunk_stats(heap).peak_bytes, 301);
  chunk_give(heap, c, 50, 1);
  chunk_give(heap, d, 151, 1);
  chunk_close(heap);
}

static void zeroed_blocks_read_zero_when_the_hint_went_back(void **state) {
  (void)state;
  enum { BLOCKS = 64 };
  hw_allocator_t *heap = chunk_begin(64, BLOCKS);
  void *blocks[BLOCKS];
  for (unsigned i = 0; i < BLOCKS; i++) memset(blocks[i] = chunk_take(heap, 64, 1), 0xff, 64);
  for (unsigned i = 0; i < BLOCKS; i++) chunk_give(heap, blocks[i], 64, 1);
  for (unsigned i = 0; i < BLOCKS; i++) {
    assert_ok(hw_allocate(heap, layout_of(64, 1), HW_ZEROED, &blocks[i]));
    assert_true(is_zero(blocks[i], 64));
  }
  for (unsigned i = 0; i < BLOCKS; i++) chunk_give(heap, blocks[i], 64, 1);
  chunk_close(heap);
}

static void empty_blocks_differ_and_end_once(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(8, 64);
  void *blocks[64 * 4];
  size_t count = 0;
  for (size_t align = 1; align <= (size_t)1 << 40; align *= 4) {
    for (size_t i = 0; i < 4; i++) {
      blocks[count] = chunk_take(heap, 0, align);
      assert_int_equal(hw_owns(heap, blocks[count]), HW_OWNS_YES);
      for (size_t k = 0; k < count; k++) assert_ptr_not_equal(blocks[k], blocks[count]);
      count++;
    }
  }
  assert_int_equal(chunk_stats(heap).live_blocks, count);
  assert_full(heap, 0, (size_t)1 << 62); /* such numbers are few, and theirs are taken */
  hw_stats_t before = chunk_stats(heap);
  assert_refused(heap, HW_ERR_LAYOUT_MISMATCH, hw_deallocate(heap, blocks[0], layout_of(0, 2)),
                 &before, 0);
  assert_refused(heap, HW_ERR_LAYOUT_MISMATCH, hw_deallocate(heap, blocks[0], layout_of(1, 1)),
                 &before, 0);
  assert_status(HW_ERR_BUSY, hw_destroy(heap));
  for (size_t i = 0; i < count; i++) {
    size_t align = (uintptr_t)blocks[i] & (0 - (uintptr_t)blocks[i]);
    chunk_give(heap, blocks[i], 0, align);
    before = chunk_stats(heap);
    hw_status_t status = hw_deallocate(heap, blocks[i], layout_of(0, align));
    assert_refused(heap, HW_ERR_NOT_LIVE, status, &before, 0);
    assert_int_equal(hw_owns(heap, blocks[i]), HW_OWNS_NO);
  }
  chunk_close(heap);
}

static void there_are_65536_empty_blocks_at_once(void **state) {
  (void)state;
  static void *blocks[65536];
  hw_allocator_t *heap = chunk_begin(8, 64);
  for (size_t i = 0; i < COUNT_OF(blocks); i++) blocks[i] = chunk_take(heap, 0, 16);
  assert_full(heap, 0, 16);
  chunk_give(heap, blocks[777], 0, 16);
  blocks[777] = chunk_take(heap, 0, 32);
  assert_full(heap, 0, 16);
  assert_ok(hw_chunk_reset(heap));
  chunk_close(heap);
}

/* A chunk that was never handed out is zero already; one that was is filled. */
static void zeroed_blocks_read_zero(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(100, 64);
  for (unsigned round = 0; round < 300; round++) {
    void *block = NULL;
    size_t size = 1 + round * 7 % 500;
    assert_ok(hw_allocate(heap, layout_of(size, 8), HW_ZEROED, &block));
    assert_true(is_zero(block, size));
    memset(block, 0xFF, hw_align_up(size, 64));
    void *out = NULL;
    hw_layout_t next = layout_of(size + 300, 8);
    assert_ok(hw_reallocate(heap, block, layout_of(size, 8), next, HW_ZEROED, &out));
    assert_true(is_zero((uint8_t *)out + size, 300));
    chunk_give(heap, out, size + 300, 8);
  }
  chunk_close(heap);
}

static void no_call_reaches_the_system_once_the_heap_is_made(void **state) {
  (void)state;
  fake_os_begin();
  hw_chunk_options_t options = chunk_options(64, 256);
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os(), .chunk = &options};
  hw_allocator_t *heap = NULL;
  assert_ok(hw_create("chunk", &config, &heap));
  for (fake_hook_t hook = FAKE_MAP; hook < FAKE_ANY; hook++) fake_os_refuse(hook);
  void *blocks[32];
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    assert_ok(hw_allocate(heap, layout_of(i * 16, 8), HW_NOWAIT | HW_ZEROED, &blocks[i]));
  }
  for (size_t i = 0; i < COUNT_OF(blocks); i++) chunk_give(heap, blocks[i], i * 16, 8);
  chunk_close(heap);
  assert_int_equal(fake_os_mappings(), 0);
}

static void retired_blocks_end_their_neighbours_and_keep_their_place(void **state) {
  (void)state;
  fake_os_begin();
  hw_chunk_options_t options = chunk_options(16, 4096);
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os(), .chunk = &options};
  hw_allocator_t *heap = NULL;
  assert_ok(hw_create("chunk", &config, &heap));
  uint8_t *before = chunk_take(heap, 8192, 8), *retired = chunk_take(heap, 10000, 8);
  uint8_t *behind = chunk_take(heap, 4096, 8);
  memset(retired, 1, 10000);
  memset(before, 2, 8192);
  assert_ok(hw_retire(heap, retired, layout_of(10000, 8)));
  assert_true(is_zero(retired, 10000) && before[8191] == 2);
  assert_int_equal(hw_owns(heap, retired), HW_OWNS_NO);
  hw_stats_t stats = chunk_stats(heap);
  assert_int_equal(stats.retired_bytes, 10000);
  assert_refused(heap, HW_ERR_NOT_LIVE, hw_deallocate(heap, retired, layout_of(10000, 8)), &stats,
                 0);
  assert_refused(heap, HW_ERR_NOT_LIVE, hw_retire(heap, retired, layout_of(10000, 8)), &stats, 0);
  chunk_give(heap, before, 8192, 8);
  chunk_give(heap, behind, 4096, 8);
  assert_int_equal(chunk_longest(heap), 11);
  void *empty = chunk_take(heap, 0, 1);
  assert_ok(hw_retire(heap, empty, layout_of(0, 1)));
  assert_status(HW_ERR_NOT_LIVE, hw_deallocate(heap, empty, layout_of(0, 1)));
  assert_ok(hw_chunk_reset(heap));
  assert_int_equal(chunk_info(heap).free_chunks, 13);
  chunk_close(heap);
  assert_int_equal(fake_os_mappings(), 1);
  assert_true(is_zero(retired, 10000));
  fake_os_reclaim();
}

static void a_given_region_loses_only_the_bytes_of_a_retired_block(void **state) {
  (void)state;
  static _Alignas(4096) uint8_t region[8 * 4096];
  memset(region, 3, sizeof region);
  hw_chunk_options_t options = chunk_options(0, 4096);
  options.region = region;
  options.region_size = sizeof region;
  hw_allocator_t *heap = chunk_open(&options);
  void *block = chunk_take(heap, 8000, 8);
  assert_ok(hw_retire(heap, block, layout_of(8000, 8)));
  assert_true(is_zero(block, 8000) && region[8000] == 3);
  chunk_close(heap);
  assert_int_equal(region[8000], 3);
}

/* Sizes that 32 bits do not hold. */
static void a_region_of_eight_gibibytes_works(void **state) {
  (void)state;
  const size_t gib = 1024 * MIB, size = 5 * gib + 1;
  hw_allocator_t *heap = chunk_begin(8 * 1024, MIB);
  uint8_t *block = chunk_take(heap, size, 4096);
  block[size - 1] = 9;
  hw_stats_t before = chunk_stats(heap);
  assert_refused(heap, HW_ERR_LAYOUT_MISMATCH, hw_deallocate(heap, block, layout_of(gib + 1, 8)),
                 &before, 0);
  assert_int_equal(before.live_bytes, size);
  assert_full(heap, 3 * gib, 1);
  chunk_give(heap, block, size, 4096);
  chunk_close(heap);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_alignment_up_to_the_region_can_be_had),
      cmocka_unit_test(a_full_heap_says_so_for_every_alignment),
      cmocka_unit_test(a_hole_is_found_wherever_it_is),
      cmocka_unit_test(best_fit_sees_every_hole_of_a_large_heap),
      cmocka_unit_test(a_limit_counts_the_bytes_of_layouts),
      cmocka_unit_test(the_peak_is_what_was_live_at_once),
      cmocka_unit_test(zeroed_blocks_read_zero_when_the_hint_went_back),
      cmocka_unit_test(empty_blocks_differ_and_end_once),
      cmocka_unit_test(there_are_65536_empty_blocks_at_once),
      cmocka_unit_test(zeroed_blocks_read_zero),
      cmocka_unit_test(no_call_reaches_the_system_once_the_heap_is_made),
      cmocka_unit_test(retired_blocks_end_their_neighbours_and_keep_their_place),
      cmocka_unit_test(a_given_region_loses_only_the_bytes_of_a_retired_block),
      cmocka_unit_test(a_region_of_eight_gibibytes_works),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

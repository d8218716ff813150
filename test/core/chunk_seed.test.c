/* The tests of simple-chunk-allocator, by their names there, inverted where the design differs, and
 * one test for each defect that was found in it. */
#include "chunk_fixture.h"

static hw_status_t create(size_t chunks, size_t chunk_size, void *bitmap, size_t bitmap_size) {
  hw_chunk_options_t options = chunk_options(chunks, chunk_size);
  options.bitmap = bitmap;
  options.bitmap_size = bitmap_size;
  const hw_config_t config = {.limit = HW_NO_LIMIT, .chunk = &options};
  hw_allocator_t *heap = NULL;
  hw_status_t status = hw_create("chunk", &config, &heap);
  if (status == HW_OK) chunk_close(heap);
  return status;
}

static void new_fails_illegal_chunk_size(void **state) {
  (void)state;
  static uint64_t bitmap[1];
  assert_status(HW_ERR_INVALID, create(8, 0, NULL, 0));
  assert_status(HW_ERR_INVALID, create(8, 3, NULL, 0));
  /* There: 512 with a bitmap whose bits are not those of the chunks. Here: too few. */
  assert_status(HW_ERR_INVALID, create(72, 512, bitmap, sizeof bitmap));
  assert_ok(create(8, 512, bitmap, sizeof bitmap));
}

static void chunk_count_and_size(void **state) {
  (void)state;
  for (size_t chunks = 8; chunks <= 128; chunks += 8) {
    hw_allocator_t *heap = chunk_begin(chunks, 256);
    hw_chunk_info_t info = chunk_info(heap);
    assert_int_equal(info.chunk_count, chunks);
    assert_int_equal(info.chunk_size, 256);
    assert_int_equal(info.capacity, chunks * 256);
    assert_int_equal(info.free_chunks, chunks);
    chunk_close(heap);
  }
}

/* There: only multiples of 8. */
static void any_chunk_count_is_accepted(void **state) {
  (void)state;
  for (size_t chunks = 1; chunks <= 200; chunks++) {
    hw_allocator_t *heap = chunk_begin(chunks, 256);
    assert_int_equal(chunk_claim(heap, chunks, 1), 0);
    assert_full(heap, 1, 1);
    chunk_free(heap, 0, chunks);
    assert_int_equal(chunk_longest(heap), chunks);
    chunk_close(heap);
  }
}

/* Bit 3 is bit 3 of byte 0, bit 9 is bit 1 of byte 1; a preset 0x2f is cleared, for bits in it
 * would be blocks that nobody can free. */
static void bitmap_bits_are_where_they_belong(void **state) {
  (void)state;
  static uint64_t bitmap[1] = {0x2f};
  hw_chunk_options_t options = chunk_options(16, 256);
  options.bitmap = bitmap;
  options.bitmap_size = 2;
  hw_allocator_t *heap = chunk_open(&options);
  const uint8_t *bytes = (const uint8_t *)bitmap;
  assert_int_equal(bytes[0], 0);
  for (size_t i = 0; i < 16; i++) assert_int_equal(chunk_claim(heap, 1, 1), i);
  for (size_t i = 0; i < 16; i++) {
    if (i != 3 && i != 9) chunk_free(heap, i, 1);
  }
  assert_int_equal(bytes[0], 1 << 3);
  assert_int_equal(bytes[1], 1 << 1);
  chunk_close_all(heap);
}

static void chunk_index_to_ptr(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(8, 256);
  uint8_t *region = chunk_info(heap).region;
  for (size_t i = 0; i < 8; i++) assert_ptr_equal(chunk_take(heap, 256, 1), region + i * 256);
  chunk_close_all(heap);
}

/* 32 chunks of 256 bytes: two pages. */
static void find_free_continuous_memory_region_basic(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(32, 256);
  assert_int_equal(chunk_claim(heap, 1, 4096), 0);
  assert_int_equal(chunk_claim(heap, 1, 1), 1);
  assert_int_equal(chunk_claim(heap, 1, 4096), 16);
  assert_full(heap, 256, 4096);
  chunk_free(heap, 0, 1);
  assert_int_equal(chunk_claim(heap, 1, 4096), 0);
  chunk_close_all(heap);
}

static void find_free_continuous_memory_region_full(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(32, 256);
  assert_full(heap, 33 * 256, 1);
  for (size_t i = 0; i < 32; i++) assert_int_equal(chunk_claim(heap, 1, 1), i);
  assert_full(heap, 1, 1);
  for (size_t i = 16; i < 32; i++) chunk_free(heap, i, 1);
  assert_int_equal(chunk_claim(heap, 16, 4096), 16);
  chunk_free(heap, 16, 16);
  for (size_t i = 0; i < 16; i++) chunk_free(heap, i, 1);
  assert_int_equal(chunk_claim(heap, 32, 4096), 0);
  chunk_close_all(heap);
}

static void find_free_continuous_memory_region_with_holes(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(32, 256);
  assert_int_equal(chunk_claim(heap, 3, 1), 0);
  assert_int_equal(chunk_claim(heap, 1, 4096), 16);
  assert_full(heap, 256, 4096);
  assert_int_equal(chunk_claim(heap, 15, 1), 17);
  chunk_close_all(heap);
}

static void usage(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(8, 256);
  assert_true(chunk_usage(heap) == 0);
  void *two = chunk_take(heap, 512, 8);
  assert_true(chunk_usage(heap) == 25);
  void *six = chunk_take(heap, 6 * 256, 8);
  assert_true(chunk_usage(heap) == 100);
  chunk_give(heap, two, 512, 8);
  assert_true(chunk_usage(heap) == 75);
  void *one = chunk_take(heap, 256, 8);
  assert_true(chunk_usage(heap) == 87.5);
  chunk_give(heap, six, 6 * 256, 8);
  chunk_give(heap, one, 256, 8);
  assert_true(chunk_usage(heap) == 0);
  chunk_close(heap);
  heap = chunk_begin(3, 256);
  void *third = chunk_take(heap, 1, 1);
  assert_true(chunk_usage(heap) == 33.33);
  chunk_give(heap, third, 1, 1);
  chunk_close(heap);
}

/* There by time, at least twice as fast; here by what happens: no chunk and no byte moves. */
static void realloc_inside_a_chunk_moves_nothing(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(16, 256);
  void *block = chunk_take(heap, 1, 1), *moved = NULL;
  for (size_t size = 1; size < 256; size++) {
    assert_ok(hw_reallocate(heap, block, layout_of(size, 1), layout_of(size + 1, 1), 0, &moved));
    assert_ptr_equal(moved, block);
    assert_int_equal(chunk_stats(heap).live_bytes, size + 1);
  }
  assert_int_equal(chunk_stats(heap).allocations, 1);
  chunk_close_all(heap);
}

/* Its examples. */
static void a_heap_of_a_mebibyte_with_a_vec_and_a_box(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(4096, 256);
  assert_int_equal(chunk_info(heap).capacity, 1048576);
  double before = chunk_usage(heap);
  int32_t *vec = chunk_take(heap, 3 * sizeof(int32_t), 4);
  int32_t *box = chunk_take(heap, 3 * sizeof(int32_t), 4);
  for (int i = 0; i < 3; i++) vec[i] = box[i] = i + 1;
  assert_true(chunk_usage(heap) > before);
  assert_true(vec[2] == 3 && box[0] == 1);
  chunk_close_all(heap);
}

static void sixteen_chunks_of_sixteen_hold_a_vec_that_grows(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(16, 16);
  size_t room = 4;
  void *vec = chunk_take(heap, room * 4, 4);
  for (int32_t i = 0; i < 10; i++) {
    if ((size_t)i == room) {
      assert_ok(hw_reallocate(heap, vec, layout_of(room * 4, 4), layout_of(room * 8, 4), 0, &vec));
      room *= 2;
    }
    ((int32_t *)vec)[i] = i;
  }
  for (int32_t i = 0; i < 10; i++) assert_int_equal(((int32_t *)vec)[i], i);
  assert_int_equal(chunk_stats(heap).live_bytes, 64);
  chunk_give(heap, vec, 64, 4);
  chunk_close(heap);
}

/* ---- Its defects ---- */

static void shrinking_frees_the_tail(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(32, 256);
  void *block = chunk_take(heap, 1024, 8), *out = NULL;
  assert_ok(hw_reallocate(heap, block, layout_of(1024, 8), layout_of(100, 8), 0, &out));
  assert_ptr_equal(out, block);
  assert_true(chunk_usage(heap) == 3.13);
  assert_ok(hw_reallocate(heap, out, layout_of(100, 8), layout_of(256, 8), 0, &out));
  assert_ptr_equal(out, block);
  assert_ok(hw_reallocate(heap, out, layout_of(256, 8), layout_of(257, 8), 0, &out));
  assert_ptr_equal(out, block);
  chunk_give(heap, out, 257, 8);
  assert_true(chunk_usage(heap) == 0);
  chunk_close(heap);
}

static void shrinking_works_in_a_full_heap(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(4, 256);
  void *block = chunk_take(heap, 1024, 8), *out = NULL;
  assert_full(heap, 1, 1);
  assert_ok(hw_reallocate(heap, block, layout_of(1024, 8), layout_of(1, 8), 0, &out));
  assert_ptr_equal(out, block);
  assert_int_equal(chunk_longest(heap), 3);
  chunk_close_all(heap);
}

static void an_empty_block_takes_no_chunk(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(2, 256);
  void *empty = chunk_take(heap, 0, 8);
  assert_true(chunk_usage(heap) == 0);
  void *all = chunk_take(heap, 512, 1), *more = chunk_take(heap, 0, 8);
  assert_ptr_not_equal(empty, more);
  chunk_give(heap, all, 512, 1);
  chunk_give(heap, empty, 0, 8);
  chunk_give(heap, more, 0, 8);
  chunk_close(heap);
}

/* Freed 20, 10, 11, 5 there: the next allocations got 5, 10, 11, in the order of addresses from a
 * hint that had stuck. */
static void best_fit_takes_the_tightest_hole(void **state) {
  (void)state;
  hw_chunk_options_t options = chunk_options(32, 256);
  options.fit = HW_CHUNK_BEST_FIT;
  hw_allocator_t *heap = chunk_open(&options);
  for (size_t i = 0; i < 32; i++) assert_int_equal(chunk_claim(heap, 1, 1), i);
  const size_t holes[] = {20, 21, 22, 10, 11, 5};
  for (size_t i = 0; i < COUNT_OF(holes); i++) chunk_free(heap, holes[i], 1);
  assert_int_equal(chunk_claim(heap, 2, 1), 10);
  assert_int_equal(chunk_claim(heap, 1, 1), 5);
  assert_int_equal(chunk_claim(heap, 3, 1), 20);
  assert_full(heap, 1, 1);
  chunk_close_all(heap);
}

static void the_hint_stands_behind_the_last_block(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(64, 256);
  assert_int_equal(chunk_claim(heap, 10, 1), 0);
  assert_int_equal(chunk_claim(heap, 10, 1), 10);
  chunk_free(heap, 0, 10);
  assert_int_equal(chunk_claim(heap, 1, 1), 20);
  assert_int_equal(chunk_claim(heap, 43, 1), 21);
  assert_int_equal(chunk_claim(heap, 10, 1), 0);
  chunk_close_all(heap);
}

/* There it stayed at a chunk that was free, since that one was too small for what was asked for. */
static void the_hint_does_not_stay_at_a_small_hole(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(64, 256);
  for (size_t i = 0; i < 64; i++) assert_int_equal(chunk_claim(heap, 1, 1), i);
  const size_t holes[] = {19, 20, 40, 41, 50};
  for (size_t i = 0; i < COUNT_OF(holes); i++) chunk_free(heap, holes[i], 1);
  assert_int_equal(chunk_claim(heap, 1, 1), 19);
  assert_int_equal(chunk_claim(heap, 2, 1), 40);
  assert_int_equal(chunk_claim(heap, 1, 1), 50);
  assert_int_equal(chunk_claim(heap, 1, 1), 20);
  chunk_close_all(heap);
}

/* There by the first allocation alone: the second one went ahead. */
static void a_misaligned_region_is_said_to_be_so_each_time(void **state) {
  (void)state;
  static _Alignas(4096) uint8_t region[8 * 256];
  hw_chunk_options_t options = chunk_options(0, 256);
  options.region = region + 128;
  options.region_size = 7 * 256;
  hw_allocator_t *heap = chunk_open(&options);
  for (unsigned round = 0; round < 3; round++) assert_full(heap, 1, 256);
  chunk_give(heap, chunk_take(heap, 1, 128), 1, 128);
  assert_full(heap, 1, 256);
  chunk_close(heap);
}

/* There it panicked, which no caller of an allocator may see. */
static void a_full_heap_is_an_answer(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(2, 256);
  void *all = chunk_take(heap, 512, 1), *out = all;
  assert_full(heap, 1, 1);
  hw_stats_t before = chunk_stats(heap);
  hw_status_t status = hw_reallocate(heap, all, layout_of(512, 1), layout_of(513, 1), 0, &out);
  assert_refused(heap, HW_ERR_OUT_OF_MEMORY, status, &before, 1);
  assert_ptr_equal(out, all);
  chunk_give(heap, all, 512, 1);
  chunk_close(heap);
}

static void growth_to_a_larger_alignment_moves(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(64, 256);
  (void)chunk_claim(heap, 1, 1);
  uint8_t *block = chunk_take(heap, 256, 1);
  fill_pattern(block, 256, 7);
  void *out = NULL;
  assert_ok(hw_reallocate(heap, block, layout_of(256, 1), layout_of(300, 4096), 0, &out));
  assert_int_equal((uintptr_t)out % 4096, 0);
  assert_true(has_pattern(out, 256, 7));
  chunk_close_all(heap);
}

/* A wrong free there cleared bits half-way and then panicked, or took a neighbour's chunks. */
static void wrong_frees_are_refused_before_any_change(void **state) {
  (void)state;
  hw_allocator_t *heap = chunk_begin(16, 256);
  uint8_t *block = chunk_take(heap, 1000, 8), stranger[256];
  hw_stats_t before = chunk_stats(heap);
  const struct {
    void *ptr;
    hw_layout_t layout;
    hw_status_t expected;
  } cases[] = {
      {block, {1001, 8}, HW_ERR_LAYOUT_MISMATCH},     {block, {2000, 8}, HW_ERR_LAYOUT_MISMATCH},
      {block, {100000, 8}, HW_ERR_LAYOUT_MISMATCH},   {block, {999, 8}, HW_ERR_LAYOUT_MISMATCH},
      {block, {0, 8}, HW_ERR_LAYOUT_MISMATCH},        {block + 256, {744, 8}, HW_ERR_INTERIOR},
      {block + 256, {256, 8}, HW_ERR_INTERIOR},       {block + 1, {999, 1}, HW_ERR_INTERIOR},
      {block + 1, {1000, 1}, HW_ERR_INTERIOR},        {block + 1024, {256, 8}, HW_ERR_NOT_LIVE},
      {stranger, {256, 1}, HW_ERR_NOT_OWNED},         {block - 1, {256, 1}, HW_ERR_NOT_OWNED},
      {block + 16 * 256, {256, 8}, HW_ERR_NOT_OWNED},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    hw_status_t status = hw_deallocate(heap, cases[i].ptr, cases[i].layout);
    assert_refused(heap, cases[i].expected, status, &before, 0);
  }
  chunk_give(heap, block, 1000, 8);
  before = chunk_stats(heap);
  assert_refused(heap, HW_ERR_NOT_LIVE, hw_deallocate(heap, block, layout_of(1000, 8)), &before, 0);
  chunk_close(heap);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(new_fails_illegal_chunk_size),
      cmocka_unit_test(chunk_count_and_size),
      cmocka_unit_test(any_chunk_count_is_accepted),
      cmocka_unit_test(bitmap_bits_are_where_they_belong),
      cmocka_unit_test(chunk_index_to_ptr),
      cmocka_unit_test(find_free_continuous_memory_region_basic),
      cmocka_unit_test(find_free_continuous_memory_region_full),
      cmocka_unit_test(find_free_continuous_memory_region_with_holes),
      cmocka_unit_test(usage),
      cmocka_unit_test(realloc_inside_a_chunk_moves_nothing),
      cmocka_unit_test(a_heap_of_a_mebibyte_with_a_vec_and_a_box),
      cmocka_unit_test(sixteen_chunks_of_sixteen_hold_a_vec_that_grows),
      cmocka_unit_test(shrinking_frees_the_tail),
      cmocka_unit_test(shrinking_works_in_a_full_heap),
      cmocka_unit_test(an_empty_block_takes_no_chunk),
      cmocka_unit_test(best_fit_takes_the_tightest_hole),
      cmocka_unit_test(the_hint_stands_behind_the_last_block),
      cmocka_unit_test(the_hint_does_not_stay_at_a_small_hole),
      cmocka_unit_test(a_misaligned_region_is_said_to_be_so_each_time),
      cmocka_unit_test(a_full_heap_is_an_answer),
      cmocka_unit_test(growth_to_a_larger_alignment_moves),
      cmocka_unit_test(wrong_frees_are_refused_before_any_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

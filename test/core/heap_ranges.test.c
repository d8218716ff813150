/* Raw memory and the ranges that lie in it: the memory ends when it was released and the last range
 * is gone, whichever comes first. */
#include "heap_fixture.h"

static heap_fixture_t fixture;

static int open_heap(void **state) {
  (void)state;
  heap_fixture_open(&fixture, HW_NO_LIMIT);
  return 0;
}

static int close_heap(void **state) {
  (void)state;
  heap_fixture_close(&fixture);
  return 0;
}

static int abandon_heap(void **state) {
  (void)state;
  heap_fixture_abandon(&fixture);
  return 0;
}

static uint64_t live_bytes(void) {
  assert_heap_valid(&fixture);
  return allocator_stats(&fixture).live_bytes;
}

static void raw_memory_without_ranges_ends_at_once(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  assert_int_equal(raw->kind, HW_KIND_RAW);
  assert_int_equal(live_bytes(), 4096);
  hw_raw_release(raw);
  assert_int_equal(state_of(raw), HW_RECORD_FREE);
  assert_int_equal(live_bytes(), 0);
  assert_int_equal(fixture.heap.held, 0);
}

static void a_range_names_its_part_of_the_raw_memory(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  hw_record_t *range = open_range(raw, 100, 200);
  assert_ptr_equal(range->address, (uint8_t *)raw->address + 100);
  assert_int_equal(range->size, 200);
  assert_int_equal(hw_record_layout(range).align, 1);
  assert_int_equal(range->kind, HW_KIND_SLAB);
  assert_ptr_equal(range->parent, raw);
  assert_ptr_equal(range->heap, &fixture.heap);
  assert_int_equal(raw->ranges, 1);
  assert_int_equal(live_bytes(), 4096); /* the range's bytes are the raw memory's */
  assert_int_equal(fixture.heap.held, 2);
  free_block(range);
  hw_raw_release(raw);
}

static void ranges_stay_inside_the_raw_memory(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  const size_t inside[][2] = {{0, 4096}, {4096, 0}, {0, 0}, {4095, 1}, {1, 4095}};
  for (size_t i = 0; i < COUNT_OF(inside); i++) {
    free_block(open_range(raw, inside[i][0], inside[i][1]));
  }
  const size_t outside[][2] = {{0, 4097},     {4097, 0},     {4096, 1},     {1, 4096},
                               {0, SIZE_MAX}, {1, SIZE_MAX}, {SIZE_MAX, 2}, {SIZE_MAX, 0}};
  for (size_t i = 0; i < COUNT_OF(outside); i++) {
    hw_record_t *range = NULL;
    assert_code(HW_CODE_INVALID_ARG,
                hw_heap_open_range(raw, outside[i][0], outside[i][1], HW_KIND_SCOPE, &range));
    assert_null(range);
  }
  assert_int_equal(raw->ranges, 0);
  assert_int_equal(fixture.heap.held, 1);
  hw_raw_release(raw);
}

static void only_live_raw_memory_has_ranges(void **state) {
  (void)state;
  hw_record_t *block = allocate_block(&fixture, 4096, 8);
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  hw_record_t *range = open_range(raw, 0, 10), *none = NULL;
  assert_code(HW_CODE_NOT_OWNED, hw_heap_open_range(block, 0, 1, HW_KIND_SLAB, &none));
  assert_code(HW_CODE_NOT_OWNED, hw_heap_open_range(range, 0, 1, HW_KIND_SLAB, &none));
  hw_raw_release(raw);
  assert_code(HW_CODE_NOT_OWNED, hw_heap_open_range(raw, 0, 1, HW_KIND_SLAB, &none));
  free_block(range);
  assert_code(HW_CODE_NOT_OWNED, hw_heap_open_range(raw, 0, 1, HW_KIND_SLAB, &none));
  assert_null(none);
  free_block(block);
}

static void memory_released_first_ends_with_its_last_range(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  hw_record_t *first = open_range(raw, 0, 1000), *last = open_range(raw, 1000, 1000);
  hw_raw_release(raw);
  assert_int_equal(state_of(raw), HW_RECORD_ABANDONED);
  assert_int_equal(live_bytes(), 4096);
  assert_int_equal(fixture.heap.abandoned_blocks, 0); /* nobody freed a block */
  free_block(first);
  assert_int_equal(live_bytes(), 4096);
  fill_pattern(last->address, 1000, 1);
  free_block(last);
  assert_int_equal(live_bytes(), 0);
  assert_int_equal(state_of(raw), HW_RECORD_FREE);
}

static void memory_released_last_ends_at_once(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  free_block(open_range(raw, 0, 1000));
  free_block(open_range(raw, 0, 1000));
  assert_int_equal(live_bytes(), 4096);
  hw_raw_release(raw);
  assert_int_equal(live_bytes(), 0);
}

static void releasing_twice_does_nothing(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  hw_record_t *range = open_range(raw, 0, 10);
  hw_raw_release(raw);
  hw_raw_release(raw);
  assert_int_equal(live_bytes(), 4096);
  free_block(range);
  hw_raw_release(raw);
  assert_int_equal(live_bytes(), 0);
}

static void only_raw_memory_is_released(void **state) {
  (void)state;
  hw_record_t *block = allocate_block(&fixture, 100, 8);
  hw_record_t *raw = allocate_raw(&fixture, 100);
  hw_record_t *range = open_range(raw, 0, 10);
  hw_raw_release(block);
  hw_raw_release(range);
  assert_int_equal(state_of(block), HW_RECORD_LIVE);
  assert_int_equal(state_of(range), HW_RECORD_LIVE);
  assert_int_equal(live_bytes(), 200);
  free_block(block);
  free_block(range);
  hw_raw_release(raw);
}

static void an_abandoned_range_counts_as_the_whole(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  hw_record_t *range = open_range(raw, 0, 1000);
  hw_raw_release(raw);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(range, true, false));
  assert_int_equal(state_of(range), HW_RECORD_ABANDONED);
  assert_int_equal(live_bytes(), 4096); /* to the allocator the whole is one live block */
  assert_int_equal(fixture.heap.abandoned_blocks, 1);
  assert_int_equal(fixture.heap.abandoned_bytes, 4096); /* nothing more is cut from it */
  hw_block_finalize(range, false);
  assert_int_equal(fixture.heap.abandoned_blocks, 0);
  assert_int_equal(fixture.heap.abandoned_bytes, 0);
  assert_int_equal(live_bytes(), 0);
}

/* As those of a scope and of the scope in it do. */
static void abandoned_ranges_that_overlap_count_once(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  hw_record_t *outer = open_range(raw, 0, 4096), *inner = open_range(raw, 100, 3996);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(inner, true, false));
  assert_code(HW_CODE_KEPT, hw_block_begin_free(outer, true, false));
  hw_raw_release(raw);
  assert_int_equal(fixture.heap.abandoned_blocks, 1);
  assert_int_equal(fixture.heap.abandoned_bytes, 4096);
  assert_heap_valid(&fixture);
  hw_block_finalize(inner, false);
  assert_int_equal(fixture.heap.abandoned_bytes, 4096);
  assert_heap_valid(&fixture);
  hw_block_finalize(outer, false);
  assert_int_equal(fixture.heap.abandoned_blocks, 0);
  assert_int_equal(fixture.heap.abandoned_bytes, 0);
  assert_int_equal(live_bytes(), 0);
}

static void a_range_that_got_no_buffer_lets_go(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  hw_record_t *range = open_range(raw, 0, 1000);
  hw_block_abort(range, generation_of(range), false);
  assert_int_equal(raw->ranges, 0);
  assert_int_equal(state_of(range), HW_RECORD_FREE);
  hw_raw_release(raw);
  assert_int_equal(live_bytes(), 0);
}

static void no_record_for_a_range_is_out_of_memory(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096), *range = NULL;
  size_t whole = fixture.table.directory.size;
  uint32_t capacity = fixture.table.capacity;
  fixture.table.capacity = fixture.table.used; /* as if every record were in use */
  fixture.table.directory.size = 0;
  assert_code(HW_CODE_OUT_OF_MEMORY, hw_heap_open_range(raw, 0, 10, HW_KIND_SLAB, &range));
  fixture.table.directory.size = whole;
  fixture.table.capacity = capacity;
  assert_null(range);
  assert_int_equal(raw->ranges, 0);
  assert_heap_valid(&fixture);
  hw_raw_release(raw);
}

/* Two ranges; one is orphaned, the other ends in the ordinary way. */
static void assert_whole_is_retired(bool released_first, bool orphaned_first) {
  hw_record_t *raw = allocate_raw(&fixture, 8192);
  hw_record_t *orphan = open_range(raw, 0, 1000), *plain = open_range(raw, 4096, 1000);
  uint8_t *address = raw->address;
  fill_pattern(address, 8192, 1);
  uint64_t retired = allocator_stats(&fixture).retired_bytes;
  uint64_t deallocations = allocator_stats(&fixture).deallocations;
  if (released_first) hw_raw_release(raw);
  if (orphaned_first) hw_block_finalize(orphan, true);
  free_block(plain);
  if (!orphaned_first) hw_block_finalize(orphan, true);
  if (!released_first) {
    assert_true(has_pattern(address, 8192, 1)); /* until nobody of ours can use it any more */
    hw_raw_release(raw);
  }
  assert_int_equal(state_of(orphan), HW_RECORD_ORPHAN);
  assert_int_equal(state_of(raw), HW_RECORD_FREE);
  assert_true(is_zero(address, 8192));
  assert_int_equal(allocator_stats(&fixture).retired_bytes, retired + 8192);
  assert_int_equal(allocator_stats(&fixture).deallocations, deallocations);
  assert_int_equal(live_bytes(), 0);
}

static void an_orphaned_range_retires_the_whole(void **state) {
  (void)state;
  assert_whole_is_retired(true, true);
  assert_whole_is_retired(true, false);
  assert_whole_is_retired(false, true);
  assert_whole_is_retired(false, false);
}

#define ON_A_HEAP(test) cmocka_unit_test_setup_teardown(test, open_heap, close_heap)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_A_HEAP(raw_memory_without_ranges_ends_at_once),
      ON_A_HEAP(a_range_names_its_part_of_the_raw_memory),
      ON_A_HEAP(ranges_stay_inside_the_raw_memory),
      ON_A_HEAP(only_live_raw_memory_has_ranges),
      ON_A_HEAP(memory_released_first_ends_with_its_last_range),
      ON_A_HEAP(memory_released_last_ends_at_once),
      ON_A_HEAP(releasing_twice_does_nothing),
      ON_A_HEAP(only_raw_memory_is_released),
      ON_A_HEAP(an_abandoned_range_counts_as_the_whole),
      ON_A_HEAP(abandoned_ranges_that_overlap_count_once),
      ON_A_HEAP(a_range_that_got_no_buffer_lets_go),
      ON_A_HEAP(no_record_for_a_range_is_out_of_memory),
      cmocka_unit_test_setup_teardown(an_orphaned_range_retires_the_whole, open_heap, abandon_heap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

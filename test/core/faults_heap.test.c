/* Every OS call under a heap and its records fails once, at each place where it can. */
#include "faults.h"

#include "base/config.h"
#include "heap_fixture.h"

#define RECORDS_PER_SEGMENT (HW_RECORD_SEGMENT_BYTES / sizeof(hw_record_t))

static heap_fixture_t fixture;

static bool heap_failed_cleanly(hw_code_t code) {
  assert_true(code == HW_CODE_OK || code == HW_CODE_OUT_OF_MEMORY);
  return failed_cleanly(code == HW_CODE_OK ? HW_OK : HW_ERR_OUT_OF_MEMORY);
}

/* As heap_fixture_open, with a failure to come. */
static void open_heap(void) {
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os()};
  hw_allocator_t *system = NULL;
  if (failed_cleanly(hw_create("system", &config, &system))) {
    assert_ok(hw_create("system", &config, &system));
  }
  fixture = (heap_fixture_t){.ended = 0};
  if (failed_cleanly(hw_record_table_init(&fixture.table, fake_os()))) {
    assert_int_equal(fake_os_mappings(), 0);
    assert_ok(hw_record_table_init(&fixture.table, fake_os()));
  }
  hw_heap_init(&fixture.heap, system, &fixture.table);
}

static void close_heap(void) {
  assert_heap_valid(&fixture);
  hw_heap_close(&fixture.heap);
  assert_ok(hw_record_table_destroy(&fixture.table));
}

static hw_record_t *allocate(hw_layout_t layout, hw_record_kind_t kind) {
  hw_record_t *record = NULL;
  uint32_t held = fixture.heap.held, busy = fixture.table.busy;
  uint64_t bytes = allocator_stats(&fixture).live_bytes;
  hw_code_t code = hw_heap_allocate(&fixture.heap, layout, HW_ZEROED, kind, &record);
  if (heap_failed_cleanly(code)) {
    assert_null(record);
    assert_int_equal(fixture.heap.held, held);
    assert_int_equal(fixture.table.busy, busy);
    assert_int_equal(allocator_stats(&fixture).live_bytes, bytes);
    assert_heap_valid(&fixture);
    code = hw_heap_allocate(&fixture.heap, layout, HW_ZEROED, kind, &record);
    assert_code(HW_CODE_OK, code);
  }
  assert_true(is_zero(record->address, layout.size));
  return record;
}

static hw_record_t *range_of(hw_record_t *raw, size_t offset, size_t size) {
  hw_record_t *range = NULL;
  uint32_t ranges = raw->ranges, held = fixture.heap.held;
  if (heap_failed_cleanly(hw_heap_open_range(raw, offset, size, HW_KIND_SLAB, &range))) {
    assert_null(range);
    assert_int_equal(raw->ranges, ranges);
    assert_int_equal(fixture.heap.held, held);
    assert_heap_valid(&fixture);
    range = open_range(raw, offset, size);
  }
  return range;
}

static void blocks_of_a_heap(void) {
  static const hw_layout_t layouts[] = {{100, 8}, {100, 4096}, {0, 1}, {70000, 1}};
  hw_record_t *records[COUNT_OF(layouts)];
  open_heap();
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    records[i] = allocate(layouts[i], HW_KIND_BLOCK);
    fill_pattern(records[i]->address, layouts[i].size, i);
  }
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    assert_true(has_pattern(records[i]->address, layouts[i].size, i));
    free_block(records[i]);
  }
  close_heap();
}

static void ranges_of_raw_memory(void) {
  open_heap();
  hw_record_t *raw = allocate(layout_of(4096, 64), HW_KIND_RAW);
  hw_record_t *first = range_of(raw, 0, 2048), *second = range_of(raw, 2048, 2048);
  hw_raw_release(raw);
  free_block(first);
  free_block(second);
  close_heap();
}

/* Ranges of no bytes, so that nothing but records is needed. */
static void growth_of_the_table(void) {
  open_heap();
  hw_record_t *raw = allocate(layout_of(1, 1), HW_KIND_RAW);
  const uint32_t count = 2 * RECORDS_PER_SEGMENT + 10;
  for (uint32_t i = 0; i < count; i++) range_of(raw, 0, 0);
  assert_int_equal(fixture.table.used, count + 1);
  for (uint32_t i = 0; i < count; i++) free_block(hw_record_at(&fixture.table, i + 1));
  hw_raw_release(raw);
  close_heap();
}

static void a_reallocation_in_place(void) {
  const hw_layout_t layout = layout_of(64, 8);
  open_heap();
  hw_record_t *record = allocate(layout, HW_KIND_BLOCK), *successor = NULL;
  /* Uses up the first segment, so that the successor needs one more. */
  hw_record_t *raw = allocate(layout_of(1, 1), HW_KIND_RAW);
  while (fixture.table.used < RECORDS_PER_SEGMENT) range_of(raw, 0, 0);
  fill_pattern(record->address, 64, 1);
  if (heap_failed_cleanly(hw_heap_reallocate_in_place(record, layout, 0, &successor))) {
    assert_null(successor);
    assert_heap_valid(&fixture);
    assert_code(HW_CODE_OK, hw_heap_reallocate_in_place(record, layout, 0, &successor));
  }
  free_block(record);
  assert_true(has_pattern(successor->address, 64, 1));
  free_block(successor);
  for (uint32_t i = 2; i < RECORDS_PER_SEGMENT; i++) free_block(hw_record_at(&fixture.table, i));
  hw_raw_release(raw);
  close_heap();
}

static void the_end_of_an_environment(void) {
  open_heap();
  hw_record_t *block = allocate(layout_of(20000, 8), HW_KIND_BLOCK);
  hw_record_t *raw = allocate(layout_of(20000, 64), HW_KIND_RAW);
  hw_record_t *range = range_of(raw, 0, 100);
  fill_pattern(block->address, 20000, 1);
  fill_pattern(raw->address, 20000, 2);
  hw_heap_orphan_all(&fixture.table);
  assert_int_equal(state_of(range), HW_RECORD_ORPHAN);
  assert_true(is_zero(block->address, 20000));
  assert_true(is_zero(raw->address, 20000));
  assert_heap_valid(&fixture);
  hw_heap_close(&fixture.heap);
  fake_os_reclaim();
}

static void blocks_survive_every_failure(void **state) {
  (void)state;
  fail_every_call(blocks_of_a_heap, 16);
}

static void ranges_survive_every_failure(void **state) {
  (void)state;
  fail_every_call(ranges_of_raw_memory, 16);
}

static void the_growth_of_a_table_survives_every_failure(void **state) {
  (void)state;
  fail_every_call(growth_of_the_table, 26);
}

static void a_reallocation_in_place_survives_every_failure(void **state) {
  (void)state;
  fail_every_call(a_reallocation_in_place, 20);
}

static void an_environment_ends_whatever_fails(void **state) {
  (void)state;
  fail_every_call(the_end_of_an_environment, 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_survive_every_failure),
      cmocka_unit_test(ranges_survive_every_failure),
      cmocka_unit_test(the_growth_of_a_table_survives_every_failure),
      cmocka_unit_test(a_reallocation_in_place_survives_every_failure),
      cmocka_unit_test(an_environment_ends_whatever_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

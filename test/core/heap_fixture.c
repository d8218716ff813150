#include "heap_fixture.h"

static void count_end(hw_heap_t *heap, void *context) {
  heap_fixture_t *fixture = context;
  assert_ptr_equal(heap, &fixture->heap);
  assert_null(heap->allocator);
  fixture->ended++;
}

void heap_fixture_open_over(heap_fixture_t *fixture, hw_allocator_t *allocator) {
  *fixture = (heap_fixture_t){.ended = 0};
  assert_ok(hw_record_table_init(&fixture->table, fake_os()));
  hw_heap_init(&fixture->heap, allocator, &fixture->table);
  fixture->heap.on_end = count_end;
  fixture->heap.context = fixture;
}

void heap_fixture_open(heap_fixture_t *fixture, size_t limit) {
  fake_os_begin();
  const hw_config_t config = {.limit = limit, .os = fake_os()};
  hw_allocator_t *system = NULL;
  assert_ok(hw_create("system", &config, &system));
  heap_fixture_open_over(fixture, system);
}

void heap_fixture_close(heap_fixture_t *fixture) {
  assert_heap_valid(fixture);
  hw_heap_close(&fixture->heap);
  assert_int_equal(fixture->ended, 1);
  assert_ok(hw_record_table_destroy(&fixture->table));
  assert_int_equal(fake_os_mappings(), 0);
  assert_int_equal(fake_os_blocks(), 0);
}

void heap_fixture_abandon(heap_fixture_t *fixture) {
  fake_os_reclaim();
  *fixture = (heap_fixture_t){.ended = 0};
}

hw_record_t *allocate_block(heap_fixture_t *fixture, size_t size, size_t align) {
  hw_record_t *record = NULL;
  assert_code(HW_CODE_OK,
              hw_heap_allocate(&fixture->heap, layout_of(size, align), 0, HW_KIND_BLOCK, &record));
  return record;
}

hw_record_t *allocate_raw(heap_fixture_t *fixture, size_t size) {
  hw_record_t *record = NULL;
  assert_code(HW_CODE_OK,
              hw_heap_allocate(&fixture->heap, layout_of(size, 64), 0, HW_KIND_RAW, &record));
  return record;
}

hw_record_t *open_range(hw_record_t *raw, size_t offset, size_t size) {
  hw_record_t *range = NULL;
  assert_code(HW_CODE_OK, hw_heap_open_range(raw, offset, size, HW_KIND_SLAB, &range));
  return range;
}

void free_block(hw_record_t *record) {
  assert_code(HW_CODE_DETACH, hw_block_begin_free(record, false, false));
  hw_block_finish_free(record);
  hw_block_finalize(record, false);
  assert_int_equal(state_of(record), HW_RECORD_FREE);
}

hw_record_state_t state_of(const hw_record_t *record) {
  return hw_word_state(hw_record_word(record));
}

uint32_t generation_of(const hw_record_t *record) {
  return hw_word_generation(hw_record_word(record));
}

hw_code_t check_block(const heap_fixture_t *fixture, const hw_record_t *record) {
  hw_record_t *found = NULL;
  hw_record_table_t *table = (hw_record_table_t *)(uintptr_t)&fixture->table;
  return hw_block_check(&fixture->heap, table, record->index, generation_of(record), NULL, &found);
}

void assert_heap_valid(const heap_fixture_t *fixture) {
  const char *broken = NULL;
  hw_code_t code = hw_heap_verify(&fixture->heap, &broken);
  if (code != HW_CODE_OK) fail_msg("not valid: %s", broken != NULL ? broken : "(no allocator)");
}

hw_stats_t allocator_stats(const heap_fixture_t *fixture) {
  hw_stats_t stats;
  assert_ok(hw_stats(fixture->heap.allocator, &stats));
  return stats;
}

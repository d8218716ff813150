/* hw_heap_verify finds each counter that was changed behind the heap's back, and names it. */
#include "heap_fixture.h"

static heap_fixture_t fixture;
static hw_record_t *live, *leased, *abandoned, *doomed, *raw, *range;

/* A heap in which every counter is above zero. */
static int open_heap(void **state) {
  (void)state;
  heap_fixture_open(&fixture, 100000);
  live = allocate_block(&fixture, 100, 8);
  leased = allocate_block(&fixture, 200, 8);
  abandoned = allocate_block(&fixture, 300, 8);
  doomed = allocate_block(&fixture, 400, 8);
  raw = allocate_raw(&fixture, 4096);
  range = open_range(raw, 0, 1000);
  assert_code(HW_CODE_OK, hw_block_lease(leased));
  assert_code(HW_CODE_KEPT, hw_block_begin_free(abandoned, true, false));
  assert_code(HW_CODE_OK, hw_block_lease(doomed));
  assert_code(HW_CODE_KEPT, hw_block_begin_free(doomed, true, false));
  assert_heap_valid(&fixture);
  return 0;
}

static int close_heap(void **state) {
  (void)state;
  hw_record_t *const blocks[] = {live, leased, abandoned, doomed, range};
  for (size_t i = 0; i < COUNT_OF(blocks); i++) hw_block_finalize(blocks[i], false);
  hw_raw_release(raw);
  heap_fixture_close(&fixture);
  return 0;
}

static void assert_broken(const char *invariant) {
  const char *broken = NULL;
  assert_code(HW_CODE_CORRUPTED, hw_heap_verify(&fixture.heap, &broken));
  assert_string_equal(broken, invariant);
}

static void it_finds_a_wrong_count_of_records(void **state) {
  (void)state;
  fixture.heap.held++;
  assert_broken("every record of the heap is counted");
  fixture.heap.held -= 2;
  assert_broken("every record of the heap is counted");
  fixture.heap.held++;
}

static void it_finds_a_wrong_count_of_leases(void **state) {
  (void)state;
  fixture.heap.leased++;
  assert_broken("every leased record is counted");
  fixture.heap.leased -= 2;
  assert_broken("every leased record is counted");
  fixture.heap.leased++;
}

static void it_finds_wrong_abandoned_bytes(void **state) {
  (void)state;
  assert_int_equal(fixture.heap.abandoned_bytes, 700);
  fixture.heap.abandoned_bytes++;
  assert_broken("every abandoned byte is counted");
  fixture.heap.abandoned_bytes -= 2;
  assert_broken("every abandoned byte is counted");
  fixture.heap.abandoned_bytes++;
}

static void it_finds_a_wrong_count_of_abandoned_blocks(void **state) {
  (void)state;
  assert_int_equal(fixture.heap.abandoned_blocks, 2);
  fixture.heap.abandoned_blocks++;
  assert_broken("every abandoned block is counted");
  fixture.heap.abandoned_blocks -= 2;
  assert_broken("every abandoned block is counted");
  fixture.heap.abandoned_blocks++;
}

static void it_finds_a_wrong_count_of_abandoned_ranges(void **state) {
  (void)state;
  assert_int_equal(raw->abandoned_ranges, 0);
  raw->abandoned_ranges++;
  assert_broken("every abandoned range is counted");
  raw->abandoned_ranges--;
  assert_code(HW_CODE_KEPT, hw_block_begin_free(range, true, false));
  assert_heap_valid(&fixture);
  raw->abandoned_ranges++;
  assert_broken("every abandoned range is counted");
  raw->abandoned_ranges--;
}

static void it_finds_a_record_of_the_wrong_size(void **state) {
  (void)state;
  live->size++;
  assert_broken("the records' bytes are the allocator's live bytes");
  live->size--;
  raw->size--;
  assert_broken("the records' bytes are the allocator's live bytes");
  raw->size++;
}

static void it_finds_memory_without_a_record(void **state) {
  (void)state;
  void *stray = NULL;
  const hw_layout_t layout = layout_of(10, 1);
  assert_ok(hw_allocate(fixture.heap.allocator, layout, 0, &stray));
  assert_broken("the records' bytes are the allocator's live bytes");
  assert_ok(hw_deallocate(fixture.heap.allocator, stray, layout));
}

static void it_finds_a_record_whose_state_was_changed(void **state) {
  (void)state;
  uint64_t word = hw_record_word(live);
  atomic_store(&live->word, hw_word_make(1, 0, HW_RECORD_REVOKED));
  assert_broken("the records' bytes are the allocator's live bytes");
  atomic_store(&live->word, hw_word_make(1, 1, HW_RECORD_LIVE));
  assert_broken("every leased record is counted");
  atomic_store(&live->word, hw_word_make(1, 0, HW_RECORD_ABANDONED));
  assert_broken("every abandoned byte is counted");
  atomic_store(&live->word, word);
}

static void it_passes_on_what_the_allocator_finds(void **state) {
  (void)state;
  void *empty = NULL;
  const hw_layout_t layout = layout_of(0, 1);
  hw_allocator_t *allocator = fixture.heap.allocator;
  assert_ok(hw_allocate(allocator, layout, 0, &empty));
  for (int i = 0; i < 7; i++) assert_ok(hw_deallocate(allocator, empty, layout));
  assert_broken("no more blocks ended than began");
  for (int i = 0; i < 6; i++) assert_ok(hw_allocate(allocator, layout, 0, &empty));
}

static void a_heap_without_an_allocator_is_corrupted(void **state) {
  (void)state;
  hw_allocator_t *allocator = fixture.heap.allocator;
  const char *broken = NULL;
  fixture.heap.allocator = NULL;
  assert_code(HW_CODE_CORRUPTED, hw_heap_verify(&fixture.heap, &broken));
  assert_int_equal(hw_heap_pressure(&fixture.heap), HW_PRESSURE_NONE);
  fixture.heap.allocator = allocator;
}

#define ON_A_HEAP(test) cmocka_unit_test_setup_teardown(test, open_heap, close_heap)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_A_HEAP(it_finds_a_wrong_count_of_records),
      ON_A_HEAP(it_finds_a_wrong_count_of_leases),
      ON_A_HEAP(it_finds_wrong_abandoned_bytes),
      ON_A_HEAP(it_finds_a_wrong_count_of_abandoned_blocks),
      ON_A_HEAP(it_finds_a_wrong_count_of_abandoned_ranges),
      ON_A_HEAP(it_finds_a_record_of_the_wrong_size),
      ON_A_HEAP(it_finds_memory_without_a_record),
      ON_A_HEAP(it_finds_a_record_whose_state_was_changed),
      ON_A_HEAP(it_passes_on_what_the_allocator_finds),
      ON_A_HEAP(a_heap_without_an_allocator_is_corrupted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How a heap ends: closed, with or without blocks out, and at the end of its environment. */
#include "heap_fixture.h"

#include "binding/orphans.h"

static heap_fixture_t fixture;

static int open_heap(void **state) {
  (void)state;
  heap_fixture_open(&fixture, HW_NO_LIMIT);
  return 0;
}

/* The heap has ended; everything but what was retired was given back. */
static int assert_ended(void **state) {
  (void)state;
  assert_int_equal(fixture.ended, 1);
  assert_int_equal(fixture.heap.held, 0);
  heap_fixture_abandon(&fixture);
  return 0;
}

static void an_unused_heap_ends_when_it_is_closed(void **state) {
  (void)state;
  hw_heap_close(&fixture.heap);
  assert_int_equal(fixture.ended, 1);
  assert_int_equal(fake_os_blocks(), 0);
  assert_null(fixture.heap.allocator);
}

static void closing_twice_ends_once(void **state) {
  (void)state;
  hw_heap_close(&fixture.heap);
  hw_heap_close(&fixture.heap);
}

static void a_heap_without_a_listener_ends_too(void **state) {
  (void)state;
  fixture.heap.on_end = NULL;
  hw_heap_close(&fixture.heap);
  assert_int_equal(fake_os_blocks(), 0);
  fixture.ended++;
}

static void a_closed_heap_gives_no_memory(void **state) {
  (void)state;
  hw_record_t *held = allocate_block(&fixture, 100, 8), *record = NULL;
  hw_heap_close(&fixture.heap);
  assert_code(HW_CODE_CLOSED,
              hw_heap_allocate(&fixture.heap, layout_of(1, 1), 0, HW_KIND_BLOCK, &record));
  assert_code(HW_CODE_CLOSED,
              hw_heap_allocate(&fixture.heap, layout_of(1, 1), 0, HW_KIND_RAW, &record));
  assert_null(record);
  assert_int_equal(allocator_stats(&fixture).allocations, 1);
  free_block(held);
}

/* Each way in which the last memory can come back ends a closed heap. */
static void finish_a_free(hw_record_t *record) {
  assert_code(HW_CODE_DETACH, hw_block_begin_free(record, false, false));
  hw_block_finish_free(record);
}

static void collect(hw_record_t *record) {
  hw_block_finalize(record, false);
}

static void orphan(hw_record_t *record) {
  hw_block_finalize(record, true);
}

static void abort_it(hw_record_t *record) {
  hw_block_abort(record, generation_of(record), false);
}

static void a_closed_heap_ends_with_its_last_block(void **state) {
  (void)state;
  void (*const ways[])(hw_record_t *) = {finish_a_free, collect, orphan, abort_it};
  for (size_t i = 0; i < COUNT_OF(ways); i++) {
    heap_fixture_abandon(&fixture);
    heap_fixture_open(&fixture, HW_NO_LIMIT);
    hw_record_t *first = allocate_block(&fixture, 100, 8), *last = allocate_block(&fixture, 0, 1);
    hw_heap_close(&fixture.heap);
    assert_int_equal(fixture.ended, 0);
    ways[i](first);
    assert_int_equal(fixture.ended, 0);
    assert_heap_valid(&fixture);
    ways[i](last);
    assert_int_equal(fixture.ended, 1);
  }
}

static void a_closed_heap_ends_with_its_raw_memory(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  hw_heap_close(&fixture.heap);
  assert_int_equal(fixture.ended, 0);
  hw_raw_release(raw);
  assert_int_equal(fixture.ended, 1);
  assert_int_equal(fake_os_blocks(), 0);
}

static void a_closed_heap_ends_with_its_last_range(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 4096);
  hw_record_t *range = open_range(raw, 0, 100);
  hw_heap_close(&fixture.heap);
  hw_raw_release(raw);
  assert_int_equal(fixture.ended, 0);
  assert_heap_valid(&fixture);
  finish_a_free(range);
  assert_int_equal(fixture.ended, 1);
  assert_int_equal(fake_os_blocks(), 0);
}

static void a_block_whose_detach_is_refused_keeps_a_closed_heap(void **state) {
  (void)state;
  hw_record_t *record = allocate_block(&fixture, 100, 8);
  hw_heap_close(&fixture.heap);
  assert_code(HW_CODE_DETACH, hw_block_begin_free(record, false, false));
  hw_block_cancel_free(record);
  assert_int_equal(fixture.ended, 0);
  free_block(record);
}

/* Blocks in every state that a program can leave behind. */
static void the_end_of_an_environment_orphans_what_holds_memory(void **state) {
  (void)state;
  hw_record_t *live = allocate_block(&fixture, 5000, 8);
  hw_record_t *abandoned = allocate_block(&fixture, 100, 8);
  hw_record_t *doomed = allocate_block(&fixture, 100, 8);
  hw_record_t *revoking = allocate_block(&fixture, 100, 8);
  hw_record_t *revoked = allocate_block(&fixture, 100, 8);
  hw_record_t *gone = allocate_block(&fixture, 100, 8);
  fill_pattern(live->address, 5000, 1);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(abandoned, true, false));
  assert_code(HW_CODE_OK, hw_block_lease(doomed));
  assert_code(HW_CODE_KEPT, hw_block_begin_free(doomed, false, false));
  assert_code(HW_CODE_DETACH, hw_block_begin_free(revoking, false, false));
  finish_a_free(revoked);
  free_block(gone);
  uint64_t orphans = hw_orphan_blocks(), bytes = hw_orphan_bytes();

  hw_heap_orphan_all(&fixture.table);

  assert_true(is_zero(live->address, 5000));
  hw_record_t *const held[] = {live, abandoned, doomed, revoking};
  for (size_t i = 0; i < COUNT_OF(held); i++) {
    assert_int_equal(state_of(held[i]), HW_RECORD_ORPHAN);
    hw_block_finalize(held[i], true); /* the late finalizer finds nothing to do */
    hw_block_finalize(held[i], false);
    assert_int_equal(state_of(held[i]), HW_RECORD_ORPHAN);
  }
  assert_int_equal(hw_orphan_blocks() - orphans, 4);
  assert_int_equal(hw_orphan_bytes() - bytes, 5300);
  assert_int_equal(state_of(revoked), HW_RECORD_REVOKED); /* its finalizer is still to come */
  hw_block_finalize(revoked, false);
  assert_int_equal(state_of(revoked), HW_RECORD_FREE);
  assert_int_equal(fixture.heap.abandoned_blocks, 0);
  assert_int_equal(fixture.heap.leased, 0);
  assert_heap_valid(&fixture);
  hw_heap_close(&fixture.heap);
  assert_status(HW_ERR_BUSY, hw_record_table_destroy(&fixture.table));
}

static void the_end_of_an_environment_gives_back_raw_memory_without_orphans(void **state) {
  (void)state;
  uint64_t orphans = hw_orphan_blocks();
  hw_record_t *bare = allocate_raw(&fixture, 4096);
  hw_record_t *used = allocate_raw(&fixture, 4096);
  hw_record_t *released = allocate_raw(&fixture, 4096);
  hw_record_t *once_used = allocate_raw(&fixture, 4096);
  open_range(used, 0, 10);
  open_range(released, 0, 10);
  free_block(open_range(once_used, 0, 10));
  hw_raw_release(released);

  hw_heap_orphan_all(&fixture.table);

  hw_record_t *const raws[] = {bare, used, released, once_used};
  for (size_t i = 0; i < COUNT_OF(raws); i++) {
    assert_int_equal(state_of(raws[i]), HW_RECORD_FREE);
  }
  hw_stats_t stats = allocator_stats(&fixture);
  assert_int_equal(stats.retired_blocks, 2);
  assert_int_equal(stats.deallocations, 2);
  assert_int_equal(stats.live_blocks, 0);
  assert_int_equal(hw_orphan_blocks() - orphans, 2);
  assert_heap_valid(&fixture);
  hw_heap_close(&fixture.heap);
}

static void the_end_of_an_environment_ends_closed_heaps(void **state) {
  (void)state;
  allocate_block(&fixture, 100, 8);
  open_range(allocate_raw(&fixture, 100), 0, 100);
  hw_heap_close(&fixture.heap);
  assert_int_equal(fixture.ended, 0);
  hw_heap_orphan_all(&fixture.table);
  assert_int_equal(fixture.ended, 1);
}

static void an_empty_environment_ends_without_a_trace(void **state) {
  (void)state;
  free_block(allocate_block(&fixture, 100, 8));
  hw_heap_orphan_all(&fixture.table);
  hw_heap_close(&fixture.heap);
  assert_ok(hw_record_table_destroy(&fixture.table));
  assert_int_equal(fake_os_mappings(), 0);
  assert_int_equal(fake_os_blocks(), 0);
}

#define ON_A_HEAP(test) cmocka_unit_test_setup_teardown(test, open_heap, assert_ended)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_A_HEAP(an_unused_heap_ends_when_it_is_closed),
      ON_A_HEAP(closing_twice_ends_once),
      ON_A_HEAP(a_heap_without_a_listener_ends_too),
      ON_A_HEAP(a_closed_heap_gives_no_memory),
      ON_A_HEAP(a_closed_heap_ends_with_its_last_block),
      ON_A_HEAP(a_closed_heap_ends_with_its_raw_memory),
      ON_A_HEAP(a_closed_heap_ends_with_its_last_range),
      ON_A_HEAP(a_block_whose_detach_is_refused_keeps_a_closed_heap),
      ON_A_HEAP(the_end_of_an_environment_orphans_what_holds_memory),
      ON_A_HEAP(the_end_of_an_environment_gives_back_raw_memory_without_orphans),
      ON_A_HEAP(the_end_of_an_environment_ends_closed_heaps),
      ON_A_HEAP(an_empty_environment_ends_without_a_trace),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A reallocation in place: for a moment two records hold one memory, and whichever ends first, the
 * memory is given back once, with the layout it has by then. */
#include "heap_fixture.h"

#include "strict_allocator.h"

static heap_fixture_t fixture;
static strict_allocator_t strict;

static int open_heap(void **state) {
  (void)state;
  fake_os_begin();
  strict_init(&strict);
  heap_fixture_open_over(&fixture, &strict.base);
  return 0;
}

static int close_heap(void **state) {
  (void)state;
  heap_fixture_close(&fixture);
  assert_int_equal(strict.refused, 0);
  return 0;
}

static int abandon_heap(void **state) {
  (void)state;
  heap_fixture_abandon(&fixture);
  assert_int_equal(strict.refused, 0);
  return 0;
}

static hw_record_t *hand_over(hw_record_t *record, size_t size) {
  hw_record_t *successor = NULL;
  assert_code(HW_CODE_OK, hw_heap_reallocate_in_place(record, layout_of(size, 8), 0, &successor));
  assert_heap_valid(&fixture);
  return successor;
}

static hw_record_t *patterned_block(void) {
  hw_record_t *record = allocate_block(&fixture, 100, 16);
  fill_pattern(record->address, 100, 1);
  return record;
}

static void the_successor_has_the_same_memory_in_the_new_layout(void **state) {
  (void)state;
  const size_t sizes[] = {0, 50, 100, 4096};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    hw_record_t *record = patterned_block();
    hw_record_t *successor = hand_over(record, sizes[i]);
    assert_ptr_equal(successor->address, record->address);
    assert_int_equal(successor->size, sizes[i]);
    assert_int_equal(hw_record_layout(successor).align, 8);
    assert_int_equal(successor->kind, HW_KIND_BLOCK);
    assert_int_equal(allocator_stats(&fixture).live_bytes, sizes[i]);
    assert_int_equal(fixture.heap.held, 2);
    free_block(record);
    assert_heap_valid(&fixture);
    assert_int_equal(fixture.heap.held, 1);
    assert_int_equal(strict.count, 1);
    assert_true(has_pattern(successor->address, sizes[i] < 100 ? sizes[i] : 100, 1));
    free_block(successor);
    assert_int_equal(strict.count, 0);
  }
}

static void what_the_allocator_cannot_do_changes_nothing(void **state) {
  (void)state;
  hw_record_t *record = patterned_block(), *successor = NULL;
  assert_code(HW_CODE_NOT_IN_PLACE,
              hw_heap_reallocate_in_place(record, layout_of(STRICT_ROOM + 1, 8), 0, &successor));
  assert_code(HW_CODE_NOT_IN_PLACE,
              hw_heap_reallocate_in_place(record, layout_of(100, (size_t)1 << 62), 0, &successor));
  assert_code(HW_CODE_INVALID_ARG,
              hw_heap_reallocate_in_place(record, layout_of(HW_MAX_SIZE, 8), 0, &successor));
  assert_null(successor);
  assert_int_equal(fixture.heap.held, 1);
  assert_int_equal(fixture.table.busy, 1);
  assert_heap_valid(&fixture);
  free_block(record);
}

static void without_a_record_the_allocator_is_not_asked(void **state) {
  (void)state;
  hw_record_t *record = patterned_block(), *successor = NULL;
  size_t whole = fixture.table.directory.size;
  uint32_t capacity = fixture.table.capacity;
  fixture.table.capacity = fixture.table.used;
  fixture.table.directory.size = 0;
  assert_code(HW_CODE_OUT_OF_MEMORY,
              hw_heap_reallocate_in_place(record, layout_of(200, 8), 0, &successor));
  fixture.table.directory.size = whole;
  fixture.table.capacity = capacity;
  assert_null(successor);
  assert_int_equal(allocator_stats(&fixture).live_bytes, 100);
  assert_heap_valid(&fixture);
  free_block(record);
}

static void assert_undone(hw_record_t *record) {
  assert_int_equal(state_of(record), HW_RECORD_LIVE);
  assert_true(has_pattern(record->address, 100, 1));
  assert_int_equal(allocator_stats(&fixture).live_bytes, 100);
  assert_int_equal(strict.count, 1);
  assert_int_equal(fixture.heap.held, 1);
  assert_heap_valid(&fixture);
}

static void undone_after_the_detach_was_refused(void **state) {
  (void)state;
  hw_record_t *record = patterned_block();
  hw_record_t *successor = hand_over(record, 200);
  assert_code(HW_CODE_DETACH, hw_block_begin_free(record, false, true));
  hw_block_cancel_free(record);
  hw_heap_undo(record, successor);
  assert_undone(record);
  assert_int_equal(state_of(successor), HW_RECORD_REVOKED);
  hw_block_finalize(successor, false); /* of the buffer that no script ever saw */
  assert_int_equal(state_of(successor), HW_RECORD_FREE);
  assert_undone(record);
  free_block(record);
}

/* As when the runtime allows no external buffers. */
static void undone_after_the_successor_got_no_buffer(void **state) {
  (void)state;
  hw_record_t *record = patterned_block();
  hw_record_t *successor = hand_over(record, 50);
  hw_block_abort(successor, generation_of(successor), false);
  assert_int_equal(strict.count, 1);
  hw_heap_undo(record, successor);
  assert_undone(record);
  assert_int_equal(state_of(successor), HW_RECORD_FREE);
  free_block(record);
}

static void undone_after_the_successors_buffer_was_lost(void **state) {
  (void)state;
  hw_record_t *record = patterned_block();
  hw_record_t *successor = hand_over(record, 200);
  hw_block_abort(successor, generation_of(successor), true);
  hw_heap_undo(record, successor);
  assert_undone(record);
  hw_block_finalize(successor, false);
  assert_undone(record);
  free_block(record);
}

static void undone_after_the_runtime_finalised_the_successor(void **state) {
  (void)state;
  hw_record_t *record = patterned_block();
  hw_record_t *successor = hand_over(record, 200);
  hw_block_finalize(successor, false);
  hw_heap_undo(record, successor);
  assert_undone(record);
  free_block(record);
}

/* A runtime that finalises inside the detach, and then does not call the buffer detached. */
static void undone_after_the_old_buffer_was_finalised(void **state) {
  (void)state;
  hw_record_t *record = patterned_block();
  hw_record_t *successor = hand_over(record, 200);
  assert_code(HW_CODE_DETACH, hw_block_begin_free(record, false, true));
  hw_block_finalize(record, false);
  hw_block_cancel_free(record);
  assert_int_equal(state_of(record), HW_RECORD_FREE);
  hw_heap_undo(record, successor);
  assert_int_equal(strict.count, 0);
  assert_heap_valid(&fixture);
  hw_block_finalize(successor, false);
}

static void after_an_undo_it_can_be_done_again(void **state) {
  (void)state;
  hw_record_t *record = patterned_block();
  hw_record_t *successor = hand_over(record, 200);
  hw_heap_undo(record, successor);
  hw_block_finalize(successor, false);
  successor = hand_over(record, 300);
  free_block(record);
  record = hand_over(successor, 400);
  free_block(successor);
  assert_int_equal(strict.count, 1);
  assert_true(has_pattern(record->address, 100, 1));
  free_block(record);
}

static void both_collected_in_either_order_give_back_once(void **state) {
  (void)state;
  for (int old_first = 0; old_first < 2; old_first++) {
    hw_record_t *record = patterned_block();
    hw_record_t *successor = hand_over(record, 100);
    /* Sizes are equal: the allocator knows the successor's alignment, which is what counts. */
    if (!old_first) {
      hw_block_abort(successor, generation_of(successor), false);
      hw_heap_undo(record, successor);
    }
    hw_block_finalize(record, false);
    if (old_first) hw_block_finalize(successor, false);
    assert_int_equal(strict.count, 0);
    assert_heap_valid(&fixture);
  }
}

static void both_orphaned_are_retired_once(void **state) {
  (void)state;
  hw_record_t *record = patterned_block();
  hw_record_t *successor = hand_over(record, 200);
  void *address = record->address;
  hw_heap_orphan_all(&fixture.table);
  assert_int_equal(state_of(record), HW_RECORD_ORPHAN);
  assert_int_equal(state_of(successor), HW_RECORD_ORPHAN);
  assert_int_equal(strict.retired, 1);
  assert_int_equal(strict.count, 0);
  assert_true(is_zero(address, 200));
  assert_heap_valid(&fixture);
}

#define ON_A_HEAP(test) cmocka_unit_test_setup_teardown(test, open_heap, close_heap)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_A_HEAP(the_successor_has_the_same_memory_in_the_new_layout),
      ON_A_HEAP(what_the_allocator_cannot_do_changes_nothing),
      ON_A_HEAP(without_a_record_the_allocator_is_not_asked),
      ON_A_HEAP(undone_after_the_detach_was_refused),
      ON_A_HEAP(undone_after_the_successor_got_no_buffer),
      ON_A_HEAP(undone_after_the_successors_buffer_was_lost),
      ON_A_HEAP(undone_after_the_runtime_finalised_the_successor),
      ON_A_HEAP(undone_after_the_old_buffer_was_finalised),
      ON_A_HEAP(after_an_undo_it_can_be_done_again),
      ON_A_HEAP(both_collected_in_either_order_give_back_once),
      cmocka_unit_test_setup_teardown(both_orphaned_are_retired_once, open_heap, abandon_heap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

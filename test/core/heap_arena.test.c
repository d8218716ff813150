/* A heap over an arena: what it counts are usable bytes, and a block in another layout gives up
 * none of its bytes before its old buffer has gone. */
#include "arena_fixture.h"
#include "binding/orphans.h"
#include "heap_fixture.h"

#define MIB ((size_t)1 << 20)

static heap_fixture_t fixture;

static int open_heap(void **state) {
  (void)state;
  hw_allocator_t *arena =
      arena_begin_as(HW_NO_LIMIT, HW_NO_LIMIT, 0, HW_ARENA_EXACT | HW_ARENA_TRACKED);
  heap_fixture_open_over(&fixture, arena);
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

static hw_record_t *patterned(size_t size) {
  hw_record_t *record = allocate_block(&fixture, size, 16);
  fill_pattern(record->address, size, 1);
  return record;
}

static void abandoned_blocks_count_what_they_take(void **state) {
  (void)state;
  hw_record_t *record = allocate_block(&fixture, 100, 16);
  assert_int_equal(allocator_stats(&fixture).live_bytes, 112);
  assert_heap_valid(&fixture);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(record, true, false));
  assert_int_equal(fixture.heap.abandoned_bytes, 112);
  assert_heap_valid(&fixture);
  hw_block_finalize(record, false);
  assert_int_equal(fixture.heap.abandoned_bytes, 0);
}

static void an_abandoned_range_counts_what_the_whole_takes(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 100);
  hw_record_t *range = open_range(raw, 10, 50);
  assert_code(HW_CODE_KEPT, hw_block_begin_free(range, true, false));
  assert_int_equal(fixture.heap.abandoned_bytes, allocator_stats(&fixture).live_bytes);
  assert_heap_valid(&fixture);
  hw_block_finalize(range, false);
  hw_raw_release(raw);
}

static void orphans_count_what_they_take(void **state) {
  (void)state;
  uint64_t before = hw_orphan_bytes();
  allocate_block(&fixture, 100, 16);
  hw_heap_orphan_all(&fixture.table);
  assert_int_equal(hw_orphan_bytes() - before, 112);
}

/* Small in its class, and large. */
static const size_t changes[][2] = {{100, 112}, {112, 97},      {16, 0},
                                    {0, 16},    {MIB, 3 * MIB}, {3 * MIB, MIB}};

static void a_change_in_place_is_done_or_undone(void **state) {
  (void)state;
  for (size_t i = 0; i < 2 * COUNT_OF(changes); i++) {
    const size_t from = changes[i / 2][0], to = changes[i / 2][1];
    hw_record_t *record = patterned(from), *successor = NULL;
    uint64_t live = allocator_stats(&fixture).live_bytes;
    assert_code(HW_CODE_OK,
                hw_heap_reallocate_in_place(record, layout_of(to, 16), HW_ZEROED, &successor));
    assert_heap_valid(&fixture);
    /* Nothing is cut off yet. */
    assert_true(has_pattern(record->address, from, 1));
    if (i % 2 == 0) {
      free_block(record);
      assert_true(has_pattern(successor->address, from < to ? from : to, 1));
      if (to > from) assert_true(is_zero((uint8_t *)successor->address + from, to - from));
      free_block(successor);
    } else {
      hw_heap_undo(record, successor);
      assert_heap_valid(&fixture);
      assert_int_equal(allocator_stats(&fixture).live_bytes, live);
      assert_true(has_pattern(record->address, from, 1));
      hw_block_finalize(successor, false);
      free_block(record);
    }
    assert_heap_valid(&fixture);
    assert_int_equal(allocator_stats(&fixture).live_bytes, 0);
  }
}

/* A block that has another one behind it. */
static hw_record_t *move_out(hw_record_t **record, size_t from, size_t to, hw_record_t **wall) {
  hw_record_t *successor = NULL;
  *record = patterned(from);
  *wall = allocate_block(&fixture, 64 << 10, 16);
  assert_code(HW_CODE_NOT_IN_PLACE,
              hw_heap_reallocate_in_place(*record, layout_of(to, 16), 0, &successor));
  assert_code(HW_CODE_OK, hw_heap_move(*record, layout_of(to, 16), HW_ZEROED, &successor));
  assert_ptr_not_equal(successor->address, (*record)->address);
  assert_true(has_pattern(successor->address, from, 1));
  assert_true(is_zero((uint8_t *)successor->address + from, to - from));
  assert_heap_valid(&fixture);
  return successor;
}

static void a_move_ends_with_the_old_record(void **state) {
  (void)state;
  hw_record_t *record = NULL, *wall = NULL;
  hw_record_t *successor = move_out(&record, MIB, 2 * MIB, &wall);
  free_block(record);
  assert_true(has_pattern(successor->address, MIB, 1));
  assert_int_equal(allocator_stats(&fixture).live_blocks, 2);
  assert_heap_valid(&fixture);
  free_block(successor);
  free_block(wall);
}

static void a_move_is_undone_with_every_byte(void **state) {
  (void)state;
  for (int aborted = 0; aborted < 2; aborted++) {
    hw_record_t *record = NULL, *wall = NULL;
    hw_record_t *successor = move_out(&record, MIB + 5, 2 * MIB, &wall);
    if (aborted) hw_block_abort(successor, generation_of(successor), false);
    hw_heap_undo(record, successor);
    assert_true(has_pattern(record->address, MIB + 5, 1));
    assert_int_equal(allocator_stats(&fixture).live_blocks, 2);
    assert_heap_valid(&fixture);
    if (!aborted) hw_block_finalize(successor, false);
    free_block(record);
    free_block(wall);
  }
}

static void a_move_of_both_that_are_orphaned_retires_both(void **state) {
  (void)state;
  hw_record_t *record = NULL, *wall = NULL;
  uint64_t before = hw_orphan_bytes();
  hw_record_t *successor = move_out(&record, MIB, 2 * MIB, &wall);
  hw_heap_orphan_all(&fixture.table);
  assert_int_equal(state_of(record), HW_RECORD_ORPHAN);
  assert_int_equal(state_of(successor), HW_RECORD_ORPHAN);
  assert_int_equal(hw_orphan_bytes() - before, 3 * MIB + (64 << 10));
  assert_int_equal(allocator_stats(&fixture).live_blocks, 0);
}

static void what_is_too_small_or_of_another_kind_is_not_moved(void **state) {
  (void)state;
  hw_record_t *successor = NULL;
  hw_record_t *record = patterned(256 << 10);
  assert_code(HW_CODE_NOT_IN_PLACE, hw_heap_move(record, layout_of(MIB, 16), 0, &successor));
  assert_null(successor);
  assert_true(has_pattern(record->address, 256 << 10, 1));
  assert_int_equal(fixture.heap.held, 1);
  assert_heap_valid(&fixture);
  free_block(record);
}

static void a_refused_move_changes_nothing(void **state) {
  (void)state;
  hw_record_t *successor = NULL, *record = patterned(MIB);
  const hw_layout_t impossible = layout_of(MIB, (size_t)1 << 45);
  assert_code(HW_CODE_OUT_OF_MEMORY, hw_heap_move(record, impossible, 0, &successor));
  assert_null(successor);
  assert_int_equal(fixture.heap.held, 1);
  assert_true(has_pattern(record->address, MIB, 1));
  assert_heap_valid(&fixture);
  free_block(record);
}

static void the_arena_refuses_arguments_that_are_none(void **state) {
  (void)state;
  hw_record_t *record = patterned(MIB);
  hw_allocator_t *arena = fixture.heap.allocator;
  void *at = record->address, *out = NULL;
  const hw_layout_t is = hw_record_layout(record), next = layout_of(2 * MIB, 16);
  const hw_layout_t none = {1, 3};
  assert_int_equal(HW_ERR_INVALID, hw_arena_resize(NULL, at, is, next, 0));
  assert_int_equal(HW_ERR_INVALID, hw_arena_resize(arena, NULL, is, next, 0));
  assert_int_equal(HW_ERR_INVALID, hw_arena_resize(arena, at, is, none, 0));
  assert_int_equal(HW_ERR_INVALID, hw_arena_resize(arena, at, is, next, 8));
  assert_int_equal(HW_ERR_INVALID, hw_arena_can_shrink(arena, at, is, next));
  assert_int_equal(HW_ERR_INVALID, hw_arena_begin_move(arena, at, none, next, 0, &out));
  assert_int_equal(HW_ERR_INVALID, hw_arena_begin_move(arena, at, is, next, 8, &out));
  assert_int_equal(HW_ERR_INVALID, hw_arena_begin_move(arena, at, is, next, 0, NULL));
  assert_int_equal(HW_ERR_LAYOUT_MISMATCH, hw_arena_begin_move(arena, at, next, next, 0, &out));
  assert_null(out);
  free_block(record);
}

/* Records come from the system too. */
static void a_block_that_must_not_wait_maps_no_records(void **state) {
  (void)state;
  hw_record_t *raw = allocate_raw(&fixture, 100), *record = NULL;
  while (fixture.table.used < fixture.table.capacity) open_range(raw, 0, 0);
  const hw_layout_t layout = layout_of(100, 16);
  uint64_t failures = allocator_stats(&fixture).failures;
  unsigned mappings = fake_os_mappings();
  assert_code(HW_CODE_NOWAIT,
              hw_heap_allocate(&fixture.heap, layout, HW_NOWAIT, HW_KIND_BLOCK, &record));
  assert_null(record);
  assert_int_equal(fake_os_mappings(), mappings);
  assert_int_equal(allocator_stats(&fixture).failures, failures);
  /* One that came back is at hand. */
  free_block(hw_record_at(&fixture.table, 1));
  assert_code(HW_CODE_OK,
              hw_heap_allocate(&fixture.heap, layout, HW_NOWAIT, HW_KIND_BLOCK, &record));
  assert_int_equal(fake_os_mappings(), mappings);
  for (uint32_t i = 1; i < fixture.table.used; i++) free_block(hw_record_at(&fixture.table, i));
  hw_raw_release(raw);
}

#define ON_A_HEAP(test) cmocka_unit_test_setup_teardown(test, open_heap, close_heap)
#define WITH_ORPHANS(test) cmocka_unit_test_setup_teardown(test, open_heap, abandon_heap)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_A_HEAP(abandoned_blocks_count_what_they_take),
      ON_A_HEAP(an_abandoned_range_counts_what_the_whole_takes),
      ON_A_HEAP(a_change_in_place_is_done_or_undone),
      ON_A_HEAP(a_move_ends_with_the_old_record),
      ON_A_HEAP(a_move_is_undone_with_every_byte),
      ON_A_HEAP(what_is_too_small_or_of_another_kind_is_not_moved),
      ON_A_HEAP(a_refused_move_changes_nothing),
      ON_A_HEAP(the_arena_refuses_arguments_that_are_none),
      ON_A_HEAP(a_block_that_must_not_wait_maps_no_records),
      WITH_ORPHANS(orphans_count_what_they_take),
      WITH_ORPHANS(a_move_of_both_that_are_orphaned_retires_both),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

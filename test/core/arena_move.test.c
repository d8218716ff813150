/* Large blocks whose memory moves by page tables. */
#include "arena_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/align.h"

static hw_allocator_t *arena;
static void *fence;

static void begin(void) {
  arena = arena_begin();
  fence = NULL;
}

static void end(void) {
  if (fence != NULL) give(arena, fence, 40000);
  arena_end_all(arena);
}

/* A block with another right behind it, so that it must move to grow. */
static uint8_t *fenced(size_t size) {
  uint8_t *block = take(arena, size);
  fill_pattern(block, size, size);
  fence = take(arena, 40000);
  assert_ptr_equal(fence, block + hw_usable_size(arena, layout_of(size, 16)));
  return block;
}

/* Lines of /proc/self/maps: the areas of this process. */
static size_t count_maps(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  if (maps == NULL) return 0;
  size_t lines = 0;
  for (int c = fgetc(maps); c != EOF; c = fgetc(maps)) lines += c == '\n';
  (void)fclose(maps);
  return lines;
}

static void from_512_kib_on_memory_moves_and_below_it_is_copied(void **state) {
  (void)state;
  static const size_t sizes[] = {HW_MOVE_LEAST - 4096, HW_MOVE_LEAST};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    begin();
    uint8_t *block = fenced(sizes[i]);
    uint8_t *moved = resize(arena, block, sizes[i], 2 * MIB);
    assert_ptr_not_equal(moved, block);
    assert_true(has_pattern(moved, sizes[i], sizes[i]));
    assert_int_equal(fake_os_calls(FAKE_MOVE), i);
    assert_int_equal(pages_of(arena).moved_ranges, i);
    give(arena, moved, 2 * MIB);
    end();
  }
}

static void the_old_range_stays_readable_and_reads_zero(void **state) {
  (void)state;
  begin();
  uint8_t *block = fenced(MIB);
  uint8_t *moved = resize(arena, block, MIB, 2 * MIB);
  assert_int_equal(fake_os_calls(FAKE_MOVE), 1);
  assert_true(is_zero(block, MIB));
  assert_false(write_faults(block));
  give(arena, moved, 2 * MIB);
  end();
}

static void after_the_budget_blocks_are_copied(void **state) {
  (void)state;
  begin();
  hw_arena_of(arena)->nmoved = HW_MOVE_BUDGET - 1;
  uint8_t *block = fenced(MIB);
  uint8_t *second = take(arena, MIB);
  void *second_fence = take(arena, 40000);
  fill_pattern(second, MIB, 2);
  block = resize(arena, block, MIB, 2 * MIB);
  assert_int_equal(fake_os_calls(FAKE_MOVE), 1);
  second = resize(arena, second, MIB, 2 * MIB);
  assert_int_equal(fake_os_calls(FAKE_MOVE), 1);
  assert_true(has_pattern(second, MIB, 2));
  give(arena, block, 2 * MIB);
  give(arena, second, 2 * MIB);
  give(arena, second_fence, 40000);
  end();
}

static void freeing_a_moved_block_heals_its_range(void **state) {
  (void)state;
  begin();
  uint8_t *blocks[20];
  void *fences[20];
  for (size_t i = 0; i < 20; i++) {
    blocks[i] = take(arena, MIB);
    memset(blocks[i], 1, MIB);
    fences[i] = take(arena, 40000);
  }
  size_t maps = count_maps();
  for (size_t i = 0; i < 20; i++) blocks[i] = resize(arena, blocks[i], MIB, MIB + 40000);
  assert_int_equal(pages_of(arena).moved_ranges, fake_os_calls(FAKE_MOVE));
  assert_true(maps == 0 || count_maps() > maps + 10);
  for (size_t i = 0; i < 20; i++) give(arena, blocks[i], MIB + 40000);
  assert_int_equal(pages_of(arena).moved_ranges, 0);
  assert_true(maps == 0 || count_maps() <= maps + 10);
  for (size_t i = 0; i < 20; i++) give(arena, fences[i], 40000);
  end();
}

static void where_the_system_does_not_renew_a_range_it_counts_as_moved(void **state) {
  (void)state;
  begin();
  uint8_t *moved = resize(arena, fenced(MIB), MIB, 2 * MIB);
  fake_os_refuse(FAKE_RENEW);
  fake_os_fail(FAKE_PURGE, 1);
  give(arena, moved, 2 * MIB);
  assert_int_equal(pages_of(arena).moved_ranges, 1);
  assert_true(pages_of(arena).dirty_bytes >= 2 * MIB);
  uint8_t *again = take_zeroed(arena, 2 * MIB);
  assert_true(is_zero(again, 2 * MIB));
  give(arena, again, 2 * MIB);
  end();
}

static void a_move_that_fails_becomes_a_copy(void **state) {
  (void)state;
  begin();
  uint8_t *block = fenced(MIB);
  fake_os_refuse(FAKE_MOVE);
  uint8_t *moved = resize(arena, block, MIB, 2 * MIB);
  assert_true(has_pattern(moved, MIB, MIB));
  assert_int_equal(pages_of(arena).moved_ranges, 0);
  assert_int_equal(fake_os_calls(FAKE_RENEW), 1);
  give(arena, moved, 2 * MIB);
  end();
}

static void a_target_that_is_lost_is_never_used_and_the_block_stays(void **state) {
  (void)state;
  begin();
  uint8_t *block = fenced(MIB);
  fake_os_refuse(FAKE_MOVE);
  fake_os_refuse(FAKE_RENEW);
  uint8_t mark = 0;
  void *out = &mark;
  hw_layout_t now = layout_of(MIB, 16), next = layout_of(2 * MIB, 16);
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_reallocate(arena, block, now, next, 0, &out));
  assert_ptr_equal(out, &mark);
  assert_true(has_pattern(block, MIB, MIB));
  assert_int_equal(stats_of(arena).failures, 1);
  assert_int_equal(stats_of(arena).live_blocks, 2);
  assert_sound(arena);
  give(arena, block, MIB);
  give(arena, fence, 40000);
  arena_end(arena);
  fake_os_reclaim();
}

static void a_moved_block_that_grew_moves_in_two_pieces(void **state) {
  (void)state;
  begin();
  uint8_t *block = resize(arena, fenced(MIB), MIB, 2 * MIB);
  /* 1 MiB of it came by the move, the rest was there. */
  assert_int_equal(run_of(arena, block)->npieces, 1);
  fill_pattern(block, 2 * MIB, 7);
  void *between = take(arena, 40000);
  block = resize(arena, block, 2 * MIB, 8 * MIB);
  assert_true(has_pattern(block, 2 * MIB, 7));
  assert_int_equal(fake_os_calls(FAKE_MOVE), 3);
  assert_int_equal(run_of(arena, block)->npieces, 2);
  assert_int_equal(pages_of(arena).moved_ranges, 2);
  give(arena, block, 8 * MIB);
  assert_int_equal(pages_of(arena).moved_ranges, 0);
  give(arena, between, 40000);
  end();
}

static void a_block_moves_for_its_alignment_in_one_piece(void **state) {
  (void)state;
  begin();
  hw_layout_t layout = layout_of(MIB, 16);
  hw_layout_t wide = layout_of(MIB, 64 * MIB), wider = layout_of(MIB, 128 * MIB);
  void *odd = take(arena, 40000), *out = NULL;
  uint8_t *block = fenced(MIB);
  /* What comes next lies at an odd multiple of 64 MiB. */
  void *even = take_as(arena, wide, 0);
  bool is_even = hw_is_aligned(even, wider.align);
  if (!is_even) give_as(arena, even, wide);
  assert_ok(hw_reallocate(arena, block, layout, wide, 0, &out));
  assert_int_equal(run_of(arena, out)->npieces, 1);
  assert_ok(hw_reallocate(arena, out, wide, wider, 0, &out));
  assert_true(has_pattern(out, MIB, MIB));
  assert_int_equal(fake_os_calls(FAKE_MOVE), 2);
  assert_int_equal(pages_of(arena).moved_ranges, 1);
  give_as(arena, out, wider);
  if (is_even) give_as(arena, even, wide);
  give(arena, odd, 40000);
  end();
}

static void a_block_that_moved_to_grow_gets_room_for_more(void **state) {
  (void)state;
  begin();
  uint8_t *block = fenced(100000);
  block = resize(arena, block, 100000, 200000);
  /* Too large for the hole that the first move left. */
  void *second = take(arena, 120000);
  block = resize(arena, block, 200000, 2 * MIB);
  assert_int_equal(pages_of(arena).headroom_bytes, 2 * MIB);
  void *third = take(arena, MIB);
  assert_ptr_equal(resize(arena, block, 2 * MIB, 4 * MIB), block);
  assert_int_equal(pages_of(arena).headroom_bytes, 0);
  give(arena, block, 4 * MIB);
  give(arena, second, 120000);
  give(arena, third, MIB);
  end();
}

static void appending_moves_a_block_rarely(void **state) {
  (void)state;
  begin();
  uint8_t *blocks[3];
  for (size_t i = 0; i < 3; i++) blocks[i] = take(arena, 40000);
  unsigned moves = 0;
  size_t size = 40000;
  for (; size < 8 * MIB; size += 8192) {
    for (size_t i = 0; i < 3; i++) {
      fill_pattern(blocks[i], 100, i);
      uint8_t *now = resize(arena, blocks[i], size, size + 8192);
      assert_true(has_pattern(now, 100, i));
      moves += now != blocks[i];
      blocks[i] = now;
    }
  }
  assert_true(moves <= 3 * 12);
  for (size_t i = 0; i < 3; i++) give(arena, blocks[i], size);
  end();
}

static void with_larger_pages_of_the_system_blocks_are_copied(void **state) {
  (void)state;
  fake_os_begin();
  fake_os_pretend_page_size((size_t)16 << 10);
  arena = arena_open();
  uint8_t *block = fenced(MIB);
  block = resize(arena, block, MIB, 2 * MIB);
  assert_true(has_pattern(block, MIB, MIB));
  assert_int_equal(fake_os_calls(FAKE_MOVE), 0);
  give(arena, block, 2 * MIB);
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(from_512_kib_on_memory_moves_and_below_it_is_copied),
      cmocka_unit_test(the_old_range_stays_readable_and_reads_zero),
      cmocka_unit_test(after_the_budget_blocks_are_copied),
      cmocka_unit_test(freeing_a_moved_block_heals_its_range),
      cmocka_unit_test(where_the_system_does_not_renew_a_range_it_counts_as_moved),
      cmocka_unit_test(a_move_that_fails_becomes_a_copy),
      cmocka_unit_test(a_target_that_is_lost_is_never_used_and_the_block_stays),
      cmocka_unit_test(a_moved_block_that_grew_moves_in_two_pieces),
      cmocka_unit_test(a_block_moves_for_its_alignment_in_one_piece),
      cmocka_unit_test(a_block_that_moved_to_grow_gets_room_for_more),
      cmocka_unit_test(appending_moves_a_block_rarely),
      cmocka_unit_test(with_larger_pages_of_the_system_blocks_are_copied),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

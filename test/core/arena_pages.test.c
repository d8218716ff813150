/* Pages of the system larger than ours, small regions, forks: an arena at home elsewhere. */
#define _DEFAULT_SOURCE /* fork */

#include "arena_fixture.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const size_t sizes[] = {1, 100, 1000, 5000, 32768, 40000, MIB, 5 * MIB};

static void work(hw_allocator_t *self) {
  void *blocks[COUNT_OF(sizes) * 8];
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    size_t size = sizes[i / 8];
    blocks[i] = take_zeroed(self, size);
    assert_true(is_zero(blocks[i], size));
    memset(blocks[i], 0xEE, size);
  }
  assert_sound(self);
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    size_t size = sizes[i / 8];
    blocks[i] = resize(self, blocks[i], size, size * 2);
    give(self, blocks[i], size * 2);
  }
  assert_sound(self);
}

static void pages_of_16_and_64_kib_serve_as_well(void **state) {
  (void)state;
  for (size_t page = 16 * KIB; page <= 64 * KIB; page *= 4) {
    fake_os_begin();
    fake_os_pretend_page_size(page);
    hw_allocator_t *arena = arena_open(), *cache = cache_open(arena);
    for (unsigned round = 0; round < 3; round++) {
      work(arena);
      work(cache);
      fake_os_advance(HW_DECAY_MS);
      assert_ok(hw_arena_tick(arena, NULL));
      assert_sound(cache);
      if (round == 1) assert_ok(hw_arena_purge(arena));
      assert_sound(cache);
    }
    void *block = take(arena, 100000);
    assert_ok(hw_destroy(cache));
    give(arena, block, 100000);
    arena_end_all(arena);
  }
}

static void with_large_pages_an_idle_arena_gives_all_of_them_back(void **state) {
  (void)state;
  fake_os_begin();
  fake_os_pretend_page_size(64 * KIB);
  hw_allocator_t *arena = arena_open();
  work(arena);
  assert_ok(hw_arena_purge(arena));
  assert_int_equal(pages_of(arena).dirty_bytes, 0);
  assert_int_equal(pages_of(arena).active_bytes, 0);
  arena_end_all(arena);
}

static void the_least_of_regions_serve_as_well(void **state) {
  (void)state;
  fake_os_begin();
  fake_os_bound_reservations(2 * HW_REGION_LEAST_BYTES);
  hw_allocator_t *arena = arena_open(), *cache = cache_open(arena);
  for (unsigned round = 0; round < 2; round++) {
    work(arena);
    work(cache);
  }
  void *blocks[40];
  for (size_t i = 0; i < 40; i++) blocks[i] = take(i % 2 ? arena : cache, 5 * MIB);
  assert_true(hw_arena_of(arena)->space->region_count > 5);
  assert_sound(cache);
  for (size_t i = 0; i < 40; i++) {
    assert_int_equal(hw_owns(arena, blocks[i]), HW_OWNS_YES);
    give(arena, blocks[i], 5 * MIB);
  }
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void addresses_run_out_cleanly(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  hw_arena_of(arena)->space->regions[0].size = 16 * MIB;
  fake_os_refuse(FAKE_RESERVE);
  size_t count = 0;
  void *blocks[20];
  while (hw_allocate(arena, layout_of(MIB, 16), 0, &blocks[count]) == HW_OK) count++;
  assert_int_equal(count, 16);
  assert_status(HW_ERR_OUT_OF_MEMORY, try_take(arena, 1));
  assert_sound(arena);
  while (count > 0) give(arena, blocks[--count], MIB);
  give(arena, take_zeroed(arena, 15 * MIB), 15 * MIB);
  give(arena, take(arena, 1), 1);
  hw_arena_of(arena)->space->regions[0].size = HW_REGION_MOST_BYTES;
  arena_end_all(arena);
}

static void a_forked_child_allocates_and_frees_at_once(void **state) {
  (void)state;
  hw_allocator_t *arena = NULL, *other = NULL;
  assert_ok(hw_create("arena", NULL, &arena));
  assert_ok(hw_create("arena", NULL, &other));
  hw_allocator_t *cache = cache_open(arena);
  uint8_t *block = take(cache, 1000);
  fill_pattern(block, 1000, 1);
  pid_t child = fork();
  if (child == 0) {
    bool kept = has_pattern(block, 1000, 1);
    give(cache, block, 1000);
    work(cache);
    work(other);
    hw_allocator_t *third = NULL;
    bool created = hw_create("arena", NULL, &third) == HW_OK;
    if (created) work(third);
    _exit(kept && created && stats_of(arena).live_blocks == 0 ? 0 : 1);
  }
  int status = 0;
  assert_true(child > 0 && waitpid(child, &status, 0) == child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  assert_true(has_pattern(block, 1000, 1));
  work(arena);
  give(cache, block, 1000);
  assert_ok(hw_destroy(cache));
  arena_end(arena);
  arena_end(other);
}

static void a_space_without_room_for_another_arena_refuses_it(void **state) {
  (void)state;
  hw_allocator_t *first = NULL, *second = NULL;
  assert_ok(hw_create("arena", NULL, &first));
  hw_space_t *space = hw_arena_of(first)->space;
  uint64_t words[HW_ARENAS_MOST / 64];
  memcpy(words, space->owners, sizeof words);
  memset(space->owners, 0xFF, sizeof space->owners);
  assert_status(HW_ERR_OUT_OF_MEMORY, hw_create("arena", NULL, &second));
  assert_null(second);
  memcpy(space->owners, words, sizeof words);
  work(first);
  arena_end(first);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pages_of_16_and_64_kib_serve_as_well),
      cmocka_unit_test(with_large_pages_an_idle_arena_gives_all_of_them_back),
      cmocka_unit_test(the_least_of_regions_serve_as_well),
      cmocka_unit_test(addresses_run_out_cleanly),
      cmocka_unit_test(a_forked_child_allocates_and_frees_at_once),
      cmocka_unit_test(a_space_without_room_for_another_arena_refuses_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

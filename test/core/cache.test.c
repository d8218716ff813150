/* Magazines and depots: how blocks travel between caches and slabs. */
#include "arena_fixture.h"

#define SIZE ((size_t)64)

static unsigned class_of(size_t size) {
  return hw_class_of(layout_of(size, 1));
}

static hw_magazine_t *magazine_of(hw_allocator_t *cache, size_t size) {
  return &hw_cache_of(cache)->magazines[class_of(size)];
}

static uint32_t held(hw_allocator_t *cache, size_t size) {
  return hw_magazine_count(magazine_of(cache, size));
}

static hw_bin_t *bin_of(hw_allocator_t *arena, size_t size) {
  return &hw_arena_of(arena)->bins[class_of(size)];
}

static void take_many(hw_allocator_t *self, void **blocks, size_t count) {
  for (size_t i = 0; i < count; i++) blocks[i] = take(self, SIZE);
}

static void give_many(hw_allocator_t *self, void **blocks, size_t count) {
  for (size_t i = 0; i < count; i++) give(self, blocks[i], SIZE);
}

static void refills_double_from_8_up_to_half_a_magazine(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  static const uint32_t brought[] = {8, 16, 32, 64, 64};
  void *blocks[8 + 16 + 32 + 64 + 64];
  size_t taken = 0;
  for (size_t i = 0; i < COUNT_OF(brought); i++) {
    blocks[taken++] = take(cache, SIZE);
    assert_int_equal(held(cache, SIZE), brought[i] - 1);
    take_many(cache, blocks + taken, brought[i] - 1);
    taken += brought[i] - 1;
  }
  assert_sound(cache);
  give_many(cache, blocks, taken);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void a_full_magazine_gives_its_older_half_to_the_depot(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  void *blocks[HW_MAGAZINE_MOST + 1];
  take_many(arena, blocks, COUNT_OF(blocks));
  give_many(cache, blocks, HW_MAGAZINE_MOST);
  assert_int_equal(held(cache, SIZE), HW_MAGAZINE_MOST);
  assert_int_equal(bin_of(arena, SIZE)->depot_count, 0);
  give(cache, blocks[HW_MAGAZINE_MOST], SIZE);
  assert_int_equal(held(cache, SIZE), HW_MAGAZINE_MOST / 2 + 1);
  assert_int_equal(bin_of(arena, SIZE)->depot_count, HW_MAGAZINE_MOST / 2);
  assert_ptr_equal(bin_of(arena, SIZE)->depot[0], blocks[0]);
  assert_ptr_equal(magazine_of(cache, SIZE)->slots[0], blocks[HW_MAGAZINE_MOST / 2]);
  assert_sound(cache);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void the_block_freed_last_is_taken_first(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  void *a = take(cache, SIZE), *b = take(cache, SIZE);
  give(cache, a, SIZE);
  give(cache, b, SIZE);
  assert_ptr_equal(take(cache, SIZE), b);
  assert_ptr_equal(take(cache, SIZE), a);
  give(cache, a, SIZE);
  give(cache, b, SIZE);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void what_one_cache_frees_another_takes_without_a_slab(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  hw_allocator_t *producer = cache_open(arena), *consumer = cache_open(arena);
  void *blocks[64];
  take_many(producer, blocks, 64);
  give_many(consumer, blocks, 64);
  assert_ok(hw_cache_flush(consumer));
  assert_ok(hw_cache_flush(producer));
  hw_bin_t *bin = bin_of(arena, SIZE);
  size_t taken = bin->ntaken;
  assert_true(bin->depot_count >= 64);
  take_many(producer, blocks, 64);
  assert_int_equal(bin->ntaken, taken);
  give_many(consumer, blocks, 64);
  assert_ok(hw_destroy(producer));
  assert_ok(hw_destroy(consumer));
  arena_end_all(arena);
}

static void a_depot_holds_16_magazines_and_the_rest_goes_to_slabs(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  size_t most = HW_DEPOT_MAGAZINES * HW_MAGAZINE_MOST;
  static void *blocks[HW_DEPOT_MAGAZINES * HW_MAGAZINE_MOST + 100];
  take_many(arena, blocks, most + 100);
  give_many(arena, blocks, most + 100);
  hw_bin_t *bin = bin_of(arena, SIZE);
  assert_int_equal(bin->depot_count, most);
  assert_int_equal(bin->ntaken, most);
  assert_sound(arena);
  assert_ok(hw_arena_purge(arena));
  assert_int_equal(bin->depot_count, 0);
  assert_int_equal(bin->nslabs, 0);
  assert_int_equal(pages_of(arena).dirty_bytes, 0);
  arena_end_all(arena);
}

static void a_depot_gives_three_quarters_back_of_what_lay_idle(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  void *blocks[400];
  take_many(arena, blocks, 400);
  give_many(arena, blocks, 400);
  hw_bin_t *bin = bin_of(arena, SIZE);
  fake_os_advance(HW_DECAY_MS / HW_DECAY_STEPS);
  bool more = false;
  assert_ok(hw_arena_tick(arena, &more));
  assert_true(more);
  /* The first look only notes what lies there. */
  assert_int_equal(bin->depot_count, 400);
  take_many(arena, blocks, 200);
  give_many(arena, blocks, 200);
  fake_os_advance(HW_DECAY_MS / HW_DECAY_STEPS);
  assert_ok(hw_arena_tick(arena, &more));
  assert_int_equal(bin->depot_count, 400 - 150);
  assert_sound(arena);
  arena_end_all(arena);
}

static void a_cache_gives_three_quarters_back_of_what_it_did_not_use(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  void *blocks[100];
  take_many(arena, blocks, 100);
  give_many(cache, blocks, 100);
  /* A look at one class every so many trips; each class comes twice. */
  void *large[HW_MAGAZINE_MOST];
  for (unsigned trip = 0; trip < 2 * HW_CLASS_COUNT * HW_CACHE_SWEEP_TRIPS; trip += 2) {
    for (size_t i = 0; i < 3; i++) large[i] = take(cache, 32768);
    for (size_t i = 0; i < 3; i++) give(cache, large[i], 32768);
  }
  uint32_t left = held(cache, SIZE);
  assert_in_range(left, 1, 25);
  assert_sound(cache);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void flushing_empties_every_magazine(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    size_t size = hw_size_classes[i].size;
    give(cache, take(cache, size), size);
    assert_true(held(cache, size) > 0);
  }
  assert_ok(hw_cache_flush(cache));
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    assert_int_equal(held(cache, hw_size_classes[i].size), 0);
  }
  assert_sound(cache);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void blocks_outlive_the_cache_they_came_from(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  void *block = take(cache, SIZE), *large = take(cache, MIB);
  fill_pattern(block, SIZE, 1);
  assert_ok(hw_destroy(cache));
  assert_true(has_pattern(block, SIZE, 1));
  assert_int_equal(stats_of(arena).live_blocks, 2);
  give(arena, block, SIZE);
  give(arena, large, MIB);
  arena_end_all(arena);
}

static void a_closed_cache_is_refused(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  void *block = take(arena, SIZE), *out = NULL;
  assert_ok(hw_destroy(cache));
  assert_status(HW_ERR_INVALID, hw_allocate(cache, layout_of(SIZE, 16), 0, &out));
  assert_status(HW_ERR_INVALID, try_give(cache, block, SIZE));
  assert_status(HW_ERR_INVALID, hw_cache_flush(cache));
  assert_status(HW_ERR_INVALID, hw_verify(cache, NULL));
  assert_status(HW_ERR_INVALID, hw_destroy(cache));
  assert_null(out);
  give(arena, block, SIZE);
  arena_end_all(arena);
}

static void the_memory_of_a_closed_cache_serves_the_next(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *first = cache_open(arena), *second = cache_open(arena);
  hw_allocator_t *third = cache_open(arena);
  give(first, take(first, SIZE), SIZE);
  unsigned maps = fake_os_calls(FAKE_MAP);
  assert_ok(hw_destroy(second));
  assert_ok(hw_destroy(first));
  assert_ptr_equal(cache_open(arena), first);
  assert_int_equal(held(first, SIZE), 0);
  assert_int_equal(fake_os_calls(FAKE_MAP), maps);
  assert_int_equal(stats_of(arena).allocations, 1);
  assert_ok(hw_destroy(third));
  assert_ok(hw_destroy(first));
  arena_end_all(arena);
}

static void an_arena_with_an_open_cache_is_busy(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  assert_status(HW_ERR_BUSY, hw_destroy(arena));
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void only_arenas_have_caches(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena), *system = NULL, *out = NULL;
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os()};
  assert_ok(hw_create("system", &config, &system));
  assert_status(HW_ERR_INVALID, hw_cache_open(system, &out));
  assert_status(HW_ERR_INVALID, hw_cache_open(cache, &out));
  assert_status(HW_ERR_INVALID, hw_cache_open(NULL, &out));
  assert_status(HW_ERR_INVALID, hw_cache_open(arena, NULL));
  assert_status(HW_ERR_INVALID, hw_cache_flush(arena));
  assert_status(HW_ERR_INVALID, hw_cache_flush(NULL));
  assert_null(out);
  assert_ok(hw_destroy(system));
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

static void a_cache_does_everything_its_arena_does(void **state) {
  (void)state;
  static const uint32_t modes[] = {0, HW_ARENA_EXACT, HW_ARENA_TRACKED,
                                   HW_ARENA_EXACT | HW_ARENA_TRACKED};
  for (size_t i = 0; i < COUNT_OF(modes); i++) {
    hw_allocator_t *arena = arena_begin_with(modes[i]), *cache = cache_open(arena);
    assert_string_equal(cache->ops->name, "arena");
    assert_int_equal(hw_usable_size(cache, layout_of(100, 16)), 112);
    uint8_t *block = take_zeroed(cache, 5000);
    assert_true(is_zero(block, 5000));
    assert_ok(hw_reallocate_in_place(cache, block, layout_of(5000, 16), layout_of(5120, 16)));
    block = resize(cache, block, 5120, 100);
    assert_int_equal(hw_owns(cache, block + 1), HW_OWNS_YES);
    assert_int_equal(stats_of(cache).live_blocks, 1);
    assert_sound(cache);
    assert_ok(hw_retire(cache, block, layout_of(100, 16)));
    assert_int_equal(stats_of(cache).live_blocks, 0);
    assert_int_equal(stats_of(cache).retired_bytes, 112);
    assert_ok(hw_destroy(cache));
    arena_end(arena);
    fake_os_reclaim();
  }
}

static void a_cache_serves_blocks_of_every_region(void **state) {
  (void)state;
  fake_os_begin();
  fake_os_bound_reservations(HW_REGION_LEAST_BYTES);
  const hw_arena_options_t options = {HW_NO_LIMIT, HW_DECAY_MS, HW_ARENA_EXACT};
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os(), .arena = &options};
  hw_allocator_t *arena = NULL;
  assert_ok(hw_create("arena", &config, &arena));
  hw_allocator_t *cache = cache_open(arena);
  void *filler = take(arena, 15 * MIB);
  static uint8_t *blocks[5000];
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    blocks[i] = take(cache, 1000);
    fill_pattern(blocks[i], 1000, i);
  }
  assert_true(hw_arena_of(arena)->space->region_count > 1);
  assert_sound(cache);
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    assert_true(has_pattern(blocks[i], 1000, i));
    give(cache, blocks[i], 1000);
    assert_status(HW_ERR_NOT_LIVE, try_give(cache, blocks[i], 1000));
  }
  give(cache, filler, 15 * MIB);
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refills_double_from_8_up_to_half_a_magazine),
      cmocka_unit_test(a_full_magazine_gives_its_older_half_to_the_depot),
      cmocka_unit_test(the_block_freed_last_is_taken_first),
      cmocka_unit_test(what_one_cache_frees_another_takes_without_a_slab),
      cmocka_unit_test(a_depot_holds_16_magazines_and_the_rest_goes_to_slabs),
      cmocka_unit_test(a_depot_gives_three_quarters_back_of_what_lay_idle),
      cmocka_unit_test(a_cache_gives_three_quarters_back_of_what_it_did_not_use),
      cmocka_unit_test(flushing_empties_every_magazine),
      cmocka_unit_test(blocks_outlive_the_cache_they_came_from),
      cmocka_unit_test(a_closed_cache_is_refused),
      cmocka_unit_test(the_memory_of_a_closed_cache_serves_the_next),
      cmocka_unit_test(an_arena_with_an_open_cache_is_busy),
      cmocka_unit_test(only_arenas_have_caches),
      cmocka_unit_test(a_cache_does_everything_its_arena_does),
      cmocka_unit_test(a_cache_serves_blocks_of_every_region),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

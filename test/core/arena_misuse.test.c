/* Wrong frees: told by kind, harming nothing. */
#include "arena_fixture.h"

#include <string.h>

/* Of an arena whose frees are exact, through itself or a cache of it. */
typedef struct pair {
  hw_allocator_t *arena, *cache;
} pair_t;

static pair_t begin(uint32_t flags) {
  hw_allocator_t *arena = arena_begin_with(flags);
  return (pair_t){arena, cache_open(arena)};
}

static void end(pair_t pair) {
  assert_sound(pair.cache);
  assert_ok(hw_destroy(pair.cache));
  assert_int_equal(stats_of(pair.arena).live_blocks, 0);
  arena_end_all(pair.arena);
}

/* Checks that nothing changes by what both refuse. */
static void assert_refused(pair_t pair, hw_status_t why, void *ptr, hw_layout_t layout) {
  hw_stats_t before = stats_of(pair.arena);
  assert_status(why, hw_deallocate(pair.arena, ptr, layout));
  assert_status(why, hw_deallocate(pair.cache, ptr, layout));
  assert_status(why, hw_retire(pair.arena, ptr, layout));
  hw_stats_t after = stats_of(pair.arena);
  assert_memory_equal(&before, &after, sizeof before);
  assert_sound(pair.cache);
}

static const size_t sizes[] = {1, 100, 5000, 32768, 40000, MIB};

static void a_second_free_is_refused_at_once_where_frees_are_exact(void **state) {
  (void)state;
  pair_t pair = begin(HW_ARENA_EXACT);
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    hw_layout_t layout = layout_of(sizes[i], 16);
    void *a = take(pair.arena, sizes[i]), *b = take(pair.cache, sizes[i]);
    give(pair.arena, a, sizes[i]);
    assert_refused(pair, HW_ERR_NOT_LIVE, a, layout);
    give(pair.cache, b, sizes[i]);
    assert_refused(pair, HW_ERR_NOT_LIVE, b, layout);
    assert_ok(hw_cache_flush(pair.cache));
    assert_refused(pair, HW_ERR_NOT_LIVE, a, layout);
    assert_ok(hw_arena_purge(pair.arena));
    assert_refused(pair, HW_ERR_NOT_LIVE, b, layout);
  }
  assert_int_equal(pages_of(pair.arena).misuses, 0);
  end(pair);
}

static void a_second_free_of_a_large_block_is_always_refused_at_once(void **state) {
  (void)state;
  pair_t pair = begin(0);
  void *block = take(pair.cache, MIB);
  give(pair.cache, block, MIB);
  assert_refused(pair, HW_ERR_NOT_LIVE, block, layout_of(MIB, 16));
  end(pair);
}

static void elsewhere_it_is_seen_and_ignored_when_it_reaches_its_slab(void **state) {
  (void)state;
  pair_t pair = begin(0);
  void *block = take(pair.cache, 100);
  give(pair.cache, block, 100);
  give(pair.cache, block, 100);
  assert_ok(hw_cache_flush(pair.cache));
  assert_ok(hw_arena_purge(pair.arena));
  assert_int_equal(pages_of(pair.arena).misuses, 1);
  assert_status(HW_ERR_NOT_LIVE, try_give(pair.arena, block, 100));
  end(pair);
}

static void a_pointer_into_a_block_that_a_cache_took_is_seen_at_its_slab_too(void **state) {
  (void)state;
  pair_t pair = begin(0);
  uint8_t *block = take(pair.cache, 100);
  /* A cache's first free looks closer. */
  give(pair.cache, take(pair.cache, 100), 100);
  give(pair.cache, block + 16, 100);
  assert_ok(hw_cache_flush(pair.cache));
  assert_ok(hw_arena_purge(pair.arena));
  assert_int_equal(pages_of(pair.arena).misuses, 1);
  assert_status(HW_ERR_INTERIOR, try_give(pair.arena, block + 16, 100));
  give(pair.cache, block, 100);
  end(pair);
}

static void a_pointer_into_a_block_is_told_as_such(void **state) {
  (void)state;
  pair_t pair = begin(HW_ARENA_EXACT);
  for (size_t i = 1; i < COUNT_OF(sizes); i++) {
    hw_layout_t layout = layout_of(sizes[i], 16);
    uint8_t *block = take(pair.cache, sizes[i]);
    assert_refused(pair, HW_ERR_INTERIOR, block + 1, layout);
    assert_refused(pair, HW_ERR_INTERIOR, block + 16, layout);
    assert_refused(pair, HW_ERR_INTERIOR, block + sizes[i] - 1, layout);
    give(pair.cache, block, sizes[i]);
  }
  uint8_t *large = take(pair.arena, 9 * MIB);
  assert_refused(pair, HW_ERR_INTERIOR, large + 8 * MIB, layout_of(9 * MIB, 16));
  give(pair.arena, large, 9 * MIB);
  end(pair);
}

static void memory_of_others_is_not_owned(void **state) {
  (void)state;
  pair_t pair = begin(HW_ARENA_EXACT);
  uint8_t on_the_stack[64];
  static uint8_t global[64];
  hw_region_t *region = &hw_arena_of(pair.arena)->space->regions[0];
  give(pair.arena, take(pair.arena, 100), 100);
  hw_layout_t layout = layout_of(64, 16);
  assert_refused(pair, HW_ERR_NOT_OWNED, on_the_stack, layout);
  assert_refused(pair, HW_ERR_NOT_OWNED, global, layout);
  assert_refused(pair, HW_ERR_NOT_OWNED, pair.arena, layout);
  assert_refused(pair, HW_ERR_NOT_OWNED, region->pages, layout);
  assert_refused(pair, HW_ERR_NOT_OWNED, region->base - 16, layout);
  assert_refused(pair, HW_ERR_NOT_OWNED, region->base + region->committed, layout);
  assert_refused(pair, HW_ERR_NOT_OWNED, (void *)(uintptr_t)16, layout);
  assert_status(HW_ERR_INVALID, hw_deallocate(pair.arena, NULL, layout));
  end(pair);
}

static void addresses_of_ours_that_were_never_handed_out_are_not_live(void **state) {
  (void)state;
  pair_t pair = begin(HW_ARENA_EXACT);
  uint8_t *block = take(pair.arena, 100), *large = take(pair.arena, MIB);
  const hw_run_t *slab = run_of(pair.arena, block);
  uint8_t *tail = slab->base + (size_t)hw_size_classes[slab->size_class].nregions * 112;
  assert_refused(pair, HW_ERR_NOT_LIVE, block + 112, layout_of(100, 16));
  assert_refused(pair, HW_ERR_NOT_LIVE, tail, layout_of(100, 16));
  assert_refused(pair, HW_ERR_NOT_LIVE, large + MIB, layout_of(MIB, 16));
  give(pair.arena, block, 100);
  give(pair.arena, large, MIB);
  end(pair);
}

static void another_layout_is_told(void **state) {
  (void)state;
  pair_t pair = begin(HW_ARENA_EXACT);
  void *small = take(pair.arena, 100), *large = take(pair.arena, 100000);
  assert_refused(pair, HW_ERR_LAYOUT_MISMATCH, small, layout_of(128, 16));
  assert_refused(pair, HW_ERR_LAYOUT_MISMATCH, small, layout_of(10, 16));
  assert_refused(pair, HW_ERR_LAYOUT_MISMATCH, small, layout_of(100000, 16));
  assert_refused(pair, HW_ERR_LAYOUT_MISMATCH, small, layout_of(100, 256));
  assert_refused(pair, HW_ERR_LAYOUT_MISMATCH, large, layout_of(100, 16));
  assert_refused(pair, HW_ERR_LAYOUT_MISMATCH, large, layout_of(200000, 16));
  assert_refused(pair, HW_ERR_LAYOUT_MISMATCH, large, layout_of(100000, GIB));
  give(pair.arena, small, 100);
  give(pair.arena, large, 100000);
  end(pair);
}

/* On its fast path, which it takes once it has seen memory of the region. */
static void a_cache_tells_another_layout_too(void **state) {
  (void)state;
  pair_t pair = begin(HW_ARENA_EXACT);
  give(pair.cache, take(pair.cache, 100), 100);
  void *small = take(pair.cache, 100);
  assert_status(HW_ERR_LAYOUT_MISMATCH, try_give(pair.cache, small, 128));
  assert_status(HW_ERR_LAYOUT_MISMATCH, try_give(pair.cache, small, 10));
  give(pair.cache, small, 100);
  end(pair);
}

/* Two arenas in one address space, as on the real system. */
static void blocks_of_another_arena_are_not_owned(void **state) {
  (void)state;
  const hw_arena_options_t options = {HW_NO_LIMIT, HW_DECAY_MS, HW_ARENA_EXACT};
  const hw_config_t config = {.limit = HW_NO_LIMIT, .arena = &options};
  hw_allocator_t *first = NULL, *second = NULL;
  assert_ok(hw_create("arena", &config, &first));
  assert_ok(hw_create("arena", &config, &second));
  assert_ptr_equal(hw_arena_of(first)->space, hw_arena_of(second)->space);
  hw_allocator_t *cache = cache_open(second);
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    void *block = take(first, sizes[i]), *out = NULL;
    hw_layout_t layout = layout_of(sizes[i], 16);
    pair_t pair = {second, cache};
    assert_refused(pair, HW_ERR_NOT_OWNED, block, layout);
    assert_status(HW_ERR_NOT_OWNED, hw_reallocate(second, block, layout, layout, 0, &out));
    assert_int_equal(hw_owns(second, block), HW_OWNS_NO);
    assert_int_equal(hw_owns(first, block), HW_OWNS_YES);
    give(first, block, sizes[i]);
  }
  assert_ok(hw_destroy(cache));
  arena_end(first);
  arena_end(second);
}

static void an_id_that_is_used_again_accepts_nothing_stale(void **state) {
  (void)state;
  const hw_arena_options_t options = {HW_NO_LIMIT, HW_DECAY_MS, HW_ARENA_EXACT};
  const hw_config_t config = {.limit = HW_NO_LIMIT, .arena = &options};
  hw_allocator_t *arena = NULL;
  assert_ok(hw_create("arena", &config, &arena));
  uint32_t owner = hw_arena_of(arena)->owner;
  void *freed[COUNT_OF(sizes)], *retired[COUNT_OF(sizes)];
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    freed[i] = take(arena, sizes[i]);
    retired[i] = take(arena, sizes[i]);
    give(arena, freed[i], sizes[i]);
    assert_ok(hw_retire(arena, retired[i], layout_of(sizes[i], 16)));
  }
  arena_end(arena);
  assert_ok(hw_create("arena", &config, &arena));
  assert_int_equal(hw_arena_of(arena)->owner, owner);
  hw_allocator_t *cache = cache_open(arena);
  /* So that the cache knows how far the region goes. */
  give(cache, take(cache, 48), 48);
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    assert_int_equal(hw_owns(arena, retired[i]), HW_OWNS_NO);
    assert_true(try_give(arena, freed[i], sizes[i]) != HW_OK);
    assert_true(try_give(cache, freed[i], sizes[i]) != HW_OK);
    assert_true(try_give(arena, retired[i], sizes[i]) != HW_OK);
    assert_true(try_give(cache, retired[i], sizes[i]) != HW_OK);
  }
  assert_ok(hw_destroy(cache));
  arena_end(arena);
}

static void a_retired_block_is_not_live(void **state) {
  (void)state;
  for (uint32_t exact = 0; exact <= HW_ARENA_EXACT; exact += HW_ARENA_EXACT) {
    pair_t pair = begin(exact);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
      void *block = take(pair.arena, sizes[i]), *out = NULL;
      hw_layout_t layout = layout_of(sizes[i], 16);
      assert_ok(hw_retire(pair.arena, block, layout));
      assert_status(HW_ERR_NOT_LIVE, hw_deallocate(pair.arena, block, layout));
      assert_status(HW_ERR_NOT_LIVE, hw_retire(pair.cache, block, layout));
      assert_status(HW_ERR_NOT_LIVE, hw_reallocate(pair.cache, block, layout, layout, 0, &out));
      assert_int_equal(hw_owns(pair.cache, block), HW_OWNS_NO);
    }
    assert_ok(hw_destroy(pair.cache));
    arena_end(pair.arena);
    fake_os_reclaim();
  }
}

static void a_retired_block_that_a_cache_took_is_seen_at_its_slab(void **state) {
  (void)state;
  pair_t pair = begin(0);
  void *block = take(pair.cache, 100);
  assert_ok(hw_retire(pair.cache, block, layout_of(100, 16)));
  give(pair.cache, take(pair.cache, 100), 100);
  give(pair.cache, block, 100);
  assert_ok(hw_cache_flush(pair.cache));
  assert_ok(hw_arena_purge(pair.arena));
  assert_int_equal(pages_of(pair.arena).misuses, 1);
  assert_sound(pair.cache);
  assert_ptr_not_equal(take(pair.cache, 100), block);
  assert_ok(hw_destroy(pair.cache));
  assert_status(HW_ERR_BUSY, hw_destroy(pair.arena));
  assert_ok(hw_arena_reset(pair.arena));
  arena_end(pair.arena);
  fake_os_reclaim();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_second_free_is_refused_at_once_where_frees_are_exact),
      cmocka_unit_test(a_second_free_of_a_large_block_is_always_refused_at_once),
      cmocka_unit_test(elsewhere_it_is_seen_and_ignored_when_it_reaches_its_slab),
      cmocka_unit_test(a_pointer_into_a_block_that_a_cache_took_is_seen_at_its_slab_too),
      cmocka_unit_test(a_pointer_into_a_block_is_told_as_such),
      cmocka_unit_test(memory_of_others_is_not_owned),
      cmocka_unit_test(addresses_of_ours_that_were_never_handed_out_are_not_live),
      cmocka_unit_test(another_layout_is_told),
      cmocka_unit_test(a_cache_tells_another_layout_too),
      cmocka_unit_test(blocks_of_another_arena_are_not_owned),
      cmocka_unit_test(an_id_that_is_used_again_accepts_nothing_stale),
      cmocka_unit_test(a_retired_block_is_not_live),
      cmocka_unit_test(a_retired_block_that_a_cache_took_is_seen_at_its_slab),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every call of the system that an arena makes fails once, at each place where it can. */
#include "arena_fixture.h"

#include "base/align.h"
#include "faults.h"

/* Of a large block the first bytes say enough. */
static size_t marked(size_t size) {
  return hw_min(size, 20000);
}

static hw_allocator_t *create_as(size_t limit, int64_t decay_ms, uint32_t flags) {
  const hw_arena_options_t options = {HW_NO_LIMIT, decay_ms, flags};
  const hw_config_t config = {.limit = limit, .os = fake_os(), .arena = &options};
  hw_allocator_t *arena = NULL;
  if (failed_cleanly(hw_create("arena", &config, &arena))) {
    assert_null(arena);
    assert_int_equal(fake_os_mappings(), 0);
    assert_ok(hw_create("arena", &config, &arena));
  }
  return arena;
}

static hw_allocator_t *create(void) {
  return create_as(HW_NO_LIMIT, HW_DECAY_MS, HW_ARENA_EXACT);
}

static hw_allocator_t *open_a_cache(hw_allocator_t *arena) {
  hw_allocator_t *cache = NULL;
  if (failed_cleanly(hw_cache_open(arena, &cache))) {
    assert_null(cache);
    assert_sound(arena);
    assert_ok(hw_cache_open(arena, &cache));
  }
  return cache;
}

static void *allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags) {
  hw_stats_t before = stats_of(self);
  void *block = NULL;
  if (failed_cleanly(hw_allocate(self, layout, flags, &block))) {
    assert_null(block);
    assert_sound(self);
    assert_int_equal(stats_of(self).live_bytes, before.live_bytes);
    assert_int_equal(stats_of(self).failures, before.failures + 1);
    assert_ok(hw_allocate(self, layout, flags, &block));
  }
  assert_sound(self);
  if (flags & HW_ZEROED) assert_true(is_zero(block, layout.size));
  return block;
}

static void *reallocate(hw_allocator_t *self, void *block, hw_layout_t from, hw_layout_t to) {
  hw_stats_t before = stats_of(self);
  size_t kept = hw_min(from.size, to.size);
  fill_pattern(block, marked(from.size), to.size);
  void *moved = NULL;
  if (failed_cleanly(hw_reallocate(self, block, from, to, HW_ZEROED, &moved))) {
    assert_null(moved);
    assert_true(has_pattern(block, marked(from.size), to.size));
    assert_int_equal(stats_of(self).live_bytes, before.live_bytes);
    assert_ok(hw_reallocate(self, block, from, to, HW_ZEROED, &moved));
  }
  assert_sound(self);
  assert_true(has_pattern(moved, marked(kept), to.size));
  assert_true(is_zero((uint8_t *)moved + kept, to.size - kept));
  return moved;
}

static void create_and_destroy(void) {
  assert_ok(hw_destroy(create()));
}

static const hw_layout_t layouts[] = {{1, 1},     {100, 64},        {5000, 4096},
                                      {0, 8},     {32768, 16},      {40000, 16},
                                      {8, 65536}, {3 * 1048576, 8}, {5 * 1048576, 4194304}};

static void allocate_through(hw_allocator_t *self, uint32_t flags) {
  void *blocks[COUNT_OF(layouts)];
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    blocks[i] = allocate(self, layouts[i], flags);
    fill_pattern(blocks[i], marked(layouts[i].size), i);
  }
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    assert_true(has_pattern(blocks[i], marked(layouts[i].size), i));
    give_as(self, blocks[i], layouts[i]);
  }
}

static void allocate_in_every_way(void) {
  hw_allocator_t *arena = create();
  allocate_through(arena, 0);
  allocate_through(arena, HW_ZEROED);
  arena_end(arena);
}

static void allocate_through_a_cache(void) {
  hw_allocator_t *arena = create_as(HW_NO_LIMIT, 0, 0);
  hw_allocator_t *cache = open_a_cache(arena);
  allocate_through(cache, HW_ZEROED);
  assert_ok(hw_destroy(cache));
  arena_end(arena);
}

static void open_several_caches(void) {
  hw_allocator_t *arena = create();
  hw_allocator_t *caches[4];
  for (size_t i = 0; i < 4; i++) {
    caches[i] = open_a_cache(arena);
    give_as(caches[i], allocate(caches[i], layouts[1], 0), layouts[1]);
  }
  for (size_t i = 0; i < 4; i++) assert_ok(hw_destroy(caches[i]));
  assert_ok(hw_destroy(open_a_cache(arena)));
  arena_end(arena);
}

static void reallocate_through_classes(void) {
  static const size_t sizes[] = {0, 100, 5000, 40000, 20000, 600000, 3000000, 700000, 9000000, 10};
  hw_allocator_t *arena = create();
  void *block = allocate(arena, layout_of(sizes[0], 16), 0);
  for (size_t i = 1; i < COUNT_OF(sizes); i++) {
    block = reallocate(arena, block, layout_of(sizes[i - 1], 16), layout_of(sizes[i], 16));
  }
  give(arena, block, sizes[COUNT_OF(sizes) - 1]);
  arena_end(arena);
}

static void move_by_page_tables(void) {
  hw_allocator_t *arena = create();
  hw_layout_t layout = layout_of(MIB, 16);
  void *block = allocate(arena, layout, 0);
  for (size_t i = 2; i < 6; i++) {
    void *fence = allocate(arena, layout_of(i * MIB, 16), 0);
    hw_layout_t next = layout_of(i * MIB, 16);
    block = reallocate(arena, block, layout, next);
    layout = next;
    give_as(arena, fence, next);
  }
  give_as(arena, block, layout);
  arena_end(arena);
}

static void grow_through_regions(void) {
  fake_os_bound_reservations(2 * HW_REGION_LEAST_BYTES);
  hw_allocator_t *arena = create();
  void *blocks[6];
  for (size_t i = 0; i < 6; i++) blocks[i] = allocate(arena, layout_of(9 * MIB, 16), 0);
  for (size_t i = 0; i < 6; i++) give(arena, blocks[i], 9 * MIB);
  arena_end(arena);
}

static void give_memory_back(void) {
  hw_allocator_t *arena = create();
  for (unsigned round = 0; round < 3; round++) {
    void *a = allocate(arena, layout_of(100000, 16), 0), *b = allocate(arena, layouts[1], 0);
    give(arena, a, 100000);
    give_as(arena, b, layouts[1]);
    fake_os_advance(HW_DECAY_MS);
    assert_ok(hw_arena_tick(arena, NULL));
    assert_ok(hw_arena_purge(arena));
    assert_sound(arena);
    /* Zeroed, though the purge may have failed. */
    give(arena, allocate(arena, layout_of(100000, 16), HW_ZEROED), 100000);
  }
  arena_end(arena);
}

static void reset_and_go_on(void) {
  hw_allocator_t *arena = create();
  hw_allocator_t *cache = open_a_cache(arena);
  for (unsigned round = 0; round < 2; round++) {
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
      (void)allocate(i % 2 ? arena : cache, layouts[i], HW_ZEROED);
    }
    assert_ok(hw_arena_reset(arena));
    assert_sound(cache);
  }
  assert_ok(hw_destroy(cache));
  arena_end(arena);
}

static void work_below_a_limit(void) {
  hw_allocator_t *arena = create_as(8 * MIB, HW_DECAY_MS, HW_ARENA_TRACKED);
  void *a = allocate(arena, layout_of(4 * MIB, 16), 0);
  void *out = NULL;
  assert_status(HW_ERR_LIMIT, hw_allocate(arena, layout_of(5 * MIB, 16), 0, &out));
  void *b = allocate(arena, layout_of(4 * MIB, 16), HW_ZEROED);
  give(arena, a, 4 * MIB);
  give(arena, b, 4 * MIB);
  arena_end(arena);
}

#define SCENARIO(name, least)                      \
  static void name##_survives_each(void **state) { \
    (void)state;                                   \
    fail_every_call(name, least);                  \
  }

SCENARIO(create_and_destroy, 10)
SCENARIO(allocate_in_every_way, 40)
SCENARIO(allocate_through_a_cache, 40)
SCENARIO(open_several_caches, 30)
SCENARIO(reallocate_through_classes, 30)
SCENARIO(move_by_page_tables, 40)
SCENARIO(grow_through_regions, 40)
SCENARIO(give_memory_back, 30)
SCENARIO(reset_and_go_on, 40)
SCENARIO(work_below_a_limit, 30)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(create_and_destroy_survives_each),
      cmocka_unit_test(allocate_in_every_way_survives_each),
      cmocka_unit_test(allocate_through_a_cache_survives_each),
      cmocka_unit_test(open_several_caches_survives_each),
      cmocka_unit_test(reallocate_through_classes_survives_each),
      cmocka_unit_test(move_by_page_tables_survives_each),
      cmocka_unit_test(grow_through_regions_survives_each),
      cmocka_unit_test(give_memory_back_survives_each),
      cmocka_unit_test(reset_and_go_on_survives_each),
      cmocka_unit_test(work_below_a_limit_survives_each),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

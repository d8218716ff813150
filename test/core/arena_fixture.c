#include "arena_fixture.h"

hw_allocator_t *arena_open(void) {
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os()};
  hw_allocator_t *arena = NULL;
  assert_ok(hw_create("arena", &config, &arena));
  return arena;
}

hw_allocator_t *arena_begin(void) {
  fake_os_begin();
  return arena_open();
}

hw_allocator_t *arena_begin_with(uint32_t flags) {
  return arena_begin_as(HW_NO_LIMIT, HW_NO_LIMIT, HW_DECAY_MS, flags);
}

hw_allocator_t *arena_begin_as(size_t limit, size_t mapped_limit, int64_t decay_ms,
                               uint32_t flags) {
  fake_os_begin();
  const hw_arena_options_t options = {mapped_limit, decay_ms, flags};
  const hw_config_t config = {.limit = limit, .os = fake_os(), .arena = &options};
  hw_allocator_t *arena = NULL;
  assert_ok(hw_create("arena", &config, &arena));
  return arena;
}

void arena_end(hw_allocator_t *arena) {
  assert_sound(arena);
  assert_ok(hw_destroy(arena));
}

void arena_end_all(hw_allocator_t *arena) {
  arena_end(arena);
  assert_int_equal(fake_os_mappings(), 0);
}

hw_allocator_t *cache_open(hw_allocator_t *arena) {
  hw_allocator_t *cache = NULL;
  assert_ok(hw_cache_open(arena, &cache));
  return cache;
}

void *take_as(hw_allocator_t *self, hw_layout_t layout, uint32_t flags) {
  void *block = NULL;
  assert_ok(hw_allocate(self, layout, flags, &block));
  assert_non_null(block);
  return block;
}

void *take(hw_allocator_t *self, size_t size) {
  return take_as(self, layout_of(size, 16), 0);
}

void *take_zeroed(hw_allocator_t *self, size_t size) {
  return take_as(self, layout_of(size, 16), HW_ZEROED);
}

void give_as(hw_allocator_t *self, void *block, hw_layout_t layout) {
  assert_ok(hw_deallocate(self, block, layout));
}

void give(hw_allocator_t *self, void *block, size_t size) {
  give_as(self, block, layout_of(size, 16));
}

void *resize(hw_allocator_t *self, void *block, size_t size, size_t next) {
  void *out = NULL;
  assert_ok(hw_reallocate(self, block, layout_of(size, 16), layout_of(next, 16), 0, &out));
  return out;
}

hw_status_t try_take(hw_allocator_t *self, size_t size) {
  uint8_t mark = 0;
  void *out = &mark;
  hw_status_t status = hw_allocate(self, layout_of(size, 16), 0, &out);
  assert_ptr_equal(out, &mark);
  return status;
}

hw_status_t try_give(hw_allocator_t *self, void *block, size_t size) {
  return hw_deallocate(self, block, layout_of(size, 16));
}

void assert_sound(hw_allocator_t *self) {
  const char *broken = NULL;
  hw_status_t status = hw_verify(self, &broken);
  if (status != HW_OK) fail_msg("broken: %s", broken == NULL ? "(no name)" : broken);
}

hw_stats_t stats_of(hw_allocator_t *self) {
  hw_stats_t stats = {0};
  assert_ok(hw_stats(self, &stats));
  return stats;
}

hw_page_stats_t pages_of(hw_allocator_t *arena) {
  hw_page_stats_t pages = {0};
  assert_ok(hw_arena_page_stats(arena, &pages));
  return pages;
}

hw_class_stats_t class_stats_of(hw_allocator_t *arena, size_t size) {
  hw_class_stats_t stats = {0};
  assert_ok(hw_arena_class_stats(arena, hw_class_of(layout_of(size, 1)), &stats));
  return stats;
}

hw_region_t *region_of_block(hw_allocator_t *arena, const void *block) {
  hw_region_t *region = hw_space_find(hw_arena_of(arena)->space, block);
  assert_non_null(region);
  return region;
}

hw_run_t *run_of(hw_allocator_t *arena, const void *block) {
  hw_region_t *region = region_of_block(arena, block);
  return &region->runs[region->pages[hw_page_of(region, block)].run];
}

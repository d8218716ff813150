/* What an arena tells of itself: counters, the heap map, and both as JSON. */
#include "arena_fixture.h"

#include <stdlib.h>
#include <string.h>

/* An arena with something of every kind. */
static hw_allocator_t *begin_mixture(uint32_t flags, hw_allocator_t **cache) {
  hw_allocator_t *arena = arena_begin_with(flags);
  *cache = cache_open(arena);
  static const size_t sizes[] = {16, 100, 1000, 5000, 32768, 40000, 100000, 5 * MIB};
  for (size_t i = 0; i < COUNT_OF(sizes) * 10; i++) {
    hw_allocator_t *self = i % 3 ? *cache : arena;
    size_t size = sizes[i / 10];
    void *block = take(self, size);
    if (i % 4 == 0) give(self, block, size);
    if (i % 10 == 7) assert_ok(hw_retire(self, block, layout_of(size, 16)));
  }
  give(arena, take(arena, 6 * MIB), 6 * MIB);
  return arena;
}

static void end_mixture(hw_allocator_t *arena, hw_allocator_t *cache) {
  assert_ok(hw_destroy(cache));
  assert_ok(hw_arena_reset(arena));
  arena_end(arena);
  fake_os_reclaim();
}

static void the_figures_of_the_classes_add_up_to_those_of_the_whole(void **state) {
  (void)state;
  for (uint32_t flags = 0; flags <= HW_ARENA_TRACKED; flags += HW_ARENA_TRACKED) {
    hw_allocator_t *cache = NULL, *arena = begin_mixture(flags, &cache);
    hw_stats_t all = stats_of(arena);
    uint64_t blocks = 0, bytes = 0, allocations = 0, slab_bytes = 0;
    for (unsigned i = 0; i < HW_ARENA_CLASSES; i++) {
      hw_class_stats_t stats;
      assert_ok(hw_arena_class_stats(arena, i, &stats));
      blocks += stats.live_blocks;
      bytes += stats.live_bytes;
      allocations += stats.allocations;
      slab_bytes += stats.slab_bytes;
      assert_true(stats.live_bytes <= stats.slab_bytes);
    }
    assert_int_equal(blocks, all.live_blocks);
    assert_int_equal(bytes, all.live_bytes);
    assert_int_equal(allocations, all.allocations);
    assert_int_equal(all.allocations, 81);
    assert_int_equal(all.live_blocks + all.retired_blocks + all.deallocations, 81);
    hw_page_stats_t pages = pages_of(arena);
    assert_true(all.live_bytes <= slab_bytes && slab_bytes <= pages.active_bytes);
    assert_true(pages.active_bytes + pages.dirty_bytes + pages.headroom_bytes <=
                pages.segment_bytes);
    assert_int_equal(all.mapped_bytes, pages.active_bytes + pages.dirty_bytes);
    assert_true(all.peak_bytes >= all.live_bytes);
    assert_true(pages.metadata_bytes > 0);
    end_mixture(arena, cache);
  }
}

static void the_figures_of_a_class_tell_live_blocks_from_cached_ones(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  void *a = take(cache, 1000), *b = take(arena, 1000);
  give(arena, b, 1000);
  hw_class_stats_t stats = class_stats_of(arena, 1000);
  assert_int_equal(stats.size, 1024);
  assert_int_equal(stats.live_blocks, 1);
  assert_int_equal(stats.live_bytes, 1024);
  assert_int_equal(stats.allocations, 2);
  assert_int_equal(stats.cached_blocks, HW_REFILL_FIRST - 1 + 1);
  assert_int_equal(stats.slabs, 1);
  assert_int_equal(stats.slab_bytes, 16384);
  give(cache, a, 1000);
  uint64_t metadata = pages_of(arena).metadata_bytes;
  assert_ok(hw_destroy(cache));
  /* A closed cache keeps its memory for the next. */
  assert_int_equal(pages_of(arena).metadata_bytes, metadata);
  assert_int_equal(class_stats_of(arena, 1000).allocations, 2);
  arena_end_all(arena);
}

static void the_peak_is_the_most_that_was_out_at_once(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  void *a = take(arena, MIB), *b = take(arena, 1024);
  give(arena, a, MIB);
  give(arena, b, 1024);
  assert_int_equal(stats_of(arena).peak_bytes, MIB + 1024);
  give(arena, take(arena, 1024), 1024);
  assert_int_equal(stats_of(arena).peak_bytes, MIB + 1024);
  assert_int_equal(stats_of(arena).live_bytes, 0);
  arena_end_all(arena);
}

typedef struct walk {
  const uint8_t *end;
  size_t bytes[5];
  size_t entries, most;
  size_t live;
} walk_t;

static bool walk_entry(void *context, const hw_map_entry_t *entry) {
  walk_t *walk = context;
  assert_true((const uint8_t *)entry->address >= walk->end);
  assert_true(entry->size > 0 && entry->size % HW_PAGE_BYTES == 0);
  walk->end = (const uint8_t *)entry->address + entry->size;
  walk->bytes[entry->kind] += entry->size;
  if (entry->kind == HW_MAP_SLAB) {
    assert_true(entry->block_size * entry->blocks <= entry->size);
    walk->live += entry->blocks;
  }
  return ++walk->entries < walk->most;
}

static void the_map_covers_every_page_once_by_address(void **state) {
  (void)state;
  hw_allocator_t *cache = NULL, *arena = begin_mixture(0, &cache);
  walk_t walk = {.most = SIZE_MAX};
  assert_ok(hw_arena_map(arena, walk_entry, &walk));
  hw_page_stats_t pages = pages_of(arena);
  size_t active = walk.bytes[HW_MAP_SLAB] + walk.bytes[HW_MAP_LARGE] + walk.bytes[HW_MAP_RETIRED];
  assert_int_equal(active, pages.active_bytes);
  assert_int_equal(walk.bytes[HW_MAP_DIRTY], pages.dirty_bytes);
  assert_int_equal(active + walk.bytes[HW_MAP_DIRTY] + walk.bytes[HW_MAP_CLEAN],
                   pages.segment_bytes);
  assert_true(walk.bytes[HW_MAP_RETIRED] > 5 * MIB);
  assert_true(walk.bytes[HW_MAP_DIRTY] >= 6 * MIB);
  uint64_t small = 0;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    hw_class_stats_t stats;
    assert_ok(hw_arena_class_stats(arena, i, &stats));
    small += stats.live_blocks + stats.cached_blocks;
  }
  /* One retired block of each of five sizes. */
  assert_int_equal(walk.live, small + 5);
  end_mixture(arena, cache);
}

static void the_map_tells_dirty_pages_from_clean_ones(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  void *large = take(arena, MIB), *fence = take(arena, MIB);
  give(arena, large, MIB);
  walk_t before = {.most = SIZE_MAX}, after = {.most = SIZE_MAX};
  assert_ok(hw_arena_map(arena, walk_entry, &before));
  assert_int_equal(before.bytes[HW_MAP_DIRTY], MIB);
  assert_ok(hw_arena_purge(arena));
  assert_ok(hw_arena_map(arena, walk_entry, &after));
  assert_int_equal(after.bytes[HW_MAP_DIRTY], 0);
  assert_int_equal(after.bytes[HW_MAP_CLEAN], before.bytes[HW_MAP_CLEAN] + MIB);
  give(arena, fence, MIB);
  arena_end_all(arena);
}

static void a_visitor_may_stop_the_map(void **state) {
  (void)state;
  hw_allocator_t *cache = NULL, *arena = begin_mixture(0, &cache);
  for (size_t most = 1; most < 6; most++) {
    walk_t walk = {.most = most};
    assert_ok(hw_arena_map(arena, walk_entry, &walk));
    assert_int_equal(walk.entries, most);
  }
  end_mixture(arena, cache);
}

static void an_empty_arena_has_an_empty_map(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin();
  walk_t walk = {.most = SIZE_MAX};
  assert_ok(hw_arena_map(arena, walk_entry, &walk));
  assert_int_equal(walk.entries, 0);
  arena_end_all(arena);
}

/* ---- A tiny reader of JSON: answers where a value ends, or NULL where it is none. ---- */

static const char *value_end(const char *at);

static const char *string_end(const char *at) {
  for (at++; *at != '"'; at++) {
    if (*at == '\0' || *at == '\\') return NULL;
  }
  return at + 1;
}

static const char *members_end(const char *at, char close, bool named) {
  at++;
  if (*at == close) return at + 1;
  for (;;) {
    if (named) {
      if (*at != '"') return NULL;
      at = string_end(at);
      if (at == NULL || *at != ':') return NULL;
      at++;
    }
    at = value_end(at);
    if (at == NULL) return NULL;
    if (*at == close) return at + 1;
    if (*at != ',') return NULL;
    at++;
  }
}

static const char *value_end(const char *at) {
  if (*at == '{') return members_end(at, '}', true);
  if (*at == '[') return members_end(at, ']', false);
  if (*at == '"') return string_end(at);
  if (strncmp(at, "null", 4) == 0 || strncmp(at, "true", 4) == 0) return at + 4;
  if (strncmp(at, "false", 5) == 0) return at + 5;
  size_t digits = strspn(at, "-0123456789.");
  return digits > 0 ? at + digits : NULL;
}

typedef hw_status_t (*printer_t)(hw_allocator_t *arena, char *text, size_t size, size_t *needed);

static char *json_of(printer_t print, hw_allocator_t *arena) {
  size_t needed = 0;
  assert_ok(print(arena, NULL, 0, &needed));
  char *text = malloc(needed + 1);
  assert_non_null(text);
  assert_ok(print(arena, text, needed + 1, NULL));
  assert_int_equal(strlen(text), needed);
  const char *end = value_end(text);
  if (end == NULL || *end != '\0') fail_msg("no JSON: %s", text);
  return text;
}

static void statistics_and_map_are_json(void **state) {
  (void)state;
  hw_allocator_t *cache = NULL, *arena = begin_mixture(0, &cache);
  char *stats = json_of(hw_arena_stats_json, arena);
  assert_non_null(strstr(stats, "\"liveBlocks\":"));
  assert_non_null(strstr(stats, "\"allocations\":81"));
  assert_non_null(strstr(stats, "\"size\":1024"));
  free(stats);
  char *map = json_of(hw_arena_map_json, arena);
  assert_int_equal(map[0], '[');
  assert_non_null(strstr(map, "\"kind\":\"slab\""));
  assert_non_null(strstr(map, "\"kind\":\"retired\""));
  free(map);
  end_mixture(arena, cache);
}

static void an_empty_arena_is_json_too(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin_as(1000, HW_NO_LIMIT, HW_DECAY_MS, 0);
  free(json_of(hw_arena_stats_json, arena));
  char *map = json_of(hw_arena_map_json, arena);
  assert_string_equal(map, "[]");
  free(map);
  arena_end_all(arena);
}

static void json_is_cut_off_where_the_room_ends(void **state) {
  (void)state;
  hw_allocator_t *cache = NULL, *arena = begin_mixture(0, &cache);
  static const printer_t printers[] = {hw_arena_stats_json, hw_arena_map_json};
  for (size_t i = 0; i < COUNT_OF(printers); i++) {
    char *whole = json_of(printers[i], arena);
    size_t length = strlen(whole);
    for (size_t room = 1; room <= length; room += 7) {
      char *text = malloc(room);
      size_t needed = 0;
      assert_ok(printers[i](arena, text, room, &needed));
      assert_int_equal(needed, length);
      assert_int_equal(strlen(text), room - 1);
      assert_memory_equal(text, whole, room - 1);
      free(text);
    }
    free(whole);
  }
  end_mixture(arena, cache);
}

static void questions_to_others_than_arenas_are_invalid(void **state) {
  (void)state;
  hw_allocator_t *arena = arena_begin(), *cache = cache_open(arena);
  hw_class_stats_t class_stats;
  hw_page_stats_t page_stats;
  char text[8];
  walk_t walk = {.most = 1};
  assert_status(HW_ERR_INVALID, hw_arena_class_stats(cache, 0, &class_stats));
  assert_status(HW_ERR_INVALID, hw_arena_class_stats(arena, HW_ARENA_CLASSES, &class_stats));
  assert_status(HW_ERR_INVALID, hw_arena_class_stats(arena, 0, NULL));
  assert_status(HW_ERR_INVALID, hw_arena_page_stats(cache, &page_stats));
  assert_status(HW_ERR_INVALID, hw_arena_page_stats(arena, NULL));
  assert_status(HW_ERR_INVALID, hw_arena_map(cache, walk_entry, &walk));
  assert_status(HW_ERR_INVALID, hw_arena_map(arena, NULL, &walk));
  assert_status(HW_ERR_INVALID, hw_arena_stats_json(cache, text, 8, NULL));
  assert_status(HW_ERR_INVALID, hw_arena_stats_json(arena, NULL, 8, NULL));
  assert_status(HW_ERR_INVALID, hw_arena_map_json(cache, text, 8, NULL));
  assert_status(HW_ERR_INVALID, hw_arena_map_json(arena, NULL, 8, NULL));
  assert_ok(hw_destroy(cache));
  arena_end_all(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_figures_of_the_classes_add_up_to_those_of_the_whole),
      cmocka_unit_test(the_figures_of_a_class_tell_live_blocks_from_cached_ones),
      cmocka_unit_test(the_peak_is_the_most_that_was_out_at_once),
      cmocka_unit_test(the_map_covers_every_page_once_by_address),
      cmocka_unit_test(the_map_tells_dirty_pages_from_clean_ones),
      cmocka_unit_test(a_visitor_may_stop_the_map),
      cmocka_unit_test(an_empty_arena_has_an_empty_map),
      cmocka_unit_test(statistics_and_map_are_json),
      cmocka_unit_test(an_empty_arena_is_json_too),
      cmocka_unit_test(json_is_cut_off_where_the_room_ends),
      cmocka_unit_test(questions_to_others_than_arenas_are_invalid),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

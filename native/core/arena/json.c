/* Statistics and heap map as JSON. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "arena/arena.h"

/* Text that counts on when its room is used up. */
typedef struct text {
  char *at;
  size_t room; /* with the NUL */
  size_t length;
  bool first; /* no comma yet */
} text_t;

__attribute__((format(printf, 2, 3))) static void print(text_t *text, const char *format, ...) {
  va_list values;
  va_start(values, format);
  bool fits = text->length < text->room;
  int length = vsnprintf(fits ? text->at + text->length : NULL,
                         fits ? text->room - text->length : 0, format, values);
  va_end(values);
  if (length > 0) text->length += (size_t)length;
}

static void separate(text_t *text) {
  if (!text->first) print(text, ",");
  text->first = false;
}

static text_t text_in(char *at, size_t room) {
  if (room > 0) at[0] = '\0';
  return (text_t){at, room, 0, true};
}

static void print_totals(text_t *text, hw_allocator_t *arena) {
  hw_stats_t all = {0};
  hw_page_stats_t pages = {0};
  hw_status_t status = hw_stats(arena, &all);
  if (status == HW_OK) status = hw_arena_page_stats(arena, &pages);
  if (status != HW_OK) return;
  print(text,
        "\"liveBlocks\":%" PRIu64 ",\"liveBytes\":%" PRIu64 ",\"peakBytes\":%" PRIu64
        ",\"mappedBytes\":%" PRIu64 ",\"retiredBlocks\":%" PRIu64 ",\"retiredBytes\":%" PRIu64
        ",\"allocations\":%" PRIu64 ",\"deallocations\":%" PRIu64 ",\"failures\":%" PRIu64,
        all.live_blocks, all.live_bytes, all.peak_bytes, all.mapped_bytes, all.retired_blocks,
        all.retired_bytes, all.allocations, all.deallocations, all.failures);
  /* A limit that is none has no number in JSON. */
  if (all.limit == HW_NO_LIMIT) {
    print(text, ",\"limit\":null");
  } else {
    print(text, ",\"limit\":%" PRIu64, all.limit);
  }
  print(text,
        ",\"activeBytes\":%" PRIu64 ",\"dirtyBytes\":%" PRIu64 ",\"headroomBytes\":%" PRIu64
        ",\"segmentBytes\":%" PRIu64 ",\"metadataBytes\":%" PRIu64 ",\"movedRanges\":%" PRIu64
        ",\"misuses\":%" PRIu64,
        pages.active_bytes, pages.dirty_bytes, pages.headroom_bytes, pages.segment_bytes,
        pages.metadata_bytes, pages.moved_ranges, pages.misuses);
}

hw_status_t hw_arena_stats_json(hw_allocator_t *arena, char *at, size_t size, size_t *needed) {
  if (!hw_is_arena(arena) || (at == NULL && size > 0)) return HW_ERR_INVALID;
  text_t text = text_in(at, size);
  print(&text, "{");
  print_totals(&text, arena);
  print(&text, ",\"classes\":[");
  for (unsigned i = 0; i < HW_ARENA_CLASSES; i++) {
    hw_class_stats_t stats;
    hw_status_t status = hw_arena_class_stats(arena, i, &stats);
    if (status != HW_OK || stats.allocations == 0) continue;
    separate(&text);
    print(&text,
          "{\"size\":%zu,\"liveBlocks\":%" PRIu64 ",\"liveBytes\":%" PRIu64
          ",\"allocations\":%" PRIu64 ",\"cachedBlocks\":%" PRIu64 ",\"slabs\":%" PRIu64
          ",\"slabBytes\":%" PRIu64 "}",
          stats.size, stats.live_blocks, stats.live_bytes, stats.allocations, stats.cached_blocks,
          stats.slabs, stats.slab_bytes);
  }
  print(&text, "]}");
  if (needed != NULL) *needed = text.length;
  return HW_OK;
}

static bool print_entry(void *context, const hw_map_entry_t *entry) {
  static const char *const kinds[] = {"slab", "large", "retired", "dirty", "clean"};
  text_t *text = context;
  separate(text);
  print(text, "{\"kind\":\"%s\",\"bytes\":%zu", kinds[entry->kind], entry->size);
  if (entry->kind == HW_MAP_SLAB) {
    print(text, ",\"blockSize\":%zu,\"blocks\":%zu", entry->block_size, entry->blocks);
  }
  print(text, "}");
  return true;
}

hw_status_t hw_arena_map_json(hw_allocator_t *arena, char *at, size_t size, size_t *needed) {
  if (!hw_is_arena(arena) || (at == NULL && size > 0)) return HW_ERR_INVALID;
  text_t text = text_in(at, size);
  print(&text, "[");
  hw_status_t status = hw_arena_map(arena, print_entry, &text);
  print(&text, "]");
  if (needed != NULL) *needed = text.length;
  return status;
}

/* What the model's arena says of itself, against the sums. */
#include <string.h>

#include "arena_model.h"

static void check_stats(model_t *model, const hw_stats_t *stats) {
  REQUIRE(model, stats->live_blocks == model->count);
  REQUIRE(model, stats->live_bytes == model->bytes);
  REQUIRE(model, stats->allocations == model->allocations);
  REQUIRE(model, stats->deallocations == model->deallocations);
  REQUIRE(model, stats->failures == model->failures);
  REQUIRE(model, stats->retired_blocks == model->retired_blocks);
  REQUIRE(model, stats->retired_bytes == model->retired_bytes);
  REQUIRE(model, stats->limit == model->config.limit);
  REQUIRE(model,
          model->tracked ? stats->peak_bytes == model->peak : stats->peak_bytes >= model->peak);
  REQUIRE(model, stats->mapped_bytes >= stats->live_bytes);
  REQUIRE(model, stats->mapped_bytes <= model->options.mapped_limit);
}

static void check_classes(model_t *model) {
  uint64_t blocks = 0, bytes = 0, allocations = 0;
  for (unsigned i = 0; i < HW_ARENA_CLASSES; i++) {
    hw_class_stats_t stats;
    REQUIRE_STATUS(model, HW_OK, hw_arena_class_stats(model->arena, i, &stats));
    REQUIRE(model, stats.slab_bytes >= stats.live_bytes);
    blocks += stats.live_blocks;
    bytes += stats.live_bytes;
    allocations += stats.allocations;
  }
  REQUIRE(model, blocks == model->count);
  REQUIRE(model, bytes == model->bytes);
  REQUIRE(model, allocations == model->allocations);
}

typedef struct sums {
  uint64_t of[HW_MAP_CLEAN + 1];
} sums_t;

static bool add_entry(void *context, const hw_map_entry_t *entry) {
  ((sums_t *)context)->of[entry->kind] += entry->size;
  return true;
}

static void check_pages(model_t *model, const hw_stats_t *stats) {
  hw_page_stats_t pages;
  sums_t sums;
  memset(&sums, 0, sizeof sums);
  REQUIRE_STATUS(model, HW_OK, hw_arena_page_stats(model->arena, &pages));
  REQUIRE_STATUS(model, HW_OK, hw_arena_map(model->arena, add_entry, &sums));
  uint64_t in_runs = sums.of[HW_MAP_SLAB] + sums.of[HW_MAP_LARGE] + sums.of[HW_MAP_RETIRED];
  REQUIRE(model, in_runs == pages.active_bytes);
  REQUIRE(model, sums.of[HW_MAP_DIRTY] == pages.dirty_bytes);
  REQUIRE(model, sums.of[HW_MAP_CLEAN] >= pages.headroom_bytes);
  REQUIRE(model, in_runs + sums.of[HW_MAP_DIRTY] + sums.of[HW_MAP_CLEAN] == pages.segment_bytes);
  REQUIRE(model, pages.active_bytes + pages.dirty_bytes == stats->mapped_bytes);
  REQUIRE(model, pages.misuses == 0);
}

void model_check(model_t *model) {
  hw_stats_t stats;
  REQUIRE_STATUS(model, HW_OK, hw_stats(model_any(model), &stats));
  check_stats(model, &stats);
  check_classes(model);
  check_pages(model, &stats);
  REQUIRE_STATUS(model, HW_OK, hw_verify(model->arena, NULL));
  for (size_t i = 0; i < 2; i++) {
    if (model->caches[i] != NULL) REQUIRE_STATUS(model, HW_OK, hw_verify(model->caches[i], NULL));
  }
}

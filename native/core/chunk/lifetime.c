/* How a heap of chunks begins, ends, and lives through a fork. */
#include <string.h>

#include "chunk/room.h"

typedef struct plan {
  hw_chunk_options_t options;
  size_t count, bytes; /* of the region */
  size_t words, groups;
  bool is_wide; /* sizes do not fit 32 bits */
} plan_t;

static bool overlap(const void *a, size_t a_size, const void *b, size_t b_size) {
  return (uintptr_t)a < (uintptr_t)b + b_size && (uintptr_t)b < (uintptr_t)a + a_size;
}

static bool is_range(const void *base, size_t size) {
  if (base == NULL) return size == 0;
  return size > 0 && size <= HW_MAX_SIZE && (uintptr_t)base <= UINTPTR_MAX - size;
}

static hw_status_t check_options(const hw_chunk_options_t *options, plan_t *plan) {
  size_t chunk_size = options->chunk_size;
  bool is_given = options->region != NULL;
  if (!hw_is_power_of_two(chunk_size) || chunk_size < HW_CHUNK_LEAST) return HW_ERR_INVALID;
  if (options->fit != HW_CHUNK_NEXT_FIT && options->fit != HW_CHUNK_BEST_FIT) return HW_ERR_INVALID;
  if (!is_range(options->region, options->region_size) ||
      !is_range(options->bitmap, options->bitmap_size)) {
    return HW_ERR_INVALID;
  }
  plan->count = is_given ? options->region_size / chunk_size : options->chunks;
  if (plan->count == 0 || plan->count > HW_MAX_SIZE / chunk_size) return HW_ERR_INVALID;
  plan->bytes = plan->count * chunk_size;
  if (is_given && plan->bytes != options->region_size) return HW_ERR_INVALID;
  if (options->bitmap != NULL) {
    if (options->bitmap_size < (plan->count + 7) / 8) return HW_ERR_INVALID;
    if (!hw_is_aligned(options->bitmap, sizeof(uint64_t))) return HW_ERR_INVALID;
    if (overlap(options->bitmap, options->bitmap_size, options->region, options->region_size)) {
      return HW_ERR_INVALID;
    }
  }
  plan->options = *options;
  plan->words = plan->count / 64 + 2;
  plan->groups = hw_align_up((plan->count + HW_CHUNK_GROUP - 1) >> HW_CHUNK_GROUP_SHIFT, 64);
  plan->is_wide = plan->bytes > UINT32_MAX;
  return HW_OK;
}

/* The place of a part behind those before it. */
static size_t carve(size_t *end, size_t size) {
  size_t at = *end;
  *end += hw_align_up(size, 64);
  return at;
}

/* Where in the heap's segment its parts lie. */
typedef struct parts {
  size_t used, starts, may, tops, open, sizes, owners, empties, empty_owners, end;
} parts_t;

static parts_t lay_out(const plan_t *plan) {
  parts_t parts = {.end = hw_align_up(sizeof(hw_chunk_t), 64)};
  size_t size = plan->is_wide ? sizeof(uint64_t) : sizeof(uint32_t);
  parts.used = carve(&parts.end, plan->words * sizeof(uint64_t));
  parts.starts = carve(&parts.end, plan->words * sizeof(uint64_t));
  parts.may = carve(&parts.end, plan->groups);
  parts.tops = carve(&parts.end, plan->groups / 64);
  parts.open = carve(&parts.end, plan->groups * sizeof(uint64_t));
  parts.sizes = carve(&parts.end, plan->count * size);
  parts.owners = carve(&parts.end, plan->count * sizeof(uint16_t));
  parts.empties = carve(&parts.end, HW_CHUNK_EMPTIES);
  parts.empty_owners = carve(&parts.end, HW_CHUNK_EMPTIES * sizeof(uint16_t));
  return parts;
}

static void *part(hw_chunk_t *chunk, size_t at) {
  return (uint8_t *)chunk + at;
}

static void set_parts(hw_chunk_t *chunk, const parts_t *parts) {
  chunk->used = part(chunk, parts->used);
  chunk->starts = part(chunk, parts->starts);
  chunk->may = part(chunk, parts->may);
  chunk->tops = part(chunk, parts->tops);
  chunk->open = part(chunk, parts->open);
  chunk->sizes = part(chunk, parts->sizes);
  chunk->owners = part(chunk, parts->owners);
  chunk->empties = part(chunk, parts->empties);
  chunk->empty_owners = part(chunk, parts->empty_owners);
}

/* Aligned to the largest power of two that fits into it, so that every alignment up to the whole
 * region can be had; inaccessible pages follow it. */
static hw_status_t reserve(const hw_os_t *os, size_t bytes, uint8_t **region, size_t *reserved) {
  size_t page = os->page_size();
  if (bytes > HW_MAX_SIZE - 2 * page) return HW_ERR_OUT_OF_MEMORY;
  size_t size = hw_align_up(bytes, page), align = (size_t)1 << hw_highest_bit(size);
  uint8_t *base = os->reserve(size + page, align);
  if (base == NULL) return HW_ERR_OUT_OF_MEMORY;
  if (!os->commit(base, size)) {
    os->unmap(base, size + page);
    return HW_ERR_OUT_OF_MEMORY;
  }
  *region = base;
  *reserved = size + page;
  return HW_OK;
}

static void fork_heap(hw_heap_link_t *link, hw_fork_t moment) {
  hw_chunk_t *chunk = (hw_chunk_t *)((uint8_t *)link - offsetof(hw_chunk_t, link));
  hw_spin_fork(&chunk->lock, moment);
}

static void init(hw_chunk_t *chunk, const hw_config_t *config, const plan_t *plan) {
  chunk->base.ops = hw_chunk_ops();
  hw_spin_init(&chunk->lock, HW_RANK_CHUNK);
  chunk->os = config->os;
  chunk->limit = chunk->left = chunk->least_left = config->limit;
  chunk->shift = (uint8_t)hw_lowest_bit(plan->options.chunk_size);
  chunk->mask = plan->options.chunk_size - 1;
  chunk->is_wide = plan->is_wide;
  chunk->best_fit = plan->options.fit == HW_CHUNK_BEST_FIT;
  chunk->count = chunk->free = plan->count;
  uintptr_t bits = (uintptr_t)chunk->region | plan->options.chunk_size;
  chunk->natural = (size_t)1 << hw_lowest_bit(bits);
  bool has_short_ways = plan->options.bitmap == NULL && !plan->is_wide;
  chunk->short_align = has_short_ways && !chunk->best_fit ? chunk->natural : 0;
  chunk->short_count = has_short_ways ? plan->count : 0;
  /* What the caller has in a region of theirs is not zero. */
  chunk->is_fresh = chunk->is_own;
  hw_bits_set(chunk->used, chunk->count, plan->words * 64);
  hw_bits_set(chunk->starts, chunk->count, plan->words * 64);
  memset(chunk->may, HW_ROOM_UNKNOWN, hw_chunk_groups(chunk));
  chunk->bitmap = plan->options.bitmap;
  if (chunk->bitmap != NULL) memset(chunk->bitmap, 0, plan->options.bitmap_size);
  chunk->link.fork = fork_heap;
}

hw_status_t hw_chunk_create(const hw_config_t *config, hw_heaps_t *heaps, hw_allocator_t **out) {
  const hw_chunk_options_t defaults = HW_CHUNK_OPTIONS;
  plan_t plan;
  hw_status_t status = check_options(config->chunk != NULL ? config->chunk : &defaults, &plan);
  if (status != HW_OK) return status;

  uint8_t *region = plan.options.region;
  size_t reserved = 0;
  if (region == NULL) status = reserve(config->os, plan.bytes, &region, &reserved);
  if (status != HW_OK) return status;
  hw_segment_t memory;
  parts_t parts = lay_out(&plan);
  status = hw_segment_map(config->os, parts.end, &memory);
  if (status != HW_OK) {
    if (reserved > 0) config->os->unmap(region, reserved);
    return status;
  }
  hw_chunk_t *chunk = memory.base;
  set_parts(chunk, &parts);
  chunk->memory = memory;
  chunk->region = region;
  chunk->region_bytes = reserved;
  chunk->is_own = reserved > 0;
  chunk->heaps = heaps;
  init(chunk, config, &plan);
  if (heaps != NULL) hw_heaps_join(heaps, &chunk->link);
  *out = &chunk->base;
  return HW_OK;
}

hw_status_t hw_chunk_end(hw_chunk_t *chunk) {
  hw_stats_t stats;
  hw_chunk_stats_of(chunk, &stats);
  if (stats.live_blocks != 0) return HW_ERR_BUSY;
  if (chunk->heaps != NULL) hw_heaps_leave(chunk->heaps, &chunk->link);
  const hw_os_t *os = chunk->os;
  if (chunk->is_own && stats.retired_blocks == 0) {
    os->unmap(chunk->region, chunk->region_bytes);
  } else if (chunk->is_own) {
    /* Somebody may still read what was retired: its addresses stay, and read zero. */
    (void)os->purge(chunk->region, chunk->region_bytes - os->page_size());
  }
  hw_segment_t memory = chunk->memory;
  hw_segment_unmap(os, &memory);
  return HW_OK;
}

#include "crew.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"

#define DENSE 96u

unsigned crew_rounds(unsigned count) {
#if defined(CREW_TSAN)
  count = count / 8 + 1;
#endif
  return getenv("HW_TEST_DEEP") != NULL ? count * 20 : count;
}

void crew_begin(crew_t *crew, const hw_config_t *config) {
  memset(crew, 0, sizeof *crew);
  assert_ok(hw_create("arena", config, &crew->arena));
  crew->most = 100000;
  crew->rounds = crew_rounds(20000);
}

void crew_start(crew_t *crew, unsigned index, void *(*body)(void *)) {
  worker_t *worker = &crew->workers[index];
  *worker = (worker_t){.crew = crew, .index = index, .random = index * 2654435761u + 1};
  assert_int_equal(pthread_create(&worker->thread, NULL, body, worker), 0);
}

void crew_join(crew_t *crew, unsigned first, unsigned end) {
  for (unsigned i = first; i < end; i++) {
    assert_int_equal(pthread_join(crew->workers[i].thread, NULL), 0);
  }
  for (unsigned i = first; i < end; i++) {
    if (crew->workers[i].line == 0) continue;
    fail_msg("worker %u: line %d, %s", i, crew->workers[i].line,
             hw_status_name(crew->workers[i].status));
  }
}

void crew_end(crew_t *crew) {
  worker_t main_thread = {.crew = crew, .random = 1};
  for (size_t i = 0; i < CREW_SLOTS; i++) {
    crew_block_t *block = atomic_exchange(&crew->slots[i], NULL);
    if (block != NULL) crew_free(&main_thread, crew->arena, block);
  }
  assert_int_equal(main_thread.line, 0);
  hw_stats_t stats;
  assert_ok(hw_stats(crew->arena, &stats));
  assert_int_equal(stats.live_blocks, 0);
  assert_int_equal(stats.live_bytes, 0);
  assert_int_equal(stats.allocations, stats.deallocations);
  hw_page_stats_t pages;
  assert_ok(hw_arena_purge(crew->arena));
  assert_ok(hw_arena_page_stats(crew->arena, &pages));
  assert_int_equal(pages.active_bytes, 0);
  assert_int_equal(pages.dirty_bytes, 0);
  assert_int_equal(pages.headroom_bytes, 0);
  assert_int_equal(pages.misuses, 0);
  assert_ok(hw_verify(crew->arena, NULL));
  assert_ok(hw_destroy(crew->arena));
}

size_t crew_random(worker_t *worker, size_t bound) {
  worker->random = worker->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (size_t)((worker->random >> 33) % bound);
}

size_t crew_size(worker_t *worker) {
  static const size_t bounds[] = {64, 64, 256, 256, 1024, 4096, 32768, 200000};
  size_t bound = bounds[crew_random(worker, COUNT_OF(bounds))];
  size_t most = worker->crew->most;
  size_t size = crew_random(worker, bound < most ? bound : most);
  if (most > 600000 && crew_random(worker, 500) == 0) size = most - crew_random(worker, 65536);
  return size < sizeof(crew_block_t) ? sizeof(crew_block_t) : size;
}

/* Contents are written and checked densely at the beginning, then sparsely, and at the end. */
static size_t next_place(size_t at, size_t size) {
  if (at < DENSE) return at + 1;
  return at + 1021 < size || at + 1 >= size ? at + 1021 : size - 1;
}

static uint8_t byte_at(size_t at, uint64_t seed) {
  return (uint8_t)((at * UINT64_C(0x9E3779B97F4A7C15) ^ seed) >> 32);
}

static void stamp(worker_t *worker, crew_block_t *block, size_t size) {
  uint8_t *bytes = (uint8_t *)block;
  block->size = size;
  block->seed = worker->random * UINT64_C(0xD1B54A32D192ED03);
  for (size_t at = sizeof *block; at < size; at = next_place(at, size)) {
    bytes[at] = byte_at(at, block->seed);
  }
}

static bool is_stamped(const crew_block_t *block, size_t kept, size_t size, uint64_t seed) {
  const uint8_t *bytes = (const uint8_t *)block;
  for (size_t at = sizeof *block; at < kept; at = next_place(at, size)) {
    if (bytes[at] != byte_at(at, seed)) return false;
  }
  return true;
}

crew_block_t *crew_allocate(worker_t *worker, hw_allocator_t *through, size_t size,
                            hw_status_t *status) {
  uint32_t flags = crew_random(worker, 8) == 0 ? HW_ZEROED : 0;
  void *ptr = NULL;
  *status = hw_allocate(through, layout_of(size, 16), flags, &ptr);
  if (*status != HW_OK) return NULL;
  if (flags & HW_ZEROED) EXPECT(worker, is_zero(ptr, size));
  stamp(worker, ptr, size);
  return ptr;
}

crew_block_t *crew_reallocate(worker_t *worker, hw_allocator_t *through, crew_block_t *block,
                              size_t size) {
  size_t old = block->size;
  uint64_t seed = block->seed;
  void *ptr = NULL;
  hw_status_t status =
      hw_reallocate(through, block, crew_layout(block), layout_of(size, 16), 0, &ptr);
  EXPECT_OK(worker, status);
  if (status != HW_OK) return block;
  EXPECT(worker, is_stamped(ptr, old < size ? old : size, old, seed));
  stamp(worker, ptr, size);
  return ptr;
}

void crew_free(worker_t *worker, hw_allocator_t *through, crew_block_t *block) {
  EXPECT(worker, is_stamped(block, block->size, block->size, block->seed));
  EXPECT_OK(worker, hw_deallocate(through, block, crew_layout(block)));
}

static hw_allocator_t *some_way(worker_t *worker) {
  return crew_random(worker, 16) == 0 ? worker->crew->arena : worker->cache;
}

static void mix_once(worker_t *worker) {
  crew_t *crew = worker->crew;
  hw_status_t status = HW_OK;
  crew_block_t *block = crew_allocate(worker, some_way(worker), crew_size(worker), &status);
  EXPECT_OK(worker, status);
  if (block == NULL) return;
  block = atomic_exchange(&crew->slots[crew_random(worker, CREW_SLOTS)], block);
  if (block == NULL) return;
  if (crew_random(worker, 4) == 0) {
    block = crew_reallocate(worker, some_way(worker), block, crew_size(worker));
  }
  crew_free(worker, some_way(worker), block);
}

void *crew_mix(void *argument) {
  worker_t *worker = argument;
  crew_t *crew = worker->crew;
  EXPECT_OK(worker, hw_cache_open(crew->arena, &worker->cache));
  for (unsigned i = 0; i < crew->rounds && worker->line == 0 && !atomic_load(&crew->stop); i++) {
    mix_once(worker);
    if (i % 4096 == 4095) EXPECT_OK(worker, hw_verify(worker->cache, NULL));
    if (i % 1500 == 1499) EXPECT_OK(worker, hw_cache_flush(worker->cache));
  }
  EXPECT_OK(worker, hw_destroy(worker->cache));
  return NULL;
}

static bool count_entry(void *context, const hw_map_entry_t *entry) {
  *(uint64_t *)context += entry->size;
  return true;
}

void *crew_observe(void *argument) {
  worker_t *worker = argument;
  crew_t *crew = worker->crew;
  while (!atomic_load(&crew->stop) && worker->line == 0) {
    hw_stats_t stats;
    hw_page_stats_t pages;
    hw_class_stats_t of_class;
    uint64_t mapped = 0;
    EXPECT_OK(worker, hw_verify(crew->arena, NULL));
    EXPECT_OK(worker, hw_stats(crew->arena, &stats));
    EXPECT_OK(worker, hw_arena_page_stats(crew->arena, &pages));
    EXPECT_OK(worker,
              hw_arena_class_stats(crew->arena, (unsigned)crew_random(worker, 41), &of_class));
    EXPECT_OK(worker, hw_arena_map(crew->arena, count_entry, &mapped));
    EXPECT(worker, stats.live_blocks <= stats.allocations);
    EXPECT(worker, pages.active_bytes + pages.dirty_bytes <= pages.segment_bytes);
    /* The block may be freed meanwhile, so either answer is right. */
    (void)hw_owns(crew->arena, atomic_load(&crew->slots[crew_random(worker, CREW_SLOTS)]));
  }
  return NULL;
}

void *crew_purge(void *argument) {
  worker_t *worker = argument;
  crew_t *crew = worker->crew;
  while (!atomic_load(&crew->stop) && worker->line == 0) {
    bool more = false;
    EXPECT_OK(worker, hw_arena_tick(crew->arena, &more));
    EXPECT_OK(worker, hw_arena_purge(crew->arena));
  }
  return NULL;
}

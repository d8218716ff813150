/* Limits that several threads meet, threads that end or idle with blocks in their caches, and what
 * is left of them. Under the thread sanitizer too: node scripts/test.mjs threads */
#define _DEFAULT_SOURCE /* nanosleep */

#include <sched.h>
#include <time.h>

#include "crew.h"
#include "harness.h"

static crew_t crew;

static void begin(size_t limit, size_t mapped_limit, int64_t decay_ms) {
  hw_arena_options_t options = {.mapped_limit = mapped_limit, .decay_ms = decay_ms};
  const hw_config_t config = {.limit = limit, .arena = &options};
  crew_begin(&crew, &config);
}

static void run(unsigned threads, void *(*body)(void *)) {
  for (unsigned i = 0; i < threads; i++) crew_start(&crew, i, body);
  crew_join(&crew, 0, threads);
}

#define LIMIT ((size_t)200000)

/* `held` grows after the charge and shrinks before it is taken back, so it never exceeds what is
 * charged: a sum above the limit proves a charge that should have been refused. */
static void let_go(worker_t *worker, hw_allocator_t *through, crew_block_t *block) {
  atomic_fetch_sub(&crew.held, hw_usable_size(through, crew_layout(block)));
  crew_free(worker, through, block);
}

static void *meet_the_limit(void *argument) {
  worker_t *worker = argument;
  unsigned refused = 0;
  crew_block_t *blocks[8] = {NULL};
  EXPECT_OK(worker, hw_cache_open(crew.arena, &worker->cache));
  for (unsigned i = 0; i < crew.rounds && worker->line == 0; i++) {
    crew_block_t **block = &blocks[crew_random(worker, COUNT_OF(blocks))];
    hw_allocator_t *through = crew_random(worker, 4) == 0 ? crew.arena : worker->cache;
    if (*block != NULL) let_go(worker, through, *block);
    hw_status_t status = HW_OK;
    *block = crew_allocate(worker, through, crew_size(worker), &status);
    EXPECT(worker, status == HW_OK || status == HW_ERR_LIMIT);
    refused += *block == NULL;
    if (*block == NULL) continue;
    size_t usable = hw_usable_size(through, crew_layout(*block));
    EXPECT(worker, atomic_fetch_add(&crew.held, usable) + usable <= LIMIT);
  }
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    if (blocks[i] != NULL) let_go(worker, worker->cache, blocks[i]);
  }
  EXPECT(worker, refused > 0);
  EXPECT_OK(worker, hw_destroy(worker->cache));
  return NULL;
}

static void threads_together_never_pass_the_limit(void **state) {
  (void)state;
  begin(LIMIT, HW_NO_LIMIT, 1000);
  run(4, meet_the_limit);
  hw_stats_t stats;
  assert_ok(hw_stats(crew.arena, &stats));
  assert_in_range(stats.peak_bytes, LIMIT / 4, LIMIT);
  assert_true(stats.failures > 0);
  crew_end(&crew);
}

#define MAPPED_LIMIT ((size_t)4 << 20)

static void *watch_what_is_mapped(void *argument) {
  worker_t *worker = argument;
  while (!atomic_load(&crew.stop)) {
    hw_stats_t stats;
    EXPECT_OK(worker, hw_stats(crew.arena, &stats));
    EXPECT(worker, stats.mapped_bytes <= MAPPED_LIMIT);
  }
  return NULL;
}

static void *meet_the_mapped_limit(void *argument) {
  worker_t *worker = argument;
  EXPECT_OK(worker, hw_cache_open(crew.arena, &worker->cache));
  crew_block_t *blocks[24] = {NULL};
  for (unsigned i = 0; i < crew.rounds && worker->line == 0; i++) {
    crew_block_t **block = &blocks[crew_random(worker, COUNT_OF(blocks))];
    if (*block != NULL) crew_free(worker, worker->cache, *block);
    hw_status_t status = HW_OK;
    *block = crew_allocate(worker, worker->cache, crew_size(worker), &status);
    EXPECT(worker, status == HW_OK || status == HW_ERR_LIMIT);
  }
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    if (blocks[i] != NULL) crew_free(worker, worker->cache, blocks[i]);
  }
  EXPECT_OK(worker, hw_destroy(worker->cache));
  return NULL;
}

static void threads_together_never_map_more_than_they_may(void **state) {
  (void)state;
  begin(HW_NO_LIMIT, MAPPED_LIMIT, 1000);
  crew.rounds /= 4;
  crew.most = 200000;
  crew_start(&crew, 4, watch_what_is_mapped);
  run(4, meet_the_mapped_limit);
  atomic_store(&crew.stop, true);
  crew_join(&crew, 4, 5);
  crew_end(&crew);
}

/* One block of up to a quarter of the limit each: whatever is being given back meanwhile, it fits.
 */
static void *keep_one_block(void *argument) {
  worker_t *worker = argument;
  crew_block_t *block = NULL;
  for (unsigned i = 0; i < crew.rounds && worker->line == 0; i++) {
    hw_status_t status = HW_OK;
    size_t size = 40000 + crew_random(worker, MAPPED_LIMIT / 4 - 40000);
    block = crew_allocate(worker, crew.arena, size, &status);
    EXPECT_OK(worker, status);
    if (block != NULL) crew_free(worker, crew.arena, block);
  }
  return NULL;
}

static void what_fits_the_mapped_limit_is_served(void **state) {
  (void)state;
  begin(HW_NO_LIMIT, MAPPED_LIMIT, 1000);
  crew.rounds /= 4;
  crew_start(&crew, 4, watch_what_is_mapped);
  crew_start(&crew, 5, crew_purge);
  run(4, keep_one_block);
  atomic_store(&crew.stop, true);
  crew_join(&crew, 4, 6);
  crew_end(&crew);
}

#define BLOCKS_LEFT 6

typedef struct ended {
  crew_block_t *blocks[BLOCKS_LEFT];
} ended_t;

/* Leaves live blocks behind, and free ones in the cache that it closes. */
static void *end_with_live_blocks(void *argument) {
  worker_t *worker = argument;
  ended_t *ended = (ended_t *)worker->crew->context + worker->index;
  EXPECT_OK(worker, hw_cache_open(crew.arena, &worker->cache));
  for (size_t i = 0; i < BLOCKS_LEFT; i++) {
    hw_status_t status = HW_OK;
    crew_block_t *gone = crew_allocate(worker, worker->cache, crew_size(worker), &status);
    ended->blocks[i] = crew_allocate(worker, worker->cache, crew_size(worker), &status);
    EXPECT_OK(worker, status);
    if (gone != NULL) crew_free(worker, worker->cache, gone);
  }
  EXPECT_OK(worker, hw_destroy(worker->cache));
  return NULL;
}

static void threads_end_and_lose_nothing(void **state) {
  (void)state;
  static ended_t ended[CREW_MOST];
  begin(HW_NO_LIMIT, HW_NO_LIMIT, 1000);
  crew.context = ended;
  crew.most = 40000;
  worker_t main_thread = {.crew = &crew, .random = 1};
  unsigned threads = crew_rounds(500); /* deep: 10,000 */
  for (unsigned done = 0; done < threads; done += 4) {
    for (unsigned i = 0; i < 4; i++) crew_start(&crew, i, end_with_live_blocks);
    crew_join(&crew, 0, 4);
    for (size_t i = 0; i < 4; i++) {
      for (size_t k = 0; k < BLOCKS_LEFT; k++) {
        crew_free(&main_thread, crew.arena, ended[i].blocks[k]);
      }
    }
  }
  assert_int_equal(main_thread.line, 0);
  crew_end(&crew);
}

#define IDLERS 8u
#define IDLE_BLOCKS 2000

/* Allocates, and frees when all have allocated; then keeps its cache and does nothing until the
 * others have looked. */
static void *idle(void *argument) {
  worker_t *worker = argument;
  static crew_block_t *blocks[IDLERS][IDLE_BLOCKS];
  crew_block_t **mine = blocks[worker->index];
  EXPECT_OK(worker, hw_cache_open(crew.arena, &worker->cache));
  for (size_t i = 0; i < IDLE_BLOCKS; i++) {
    hw_status_t status = HW_OK;
    mine[i] = crew_allocate(worker, worker->cache, crew_size(worker), &status);
    EXPECT_OK(worker, status);
  }
  atomic_fetch_add(&crew.held, 1);
  while (atomic_load(&crew.held) < IDLERS) sched_yield();
  for (size_t i = 0; i < IDLE_BLOCKS; i++) crew_free(worker, worker->cache, mine[i]);
  atomic_fetch_add(&crew.held, 1);
  while (!atomic_load(&crew.stop)) sched_yield();
  EXPECT_OK(worker, hw_cache_flush(worker->cache));
  atomic_fetch_sub(&crew.held, 2);
  while (atomic_load(&crew.held) > 0) sched_yield();
  EXPECT_OK(worker, hw_destroy(worker->cache));
  return NULL;
}

static uint64_t purged_bytes(void) {
  hw_stats_t stats;
  assert_ok(hw_arena_purge(crew.arena));
  assert_ok(hw_stats(crew.arena, &stats));
  return stats.mapped_bytes;
}

/* A cache holds 1.63 MiB at most; flushed, nothing. What the threads freed was several times that.
 */
static void idle_owners_hold_little(void **state) {
  (void)state;
  begin(HW_NO_LIMIT, HW_NO_LIMIT, -1);
  crew.most = 33000;
  for (unsigned i = 0; i < IDLERS; i++) crew_start(&crew, i, idle);
  while (atomic_load(&crew.held) < 2 * IDLERS) sched_yield();
  hw_stats_t stats;
  assert_ok(hw_stats(crew.arena, &stats));
  assert_int_equal(stats.live_blocks, 0);
  assert_true(stats.peak_bytes > ((uint64_t)IDLERS * 4) << 20);
  /* Twice: a cached block keeps its whole slab. */
  assert_in_range(purged_bytes(), 1, ((uint64_t)IDLERS * 1630 * 2) << 10);
  atomic_store(&crew.stop, true);
  crew_join(&crew, 0, IDLERS);
  assert_int_equal(purged_bytes(), 0);
  crew_end(&crew);
}

/* A producer's blocks reach a consumer through depots; what an idle depot holds decays. */
static void *free_what_lies_in_slots(void *argument) {
  worker_t *worker = argument;
  EXPECT_OK(worker, hw_cache_open(crew.arena, &worker->cache));
  for (size_t i = 0; i < CREW_SLOTS; i++) {
    crew_block_t *block = atomic_exchange(&crew.slots[i], NULL);
    if (block != NULL) crew_free(worker, worker->cache, block);
  }
  EXPECT_OK(worker, hw_destroy(worker->cache));
  return NULL;
}

static void what_depots_hold_decays(void **state) {
  (void)state;
  begin(HW_NO_LIMIT, HW_NO_LIMIT, 20);
  crew.most = 4000;
  worker_t main_thread = {.crew = &crew, .random = 1};
  for (size_t i = 0; i < CREW_SLOTS; i++) {
    hw_status_t status = HW_OK;
    crew.slots[i] = crew_allocate(&main_thread, crew.arena, crew_size(&main_thread), &status);
    assert_ok(status);
  }
  run(4, free_what_lies_in_slots);
  bool more = true;
  for (unsigned i = 0; i < 10000 && more; i++) {
    assert_ok(hw_arena_tick(crew.arena, &more));
    const struct timespec moment = {0, 1000000};
    nanosleep(&moment, NULL);
  }
  assert_false(more);
  crew_end(&crew);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_together_never_pass_the_limit),
      cmocka_unit_test(threads_together_never_map_more_than_they_may),
      cmocka_unit_test(what_fits_the_mapped_limit_is_served),
      cmocka_unit_test(threads_end_and_lose_nothing),
      cmocka_unit_test(idle_owners_hold_little),
      cmocka_unit_test(what_depots_hold_decays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

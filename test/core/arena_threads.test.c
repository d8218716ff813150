/* Threads with caches of their own over one arena, whose blocks change hands, while others look on
 * and give memory back. Under the thread sanitizer too: node scripts/test.mjs threads */
#include "crew.h"
#include "harness.h"

static crew_t crew, other;

static hw_arena_options_t options_with(uint32_t flags, int64_t decay_ms) {
  return (hw_arena_options_t){.mapped_limit = HW_NO_LIMIT, .decay_ms = decay_ms, .flags = flags};
}

static void begin(crew_t *one, uint32_t flags, int64_t decay_ms) {
  hw_arena_options_t options = options_with(flags, decay_ms);
  const hw_config_t config = {.limit = HW_NO_LIMIT, .arena = &options};
  crew_begin(one, &config);
}

static void run_mix(unsigned threads, uint32_t flags, int64_t decay_ms, size_t most) {
  begin(&crew, flags, decay_ms);
  crew.most = most;
  crew.rounds /= threads;
  for (unsigned i = 0; i < threads; i++) crew_start(&crew, i, crew_mix);
  crew_start(&crew, threads, crew_observe);
  crew_start(&crew, threads + 1, crew_purge);
  crew_join(&crew, 0, threads);
  atomic_store(&crew.stop, true);
  crew_join(&crew, threads, threads + 2);
  crew_end(&crew);
}

static void two_threads_mix(void **state) {
  (void)state;
  run_mix(2, 0, 1000, 200000);
}

static void two_threads_mix_small_blocks(void **state) {
  (void)state;
  run_mix(2, 0, 1000, 1000);
}

static void eight_threads_mix(void **state) {
  (void)state;
  run_mix(8, 0, 1000, 200000);
}

static void eight_threads_mix_where_frees_are_exact(void **state) {
  (void)state;
  run_mix(8, HW_ARENA_EXACT | HW_ARENA_TRACKED, 0, 50000);
}

/* Blocks that move by page tables, and memory that goes back at once, next to those who look. */
static void large_blocks_move_under_observation(void **state) {
  (void)state;
  begin(&crew, HW_ARENA_EXACT, 0);
  crew.most = 2000000;
  crew.rounds /= 10;
  for (unsigned i = 0; i < 3; i++) crew_start(&crew, i, crew_mix);
  crew_start(&crew, 3, crew_observe);
  crew_join(&crew, 0, 3);
  atomic_store(&crew.stop, true);
  crew_join(&crew, 3, 4);
  crew_end(&crew);
}

/* Each allocates for its neighbour, who frees: slot i is filled by i and emptied by i + 1. */
#define RING 8u

static void *pass_on(void *argument) {
  worker_t *worker = argument;
  crew_block_t *_Atomic *mine = &crew.slots[worker->index];
  crew_block_t *_Atomic *before = &crew.slots[(worker->index + RING - 1) % RING];
  hw_allocator_t *cache = NULL;
  EXPECT_OK(worker, hw_cache_open(crew.arena, &cache));
  for (unsigned i = 0; i < crew.rounds && worker->line == 0; i++) {
    hw_status_t status = HW_OK;
    crew_block_t *block = crew_allocate(worker, cache, crew_size(worker), &status);
    EXPECT_OK(worker, status);
    block = atomic_exchange(mine, block); /* nobody took the last one */
    if (block != NULL) crew_free(worker, cache, block);
    block = atomic_exchange(before, NULL);
    if (block != NULL) crew_free(worker, cache, block);
  }
  EXPECT_OK(worker, hw_destroy(cache));
  return NULL;
}

static void blocks_go_round_a_ring(void **state) {
  (void)state;
  begin(&crew, 0, 1000);
  crew.most = 2000;
  crew.rounds /= 4;
  for (unsigned i = 0; i < RING; i++) crew_start(&crew, i, pass_on);
  crew_join(&crew, 0, RING);
  crew_end(&crew);
}

static void *mix_and_ask(void *argument) {
  worker_t *worker = argument;
  crew_t *stranger = worker->crew == &crew ? &other : &crew;
  hw_status_t status = HW_OK;
  crew_block_t *block = crew_allocate(worker, worker->crew->arena, crew_size(worker), &status);
  EXPECT_OK(worker, status);
  EXPECT(worker, hw_owns(worker->crew->arena, block) == HW_OWNS_YES);
  EXPECT(worker, hw_owns(stranger->arena, block) == HW_OWNS_NO);
  EXPECT(worker, hw_deallocate(stranger->arena, block, crew_layout(block)) == HW_ERR_NOT_OWNED);
  (void)crew_mix(worker);
  crew_free(worker, worker->crew->arena, block);
  return NULL;
}

static void two_arenas_share_addresses_and_no_block(void **state) {
  (void)state;
  begin(&crew, HW_ARENA_EXACT, 1);
  begin(&other, 0, 0);
  crew.rounds /= 4;
  other.rounds = crew.rounds;
  for (unsigned i = 0; i < 2; i++) {
    crew_start(&crew, i, mix_and_ask);
    crew_start(&other, i, mix_and_ask);
  }
  crew_join(&crew, 0, 2);
  crew_join(&other, 0, 2);
  crew_end(&crew);
  crew_end(&other);
}

/* Arenas that begin and end next to each other take and give segments of one space. */
static void *begin_and_end(void *argument) {
  worker_t *worker = argument;
  for (unsigned i = 0; i < worker->crew->rounds && worker->line == 0; i++) {
    hw_allocator_t *arena = NULL;
    EXPECT_OK(worker, hw_create("arena", NULL, &arena));
    void *blocks[4];
    for (unsigned k = 0; k < COUNT_OF(blocks); k++) {
      EXPECT_OK(worker,
                hw_allocate(arena, layout_of((size_t)5000 << (3 * k), 16), HW_ZEROED, &blocks[k]));
      EXPECT(worker, is_zero(blocks[k], 5000));
      fill_pattern(blocks[k], 5000, i);
    }
    EXPECT(worker, hw_destroy(arena) == HW_ERR_BUSY);
    for (unsigned k = 0; k < COUNT_OF(blocks); k++) {
      EXPECT(worker, has_pattern(blocks[k], 5000, i));
      EXPECT_OK(worker, hw_deallocate(arena, blocks[k], layout_of((size_t)5000 << (3 * k), 16)));
    }
    EXPECT_OK(worker, hw_verify(arena, NULL));
    EXPECT_OK(worker, hw_destroy(arena));
  }
  return NULL;
}

static void arenas_begin_and_end_in_threads(void **state) {
  (void)state;
  begin(&crew, 0, 0);
  crew.rounds = crew_rounds(200);
  for (unsigned i = 0; i < 4; i++) crew_start(&crew, i, begin_and_end);
  crew_join(&crew, 0, 4);
  crew_end(&crew);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_threads_mix),
      cmocka_unit_test(two_threads_mix_small_blocks),
      cmocka_unit_test(eight_threads_mix),
      cmocka_unit_test(eight_threads_mix_where_frees_are_exact),
      cmocka_unit_test(large_blocks_move_under_observation),
      cmocka_unit_test(blocks_go_round_a_ring),
      cmocka_unit_test(two_arenas_share_addresses_and_no_block),
      cmocka_unit_test(arenas_begin_and_end_in_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

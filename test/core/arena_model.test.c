/* Random calls against a list of what must be live: contents, counts and invariants hold, in every
 * mode, while the system now and then refuses what it may refuse. */
#include "arena_fixture.h"

#include <string.h>

#include "base/align.h"

#define BLOCKS 250
#define STEPS 4000

typedef struct block {
  uint8_t *at; /* NULL: none */
  hw_layout_t layout;
  uint64_t seed;
} block_t;

typedef struct model {
  hw_allocator_t *arena;
  hw_allocator_t *selves[3]; /* the arena and two caches of it */
  block_t blocks[BLOCKS];
  random_source_t source;
  uint64_t next_seed;
  uint64_t live_blocks, retired_blocks;
} model_t;

static model_t model;

static size_t below(size_t bound) {
  return random_below(&model.source, bound);
}

static hw_allocator_t *someone(void) {
  return model.selves[below(COUNT_OF(model.selves))];
}

static hw_layout_t some_layout(void) {
  static const size_t mosts[] = {200, 200, 4096, 4096, 40000, 200000, 3000000};
  size_t align = below(4) == 0 ? (size_t)1 << below(15) : (size_t)1 << below(5);
  return layout_of(below(mosts[below(COUNT_OF(mosts))]), align);
}

static uint32_t some_flags(void) {
  return (below(3) == 0 ? HW_ZEROED : 0) | (below(8) == 0 ? HW_NOWAIT : 0);
}

/* Of large blocks the ends say enough. */
static void mark(block_t *block) {
  size_t size = block->layout.size;
  size_t part = hw_min(size, 3000);
  block->seed = model.next_seed++;
  fill_pattern(block->at, part, block->seed);
  if (size > 2 * part) fill_pattern(block->at + size - part, part, block->seed);
}

static void assert_marked(const uint8_t *at, size_t size, size_t whole, uint64_t seed) {
  assert_true(has_pattern(at, hw_min(size, hw_min(whole, 3000)), seed));
  if (size == whole && size > 6000) assert_true(has_pattern(at + size - 3000, 3000, seed));
}

static void assert_block(const block_t *block) {
  assert_marked(block->at, block->layout.size, block->layout.size, block->seed);
}

static void allocate_one(block_t *block) {
  uint32_t flags = some_flags();
  void *out = NULL;
  block->layout = some_layout();
  hw_status_t status = hw_allocate(someone(), block->layout, flags, &out);
  if (status != HW_OK) {
    assert_status(HW_ERR_NOWAIT, status);
    assert_true(flags & HW_NOWAIT);
    return;
  }
  block->at = out;
  assert_true(hw_is_aligned(out, block->layout.align));
  if (flags & HW_ZEROED) assert_true(is_zero(out, block->layout.size));
  mark(block);
  model.live_blocks++;
}

static void reallocate_one(block_t *block) {
  hw_layout_t next = some_layout();
  uint32_t flags = some_flags();
  size_t kept = hw_min(block->layout.size, next.size);
  void *out = NULL;
  hw_status_t status = hw_reallocate(someone(), block->at, block->layout, next, flags, &out);
  if (status != HW_OK) {
    assert_status(HW_ERR_NOWAIT, status);
    assert_block(block);
    return;
  }
  assert_true(hw_is_aligned(out, next.align));
  assert_marked(out, kept, block->layout.size, block->seed);
  if (flags & HW_ZEROED) assert_true(is_zero((uint8_t *)out + kept, next.size - kept));
  block->at = out;
  block->layout = next;
  mark(block);
}

static void resize_in_place(block_t *block) {
  hw_layout_t next = layout_of(block->layout.size + below(5000), block->layout.align);
  if (below(2) == 0) next.size = below(block->layout.size + 1);
  hw_status_t status = hw_reallocate_in_place(someone(), block->at, block->layout, next);
  if (status == HW_OK) {
    assert_marked(block->at, hw_min(next.size, block->layout.size), block->layout.size,
                  block->seed);
    block->layout = next;
    mark(block);
  } else {
    assert_status(HW_ERR_NOT_IN_PLACE, status);
    assert_block(block);
  }
}

static void end_one(block_t *block) {
  assert_block(block);
  if (below(40) == 0) {
    assert_ok(hw_retire(someone(), block->at, block->layout));
    assert_true(is_zero(block->at, block->layout.size));
    model.retired_blocks++;
  } else {
    give_as(someone(), block->at, block->layout);
  }
  block->at = NULL;
  model.live_blocks--;
}

static void reset_all(void) {
  assert_ok(hw_arena_reset(model.arena));
  for (size_t i = 0; i < BLOCKS; i++) model.blocks[i].at = NULL;
  model.live_blocks = 0;
}

static void look_after_memory(void) {
  static const fake_hook_t refusable[] = {FAKE_PURGE, FAKE_MOVE, FAKE_ADVISE};
  fake_os_advance(below(400));
  size_t what = below(60);
  if (what == 0) reset_all();
  if (what < 5) assert_ok(hw_arena_purge(model.arena));
  if (what < 10) assert_ok(hw_cache_flush(model.selves[1 + below(2)]));
  if (what < 30) assert_ok(hw_arena_tick(model.arena, NULL));
  if (what > 50) fake_os_fail(refusable[below(COUNT_OF(refusable))], 1 + (unsigned)below(3));
  if (what == 59) {
    size_t which = 1 + below(2);
    assert_ok(hw_destroy(model.selves[which]));
    model.selves[which] = cache_open(model.arena);
  }
}

static void assert_agreement(void) {
  for (size_t i = 0; i < COUNT_OF(model.selves); i++) assert_sound(model.selves[i]);
  hw_stats_t stats = stats_of(model.arena);
  assert_int_equal(stats.live_blocks, model.live_blocks);
  assert_int_equal(stats.retired_blocks, model.retired_blocks);
  assert_int_equal(pages_of(model.arena).misuses, 0);
  uint64_t bytes = 0;
  for (size_t i = 0; i < BLOCKS; i++) {
    const block_t *block = &model.blocks[i];
    if (block->at == NULL) continue;
    assert_block(block);
    assert_int_equal(hw_owns(model.arena, block->at), HW_OWNS_YES);
    bytes += hw_usable_size(model.arena, block->layout);
  }
  assert_int_equal(stats.live_bytes, bytes);
}

static void step(void) {
  block_t *block = &model.blocks[below(BLOCKS)];
  size_t what = below(12);
  if (block->at == NULL) {
    allocate_one(block);
  } else if (what < 3) {
    reallocate_one(block);
  } else if (what < 5) {
    resize_in_place(block);
  } else {
    end_one(block);
  }
}

static void run_model(uint32_t flags, int64_t decay_ms, size_t page_size) {
  fake_os_begin();
  fake_os_pretend_page_size(page_size);
  const hw_arena_options_t options = {HW_NO_LIMIT, decay_ms, flags};
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os(), .arena = &options};
  random_source_t source = random_begin();
  memset(&model, 0, sizeof model);
  model.source = source;
  assert_ok(hw_create("arena", &config, &model.arena));
  model.selves[0] = model.arena;
  for (size_t i = 1; i < COUNT_OF(model.selves); i++) model.selves[i] = cache_open(model.arena);
  for (unsigned i = 0; i < STEPS; i++) {
    step();
    if (below(30) == 0) look_after_memory();
    if (i % 100 == 99) assert_agreement();
  }
  reset_all();
  assert_agreement();
  for (size_t i = 1; i < COUNT_OF(model.selves); i++) assert_ok(hw_destroy(model.selves[i]));
  arena_end(model.arena);
  fake_os_reclaim();
}

static void a_plain_arena_agrees_with_the_model(void **state) {
  (void)state;
  run_model(0, HW_DECAY_MS, 0);
}

static void an_exact_arena_agrees_with_the_model(void **state) {
  (void)state;
  run_model(HW_ARENA_EXACT, HW_DECAY_MS, 0);
}

static void a_tracked_arena_that_keeps_nothing_agrees_with_the_model(void **state) {
  (void)state;
  run_model(HW_ARENA_TRACKED | HW_ARENA_EXACT, 0, 0);
}

static void an_arena_that_keeps_everything_agrees_with_the_model(void **state) {
  (void)state;
  run_model(HW_ARENA_TRACKED | HW_ARENA_HUGE_PAGES, -1, 0);
}

static void an_arena_on_pages_of_64_kib_agrees_with_the_model(void **state) {
  (void)state;
  run_model(HW_ARENA_EXACT, HW_DECAY_MS, 64 * KIB);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_plain_arena_agrees_with_the_model),
      cmocka_unit_test(an_exact_arena_agrees_with_the_model),
      cmocka_unit_test(a_tracked_arena_that_keeps_nothing_agrees_with_the_model),
      cmocka_unit_test(an_arena_that_keeps_everything_agrees_with_the_model),
      cmocka_unit_test(an_arena_on_pages_of_64_kib_agrees_with_the_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

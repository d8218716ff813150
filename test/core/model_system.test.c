/* 200,000 random calls of the C API against a naive model: a list of blocks with patterned
 * contents, and sums. */
#include <string.h>

#include "base/align.h"
#include "fake_os.h"
#include "harness.h"

#define CALLS 200000
#define MOST_BLOCKS 128
#define LIMIT 200000

typedef struct model_block {
  uint8_t *ptr;
  hw_layout_t layout;
  uint64_t seed;
} model_block_t;

typedef struct model {
  random_source_t random;
  hw_allocator_t *system;
  model_block_t blocks[MOST_BLOCKS];
  size_t count;
  uint64_t bytes, peak, allocations, deallocations, failures, retired;
  uint64_t next_seed;
} model_t;

static model_t model;

static hw_layout_t random_layout(void) {
  static const size_t bounds[] = {1, 17, 100, 5000, 60000};
  size_t size = random_below(&model.random, bounds[random_below(&model.random, COUNT_OF(bounds))]);
  size_t align = (size_t)1 << random_below(&model.random, 14);
  return layout_of(size, align);
}

static void refill(model_block_t *block) {
  block->seed = model.next_seed++;
  fill_pattern(block->ptr, block->layout.size, block->seed);
}

static void charge(size_t bytes) {
  model.bytes += bytes;
  if (model.bytes > model.peak) model.peak = model.bytes;
}

/* What a call that needs `bytes` more must answer, with or without NOWAIT. */
static hw_status_t expected_status(size_t bytes, uint32_t flags) {
  if (flags & HW_NOWAIT) return HW_ERR_NOWAIT;
  return model.bytes + bytes > LIMIT ? HW_ERR_LIMIT : HW_OK;
}

static uint32_t random_flags(void) {
  uint32_t flags = random_below(&model.random, 2) ? HW_ZEROED : 0;
  if (random_below(&model.random, 20) == 0) flags |= HW_NOWAIT;
  if (random_below(&model.random, 4) == 0) flags |= HW_NOWARN;
  return flags;
}

static void allocate(void) {
  if (model.count == MOST_BLOCKS) return;
  hw_layout_t layout = random_layout();
  uint32_t flags = random_flags();
  void *ptr = NULL;
  hw_status_t expected = expected_status(layout.size, flags);
  assert_status(expected, hw_allocate(model.system, layout, flags, &ptr));
  if (expected != HW_OK) {
    assert_null(ptr);
    model.failures++;
    return;
  }
  assert_true(ptr != NULL && hw_is_aligned(ptr, layout.align));
  if (flags & HW_ZEROED) assert_true(is_zero(ptr, layout.size));
  model_block_t *block = &model.blocks[model.count++];
  *block = (model_block_t){.ptr = ptr, .layout = layout};
  refill(block);
  charge(layout.size);
  model.allocations++;
}

static void forget(model_block_t *block) {
  model.bytes -= block->layout.size;
  *block = model.blocks[--model.count];
}

static void deallocate(model_block_t *block) {
  assert_true(has_pattern(block->ptr, block->layout.size, block->seed));
  assert_ok(hw_deallocate(model.system, block->ptr, block->layout));
  model.deallocations++;
  forget(block);
}

static void retire(model_block_t *block) {
  assert_true(has_pattern(block->ptr, block->layout.size, block->seed));
  assert_ok(hw_retire(model.system, block->ptr, block->layout));
  assert_true(is_zero(block->ptr, block->layout.size));
  if (block->layout.size > 0) fake_os()->heap_free(block->ptr); /* so that they do not pile up */
  model.retired++;
  forget(block);
}

static void reallocate(model_block_t *block) {
  hw_layout_t from = block->layout, to = random_layout();
  uint32_t flags = random_flags();
  bool resized = from.size > 0 && to.size > 0 && to.align <= 16 && to.align <= to.size;
  size_t growth = to.size > from.size ? to.size - from.size : 0;
  hw_status_t expected = expected_status(resized ? growth : to.size, flags);
  void *ptr = NULL;
  assert_status(expected, hw_reallocate(model.system, block->ptr, from, to, flags, &ptr));
  if (expected != HW_OK) {
    assert_null(ptr);
    assert_true(has_pattern(block->ptr, from.size, block->seed));
    model.failures++;
    return;
  }
  size_t kept = hw_min(from.size, to.size);
  assert_true(hw_is_aligned(ptr, to.align) && has_pattern(ptr, kept, block->seed));
  if (flags & HW_ZEROED) assert_true(is_zero((uint8_t *)ptr + kept, to.size - kept));
  charge(resized ? growth : to.size);
  model.bytes -= resized ? from.size + growth - to.size : from.size;
  model.allocations += !resized;
  model.deallocations += !resized;
  block->ptr = ptr;
  block->layout = to;
  refill(block);
}

static void reallocate_in_place(model_block_t *block) {
  hw_layout_t to = random_layout();
  if (random_below(&model.random, 2)) to.size = block->layout.size;
  bool fits = to.size == block->layout.size && hw_is_aligned(block->ptr, to.align);
  assert_status(fits ? HW_OK : HW_ERR_NOT_IN_PLACE,
                hw_reallocate_in_place(model.system, block->ptr, block->layout, to));
  assert_true(has_pattern(block->ptr, block->layout.size, block->seed));
  if (fits) block->layout = to;
}

static void assert_agrees(void) {
  hw_stats_t stats;
  assert_ok(hw_stats(model.system, &stats));
  assert_int_equal(stats.live_blocks, model.count);
  assert_int_equal(stats.live_bytes, model.bytes);
  assert_int_equal(stats.peak_bytes, model.peak);
  assert_int_equal(stats.allocations, model.allocations);
  assert_int_equal(stats.deallocations, model.deallocations);
  assert_int_equal(stats.failures, model.failures);
  assert_int_equal(stats.retired_blocks, model.retired);
  assert_ok(hw_verify(model.system, NULL));
  size_t with_memory = 1; /* the allocator itself */
  for (size_t i = 0; i < model.count; i++) with_memory += model.blocks[i].layout.size > 0;
  assert_int_equal(fake_os_blocks(), with_memory);
}

static void random_calls_agree_with_the_model(void **state) {
  (void)state;
  fake_os_begin();
  const hw_config_t config = {.limit = LIMIT, .os = fake_os()};
  memset(&model, 0, sizeof model);
  model.random = random_begin();
  assert_ok(hw_create("system", &config, &model.system));
  for (int call = 0; call < CALLS; call++) {
    size_t action = random_below(&model.random, 100);
    model_block_t *block =
        model.count > 0 ? &model.blocks[random_below(&model.random, model.count)] : NULL;
    if (block == NULL || action < 45)
      allocate();
    else if (action < 75)
      deallocate(block);
    else if (action < 90)
      reallocate(block);
    else if (action < 98)
      reallocate_in_place(block);
    else
      retire(block);
    if (call % 500 == 0) assert_agrees();
  }
  while (model.count > 0) deallocate(&model.blocks[0]);
  assert_agrees();
  assert_ok(hw_destroy(model.system));
  assert_int_equal(fake_os_blocks(), 0);
  assert_true(model.failures > CALLS / 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_calls_agree_with_the_model)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* 200,000 random operations on a heap's records against a naive model of each block's life. */
#include <string.h>

#include "heap_fixture.h"

#define OPERATIONS 200000
#define MOST_BLOCKS 1500 /* more than one segment of records */
#define RAW_BYTES 10000

typedef struct model_block {
  hw_record_t *record;
  uint32_t generation, leases;
  size_t size;
  uint64_t seed;
  bool range; /* of the one piece of raw memory; not patterned, for ranges overlap */
  bool freed; /* the user may not name it any more, its memory is not back */
  bool ended; /* its memory is back, its finalizer has not come */
} model_block_t;

static heap_fixture_t fixture;
static hw_record_t *raw;
static random_source_t source;
static model_block_t blocks[MOST_BLOCKS];
static size_t count;
static uint64_t next_seed;

static bool maybe(size_t one_in) {
  return random_below(&source, one_in) == 0;
}

static void open_one(void) {
  if (count == MOST_BLOCKS) return;
  model_block_t block = {.size = random_below(&source, 300), .seed = next_seed++};
  block.range = maybe(5);
  if (block.range) {
    block.record = open_range(raw, random_below(&source, RAW_BYTES - block.size), block.size);
  } else {
    block.record = allocate_block(&fixture, block.size, (size_t)1 << random_below(&source, 9));
    fill_pattern(block.record->address, block.size, block.seed);
  }
  block.generation = generation_of(block.record);
  blocks[count++] = block;
}

static void assert_contents(const model_block_t *block) {
  if (block->range || block->ended) return;
  assert_true(has_pattern(block->record->address, block->size, block->seed));
}

/* Its finalizer has come: the record may be claimed again. */
static void forget(model_block_t *block) {
  assert_int_equal(state_of(block->record), HW_RECORD_FREE);
  *block = blocks[--count];
}

/* After HW_CODE_DETACH: what a runtime may do then. */
static void detach(model_block_t *block) {
  assert_int_equal(state_of(block->record), HW_RECORD_REVOKING);
  size_t way = random_below(&source, 4);
  block->freed = false;
  if (way == 0) {
    hw_block_cancel_free(block->record);
    assert_int_equal(state_of(block->record), HW_RECORD_LIVE);
    return;
  }
  if (way == 1) hw_block_finalize(block->record, false);
  hw_block_finish_free(block->record);
  block->ended = true;
  if (way == 1) forget(block);
}

static void free_one(model_block_t *block) {
  bool busy = maybe(2), refuse = maybe(5);
  hw_code_t expected = HW_CODE_DETACH;
  if (block->ended) {
    expected = HW_CODE_DETACHED;
  } else if (block->freed) {
    expected = HW_CODE_ABANDONED;
  } else if (block->leases > 0) {
    expected = refuse ? HW_CODE_LEASED : HW_CODE_KEPT;
  } else if (busy) {
    expected = refuse ? HW_CODE_BUSY : HW_CODE_KEPT;
  }
  assert_contents(block);
  assert_code(expected, hw_block_begin_free(block->record, busy, refuse));
  if (expected == HW_CODE_KEPT) block->freed = true;
  if (expected == HW_CODE_DETACH) detach(block);
}

static void lease_one(model_block_t *block) {
  hw_code_t expected = HW_CODE_OK;
  if (block->freed) expected = HW_CODE_ABANDONED;
  if (block->ended) expected = HW_CODE_DETACHED;
  assert_code(expected, hw_block_lease(block->record));
  if (expected == HW_CODE_OK) block->leases++;
}

static void end_lease_of_one(model_block_t *block) {
  bool busy = maybe(2);
  hw_code_t expected = HW_CODE_OK;
  if (block->leases == 0) {
    expected = HW_CODE_DETACHED;
  } else if (block->leases == 1 && block->freed) {
    expected = busy ? HW_CODE_KEPT : HW_CODE_DETACH;
  }
  assert_code(expected, hw_block_end_lease(block->record, busy));
  if (expected != HW_CODE_DETACHED) block->leases--;
  if (expected == HW_CODE_DETACH) detach(block);
}

static void collect_one(model_block_t *block) {
  assert_contents(block);
  hw_block_finalize(block->record, false);
  forget(block);
}

static void check_one(const model_block_t *block) {
  hw_record_t *found = NULL;
  hw_code_t expected = block->range ? HW_CODE_INTERIOR : HW_CODE_OK;
  if (block->freed && !block->range) expected = HW_CODE_ABANDONED;
  if (block->ended) expected = HW_CODE_DETACHED;
  uint32_t index = block->record->index;
  assert_code(expected, hw_block_check(&fixture.heap, &fixture.table, index, block->generation,
                                       NULL, &found));
  assert_code(HW_CODE_DETACHED, hw_block_check(&fixture.heap, &fixture.table, index,
                                               block->generation - 1, NULL, &found));
}

static void assert_agrees(void) {
  uint64_t bytes = RAW_BYTES, live = 1, abandoned = 0, abandoned_ranges = 0, abandoned_bytes = 0;
  uint32_t held = 1, leased = 0, ranges = 0;
  for (size_t i = 0; i < count; i++) {
    if (blocks[i].ended) continue;
    held++;
    leased += blocks[i].leases > 0;
    ranges += blocks[i].range;
    abandoned_ranges += blocks[i].freed && blocks[i].range;
    if (blocks[i].range) continue;
    abandoned += blocks[i].freed;
    abandoned_bytes += blocks[i].freed ? blocks[i].size : 0;
    live++;
    bytes += blocks[i].size;
  }
  if (abandoned_ranges > 0) {
    abandoned++;
    abandoned_bytes += RAW_BYTES;
  }
  hw_stats_t stats = allocator_stats(&fixture);
  assert_int_equal(stats.live_blocks, live);
  assert_int_equal(stats.live_bytes, bytes);
  assert_int_equal(fixture.heap.held, held);
  assert_int_equal(fixture.heap.leased, leased);
  assert_int_equal(fixture.heap.abandoned_blocks, abandoned);
  assert_int_equal(raw->abandoned_ranges, abandoned_ranges);
  assert_int_equal(fixture.heap.abandoned_bytes, abandoned_bytes);
  assert_int_equal(raw->ranges, ranges);
  assert_int_equal(fixture.table.busy, 1 + count);
  assert_heap_valid(&fixture);
}

static void random_operations_agree_with_the_model(void **state) {
  (void)state;
  source = random_begin();
  heap_fixture_open(&fixture, HW_NO_LIMIT);
  raw = allocate_raw(&fixture, RAW_BYTES);
  for (int operation = 0; operation < OPERATIONS; operation++) {
    size_t action = random_below(&source, 100);
    model_block_t *block = count > 0 ? &blocks[random_below(&source, count)] : NULL;
    /* Fills up past a segment, and empties again. */
    size_t opening = operation / 20000 % 2 == 0 ? 40 : 10;
    if (block == NULL || action < opening) {
      open_one();
    } else if (action < 55) {
      free_one(block);
    } else if (action < 68) {
      lease_one(block);
    } else if (action < 80) {
      end_lease_of_one(block);
    } else if (action < 92) {
      collect_one(block);
    } else {
      check_one(block);
    }
    if (operation % 500 == 0) assert_agrees();
  }
  while (count > 0) collect_one(&blocks[0]);
  assert_agrees();
  assert_true(fixture.table.used > 1024);
  hw_raw_release(raw);
  heap_fixture_close(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations_agree_with_the_model)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The sequence of the seed's benchmark that all ports share (bench/native/seeds/same_work.c), with
 * its check values: they change with any change of the work that is measured. */
#include "chunk_fixture.h"

#include <stdlib.h>

typedef struct sums {
  uint32_t hash;
  size_t frees, live, bytes, failed, first_failure;
} sums_t;

static uint32_t next_random(uint32_t *x) {
  *x ^= *x << 13;
  *x ^= *x >> 17;
  *x ^= *x << 5;
  return *x;
}

static sums_t same_work(hw_allocator_t *heap, size_t count, uint32_t x) {
  struct {
    void *ptr;
    hw_layout_t layout;
  } *blocks = calloc(count, sizeof *blocks);
  sums_t sums = {.hash = 2166136261u};
  size_t oldest = 0;
  for (size_t i = 0; i < count; i++) {
    hw_layout_t layout;
    layout.align = (size_t)1 << (next_random(&x) % 8);
    layout.size = 64 + next_random(&x) % 16320;
    bool drop = next_random(&x) % 10 == 0;
    blocks[i].layout = layout;
    if (hw_allocate(heap, layout, 0, &blocks[i].ptr) != HW_OK && sums.failed++ == 0) {
      sums.first_failure = i;
    }
    sums.hash = (sums.hash ^ (uint32_t)layout.size ^ (uint32_t)layout.align << 16) * 16777619u;
    sums.bytes += layout.size;
    size_t ends = drop && i + 1 - oldest > 10 ? oldest + 7 : oldest;
    for (; oldest < ends; oldest++) {
      sums.bytes -= blocks[oldest].layout.size;
      sums.frees++;
      if (blocks[oldest].ptr == NULL) continue;
      chunk_give(heap, blocks[oldest].ptr, blocks[oldest].layout.size, blocks[oldest].layout.align);
    }
  }
  sums.live = count - oldest;
  free(blocks);
  return sums;
}

static void check(size_t count, uint32_t seed, sums_t expected) {
  hw_allocator_t *heap = chunk_begin(655360, 256);
  sums_t sums = same_work(heap, count, seed);
  assert_int_equal(sums.hash, expected.hash);
  assert_int_equal(sums.frees, expected.frees);
  assert_int_equal(sums.live, expected.live);
  assert_int_equal(sums.bytes, expected.bytes);
  assert_int_equal(sums.failed, expected.failed);
  assert_int_equal(sums.first_failure, expected.first_failure);
  if (expected.failed == 0) assert_int_equal(chunk_stats(heap).live_bytes, expected.bytes);
  chunk_close_all(heap);
}

static void ten_thousand(void **state) {
  (void)state;
  check(10000, 1, (sums_t){.hash = 0xbe140870, .frees = 6874, .live = 3126, .bytes = 25613601});
}

static void fifty_thousand(void **state) {
  (void)state;
  check(50000, 1, (sums_t){.hash = 0x3fd46da9, .frees = 34643, .live = 15357, .bytes = 126678718});
  check(50000, 2, (sums_t){.hash = 0xd3a9e554, .frees = 34762, .live = 15238, .bytes = 126625314});
}

/* The heap gets full as the seed's does: after as many calls, with as many failures. */
static void eighty_thousand(void **state) {
  (void)state;
  check(80000, 1,
        (sums_t){.hash = 0x94c88bf1,
                 .frees = 55629,
                 .live = 24371,
                 .bytes = 199992033,
                 .failed = 3725,
                 .first_failure = 65165});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ten_thousand),
      cmocka_unit_test(fifty_thousand),
      cmocka_unit_test(eighty_thousand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every OS call of the core fails once, at each place where it can. */
#include "faults.h"

#include "base/align.h"
#include "segment/segment.h"

static hw_allocator_t *create(void) {
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os()};
  hw_allocator_t *system = NULL;
  if (failed_cleanly(hw_create("system", &config, &system))) {
    assert_null(system);
    assert_int_equal(fake_os_blocks(), 0);
    assert_ok(hw_create("system", &config, &system));
  }
  return system;
}

static void assert_live(hw_allocator_t *system, uint64_t blocks, uint64_t bytes) {
  hw_stats_t stats;
  assert_ok(hw_stats(system, &stats));
  assert_int_equal(stats.live_blocks, blocks);
  assert_int_equal(stats.live_bytes, bytes);
  assert_int_equal(stats.failures, fake_os_has_failed() ? stats.failures : 0);
  assert_ok(hw_verify(system, NULL));
}

/* `blocks` and `bytes` live before the call. */
static void *allocate(hw_allocator_t *system, hw_layout_t layout, uint32_t flags, uint64_t blocks,
                      uint64_t bytes) {
  void *block = NULL;
  if (failed_cleanly(hw_allocate(system, layout, flags, &block))) {
    assert_null(block);
    assert_live(system, blocks, bytes);
    assert_ok(hw_allocate(system, layout, flags, &block));
  }
  assert_live(system, blocks + 1, bytes + layout.size);
  return block;
}

static void create_and_destroy(void) {
  assert_ok(hw_destroy(create()));
}

static void allocate_in_every_way(void) {
  static const hw_layout_t layouts[] = {{100, 8}, {1, 1}, {100, 64}, {5000, 4096}, {0, 8}};
  hw_allocator_t *system = create();
  void *blocks[2 * COUNT_OF(layouts)];
  uint64_t bytes = 0;
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    hw_layout_t layout = layouts[i / 2];
    uint32_t flags = i % 2 ? HW_ZEROED : 0;
    blocks[i] = allocate(system, layout, flags, i, bytes);
    if (flags & HW_ZEROED) assert_true(is_zero(blocks[i], layout.size));
    fill_pattern(blocks[i], layout.size, i);
    bytes += layout.size;
  }
  for (size_t i = 0; i < COUNT_OF(blocks); i++) {
    assert_true(has_pattern(blocks[i], layouts[i / 2].size, i));
    assert_ok(hw_deallocate(system, blocks[i], layouts[i / 2]));
  }
  assert_live(system, 0, 0);
  assert_ok(hw_destroy(system));
}

/* One block through a list of layouts; a failure leaves it where and as it was. */
static void reallocate_through(const hw_layout_t *layouts, size_t count) {
  hw_allocator_t *system = create();
  uint8_t *block = allocate(system, layouts[0], 0, 0, 0);
  for (size_t i = 1; i < count; i++) {
    hw_layout_t from = layouts[i - 1], to = layouts[i];
    fill_pattern(block, from.size, i);
    void *moved = NULL;
    if (failed_cleanly(hw_reallocate(system, block, from, to, HW_ZEROED, &moved))) {
      assert_null(moved);
      assert_true(has_pattern(block, from.size, i));
      assert_live(system, 1, from.size);
      assert_ok(hw_reallocate(system, block, from, to, HW_ZEROED, &moved));
    }
    block = moved;
    size_t kept = hw_min(from.size, to.size);
    assert_true(has_pattern(block, kept, i));
    assert_true(is_zero(block + kept, to.size - kept));
    assert_live(system, 1, to.size);
  }
  assert_ok(hw_deallocate(system, block, layouts[count - 1]));
  assert_ok(hw_destroy(system));
}

static void resize_by_the_c_library(void) {
  static const hw_layout_t layouts[] = {{100, 8}, {200, 8}, {50, 1}, {5000, 16}, {1, 1}};
  reallocate_through(layouts, COUNT_OF(layouts));
}

static void reallocate_over_aligned(void) {
  static const hw_layout_t layouts[] = {{100, 64}, {200, 64}, {50, 4096}, {9000, 128}, {8, 64}};
  reallocate_through(layouts, COUNT_OF(layouts));
}

static void reallocate_between_empty_and_full(void) {
  static const hw_layout_t layouts[] = {{0, 8}, {100, 8}, {0, 64}, {100, 64}, {0, 1}, {0, 2}};
  reallocate_through(layouts, COUNT_OF(layouts));
}

/* A purge that fails is no failure of ours: the block is filled instead. */
static void retire_blocks(void) {
  static const hw_layout_t layouts[] = {{20000, 8}, {20000, 4096}, {10, 1}};
  hw_allocator_t *system = create();
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    void *block = allocate(system, layouts[i], 0, 0, 0);
    fill_pattern(block, layouts[i].size, i);
    assert_ok(hw_retire(system, block, layouts[i]));
    assert_true(is_zero(block, layouts[i].size));
    assert_live(system, 0, 0);
  }
  assert_ok(hw_destroy(system));
  fake_os_reclaim();
}

static void map_a_segment(void) {
  hw_segment_t segment = {0};
  if (failed_cleanly(hw_segment_map(fake_os(), 10000, &segment))) {
    assert_null(segment.base);
    assert_int_equal(fake_os_mappings(), 0);
    assert_ok(hw_segment_map(fake_os(), 10000, &segment));
  }
  assert_true(is_zero(segment.base, segment.size));
  hw_segment_unmap(fake_os(), &segment);
}

static void an_allocator_survives_every_failure_at_its_creation(void **state) {
  (void)state;
  fail_every_call(create_and_destroy, 2);
}

static void allocation_survives_every_failure(void **state) {
  (void)state;
  fail_every_call(allocate_in_every_way, 18);
}

static void a_resize_survives_every_failure(void **state) {
  (void)state;
  fail_every_call(resize_by_the_c_library, 12);
}

static void an_over_aligned_reallocate_survives_every_failure(void **state) {
  (void)state;
  fail_every_call(reallocate_over_aligned, 12);
}

static void a_reallocate_of_empty_blocks_survives_every_failure(void **state) {
  (void)state;
  fail_every_call(reallocate_between_empty_and_full, 6);
}

static void retiring_survives_every_failure(void **state) {
  (void)state;
  fail_every_call(retire_blocks, 10);
}

static void a_segment_survives_every_failure(void **state) {
  (void)state;
  fail_every_call(map_a_segment, 6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_allocator_survives_every_failure_at_its_creation),
      cmocka_unit_test(allocation_survives_every_failure),
      cmocka_unit_test(a_resize_survives_every_failure),
      cmocka_unit_test(an_over_aligned_reallocate_survives_every_failure),
      cmocka_unit_test(a_reallocate_of_empty_blocks_survives_every_failure),
      cmocka_unit_test(retiring_survives_every_failure),
      cmocka_unit_test(a_segment_survives_every_failure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

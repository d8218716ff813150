/* The system allocator: one block at a time, over a grid of layouts, and the instance as a whole.
 * Reallocation and limit have files of their own. */
#include "system/system.h"

#include "base/align.h"
#include "base/config.h"
#include "fake_os.h"
#include "harness.h"

static const size_t sizes[] = {0,  1,  7,  8,   9,   15,  16,   17,   24,   31,   32,    33,
                               63, 64, 65, 100, 127, 255, 1000, 4095, 4096, 4097, 65536, 1 << 20};

static hw_allocator_t *open_system(size_t limit, const hw_os_t *os) {
  const hw_config_t config = {.limit = limit, .os = os};
  hw_allocator_t *system = NULL;
  assert_ok(hw_create("system", &config, &system));
  return system;
}

static hw_stats_t stats_of(hw_allocator_t *system) {
  hw_stats_t stats;
  assert_ok(hw_stats(system, &stats));
  return stats;
}

/* One block: aligned, writable to its last byte, zero where asked also when `dirty` memory of the
 * same layout was freed just before. */
static void assert_serves(hw_allocator_t *system, hw_layout_t layout, uint32_t flags) {
  for (int round = 0; round < 2; round++) {
    void *block = NULL;
    assert_ok(hw_allocate(system, layout, flags, &block));
    assert_non_null(block);
    assert_true(hw_is_aligned(block, layout.align));
    if (flags & HW_ZEROED) assert_true(is_zero(block, layout.size));
    fill_pattern(block, layout.size, layout.align);
    assert_true(has_pattern(block, layout.size, layout.align));
    assert_int_equal(stats_of(system).live_bytes, layout.size);
    assert_int_equal(stats_of(system).live_blocks, 1);
    assert_ok(hw_deallocate(system, block, layout));
  }
}

static void assert_serves_the_grid(const hw_os_t *os) {
  hw_allocator_t *system = open_system(HW_NO_LIMIT, os);
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    for (size_t align = 1; align <= 1u << 20; align *= 2) {
      assert_serves(system, layout_of(sizes[i], align), 0);
      assert_serves(system, layout_of(sizes[i], align), HW_ZEROED);
    }
  }
  assert_ok(hw_verify(system, NULL));
  assert_ok(hw_destroy(system));
}

static void every_size_comes_at_every_alignment(void **state) {
  (void)state;
  assert_serves_the_grid(NULL);
}

static void memory_is_zeroed_whatever_the_c_library_gives(void **state) {
  (void)state;
  fake_os_begin();
  assert_serves_the_grid(fake_os());
  assert_int_equal(fake_os_blocks(), 0);
}

static void malloc_serves_what_it_aligns_by_itself(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(HW_NO_LIMIT, fake_os());
  unsigned own = fake_os_calls(FAKE_ALLOCATE);
  const hw_layout_t plain[] = {{1, 1}, {16, 16}, {17, 16}, {8, 8}, {HW_CALLOC_FROM - 1, 2}};
  for (size_t i = 0; i < COUNT_OF(plain); i++) {
    assert_serves(system, plain[i], 0);
    assert_serves(system, plain[i], HW_ZEROED);
  }
  assert_int_equal(fake_os_calls(FAKE_ALLOCATE), own + 4 * COUNT_OF(plain));
  assert_int_equal(fake_os_calls(FAKE_ALLOCATE_ZEROED), 0);
  assert_int_equal(fake_os_calls(FAKE_ALLOCATE_ALIGNED), 0);
  const hw_layout_t aligned[] = {{1, 2}, {15, 16}, {32, 32}, {1, 16}, {7, 8}};
  for (size_t i = 0; i < COUNT_OF(aligned); i++) assert_serves(system, aligned[i], HW_ZEROED);
  assert_int_equal(fake_os_calls(FAKE_ALLOCATE_ALIGNED), 2 * COUNT_OF(aligned));
  assert_ok(hw_destroy(system));
}

static void calloc_serves_larger_zeroed_blocks(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(HW_NO_LIMIT, fake_os());
  const hw_layout_t large[] = {{HW_CALLOC_FROM, 1}, {1 << 20, 16}};
  for (size_t i = 0; i < COUNT_OF(large); i++) assert_serves(system, large[i], HW_ZEROED);
  assert_int_equal(fake_os_calls(FAKE_ALLOCATE_ZEROED), 2 * COUNT_OF(large));
  assert_ok(hw_destroy(system));
}

static void an_empty_block_counts_and_owns_no_memory(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(0, fake_os());
  void *blocks[64];
  for (unsigned bit = 0; bit < 63; bit++) {
    hw_layout_t layout = layout_of(0, (size_t)1 << bit);
    assert_ok(hw_allocate(system, layout, HW_ZEROED, &blocks[bit]));
    assert_non_null(blocks[bit]);
    assert_true(hw_is_aligned(blocks[bit], layout.align));
  }
  assert_int_equal(fake_os_blocks(), 1); /* the instance */
  assert_int_equal(stats_of(system).live_blocks, 63);
  for (unsigned bit = 0; bit < 63; bit++) {
    assert_ok(hw_deallocate(system, blocks[bit], layout_of(0, (size_t)1 << bit)));
  }
  assert_int_equal(stats_of(system).live_blocks, 0);
  assert_ok(hw_destroy(system));
}

static void nowait_is_refused_because_malloc_may_wait(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(HW_NO_LIMIT, fake_os());
  void *block = NULL;
  const hw_layout_t layout = layout_of(32, 8);
  assert_int_equal(system->ops->capabilities & HW_CAN_NOWAIT, 0);
  assert_status(HW_ERR_NOWAIT, hw_allocate(system, layout, HW_NOWAIT, &block));
  assert_status(HW_ERR_NOWAIT, hw_allocate(system, layout_of(0, 1), HW_NOWAIT, &block));
  assert_null(block);
  assert_int_equal(fake_os_blocks(), 1);
  assert_int_equal(stats_of(system).failures, 2);
  assert_int_equal(stats_of(system).live_bytes, 0);
  assert_ok(hw_destroy(system));
}

static void the_usable_size_is_the_size_and_ownership_is_unknown(void **state) {
  (void)state;
  hw_allocator_t *system = open_system(HW_NO_LIMIT, NULL);
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    assert_int_equal(hw_usable_size(system, layout_of(sizes[i], 16)), sizes[i]);
  }
  assert_int_equal(hw_owns(system, &state), HW_OWNS_UNKNOWN);
  assert_int_equal(system->ops->capabilities, HW_CAN_REALLOCATE | HW_CAN_RETIRE);
  assert_ok(hw_destroy(system));
}

static void destroy_is_busy_while_a_block_lives(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(HW_NO_LIMIT, fake_os());
  const hw_layout_t layouts[] = {{32, 8}, {0, 8}};
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    void *block = NULL;
    assert_ok(hw_allocate(system, layouts[i], 0, &block));
    assert_status(HW_ERR_BUSY, hw_destroy(system));
    assert_int_equal(stats_of(system).live_blocks, 1);
    assert_ok(hw_deallocate(system, block, layouts[i]));
  }
  assert_ok(hw_destroy(system));
  assert_int_equal(fake_os_blocks(), 0);
}

static void a_retired_block_reads_zero_and_is_never_freed(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(100000, fake_os());
  const hw_layout_t layouts[] = {{50000, 8}, {10, 1}, {20000, 4096}, {0, 1}};
  void *blocks[COUNT_OF(layouts)];
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    assert_ok(hw_allocate(system, layouts[i], 0, &blocks[i]));
    fill_pattern(blocks[i], layouts[i].size, i);
    assert_ok(hw_retire(system, blocks[i], layouts[i]));
    assert_true(is_zero(blocks[i], layouts[i].size));
  }
  hw_stats_t stats = stats_of(system);
  assert_int_equal(stats.retired_blocks, 4);
  assert_int_equal(stats.retired_bytes, 70010);
  assert_int_equal(stats.live_blocks, 0);
  assert_int_equal(stats.live_bytes, 0);
  assert_int_equal(stats.deallocations, 0);
  assert_true(fake_os_calls(FAKE_PURGE) >= 2);
  assert_ok(hw_verify(system, NULL));
  assert_ok(hw_destroy(system));
  assert_int_equal(fake_os_blocks(), 3); /* the addresses stay taken for ever */
  assert_true(is_zero(blocks[0], 50000));
  fake_os_reclaim();
}

static void blocks_begun_are_blocks_live_ended_and_retired(void **state) {
  (void)state;
  fake_os_begin();
  hw_allocator_t *system = open_system(HW_NO_LIMIT, fake_os());
  const hw_layout_t layout = layout_of(48, 8);
  void *blocks[10];
  for (size_t i = 0; i < 10; i++) assert_ok(hw_allocate(system, layout, 0, &blocks[i]));
  for (size_t i = 0; i < 3; i++) assert_ok(hw_deallocate(system, blocks[i], layout));
  for (size_t i = 3; i < 5; i++) assert_ok(hw_retire(system, blocks[i], layout));
  hw_stats_t stats = stats_of(system);
  assert_int_equal(stats.allocations, 10);
  assert_int_equal(stats.deallocations, 3);
  assert_int_equal(stats.retired_blocks, 2);
  assert_int_equal(stats.live_blocks, 5);
  assert_int_equal(stats.live_bytes, 5 * 48);
  assert_int_equal(stats.mapped_bytes, 5 * 48);
  assert_int_equal(stats.peak_bytes, 10 * 48);
  for (size_t i = 5; i < 10; i++) assert_ok(hw_deallocate(system, blocks[i], layout));
  assert_ok(hw_verify(system, NULL));
  assert_ok(hw_destroy(system));
  fake_os_reclaim();
}

static void verify_finds_a_block_ended_twice(void **state) {
  (void)state;
  hw_allocator_t *system = open_system(HW_NO_LIMIT, NULL);
  const hw_layout_t empty = layout_of(0, 1);
  void *block = NULL;
  const char *broken = NULL;
  assert_ok(hw_allocate(system, empty, 0, &block));
  assert_ok(hw_deallocate(system, block, empty));
  assert_ok(hw_verify(system, &broken));
  assert_null(broken);
  assert_ok(hw_deallocate(system, block, empty)); /* no memory, so the C library survives it */
  assert_status(HW_ERR_CORRUPTED, hw_verify(system, &broken));
  assert_string_equal(broken, "no more blocks ended than began");
  assert_ok(hw_allocate(system, empty, 0, &block));
  assert_ok(hw_destroy(system));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_size_comes_at_every_alignment),
      cmocka_unit_test(memory_is_zeroed_whatever_the_c_library_gives),
      cmocka_unit_test(malloc_serves_what_it_aligns_by_itself),
      cmocka_unit_test(calloc_serves_larger_zeroed_blocks),
      cmocka_unit_test(an_empty_block_counts_and_owns_no_memory),
      cmocka_unit_test(nowait_is_refused_because_malloc_may_wait),
      cmocka_unit_test(the_usable_size_is_the_size_and_ownership_is_unknown),
      cmocka_unit_test(destroy_is_busy_while_a_block_lives),
      cmocka_unit_test(a_retired_block_reads_zero_and_is_never_freed),
      cmocka_unit_test(blocks_begun_are_blocks_live_ended_and_retired),
      cmocka_unit_test(verify_finds_a_block_ended_twice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

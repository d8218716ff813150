/* Every call of the system fails once while heaps of chunks begin, work and end. */
#include "chunk_fixture.h"
#include "faults.h"

static uint64_t bitmap[1];

static void create_use_and_destroy(void) {
  hw_chunk_options_t options = chunk_options(40, 256);
  options.bitmap = bitmap;
  options.bitmap_size = sizeof bitmap;
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os(), .chunk = &options};
  hw_allocator_t *heap = NULL;
  if (failed_cleanly(hw_create("chunk", &config, &heap))) {
    assert_null(heap);
    assert_int_equal(fake_os_mappings(), 0);
    assert_ok(hw_create("chunk", &config, &heap));
  }
  void *block = chunk_take(heap, 5000, 4096);
  assert_ok(hw_reallocate(heap, block, layout_of(5000, 4096), layout_of(9000, 1), 0, &block));
  chunk_give(heap, block, 9000, 1);
  chunk_close(heap);
}

/* A purge that fails is a fill. */
static void retire_and_destroy(void) {
  hw_chunk_options_t options = chunk_options(4, 4096);
  const hw_config_t config = {.limit = HW_NO_LIMIT, .os = fake_os(), .chunk = &options};
  hw_allocator_t *heap = NULL;
  if (failed_cleanly(hw_create("chunk", &config, &heap))) return;
  void *block = chunk_take(heap, 10000, 1);
  fill_pattern(block, 10000, 1);
  assert_ok(hw_retire(heap, block, layout_of(10000, 1)));
  assert_true(is_zero(block, 10000));
  chunk_close(heap);
  assert_true(is_zero(block, 10000));
  fake_os_reclaim();
}

static void every_failure_of_the_system_is_clean(void **state) {
  (void)state;
  fail_every_call(create_use_and_destroy, 5);
}

static void retiring_cannot_fail(void **state) {
  (void)state;
  fail_every_call(retire_and_destroy, 6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_failure_of_the_system_is_clean),
      cmocka_unit_test(retiring_cannot_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

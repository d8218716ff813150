/* Every sequence of six operations on a heap of eight chunks. */
#include "chunk_fixture.h"
#include "chunk_model.h"

#define CHUNK ((size_t)16)
#define ACTIONS 9u

static chunk_model_t model;

static void grow(size_t index, size_t bytes, bool in_place) {
  if (index >= model.count) return;
  hw_layout_t next = model.blocks[index].layout;
  next.size += bytes;
  if (in_place) {
    chunk_model_resize(&model, index, next);
  } else {
    chunk_model_reallocate(&model, index, next, 0);
  }
}

static void act(unsigned action) {
  size_t newest = model.count - 1; /* none: no block has that index */
  switch (action) {
    case 0: chunk_model_allocate(&model, 0, layout_of(CHUNK, 1), 0); break;
    case 1: chunk_model_allocate(&model, 0, layout_of(2 * CHUNK - 1, 8), 0); break;
    case 2: chunk_model_allocate(&model, 0, layout_of(3 * CHUNK, 1), 0); break;
    case 3: chunk_model_allocate(&model, 0, layout_of(1, 4 * CHUNK), 0); break;
    case 4: chunk_model_free(&model, 0); break;
    case 5: chunk_model_free(&model, newest); break;
    case 6: grow(newest, CHUNK, false); break;
    case 7: grow(0, 2 * CHUNK, true); break;
    default: chunk_model_reallocate(&model, 0, layout_of(1, 1), 0);
  }
}

static void run_all(hw_chunk_fit_t fit, unsigned length) {
  hw_chunk_options_t options = chunk_options(8, CHUNK);
  options.fit = fit;
  const hw_config_t config = {.limit = HW_NO_LIMIT, .chunk = &options};
  chunk_model_begin(&model, &config);
  unsigned sequences = 1;
  for (unsigned i = 0; i < length; i++) sequences *= ACTIONS;
  for (unsigned sequence = 0; sequence < sequences; sequence++) {
    unsigned rest = sequence;
    for (unsigned i = 0; i < length; i++, rest /= ACTIONS) act(rest % ACTIONS);
    chunk_model_check(&model);
    chunk_model_reset(&model);
  }
  chunk_model_end(&model);
}

static void six_operations_by_next_fit(void **state) {
  (void)state;
  run_all(HW_CHUNK_NEXT_FIT, 6);
}

static void five_operations_by_best_fit(void **state) {
  (void)state;
  run_all(HW_CHUNK_BEST_FIT, 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(six_operations_by_next_fit),
      cmocka_unit_test(five_operations_by_best_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

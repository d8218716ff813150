#include "chunk_random.h"

#include <stdalign.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static alignas(4096) uint8_t region[CHUNK_MODEL_CHUNKS * 8 + 4096];
static uint64_t bitmap[CHUNK_MODEL_CHUNKS / 64 + 1];

static hw_layout_t some_layout(choices_t *from, const chunk_model_t *model) {
  const size_t most[] = {1, 2, 4, 8, 70, model->chunks / 4 + 1, model->chunks + 1};
  size_t chunks = most[choose(from, COUNT_OF(most))];
  hw_layout_t layout = {choose(from, chunks * model->chunk_size + 1), 1};
  if (one_in(from, 3)) layout.align = (size_t)1 << choose(from, one_in(from, 4) ? 18 : 8);
  return layout;
}

static size_t some_count(choices_t *from, size_t large_in) {
  static const size_t small[] = {1, 8, 16, 63, 64, 65, 130, 200, 256};
  static const size_t large[] = {1000, 4097, CHUNK_MODEL_CHUNKS};
  return one_in(from, large_in) ? large[choose(from, COUNT_OF(large))]
                                : small[choose(from, COUNT_OF(small))];
}

static void begin(chunk_model_t *model, choices_t *from, const chunk_random_t *sort) {
  hw_chunk_options_t options = HW_CHUNK_OPTIONS;
  options.chunks = some_count(from, sort->large_in);
  options.chunk_size = (size_t)8 << choose(from, 4);
  options.fit = one_in(from, 3) ? HW_CHUNK_BEST_FIT : HW_CHUNK_NEXT_FIT;
  if (one_in(from, 3)) {
    options.chunk_size = 8;
    options.region = region + 8 * choose(from, 512);
    options.region_size = options.chunks * options.chunk_size;
  }
  if (one_in(from, 3)) {
    options.bitmap = bitmap;
    options.bitmap_size = sizeof bitmap;
  }
  size_t bytes = options.chunks * options.chunk_size;
  const hw_config_t config = {
      .limit = one_in(from, 4) ? bytes / 2 : HW_NO_LIMIT, .os = sort->os, .chunk = &options};
  chunk_model_begin(model, &config);
}

static void step(chunk_model_t *model, choices_t *from) {
  uint32_t owner = one_in(from, 8) ? (uint32_t)choose(from, CHUNK_MODEL_OWNERS + 1) : 0;
  uint32_t flags = one_in(from, 3) ? HW_ZEROED | HW_NOWAIT : 0;
  size_t index = choose(from, model->count + 1), action = choose(from, 20);
  if (action < 7) {
    chunk_model_allocate(model, owner, some_layout(from, model), flags);
  } else if (action < 12) {
    chunk_model_free(model, index);
  } else if (action < 14) {
    chunk_model_reallocate(model, index, some_layout(from, model), flags);
  } else if (action < 16) {
    chunk_model_resize(model, index, some_layout(from, model));
  } else if (action < 19) {
    chunk_model_misuse(model, index, (unsigned)choose(from, 100));
  } else if (owner != 0) {
    chunk_model_reclaim(model, owner);
  }
}

void chunk_random_run(chunk_model_t *model, choices_t *from, const chunk_random_t *sort) {
  begin(model, from, sort);
  for (size_t i = 1; i <= sort->steps && from->left > 0; i++) {
    step(model, from);
    if (i % 64 == 0) chunk_model_check(model);
  }
  chunk_model_check(model);
  chunk_model_end(model);
}
